/**
 * Mistakes planted in the core: each must be noticed by something other than a known finding. They are
 * planted in a worker, as `npm run simulate -- --plant` does.
 */
import { expect, test } from "vitest";
import { judgeRuns } from "../../lab/simulator/command/judge-runs.ts";
import { runAll } from "../../lab/simulator/command/run-all.ts";
import { mistakeNames } from "../../lab/simulator/mistakes.ts";
import { scenarios } from "../../lab/simulator/scenarios/scenarios.ts";

const seedsMax = 60;
const seedsAtOnce = 4;

test.each(mistakeNames)("%s is caught", async (plant) => {
  const { load } = scenarios.mixed;
  const ignore = { onEnd: () => {}, onTrace: () => {} };
  for (let first = 1; first <= seedsMax; first += seedsAtOnce) {
    const runs = Array.from({ length: seedsAtOnce }, (_, index) => ({
      scenario: "mixed" as const,
      seed: first + index,
      load,
      faults: "all" as const,
    }));
    const settings = { plant, trace: false };
    const finished = await runAll(runs, settings, ignore, new AbortController().signal);
    if (judgeRuns(finished).violations.length > 0) return;
  }
  expect.fail(`${plant} was not caught within ${seedsMax} seeds.`);
});
