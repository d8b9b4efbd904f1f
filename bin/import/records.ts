/** The counts of a file, one record after the other, in bounded memory. */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { CsvError, parse } from "csv-parse";
import * as z from "zod/mini";
import { countRecord, type CountRecord } from "../../contract/stock.ts";

export const formats = ["ndjson", "csv"] as const;
export type Format = (typeof formats)[number];

/** A record that is no count, or cannot be read. Its message names the record and what is wrong with it. */
export class BadRecord extends Error {}

/** A record of the file, from 1; the header of a CSV file is none. */
export interface NumberedCount {
  number: number;
  count: CountRecord;
}

/** A longer record is none: a file without line breaks is not read into memory. */
const recordBytesMax = 64 * 1024;

/**
 * The counts of a file in their order. Each is checked before it is handed out.
 *
 * @throws BadRecord, and the error of the file system where the file cannot be read
 */
export async function* readCounts(path: string, format: Format): AsyncGenerator<NumberedCount> {
  let number = 0;
  for await (const value of format === "csv" ? csvRecords(path) : lines(path)) {
    number += 1;
    yield { number, count: check(number, value) };
  }
}

/** @throws BadRecord */
const check = (number: number, value: unknown): CountRecord => {
  const parsed = typeof value === "string" ? parseJson(number, value) : value;
  const result = z.safeParse(countRecord, parsed);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message, ...issue }) => {
    const names = [...path, ...("keys" in issue ? issue.keys : [])].join(", ");
    return `${names === "" ? "it" : names} ${message}`;
  });
  throw new BadRecord(`Record ${number}: ${issues.join("; ")}.`);
};

const parseJson = (number: number, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadRecord(`Record ${number} is not JSON: ${(error as Error).message}.`);
  }
};

/** The lines of a file that are not empty. */
async function* lines(path: string): AsyncGenerator<string> {
  let rest = "";
  const stream = createReadStream(path, "utf8");
  for await (const chunk of stream as AsyncIterable<string>) {
    const found = (rest + chunk).split(/\r?\n/);
    rest = found.pop()!;
    refuseLong(rest);
    for (const line of found) {
      refuseLong(line);
      if (line.trim() !== "") yield withoutMark(line);
    }
  }
  if (rest.trim() !== "") yield withoutMark(rest);
}

/** @throws BadRecord */
function refuseLong(line: string): void {
  if (line.length <= recordBytesMax) return;
  const start = JSON.stringify(line.slice(0, 40));
  throw new BadRecord(`The line that begins with ${start} has more than ${recordBytesMax} bytes.`);
}

/** Text without the mark that some editors put before UTF-8. */
const withoutMark = (text: string): string => text.replace(/^\uFEFF/, "");

/** Columns that are numbers. */
const numbers = new Set<string>(["onHand", "lowStockThreshold"]);

async function* csvRecords(path: string): AsyncGenerator<Record<string, unknown>> {
  const records = parse({
    bom: true,
    columns: (header: string[]) => header.map((name) => name.trim()),
    skip_empty_lines: true,
    trim: true,
    max_record_size: recordBytesMax,
  });
  // An error of the file ends the records with it.
  pipeline(createReadStream(path), records, () => {});
  try {
    for await (const record of records as AsyncIterable<Record<string, string>>) {
      // An empty cell is none.
      const cells = Object.entries(record).filter(([, text]) => text !== "");
      yield Object.fromEntries(cells.map(([name, text]) => [name, valueOf(name, text)]));
    }
  } catch (error) {
    throw error instanceof CsvError ? new BadRecord(error.message) : error;
  }
}

const valueOf = (name: string, text: string): unknown =>
  numbers.has(name) && /^-?\d+$/.test(text) ? Number(text) : text;
