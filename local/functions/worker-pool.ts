/**
 * The workers of one function, as Lambda keeps its execution environments: each takes one invocation
 * at a time, they are started when invocations wait, and the one used last is used first, so that
 * the others stay idle. What goes wrong in one costs its invocation and the worker, nothing else.
 */
import { randomUUID } from "node:crypto";
import type { FunctionError, InvocationResult } from "./messages.ts";
import { type FunctionWorker, startWorker, type WorkerBlueprint } from "./function-worker.ts";

export interface WorkerPool {
  /** The event as JSON. Always resolves; a function that fails is a result, not a rejection. */
  invoke(event: string): Promise<InvocationResult>;
  /** Terminates every worker at once. What is still running fails. */
  stop(): Promise<void>;
}

export interface PoolOptions {
  blueprint: WorkerBlueprint;
  timeoutMs: number;
  workersMax: number;
  /** Told of what a function's own log cannot show: timeouts, crashes, bundles that do not load. */
  onFailure: (message: string) => void;
}

interface Waiting {
  event: string;
  resolve(result: InvocationResult): void;
}

/** Rejects with a LocalRunError of code `function` when the bundle cannot be loaded. */
export const startWorkerPool = async (options: PoolOptions): Promise<WorkerPool> => {
  const { blueprint, timeoutMs, workersMax, onFailure } = options;
  const workers = new Set<FunctionWorker>();
  const idle: FunctionWorker[] = [];
  const queue: Waiting[] = [];
  let startingCount = 0;
  let isStopping = false;

  const fail = (waiting: Waiting, error: FunctionError): void => {
    if (!isStopping) onFailure(inWords(error));
    waiting.resolve({ isFailed: true, answer: JSON.stringify(error) });
  };

  const run = (worker: FunctionWorker, waiting: Waiting): void => {
    const requestId = randomUUID();
    const timer = setTimeout(() => {
      const seconds = (timeoutMs / 1_000).toFixed(2);
      void worker.terminate({
        errorType: "Sandbox.Timedout",
        errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`,
      });
    }, timeoutMs);
    worker.run([requestId, waiting.event, Date.now() + timeoutMs], (result) => {
      clearTimeout(timer);
      if ("errorType" in result) return fail(waiting, result);
      waiting.resolve(result);
      takeNext(worker);
    });
  };

  const takeNext = (worker: FunctionWorker): void => {
    const next = queue.shift();
    if (next) run(worker, next);
    else idle.push(worker);
  };

  /** One worker is started for each invocation that waits, up to the bound. */
  const grow = (): void => {
    if (isStopping) return;
    while (startingCount < queue.length && workers.size < workersMax) {
      start().then(takeNext, (error: FunctionError) => {
        const waiting = queue.shift();
        if (waiting) fail(waiting, error);
        // Those that still wait need another worker, even if it fails as well.
        grow();
      });
    }
  };

  const start = async (): Promise<FunctionWorker> => {
    startingCount++;
    const worker = startWorker(blueprint, (error) => {
      workers.delete(worker);
      const index = idle.indexOf(worker);
      if (index !== -1) {
        idle.splice(index, 1);
        if (!isStopping) onFailure(`between invocations: ${inWords(error)}`);
      }
      grow();
    });
    workers.add(worker);
    try {
      await worker.ready;
      return worker;
    } finally {
      startingCount--;
    }
  };

  idle.push(await start());
  return {
    invoke: (event) =>
      new Promise((resolve) => {
        const waiting = { event, resolve };
        const worker = idle.pop();
        if (worker) return run(worker, waiting);
        queue.push(waiting);
        grow();
      }),
    stop: async () => {
      isStopping = true;
      const error = { errorType: "Runtime.ExitError", errorMessage: "the run has stopped" };
      for (const waiting of queue.splice(0)) fail(waiting, error);
      await Promise.all([...workers].map((worker) => worker.terminate(error)));
    },
  };
};

const inWords = ({ errorType, errorMessage }: FunctionError): string =>
  `${errorType}: ${errorMessage}`;
