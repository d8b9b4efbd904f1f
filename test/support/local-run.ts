/**
 * The local run as a child process, as a user starts it: for tests and benchmarks over HTTP. Knows
 * only what a user sees: the variables, the ready line and `run.json`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface LocalRunOptions {
  /** Folder of the synthesized app. Default: the project's `cdk.out`. */
  assembly?: string;
  /** Kept when given; otherwise a new one, removed by `stop`. */
  dataDirectory?: string;
  /** Default: HOLDFAST_ENGINE as it is set, so that a tier can be run on each engine. */
  engine?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Added to this process's variables, or put in their place. */
  variables?: Record<string, string>;
}

export interface LocalRun {
  endpoint: string;
  dynamodbEndpoint: string;
  /** Logical id to table name. */
  tables: Record<string, string>;
  outputs: Record<string, string>;
  /** Address of SNS and SQS; absent, as the outbox, when the app has no use for it. */
  messaging?: string;
  /** Logical id to ARN. */
  topics: Record<string, string>;
  /** Logical id to URL. */
  queues: Record<string, string>;
  /** The file to which e-mails are written, a line of JSON each. */
  outbox?: string;
  pid: number;
  dataDirectory: string;
  /** All that it has printed so far. */
  stdout(): string;
  stderr(): string;
  /** Sends the signal and resolves with the exit code when it has ended: null after a SIGKILL. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
  /** SIGTERM, unless it has ended, and the end of a data folder of its own. */
  stop(): Promise<void>;
}

type RunFile = Pick<
  LocalRun,
  "tables" | "outputs" | "messaging" | "topics" | "queues" | "outbox"
> & { dynamodb: string };

/** A run that ended before it was ready. */
export class LocalRunRefused extends Error {
  override readonly name = "LocalRunRefused";
  readonly exitCode: number | null;
  readonly stderr: string;

  constructor(exitCode: number | null, stderr: string) {
    super(`the local run ended with exit code ${exitCode}: ${stderr}`);
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

const project = fileURLToPath(new URL("../..", import.meta.url));
const readyLine = /^Holdfast is ready on (http:\/\/127\.0\.0\.1:\d+)$/m;

/** Resolves at the ready line; rejects with LocalRunRefused when the process ends before it. */
export const startLocalRun = async (options: LocalRunOptions = {}): Promise<LocalRun> => {
  const { assembly = join(project, "cdk.out"), port = 0 } = options;
  const dataDirectory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), "holdfast-")));
  const child = spawn(process.execPath, [join(project, "local/main.ts"), assembly], {
    cwd: project,
    env: {
      ...process.env,
      PORT: String(port),
      HOLDFAST_DATA: dataDirectory,
      ...(options.engine !== undefined && { HOLDFAST_ENGINE: options.engine }),
      ...options.variables,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  const ended = once(child, "close") as Promise<[number | null]>;
  const ready = new Promise<string>((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      const endpoint = readyLine.exec(stdout)?.[1];
      if (endpoint !== undefined) resolve(endpoint);
    });
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const forget = async (): Promise<void> => {
    if (options.dataDirectory === undefined) {
      await rm(dataDirectory, { recursive: true, force: true });
    }
  };

  const first = await Promise.race([ready, ended]);
  if (typeof first !== "string") {
    await forget();
    throw new LocalRunRefused(first[0], stderr);
  }
  const kill = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return (await ended)[0];
  };
  const text = await readFile(join(dataDirectory, "run.json"), "utf8");
  const { dynamodb, ...described } = JSON.parse(text) as RunFile;
  return {
    ...described,
    endpoint: first,
    dynamodbEndpoint: dynamodb,
    pid: child.pid ?? 0,
    dataDirectory,
    stdout: () => stdout,
    stderr: () => stderr,
    kill,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) await kill("SIGTERM");
      await forget();
    },
  };
};
