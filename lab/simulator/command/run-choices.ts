import { createProgress } from "../../report/progress.ts";
import type { Arguments } from "./arguments.ts";
import { judgeRuns } from "./judge-runs.ts";
import { runAll, type FinishedRun } from "./run-all.ts";
import { runsOf } from "./runs.ts";

/** Does all runs that the arguments ask for, with a progress bar, and prints the trace as it comes. */
export const runChoices = async (
  choices: Arguments,
  signal: AbortSignal,
): Promise<FinishedRun[]> => {
  const { scenario, plant, trace } = choices;
  const runs = runsOf(choices);
  const progress = createProgress(process.stderr, runs.length);
  let ended = 0;
  let violated = 0;
  const begin = (): void => progress.begin(scenario, 1, describe(ended, runs.length, violated));
  const onEnd = (finished: FinishedRun): void => {
    ended += 1;
    if (judgeRuns([finished]).violations.length > 0) violated += 1;
    if (ended < runs.length) begin();
  };
  begin();
  try {
    return await runAll(runs, { plant, trace }, { onEnd, onTrace: printLines }, signal);
  } finally {
    progress.end();
  }
};

function printLines(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

function describe(ended: number, runs: number, violated: number): string {
  const violations = violated === 0 ? "" : `, ${violated} with violations`;
  return `${ended} of ${runs} runs${violations}`;
}
