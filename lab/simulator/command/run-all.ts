/** Runs seeds on worker threads, one for each core. The results do not depend on the worker. */
import { availableParallelism, totalmem } from "node:os";
import { Worker } from "node:worker_threads";
import type { RunResult } from "../run-seed.ts";
import { replayCommandOf, type Run } from "./runs.ts";
import type { WorkerMessage, WorkerSettings } from "./seed-worker.ts";

export interface FinishedRun {
  run: Run;
  result: RunResult;
}

export interface RunListener {
  /** Called when a run ends, in the order in which they end. */
  onEnd: (finished: FinishedRun) => void;
  /** Called with lines of the trace, where the settings ask for them. */
  onTrace: (lines: readonly string[]) => void;
}

/**
 * Resolves with the results in the order of the runs.
 *
 * @throws the reason of the signal; Error with the command that repeats a run that failed
 */
export const runAll = async (
  runs: readonly Run[],
  settings: WorkerSettings,
  listener: RunListener,
  signal: AbortSignal,
): Promise<FinishedRun[]> => {
  const finished: FinishedRun[] = [];
  const waiting = [...runs.entries()];
  const count = Math.min(availableParallelism(), runs.length);
  const workers = Array.from({ length: count }, () => startWorker(settings, count));

  const work = async (worker: Worker): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, run] = next;
      const result = await runOn(worker, run, settings, listener.onTrace);
      finished[index] = { run, result };
      listener.onEnd({ run, result });
    }
  };

  try {
    await Promise.race([Promise.all(workers.map(work)), rejectionOf(signal)]);
    return finished;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
};

const bytesPerMiB = 2 ** 20;

/** The history of a run with a hundred thousand holds takes gigabytes: a worker may use its share of half. */
const startWorker = (settings: WorkerSettings, count: number): Worker =>
  new Worker(new URL("./seed-worker.ts", import.meta.url), {
    workerData: settings,
    resourceLimits: {
      maxOldGenerationSizeMb: Math.floor(totalmem() / bytesPerMiB / 2 / count),
    },
  });

function runOn(
  worker: Worker,
  run: Run,
  { plant }: WorkerSettings,
  onTrace: RunListener["onTrace"],
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: WorkerMessage): void => {
      if (message.kind === "trace") return onTrace(message.lines);
      worker.off("message", onMessage).off("error", onError);
      if (message.kind === "result") resolve(message.result);
      else fail(message.stack);
    };
    const onError = (error: Error): void => fail(String(error.stack));
    const fail = (stack: string): void => {
      const command = replayCommandOf(run, plant);
      reject(new Error(`Seed ${run.seed} failed. To repeat it: ${command}\n${stack}`));
    };
    worker.on("message", onMessage).on("error", onError);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is no window
    worker.postMessage(run);
  });
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
