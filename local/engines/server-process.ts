/**
 * A server from a Debian package as a process that cannot outlive us, in the terms of a test that
 * freezes, kills and restarts it. Next: ../redis/redis-server.ts.
 */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { spawnGuarded, type GuardedProcess } from "./guarded-process.ts";
import { noteEngine, waitForPreviousEngine } from "./previous-engine.ts";

export interface ServerProcess {
  /** Of the server itself, not of its guard. */
  pid(): number;
  /** Stops it as it is (SIGSTOP), until it is thawed. */
  freeze(): void;
  thaw(): void;
  /** Ends it at once (SIGKILL), and resolves when it has ended. */
  kill(): Promise<void>;
  /** Ends it politely and starts it again, at the same port, with its data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerProgram {
  name: string;
  command: string;
  args: readonly string[];
  /** How a machine without it gets it. */
  install: string;
  /** Where it keeps its data, when they are kept over runs: waits for who still writes there. */
  dataDirectory?: string | undefined;
  /** Whether it serves by now. It may reject until it does. */
  isReady(): Promise<boolean>;
}

/** There is no such command on this machine; the message tells how to get it. */
export class ServerMissing extends Error {
  override readonly name = "ServerMissing";
}

const readyTimeoutMs = 30_000;
const readyPauseMs = 20;

/** The guard's only child that is no shell: the server, once the shell has become it. */
const pidOf = async (groupId: number): Promise<number> => {
  const children = await readFile(`/proc/${groupId}/task/${groupId}/children`, "utf8");
  for (const child of children.trim().split(" ")) {
    const command = await readFile(`/proc/${child}/comm`, "utf8").catch(() => "sh");
    if (command.trim() !== "sh") return Number(child);
  }
  throw new Error("The server has no process.");
};

const startOnce = async (program: ServerProgram): Promise<[GuardedProcess, number]> => {
  const { dataDirectory } = program;
  if (dataDirectory !== undefined) await waitForPreviousEngine(dataDirectory);
  const guarded = spawnGuarded(program.command, program.args);
  if (dataDirectory !== undefined && guarded.groupId !== undefined) {
    await noteEngine(dataDirectory, guarded.groupId);
  }
  const hasEnded = new AbortController();
  void guarded.ended.then(() => hasEnded.abort());
  const deadlineMs = performance.now() + readyTimeoutMs;
  while (!hasEnded.signal.aborted && performance.now() < deadlineMs) {
    if (await program.isReady().catch(() => false)) return [guarded, await pidOf(guarded.groupId!)];
    await sleep(readyPauseMs);
  }
  await guarded.stop();
  const { isMissing, errorOutput } = await guarded.ended;
  if (isMissing) {
    throw new ServerMissing(
      `There is no ${program.command} on this machine. To install: ${program.install}`,
    );
  }
  throw new Error(`${program.name} did not start: ${errorOutput}`);
};

/** Resolves when it is ready. Rejects with the command that installs it where it is missing. */
export const startServerProcess = async (program: ServerProgram): Promise<ServerProcess> => {
  let [guarded, pid] = await startOnce(program);
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended.
    }
  };
  const stop = async (): Promise<void> => {
    // What is frozen does not hear that it shall stop.
    signal("SIGCONT");
    await guarded.stop();
  };
  return {
    pid: () => pid,
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    kill: async () => {
      signal("SIGKILL");
      await guarded.ended;
    },
    restart: async () => {
      await stop();
      [guarded, pid] = await startOnce(program);
    },
    stop,
  };
};
