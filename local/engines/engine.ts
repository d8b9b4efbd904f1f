/** What every engine has in common: how it is started, watched and asked whether it is ready. */
import { setTimeout as delay } from "node:timers/promises";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { localCredentials, localRegion } from "../local-account.ts";
import { LocalRunError } from "../local-run-error.ts";
import { findFreePort } from "./free-port.ts";
import { type ProcessEnd, spawnGuarded } from "./guarded-process.ts";
import { noteEngine, waitForPreviousEngine } from "./previous-engine.ts";

export interface EngineOptions {
  /** Where the data are kept. Absent: in memory, gone when the engine stops. */
  dataDirectory?: string;
}

export interface Engine {
  /** Address of the DynamoDB API, for example `http://127.0.0.1:49152`. */
  endpoint: string;
  /** Resolves when the engine has ended without having been asked to. */
  lost: Promise<LocalRunError>;
  stop(): Promise<void>;
}

export interface EngineProgram {
  name: string;
  command: string;
  argsFor(port: number): string[];
  /** Where it keeps its data, when it keeps them. */
  dataDirectory?: string | undefined;
  /** What to tell about an engine that ended before it was ready, or undefined for the usual. */
  adviceOn(end: ProcessEnd): string | undefined;
  readyTimeoutMs: number;
}

const attemptsMax = 3;

/**
 * Starts the program on a free port of the loopback interface and resolves when it answers.
 * A LocalRunError of code `engine` says why it did not.
 */
export const startEngineProgram = async (program: EngineProgram): Promise<Engine> => {
  const { dataDirectory } = program;
  if (dataDirectory !== undefined) await waitForPreviousEngine(dataDirectory);
  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort();
    const started = await startOnPort(program, port);
    if (!(started instanceof LocalRunError)) return started;
    // Somebody may take the port between our look at it and the engine's.
    if (attempt === attemptsMax || !/in use|bind/i.test(started.message)) throw started;
  }
};

const startOnPort = async (
  program: EngineProgram,
  port: number,
): Promise<Engine | LocalRunError> => {
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawnGuarded(program.command, program.argsFor(port));
  if (program.dataDirectory !== undefined && child.groupId !== undefined) {
    await noteEngine(program.dataDirectory, child.groupId);
  }
  const isReady = waitUntilReady(endpoint, program.readyTimeoutMs);
  const first = await Promise.race([isReady.answer, child.ended]);
  isReady.cancel();
  if (first === "ready") {
    let isStopping = false;
    return {
      endpoint,
      lost: child.ended.then((end) =>
        isStopping ? new Promise<never>(() => {}) : endedError(program, end),
      ),
      stop: () => {
        isStopping = true;
        return child.stop();
      },
    };
  }
  await child.stop();
  if (first !== "silent") return endedError(program, first);
  const seconds = program.readyTimeoutMs / 1_000;
  return new LocalRunError("engine", `${program.name} did not answer within ${seconds} s.`);
};

const endedError = (program: EngineProgram, end: ProcessEnd): LocalRunError => {
  const reason = end.errorOutput || `exit code ${end.exitCode}`;
  const message = program.adviceOn(end) ?? `${program.name} has ended by itself: ${reason}`;
  return new LocalRunError("engine", message);
};

/** Asks for the list of tables until there is an answer. Never rejects. */
export const waitUntilReady = (
  endpoint: string,
  timeoutMs: number,
): { answer: Promise<"ready" | "silent">; cancel(): void } => {
  const aborter = new AbortController();
  const signal = AbortSignal.any([aborter.signal, AbortSignal.timeout(timeoutMs)]);
  const ask = async (): Promise<"ready" | "silent"> => {
    const client = new DynamoDBClient({
      endpoint,
      region: localRegion,
      credentials: localCredentials,
      maxAttempts: 1,
    });
    try {
      while (!signal.aborted) {
        if (await answers(client, signal)) return "ready";
        await delay(pauseMs, undefined, { signal }).catch(() => {});
      }
      return "silent";
    } finally {
      client.destroy();
    }
  };
  return { answer: ask(), cancel: () => aborter.abort() };
};

const pauseMs = 25;

const answers = (client: DynamoDBClient, abortSignal: AbortSignal): Promise<boolean> =>
  client.send(new ListTablesCommand({ Limit: 1 }), { abortSignal }).then(
    () => true,
    () => false,
  );
