/**
 * Lambda's runtime inside a worker thread: loads one function's bundle, then takes one invocation
 * after the other. Module state lives as long as the thread. Its environment and memory are set by
 * the pool that starts it: worker-pool.ts.
 */
import { openSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import type { FunctionError, Invocation, WorkerMessage, WorkerSettings } from "./messages.ts";

type Handler = (event: unknown, context: object) => unknown;

const settings = workerData as WorkerSettings;
const port = parentPort;
if (port === null) throw new Error("worker.ts runs in a worker thread only");

/**
 * A line is written before the call returns, with no help from the main thread: by way of it, a
 * line costs more than an invocation, and a worker that is terminated takes its last lines along.
 */
const appendOutputTo = (logPath: string): void => {
  const file = openSync(logPath, "a");
  type Done = (error?: Error | null) => void;
  const write = (chunk: string | Uint8Array, encoding?: unknown, done?: Done): boolean => {
    try {
      writeSync(file, typeof chunk === "string" ? Buffer.from(chunk) : chunk);
    } catch {
      // A full disk loses log lines; it does not fail invocations.
    }
    const callback = typeof encoding === "function" ? (encoding as Done) : done;
    if (callback) process.nextTick(callback);
    return true;
  };
  process.stdout.write = write;
  process.stderr.write = write;
};

const loadHandler = async (): Promise<Handler> => {
  const { bundlePath, exportName } = settings;
  const bundle = (await import(pathToFileURL(bundlePath).href)) as Record<string, unknown>;
  // A CommonJS bundle's exports that cannot be seen without running it are in `default`.
  const fallback = bundle["default"] as Record<string, unknown> | undefined;
  const handler = bundle[exportName] ?? fallback?.[exportName];
  if (typeof handler === "function") return handler as Handler;
  throw new TypeError(`it exports no function "${exportName}"`);
};

const contextOf = (requestId: string, deadlineMs: number): object => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName: settings.functionName,
  functionVersion: "$LATEST",
  invokedFunctionArn: settings.functionArn,
  memoryLimitInMB: String(settings.memoryMiB),
  logGroupName: settings.logGroupName,
  logStreamName: settings.logStreamName,
  awsRequestId: requestId,
  getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
});

const describeError = (error: unknown): FunctionError => {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), stackTrace: [] };
  }
  const { name, message, stack = "" } = error;
  return { errorType: name, errorMessage: message, stackTrace: stack.split("\n") };
};

const serve = (handler: Handler): void => {
  const send = (message: WorkerMessage): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is no window
    port.postMessage(message);
  };
  const run = async ([requestId, event, deadlineMs]: Invocation): Promise<void> => {
    try {
      const answer = await handler(JSON.parse(event), contextOf(requestId, deadlineMs));
      // A function, and what else has no JSON, is no answer to Lambda either.
      send(["answered", JSON.stringify(answer ?? null) ?? "null"]);
    } catch (error) {
      const failure = describeError(error);
      console.error(JSON.stringify({ level: "ERROR", requestId, ...failure }));
      send(["failed", JSON.stringify(failure)]);
    }
  };
  port.on("message", (invocation: Invocation) => void run(invocation));
  send("ready");
};

appendOutputTo(settings.logPath);
serve(await loadHandler());
