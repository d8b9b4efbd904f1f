import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LocalRun } from "./local-run.ts";

export type LogLine = Record<string, unknown>;

/** What the functions of a run have logged so far, metrics among it, as JSON. */
export const readLogLines = async ({
  dataDirectory,
}: Pick<LocalRun, "dataDirectory">): Promise<LogLine[]> => {
  const folder = join(dataDirectory, "logs");
  const texts = await Promise.all(
    (await readdir(folder)).map((file) => readFile(join(folder, file), "utf8")),
  );
  return texts
    .flatMap((text) => text.split("\n"))
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as LogLine);
};
