/**
 * Mistakes planted in the core: each must be noticed. They are
 * planted in a worker, as `npm run simulate -- --plant` does.
 */
import { expect, test } from "vitest";
import { judgeRuns } from "../../lab/simulator/command/judge-runs.ts";
import { runAll } from "../../lab/simulator/command/run-all.ts";
import { mistakeNames, mistakes } from "../../lab/simulator/mistakes.ts";
import { scenarios } from "../../lab/simulator/scenarios/scenarios.ts";

const seedsMax = 100;

test.each(mistakeNames)("%s is caught", async (plant) => {
  const { scenario = "mixed", seed = 1 } = mistakes[plant];
  const { load } = scenarios[scenario];
  const stop = new AbortController();
  const runs = Array.from({ length: seedsMax }, (_, index) => ({
    scenario,
    seed: seed + index,
    load,
    faults: "all" as const,
  }));
  const caught = new Error("A violation.");
  const listener = {
    onEnd: (finished: Parameters<typeof judgeRuns>[0][number]) => {
      if (judgeRuns([finished]).violations.length > 0) stop.abort(caught);
    },
    onTrace: () => {},
  };
  await expect(runAll(runs, { plant, trace: false }, listener, stop.signal)).rejects.toBe(caught);
});
