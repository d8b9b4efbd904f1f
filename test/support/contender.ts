/**
 * A process with several contexts that enter a critical section by turns, again and again, and say
 * so to the process that has started it. Node.js program: <config> <name> <contexts> <leaseMs>.
 */
import type { LocksConfig } from "./lock-server.ts";
import { openLocks } from "./open-locks.ts";

/** What a contender says; it goes on after an entry and an exit when it is told to. */
export type Passage = Entry | Exit | { passage: "failed"; context: number; code: string };
export type Entry = { passage: "enter"; context: number; token: number };
export type Exit = { passage: "leave"; context: number; wasLost: boolean };

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

/** Says it, and resolves when that was heard: what others say later is heard later. */
const sayAndWait = (passage: Passage): Promise<void> =>
  new Promise((resolve) => {
    mayGoOn.set(passage.context, resolve);
    say(passage);
  });

const enterOnce = async (context: number): Promise<void> => {
  const lease = await locks.acquire(name, { leaseMs, waitMs: 120_000 });
  await sayAndWait({ passage: "enter", context, token: lease.token });
  await sayAndWait({ passage: "leave", context, wasLost: lease.signal.aborted });
  await lease[Symbol.asyncDispose]();
};

const contend = async (context: number): Promise<void> => {
  while (!stopping.signal.aborted) {
    try {
      await enterOnce(context);
    } catch (error) {
      const { code } = error as { code?: string };
      // This machine stood still for as long as a lease, which the lease has told.
      if (code !== "lost") say({ passage: "failed", context, code: code ?? String(error) });
    }
  }
};

await Promise.all(Array.from({ length: contexts }, (_, context) => contend(context)));
await locks.close();
process.disconnect();
