/**
 * Mistakes planted in the core: each must be noticed by something other than a known finding. They are
 * planted in a worker, as `npm run simulate -- --plant` does.
 */
import { expect, test } from "vitest";
import { judgeRuns } from "../../lab/simulator/command/judge-runs.ts";
import { runAll } from "../../lab/simulator/command/run-all.ts";
import { mistakeNames, mistakes } from "../../lab/simulator/mistakes.ts";
import { scenarios } from "../../lab/simulator/scenarios/scenarios.ts";

const seedsMax = 100;

test.each(mistakeNames)("%s is caught", async (plant) => {
  const { scenario = "mixed" } = mistakes[plant];
  const { load } = scenarios[scenario];
  const stop = new AbortController();
  const runs = Array.from({ length: seedsMax }, (_, index) => ({
    scenario,
    seed: index + 1,
    load,
    faults: "all" as const,
  }));
  const caught = new Error("A violation that no known finding explains.");
  const listener = {
    onEnd: (finished: Parameters<typeof judgeRuns>[0][number]) => {
      if (judgeRuns([finished]).violations.length > 0) stop.abort(caught);
    },
    onTrace: () => {},
  };
  await expect(runAll(runs, { plant, trace: false }, listener, stop.signal)).rejects.toBe(caught);
});
