/**
 * A child process that cannot outlive us. Node cannot ask the kernel for that, so a small shell
 * stands between: it holds the other end of a pipe from us, and a pipe ends however we end.
 *
 *   us ---pipe---> guard (sh) ---> engine
 *   one line on the pipe:  the engine is asked to stop (SIGTERM)
 *   the pipe ends:         the engine is killed (SIGKILL), also when it is we who were
 */
import { spawn } from "node:child_process";
import { once } from "node:events";

/** The engine's own end kills the watcher, and its exit code becomes the guard's. */
const guard = `
exec 3<&0
"$@" 3<&- </dev/null &
engine=$!
(read -r _ <&3 && kill "$engine" && read -r _ <&3; kill -9 "$engine") 2>/dev/null &
watcher=$!
wait "$engine"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"`;

/** Shells answer so when there is no such command. */
const exitCodeOfMissingCommand = 127;
const stopTimeoutMs = 2_500;
const errorOutputBytesMax = 4_096;

export interface ProcessEnd {
  exitCode: number | null;
  /** There is no such command on this machine. */
  isMissing: boolean;
  /** The last that it wrote to its standard error. */
  errorOutput: string;
}

export interface GuardedProcess {
  /** Resolves when it has ended, for whatever reason. Never rejects. */
  ended: Promise<ProcessEnd>;
  /** Asks it to stop, and kills it when it has not after 2.5 s. */
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
  // Writing to a guard that has just ended is no fault of ours.
  shell.stdin.on("error", () => {});

  const ended = once(shell, "close").then(
    ([exitCode]): ProcessEnd => ({
      exitCode: exitCode as number | null,
      isMissing: exitCode === exitCodeOfMissingCommand,
      errorOutput: errorOutput.trim(),
    }),
    (cause: Error): ProcessEnd => ({ exitCode: null, isMissing: true, errorOutput: cause.message }),
  );

  const stop = async (): Promise<void> => {
    shell.stdin.write("stop\n");
    const killTimer = setTimeout(() => killGroup(shell.pid), stopTimeoutMs);
    await ended;
    clearTimeout(killTimer);
  };
  return { ended, stop };
};

const killGroup = (groupId: number | undefined): void => {
  if (groupId === undefined) return;
  try {
    process.kill(-groupId, "SIGKILL");
  } catch {
    // It ended between the timer and the signal.
  }
};
