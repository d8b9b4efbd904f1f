/** A process of its own that holds locks, driven by a test, which may stop or kill it. */
import { fork, type ChildProcess } from "node:child_process";
import { on, once } from "node:events";
import { fileURLToPath } from "node:url";
import type { AcquireOptions } from "../../locks/locks.ts";
import type { OnceOptions } from "../../locks/once.ts";
import type { LocksConfig } from "./lock-server.ts";

export type Command =
  | { do: "acquire"; names: string | string[]; options: AcquireOptions }
  | { do: "release" }
  | { do: "write"; endpoint: string; table: string; key: string }
  /** Work that does not end; the answer comes when it has begun. */
  | { do: "runOnce"; key: string; options: OnceOptions }
  | { do: "close" };

/** What the other process answers to each command, and tells of itself. */
export type Told =
  | { told: "acquired"; token: number }
  | { told: "released" | "written" | "running" | "closed" }
  | { told: "failed"; code: string | undefined; message: string }
  | { told: "lost"; loss: string };

export interface LockProcess {
  /** Resolves with the answer to the command. */
  ask(command: Command): Promise<Told>;
  /** Resolves when it tells of the loss of its lease, or of its claim to a run. */
  lost: Promise<string>;
  stopForNow(): void;
  goOn(): void;
  kill(): Promise<void>;
  /** Resolves with its exit code when it ends by itself. */
  ended: Promise<number | null>;
}

const program = fileURLToPath(new URL("lock-process-main.ts", import.meta.url));

export const startLockProcess = (config: LocksConfig): LockProcess => {
  const child: ChildProcess = fork(program, [JSON.stringify(config)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = once(child, "exit").then(([exitCode]) => exitCode as number | null);
  const messages = (): AsyncIterable<[Told]> =>
    on(child, "message", { close: ["exit"] }) as AsyncIterable<[Told]>;
  const firstOf = async (isWanted: (told: Told) => boolean): Promise<Told> => {
    for await (const [told] of messages()) if (isWanted(told)) return told;
    throw new Error("The process ended before it answered.");
  };
  const lost = firstOf(({ told }) => told === "lost").then(
    (told) => (told as { loss: string }).loss,
  );
  // Not every test waits for it.
  lost.catch(() => {});
  return {
    ask: async (command) => {
      const answer = firstOf(({ told }) => told !== "lost");
      child.send(command);
      return answer;
    },
    lost,
    stopForNow: () => void child.kill("SIGSTOP"),
    goOn: () => void child.kill("SIGCONT"),
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
    ended,
  };
};
