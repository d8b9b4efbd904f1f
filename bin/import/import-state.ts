/** The progress of an import, in a file beside the imported one. A later run resumes from it after a kill. */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import * as z from "zod/mini";

const stateSchema = z.object({
  /** Identifies the import: part of the identity of its counts. */
  importId: z.string(),
  /** Of the file's content. */
  sha256: z.string(),
  /** The table that is written. */
  table: z.string(),
  /** The records, from the first one on, that are done. */
  done: z.int(),
  created: z.int(),
  changed: z.int(),
  same: z.int(),
  refused: z.int(),
  /** The first of those that were refused. */
  refusals: z.array(z.string()),
});
export type ImportState = z.infer<typeof stateSchema>;

export const stateFileOf = (file: string): string => `${file}.import.json`;

/** @throws Error that names the file where its content is none of ours */
export const readState = async (file: string): Promise<ImportState | undefined> => {
  const path = stateFileOf(file);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return z.parse(stateSchema, JSON.parse(text));
  } catch (error) {
    const message = `${path} is not the state of an import. Remove it to begin anew.`;
    throw new Error(message, { cause: error });
  }
};

/** Replaces the file as a whole: a process that is killed leaves the one before it. */
export const writeState = async (file: string, state: ImportState): Promise<void> => {
  const path = stateFileOf(file);
  await writeFile(`${path}.new`, JSON.stringify(state));
  await rename(`${path}.new`, path);
};

export const removeState = (file: string): Promise<void> => rm(stateFileOf(file), { force: true });
