/** One worker thread with one function in it: started, given one invocation at a time, ended. */
import { Worker } from "node:worker_threads";
import type {
  FunctionError,
  Invocation,
  InvocationResult,
  WorkerMessage,
  WorkerSettings,
} from "./messages.ts";

export interface WorkerBlueprint {
  settings: WorkerSettings;
  environment: Record<string, string>;
}

export interface FunctionWorker {
  /** Resolves when the bundle is loaded; rejects with a FunctionError when it cannot be. */
  ready: Promise<void>;
  /** Only when ready and not running. `done` is called once; with a FunctionError when it died. */
  run(invocation: Invocation, done: (result: InvocationResult | FunctionError) => void): void;
  /** Ends the thread; the invocation that is running ends with the error. */
  terminate(error: FunctionError): Promise<void>;
}

/** Lambda gives a bundle ten seconds to load. Here all of them load at once, on a machine in use. */
const loadTimeoutMs = 60_000;

/**
 * V8 ends a thread in good order only while what is left over fits into 16 MiB more; out of its
 * default of 192 a collection can leave much more than that, and the whole process would abort. What
 * grows by more in one leap, such as a huge list, still takes the process along: V8 knows no other.
 */
const youngGenerationMiB = 32;

/** `onEnd` is called once, when the thread has ended, before the invocation is told. */
export const startWorker = (
  blueprint: WorkerBlueprint,
  onEnd: (error: FunctionError) => void,
): FunctionWorker => {
  const { settings, environment } = blueprint;
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  let done: ((result: InvocationResult | FunctionError) => void) | undefined;
  let endError: FunctionError | undefined;

  const worker = new Worker(new URL("worker.ts", import.meta.url), {
    workerData: settings,
    env: environment,
    // Options of this process, such as a debugger's, are not the function's.
    execArgv: [],
    resourceLimits: {
      // Lambda's figure bounds the whole process; the heap is most of it.
      maxOldGenerationSizeMb: settings.memoryMiB,
      maxYoungGenerationSizeMb: youngGenerationMiB,
    },
  });

  const loadTimer = setTimeout(() => {
    const errorMessage = `the bundle did not load within ${loadTimeoutMs / 1_000} seconds`;
    void terminate({ errorType: "Sandbox.Timedout", errorMessage });
  }, loadTimeoutMs);

  const terminate = async (error: FunctionError): Promise<void> => {
    endError ??= error;
    await worker.terminate();
  };

  worker.on("message", (message: WorkerMessage) => {
    if (message === "ready") {
      clearTimeout(loadTimer);
      return resolve();
    }
    const finish = done;
    done = undefined;
    finish?.({ isFailed: message[0] === "failed", answer: message[1] });
  });
  worker.on("error", (error) => {
    endError ??= describeCrash(error);
  });
  worker.on("exit", (exitCode) => {
    clearTimeout(loadTimer);
    const error = endError ?? {
      errorType: "Runtime.ExitError",
      errorMessage: `Runtime exited with code ${exitCode}`,
    };
    onEnd(error);
    reject(error);
    done?.(error);
  });
  return {
    ready,
    run: (invocation, whenDone) => {
      done = whenDone;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is no window
      worker.postMessage(invocation);
    },
    terminate,
  };
};

const describeCrash = (cause: unknown): FunctionError => {
  if (!(cause instanceof Error)) {
    return { errorType: "Runtime.ExitError", errorMessage: String(cause) };
  }
  return {
    errorType: cause.name,
    errorMessage: cause.message,
    stackTrace: (cause.stack ?? "").split("\n"),
  };
};
