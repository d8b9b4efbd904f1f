/**
 * SNS and SQS for the run: the emulator fauxqs in a worker thread of its own, since it writes to its
 * SQLite file synchronously. Knows nothing of the template. Next: worker.ts for how it is held to
 * the loopback interface, create-messaging.ts for what is created in it.
 */
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { LocalRunError } from "../local-run-error.ts";

export interface Messaging {
  /** Address of both APIs. */
  endpoint: string;
  /** Resolves when the emulator has ended without having been asked to. */
  lost: Promise<LocalRunError>;
  stop(): Promise<void>;
}

export interface MessagingOptions {
  /** Where topics, queues and messages are kept. Absent: in memory. */
  dataDirectory?: string;
}

/** What the worker says when it is ready. */
export interface MessagingMessage {
  endpoint: string;
}

const stopTimeoutMs = 2_000;

/** Rejects with a LocalRunError of code `messaging` when the emulator does not start. */
export const startMessaging = async (options: MessagingOptions = {}): Promise<Messaging> => {
  const worker = new Worker(new URL("worker.ts", import.meta.url), {
    workerData: options,
    // Variables of this machine could have it load another's settings.
    env: {},
    execArgv: [],
  });
  const lost = Promise.withResolvers<LocalRunError>();
  let isStopping = false;
  let cause: Error | undefined;
  worker.on("error", (error: Error) => (cause = error));
  worker.on("exit", (exitCode) => {
    const reason = cause?.message ?? `exit code ${exitCode}`;
    const message = `The emulator of SNS and SQS has ended by itself: ${reason}`;
    if (!isStopping) lost.resolve(new LocalRunError("messaging", message, { cause }));
  });
  const ready = new Promise<MessagingMessage>((resolve) => worker.once("message", resolve));
  const first = await Promise.race([ready, lost.promise]);
  if (first instanceof LocalRunError) throw first;
  return {
    endpoint: first.endpoint,
    lost: lost.promise,
    stop: async () => {
      isStopping = true;
      await stop(worker);
    },
  };
};

const stop = async (worker: Worker): Promise<void> => {
  const exited = once(worker, "exit");
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is no window
  worker.postMessage("stop");
  await Promise.race([exited, delay(stopTimeoutMs, undefined, { ref: false })]);
  await worker.terminate();
};
