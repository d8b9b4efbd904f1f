/**
 * A child process that cannot outlive us. Node cannot ask the kernel for that, so a small shell
 * stands between: it holds the other end of a pipe from us, and a pipe ends however we end.
 *
 *   us ---pipe---> guard (sh) ---> engine
 *
 * When the pipe ends, the engine is asked to stop (SIGTERM): DynamoDB Local writes to disk only then
 * what it has confirmed long before. After 2 s it is killed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * At the engine's end the rest of the group goes, which is the watcher and its sleep. The guard
 * itself says nothing: when we are gone, so is the reader of what it says, and writing would end it.
 */
const guard = `
exec 3<&0
"$@" 3<&- </dev/null &
engine=$!
exec 2>/dev/null
(read -r _ <&3; kill "$engine"; sleep 2; kill -9 "$engine") &
wait "$engine"
code=$?
trap '' TERM
kill 0
exit "$code"`;

/** Shells answer so when there is no such command. */
const exitCodeOfMissingCommand = 127;
const errorOutputBytesMax = 4_096;

export interface ProcessEnd {
  exitCode: number | null;
  /** There is no such command on this machine. */
  isMissing: boolean;
  /** The last that it wrote to its standard error. */
  errorOutput: string;
}

export interface GuardedProcess {
  /** Undefined when not even the guard could be started. */
  groupId: number | undefined;
  /** Resolves when it has ended, for whatever reason. Never rejects. */
  ended: Promise<ProcessEnd>;
  /** Asks it to stop, and kills it when it has not after 2 s. */
  stop(): Promise<void>;
}

export const spawnGuarded = (command: string, args: readonly string[]): GuardedProcess => {
  const shell = spawn("/bin/sh", ["-c", guard, "guard", command, ...args], {
    stdio: ["pipe", "ignore", "pipe"],
    // A group of its own: a terminal's Ctrl-C must not reach the engine before we have stopped.
    detached: true,
  });
  let errorOutput = "";
  shell.stderr.setEncoding("utf8").on("data", (text: string) => {
    errorOutput = (errorOutput + text).slice(-errorOutputBytesMax);
  });
  const ended = once(shell, "close").then(
    ([exitCode]): ProcessEnd => ({
      exitCode: exitCode as number | null,
      isMissing: exitCode === exitCodeOfMissingCommand,
      errorOutput: errorOutput.trim(),
    }),
    (cause: Error): ProcessEnd => ({ exitCode: null, isMissing: true, errorOutput: cause.message }),
  );

  const stop = async (): Promise<void> => {
    shell.stdin.destroy();
    await ended;
  };
  return { groupId: shell.pid, ended, stop };
};
