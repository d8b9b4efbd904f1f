/** The verdict on all runs of a command: the violations, and the hash. */
import { createHash } from "node:crypto";
import type { Violation } from "../checks/violation.ts";
import type { FinishedRun } from "./run-all.ts";

export interface Verdict {
  /** In the order of the runs. */
  violations: FoundViolation[];
  /** SHA-256 of the trace; of several runs, SHA-256 over their hashes in order. */
  hash: string;
}

export interface FoundViolation extends Violation {
  finished: FinishedRun;
  /** The first one of its run, which has a history. */
  isFirst: boolean;
}

export const judgeRuns = (finished: readonly FinishedRun[]): Verdict => ({
  violations: finished.flatMap(violationsOf),
  hash: hashOf(finished.map(({ result }) => result.hash)),
});

function violationsOf(finished: FinishedRun): FoundViolation[] {
  const { violations } = finished.result;
  return violations.map((violation, index) => ({ ...violation, finished, isFirst: index === 0 }));
}

function hashOf(hashes: readonly string[]): string {
  if (hashes.length === 1) return hashes[0]!;
  const all = createHash("sha256");
  for (const hash of hashes) all.update(hash);
  return all.digest("hex");
}
