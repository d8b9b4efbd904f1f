/** The one JSON object of `--json`. What is in it is a promise to those who read it. */
import type { Violation } from "../checks/violation.ts";
import type { Figures } from "../figures.ts";
import type { Verdict } from "./judge-runs.ts";
import type { FinishedRun } from "./run-all.ts";

/** Has the figures of the first run. */
export interface Summary extends Figures {
  scenario: string;
  /** The first seed. */
  seed: number;
  /** Seeds, in number. */
  seeds: number;
  violations: (Violation & { seed: number })[];
  hash: string;
  /** Each run, where there are several. */
  runs?: RunSummary[];
}

export interface RunSummary extends Figures {
  seed: number;
  /** Buyers a second. */
  rate: number;
  hash: string;
}

/** @param finished at least one run */
export const summarize = (finished: readonly FinishedRun[], verdict: Verdict): Summary => {
  const { run, result } = finished[0]!;
  return {
    scenario: run.scenario,
    seed: run.seed,
    seeds: new Set(finished.map((one) => one.run.seed)).size,
    violations: verdict.violations.map(
      ({
        finished: {
          run: { seed },
        },
        kind,
        subject,
        atMs,
        message,
      }) => ({
        seed,
        kind,
        subject,
        atMs,
        message,
      }),
    ),
    hash: verdict.hash,
    ...result.figures,
    ...(finished.length > 1 && { runs: finished.map(summarizeRun) }),
  };
};

const summarizeRun = ({ run, result }: FinishedRun): RunSummary => ({
  seed: run.seed,
  rate: run.load.rate,
  hash: result.hash,
  ...result.figures,
});
