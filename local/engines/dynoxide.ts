/**
 * dynoxide: DynamoDB's API on SQLite, one static binary from an npm package per platform. Up in
 * milliseconds, which makes it the engine of choice where there is a binary for this machine.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { LocalRunError } from "../local-run-error.ts";
import { type Engine, type EngineOptions, startEngineProgram } from "./engine.ts";

const packageName = `@dynoxide/${process.platform}-${process.arch}`;

/** The file in the data folder. What streams need is added to it: stream-records-index.ts. */
export const dynoxideFileIn = (dataDirectory: string): string => join(dataDirectory, "dynoxide.db");

/** Where this platform's binary is, or undefined when there is none. */
export const findDynoxide = (): string | undefined => {
  const { resolve } = createRequire(import.meta.url);
  try {
    return resolve(`${packageName}/dynoxide${process.platform === "win32" ? ".exe" : ""}`);
  } catch {
    return undefined;
  }
};

export const startDynoxide = async ({ dataDirectory }: EngineOptions = {}): Promise<Engine> => {
  const command = findDynoxide();
  if (command === undefined) {
    const message =
      `There is no dynoxide for this machine: the package ${packageName} is not installed. ` +
      "Use HOLDFAST_ENGINE=dynamodb-local, or the address of a DynamoDB that you run.";
    throw new LocalRunError("engine", message);
  }
  const storage = dataDirectory === undefined ? [] : ["--db-path", dynoxideFileIn(dataDirectory)];
  return startEngineProgram({
    name: "dynoxide",
    command,
    dataDirectory,
    argsFor: (port) => ["--host", "127.0.0.1", "--port", String(port), ...storage],
    adviceOn: () => undefined,
    readyTimeoutMs: 10_000,
  });
};
