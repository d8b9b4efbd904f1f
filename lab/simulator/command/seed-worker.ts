/** A worker thread: it does the runs that it is sent, one at a time. */
import { parentPort, workerData } from "node:worker_threads";
import { plantMistake, type MistakeName } from "../mistakes.ts";
import type { RunResult } from "../run-seed.ts";
import type { Run } from "./runs.ts";

export interface WorkerSettings {
  /** A mistake to plant in the core. */
  plant?: MistakeName;
  /** Send the lines of the trace. */
  trace: boolean;
}

export type WorkerMessage =
  | { kind: "trace"; lines: string[] }
  | { kind: "result"; result: RunResult }
  | { kind: "failed"; stack: string };

const { plant, trace } = workerData as WorkerSettings;
if (plant !== undefined) plantMistake(plant);
// A planted mistake is part of what is imported from here on.
const { runSeed } = await import("../run-seed.ts");

const linesPerMessage = 1_000;

parentPort!.on("message", (run: Run) => void answer(run));

async function answer(run: Run): Promise<void> {
  let lines: string[] = [];
  const sendLines = (): void => {
    if (lines.length > 0) send({ kind: "trace", lines });
    lines = [];
  };
  const onTrace = (line: string): void => {
    lines.push(line);
    if (lines.length >= linesPerMessage) sendLines();
  };
  try {
    const result = await runSeed({ ...run, ...(trace && { onTrace }) });
    sendLines();
    send({ kind: "result", result });
  } catch (error) {
    sendLines();
    send({ kind: "failed", stack: String((error as Error).stack) });
  }
}

function send(message: WorkerMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is no window
  parentPort!.postMessage(message);
}
