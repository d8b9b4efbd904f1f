/** Shared by the commands: the tables of the local run or of the arguments, and the exit codes. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ConnectOptions } from "../inventory/dynamodb/database.ts";

/** Arguments that a command does not take. Its message says what it takes. */
export class UsageError extends Error {}

/** Options of `parseArgs` that name the tables. */
export const tableOptions = {
  stock: { type: "string" },
  reservations: { type: "string" },
  movements: { type: "string" },
  locks: { type: "string" },
  region: { type: "string" },
} as const;

export type TableArguments = Partial<Record<keyof typeof tableOptions, string>>;

export interface Tables {
  access: Pick<ConnectOptions, "endpoint" | "region" | "credentials">;
  stock: string;
  reservations: string;
  movements: string;
  locks: string;
}

/** The description of a local run that `npm start` writes (local/data-folder.ts). */
interface RunDescription {
  dynamodb: string;
  outputs: Record<string, string>;
}

const readLocalRun = async (): Promise<Tables> => {
  const folder = process.env["HOLDFAST_DATA"] ?? ".holdfast";
  const text = await readFile(join(folder, "run.json"), "utf8").catch(() => {
    throw new UsageError(`No local run is ready in ${folder}: npm start, or name the tables.`);
  });
  const { dynamodb, outputs } = JSON.parse(text) as RunDescription;
  return {
    access: {
      endpoint: dynamodb,
      region: "us-east-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    },
    stock: outputs["StockTableName"]!,
    reservations: outputs["ReservationsTableName"]!,
    movements: outputs["MovementsTableName"]!,
    locks: outputs["LocksTableName"]!,
  };
};

/** @throws UsageError where some of the tables are named, or no local run is ready */
export const findTables = async ({
  stock,
  reservations,
  movements,
  locks,
  region,
}: TableArguments): Promise<Tables> => {
  const names = { stock, reservations, movements, locks };
  const named = Object.values(names).filter((name) => name !== undefined);
  if (named.length === 0) return readLocalRun();
  if (named.length < Object.keys(names).length) {
    const all = "--stock, --reservations, --movements and --locks";
    throw new UsageError(`Either all of ${all}, or none of them.`);
  }
  const access = region === undefined ? {} : { region };
  return { access, ...(names as Record<keyof typeof names, string>) };
};

/**
 * Runs a command and sets the exit code: what `run` resolves with, or 2 where it could not do its work.
 */
export const runCommand = async (usage: string, run: () => Promise<number>): Promise<void> => {
  process.exitCode = await run().catch((error: Error) => {
    const isUsage = error instanceof UsageError;
    process.stderr.write(isUsage ? `${error.message}\n\n${usage}\n` : `${error.stack}\n`);
    return 2;
  });
};
