/** A Java program with the real client of a lock, driven by lines. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export interface JavaPeer {
  /** Sends a command and resolves with its answer. */
  ask(command: string): Promise<string>;
  /** SIGKILL, as a machine that loses its power. */
  kill(): Promise<void>;
}

export interface JavaProgram {
  /** Below test/. */
  source: string;
  classPath: string;
  args: readonly string[];
}

/** Runs a single source file; resolves when it says that it is ready. Ends with the test. */
export const startJavaPeer = async ({
  source,
  classPath,
  args,
}: JavaProgram): Promise<JavaPeer> => {
  const file = fileURLToPath(new URL(`../${source}`, import.meta.url));
  const options = ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", classPath];
  const child = spawn("java", [...options, file, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = once(child, "close");
  let errorOutput = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errorOutput += text));
  // A command to one that was killed is answered by its end.
  child.stdin.on("error", () => {});
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();

  const answer = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`The Java program has ended: ${errorOutput.slice(-2_000)}`);
    return value;
  };
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(kill);

  const greeting = await answer();
  if (greeting !== "ready") throw new Error(`The Java program said ${greeting}.`);
  return {
    ask: (command) => {
      child.stdin.write(`${command}\n`);
      return answer();
    },
    kill,
  };
};
