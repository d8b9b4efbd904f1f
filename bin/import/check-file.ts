/** Reads a whole file before anything is written: what is wrong with it is known first. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { readCounts, type Format } from "./records.ts";

export interface CheckedFile {
  /** The number of its records. */
  records: number;
  /** The SHA-256 of its content, in hexadecimal. */
  sha256: string;
}

/** @throws BadRecord for the first record that is no count */
export const checkFile = async (path: string, format: Format): Promise<CheckedFile> => {
  let records = 0;
  for await (const { number } of readCounts(path, format)) records = number;
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return { records, sha256: hash.digest("hex") };
};
