/** The verdict on all runs of a command: violations that count, known findings, and the hash. */
import { createHash } from "node:crypto";
import { countsIn, findingOf, knownFindings } from "../checks/known-findings.ts";
import type { Violation } from "../checks/violation.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { scenarios } from "../scenarios/scenarios.ts";
import type { FinishedRun } from "./run-all.ts";

export interface Verdict {
  /** Violations that fail the command, in the order of the runs. */
  violations: FoundViolation[];
  /** Violations that a known finding explains, by its number. */
  known: KnownCount[];
  /** SHA-256 of the trace; of several runs, SHA-256 over their hashes in order. */
  hash: string;
}

export interface FoundViolation extends Violation {
  finished: FinishedRun;
  /** The first one of its run, which has a history. */
  isFirst: boolean;
}

export interface KnownCount {
  number: number;
  title: string;
  /** Violations, and the runs that have them. */
  count: number;
  runs: number;
}

export const judgeRuns = (finished: readonly FinishedRun[]): Verdict => ({
  violations: finished.flatMap(countingViolations),
  known: countKnown(finished),
  hash: hashOf(finished.map(({ result }) => result.hash)),
});

const scenarioOf = ({ run }: FinishedRun): Scenario => scenarios[run.scenario];

function countingViolations(finished: FinishedRun): FoundViolation[] {
  const scenario = scenarioOf(finished);
  return finished.result.violations
    .filter((violation) => countsIn(scenario, violation))
    .map((violation, index) => ({ ...violation, finished, isFirst: index === 0 }));
}

function countKnown(finished: readonly FinishedRun[]): KnownCount[] {
  return knownFindings
    .map(({ number, title }) => {
      const counts = finished.map((one) => {
        const scenario = scenarioOf(one);
        return one.result.violations.filter(
          (violation) => findingOf(violation)?.number === number && !countsIn(scenario, violation),
        ).length;
      });
      const count = counts.reduce((sum, ofRun) => sum + ofRun, 0);
      return { number, title, count, runs: counts.filter((ofRun) => ofRun > 0).length };
    })
    .filter(({ count }) => count > 0);
}

function hashOf(hashes: readonly string[]): string {
  if (hashes.length === 1) return hashes[0]!;
  const all = createHash("sha256");
  for (const hash of hashes) all.update(hash);
  return all.digest("hex");
}
