/**
 * Every function of the app, each in its own pool of workers. Knows nothing of HTTP: an event goes
 * in, an answer comes out. Next: worker-pool.ts, and worker.ts for what runs inside a thread.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { FunctionDescription } from "../assembly/read-functions.ts";
import { LocalRunError } from "../local-run-error.ts";
import {
  environmentOf,
  locateHandler,
  logStreamName,
  type ServiceEndpoints,
} from "./environment.ts";
import { prepareLog } from "./function-log.ts";
import type { FunctionError, InvocationResult } from "./messages.ts";
import { startWorkerPool, type WorkerPool } from "./worker-pool.ts";

export interface Functions {
  /** The event as JSON. Always resolves; a function that fails is a result, not a rejection. */
  invoke: (logicalId: string, event: string) => Promise<InvocationResult>;
  stop(): Promise<void>;
}

export interface FunctionsOptions {
  functions: readonly FunctionDescription[];
  endpoints: ServiceEndpoints;
  logsDirectory: string;
  /** One line on what a function's own log cannot show. */
  onFailure: (message: string) => void;
}

/** Each compiles and warms its own copy of the bundle: more than keep the cores busy is slower. */
const workersMaxPerFunction = Math.min(8, 2 * availableParallelism());

/** Rejects with a LocalRunError of code `function` when a bundle cannot be loaded. */
export const startFunctions = async (options: FunctionsOptions): Promise<Functions> => {
  const pools = new Map<string, WorkerPool>();
  const stop = async (): Promise<void> => {
    await Promise.all([...pools.values()].map((pool) => pool.stop()));
  };
  const startOne = async (description: FunctionDescription): Promise<void> => {
    const { logicalId } = description;
    pools.set(logicalId, await startPool(description, options));
  };
  const outcomes = await Promise.allSettled(options.functions.map(startOne));
  const broken = outcomes.find((outcome) => outcome.status === "rejected");
  if (broken) {
    await stop();
    throw broken.reason;
  }
  return {
    invoke: (logicalId, event) => {
      const pool = pools.get(logicalId);
      if (!pool) throw new Error(`no such function: ${logicalId}`);
      return pool.invoke(event);
    },
    stop,
  };
};

const startPool = async (
  description: FunctionDescription,
  { endpoints, logsDirectory, onFailure }: FunctionsOptions,
): Promise<WorkerPool> => {
  const { logicalId, name, arn, memoryMiB, timeoutMs, logGroupName } = description;
  const logPath = await prepareLog(join(logsDirectory, `${logicalId}.log`));
  const handler = locateHandler(description);
  const settings = {
    ...handler,
    logPath,
    memoryMiB,
    logGroupName,
    logStreamName,
    functionName: name,
    functionArn: arn,
  };
  try {
    return await startWorkerPool({
      blueprint: { settings, environment: environmentOf(description, endpoints) },
      timeoutMs,
      workersMax: workersMaxPerFunction,
      onFailure: (message) => onFailure(`${logicalId} failed: ${message} (log: ${logPath})`),
    });
  } catch (cause) {
    if (cause instanceof LocalRunError) throw cause;
    const { errorType, errorMessage } = cause as FunctionError;
    throw new LocalRunError(
      "function",
      `The bundle of ${logicalId} does not load: ${errorType}: ${errorMessage} ` +
        `(${handler.bundlePath}; log: ${logPath}).`,
    );
  }
};
