/**
 * The folder that keeps the data between runs, owned by one run at a time. The lock is SQLite's on a
 * file, which is the operating system's: it ends with its process, however that ends, so that no
 * stale lock is ever left. Beside it the number of the data's format, the engine's files, the
 * functions' logs, and `run.json` while the run is ready.
 */
import { access, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { dynamoDbLocalFolderIn } from "./engines/dynamodb-local.ts";
import { dynoxideFileIn } from "./engines/dynoxide.ts";
import { LocalRunError } from "./local-run-error.ts";

/**
 * The format of the data. It grows when this version cannot use the tables of an earlier one. Folders
 * of Holdfast 0.1 have no number.
 */
export const dataFormat = 2;

/** What `run.json` tells others, such as benchmarks, of the run that is ready. */
export interface RunDescription {
  pid: number;
  /** Address of the gateway. */
  endpoint: string;
  /** Address of the DynamoDB API. */
  dynamodb: string;
  /** Logical id to table name. */
  tables: Record<string, string>;
  outputs: Record<string, string>;
  /** Address of SNS and SQS. Absent, as the outbox, when the template has no use for it. */
  messaging?: string;
  /** Logical id to ARN; the name to ARN for a topic that is not in the template. */
  topics: Record<string, string>;
  /** Logical id to URL. */
  queues: Record<string, string>;
  /** The file to which e-mails are written. */
  outbox?: string;
}

export interface DataFolder {
  /** Absolute. */
  path: string;
  logsDirectory: string;
  describeRun(run: RunDescription): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Rejects with a LocalRunError of code `data` when another run owns the folder, or when its data have
 * another format.
 */
export const openDataFolder = async (path: string): Promise<DataFolder> => {
  const directory = resolve(path);
  await mkdir(directory, { recursive: true }).catch((cause: Error) => {
    const message = `HOLDFAST_DATA=${path} cannot be used as a folder: ${cause.message}.`;
    throw new LocalRunError("data", message, { cause });
  });
  const unlock = await lock(directory);
  try {
    await requireFormat(directory);
  } catch (error) {
    unlock();
    throw error;
  }
  const runFile = join(directory, "run.json");
  // A run that was killed has left its own.
  await rm(runFile, { force: true });
  return {
    path: directory,
    logsDirectory: join(directory, "logs"),
    describeRun: async (run) => {
      // Whoever waits for the file must not read half of it.
      await writeFile(`${runFile}.new`, `${JSON.stringify(run, undefined, 2)}\n`);
      await rename(`${runFile}.new`, runFile);
    },
    stop: async () => {
      await rm(runFile, { force: true });
      unlock();
    },
  };
};

/** Another connection has the lock: https://sqlite.org/rescode.html#busy */
const sqliteBusy = 5;

const lock = async (directory: string): Promise<() => void> => {
  const database = new DatabaseSync(join(directory, "lock"), { timeout: 0 });
  const pidFile = join(directory, "pid");
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    if ((cause as { errcode?: number }).errcode !== sqliteBusy) throw cause;
    const pid = await readFile(pidFile, "utf8").catch(() => "");
    const owner = pid === "" ? "another process" : `the process ${pid.trim()}`;
    throw new LocalRunError(
      "data",
      `The data folder ${directory} is in use by ${owner}. ` +
        "Stop that run first, or use another folder: HOLDFAST_DATA=.holdfast-2",
      { cause },
    );
  }
  await writeFile(pidFile, `${process.pid}\n`);
  return () => database.close();
};

/** Notes the format in a folder without data. Refuses data of any other format. */
const requireFormat = async (directory: string): Promise<void> => {
  const file = join(directory, "format");
  const found = (await readFile(file, "utf8").catch(ifAbsent(""))).trim();
  if (found === String(dataFormat)) return;
  if (found === "" && !(await hasData(directory))) return writeFile(file, `${dataFormat}\n`);
  const writer = found === "" ? "Holdfast 0.1" : `a Holdfast with data of format ${found}`;
  throw new LocalRunError(
    "data",
    `The data folder ${directory} was written by ${writer}; this version uses format ${dataFormat}. ` +
      "Remove the folder with all its data, or use another: HOLDFAST_DATA=.holdfast-2",
  );
};

/** Returns true when an engine has kept tables in the folder. */
const hasData = async (directory: string): Promise<boolean> => {
  const places = [dynoxideFileIn(directory), dynamoDbLocalFolderIn(directory)];
  const found = await Promise.all(
    places.map((path) => access(path).then(() => true, ifAbsent(false))),
  );
  return found.includes(true);
};

const ifAbsent =
  <Value>(value: Value) =>
  (error: NodeJS.ErrnoException): Value => {
    if (error.code === "ENOENT") return value;
    throw error;
  };
