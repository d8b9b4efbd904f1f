/**
 * A process with several contexts that enter a critical section by turns, again and again, and say
 * so to the process that has started it. Node.js program: <config> <name> <contexts> <leaseMs>.
 */
import type { LocksConfig } from "./lock-server.ts";
import { openLocks } from "./open-locks.ts";

/** What a contender says; `enter` waits for the word to go on. */
export type Passage =
  | { passage: "enter"; context: number; token: number }
  | { passage: "leave"; context: number; wasLost: boolean }
  | { passage: "failed"; context: number; code: string };

export interface Contention {
  config: LocksConfig;
  name: string;
  contexts: number;
  leaseMs: number;
}

const { config, name, contexts, leaseMs } = JSON.parse(process.argv[2]!) as Contention;
const locks = openLocks(config);
const mayGoOn = new Map<number, () => void>();
const stopping = new AbortController();

process.on("message", (message: { goOn: number } | "stop") => {
  if (message === "stop") stopping.abort();
  else mayGoOn.get(message.goOn)?.();
});

const say = (passage: Passage): void => void process.send?.(passage);

const enterOnce = async (context: number): Promise<void> => {
  const lease = await locks.acquire(name, { leaseMs, waitMs: 120_000 });
  const { promise: seen, resolve } = Promise.withResolvers<void>();
  mayGoOn.set(context, resolve);
  say({ passage: "enter", context, token: lease.token });
  await seen;
  // From here on others may be inside, and this context has left.
  const wasLost = lease.signal.aborted;
  say({ passage: "leave", context, wasLost });
  await lease[Symbol.asyncDispose]();
};

const contend = async (context: number): Promise<void> => {
  while (!stopping.signal.aborted) {
    try {
      await enterOnce(context);
    } catch (error) {
      say({ passage: "failed", context, code: (error as { code?: string }).code ?? String(error) });
    }
  }
};

await Promise.all(Array.from({ length: contexts }, (_, context) => contend(context)));
await locks.close();
process.disconnect();
