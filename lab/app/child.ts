/** A Node.js program of this project as a child process, in the terms of "until a line" and "stop". */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname } from "node:path";
import { project } from "./project.ts";

export interface Child {
  /** Resolves with all of its output so far once a line matches; rejects when it ends before. */
  outputUntil(line: RegExp): Promise<string>;
  /** Resolves when it ends with exit code 0, and rejects with what it said otherwise. */
  succeeded: Promise<void>;
  /** Asks it to stop, and kills it when it has not after 6 s: the app promises 5. */
  stop(): Promise<void>;
}

const stopTimeoutMs = 6_000;
const errorOutputCharactersMax = 4_000;

export const startNode = (
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Child => {
  // Not detached: a terminal's Ctrl-C reaches the child as well, which stops by itself then.
  const child = spawn(process.execPath, args, {
    cwd: project(""),
    // Programs that it starts by the name `node` must be of this version too.
    env: {
      ...process.env,
      PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errorOutput = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errorOutput = (errorOutput + text).slice(-errorOutputCharactersMax);
  });

  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const describeEnd = (code: number | null, signalName: string | null): Error =>
    new Error(`node ${args.join(" ")} ended (${code ?? signalName}): ${errorOutput.trim()}`);
  const hasSucceeded = async (): Promise<void> => {
    const [code, signalName] = await closed;
    if (code !== 0) throw describeEnd(code, signalName);
  };
  const succeeded = hasSucceeded();
  // Whoever waits for a line need not wait for the end.
  succeeded.catch(() => {});

  return {
    outputUntil: (line) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!line.test(output)) return;
          child.stdout.off("data", look);
          resolve(output);
        };
        child.stdout.on("data", look);
        look();
        closed.then(([code, signalName]) => reject(describeEnd(code, signalName)), reject);
      }),
    succeeded,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const killTimer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
      await closed.catch(() => {});
      clearTimeout(killTimer);
    },
  };
};
