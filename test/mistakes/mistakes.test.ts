/**
 * Mistakes planted in the core: each must be noticed. They are
 * planted in a worker, as `npm run simulate -- --plant` does.
 */
import { expect, test } from "vitest";
import { judgeRuns } from "../../lab/simulator/command/judge-runs.ts";
import { runAll } from "../../lab/simulator/command/run-all.ts";
import { mistakeNames, mistakes, type MistakeName } from "../../lab/simulator/mistakes.ts";
import { scenarios } from "../../lab/simulator/scenarios/scenarios.ts";

const seedsMax = 100;

/** True when one of these seeds has a violation. The others are not run then. */
const isCaught = async (plant: MistakeName, first: number, count: number): Promise<boolean> => {
  const { scenario = "default-location" } = mistakes[plant];
  const { load } = scenarios[scenario];
  const stop = new AbortController();
  const runs = Array.from({ length: count }, (_, index) => ({
    scenario,
    seed: first + index,
    load,
    faults: "all" as const,
  }));
  let isFound = false;
  const listener = {
    onEnd: (finished: Parameters<typeof judgeRuns>[0][number]) => {
      if (judgeRuns([finished]).violations.length === 0) return;
      isFound = true;
      stop.abort(new Error("A violation."));
    },
    onTrace: () => {},
  };
  await runAll(runs, { plant, trace: false }, listener, stop.signal).catch((error: unknown) => {
    if (!isFound) throw error;
  });
  return isFound;
};

const usual = mistakeNames.filter((name) => mistakes[name].isRare !== true);

test.each(usual)("%s is caught", { timeout: 300_000 }, async (plant) => {
  const { seed = 1 } = mistakes[plant];
  // Mostly by the first seed: one worker takes less of the processor than several that begin.
  const caught = (await isCaught(plant, seed, 1)) || (await isCaught(plant, seed + 1, seedsMax));
  expect(caught).toBe(true);
});
