/**
 * The scenarios of the findings of version 0.1, which it failed, and those of large orders, waves of
 * ends and order events. What they try to break is in their descriptions.
 */
import { expect, test } from "vitest";
import { runAll, type FinishedRun } from "../../lab/simulator/command/run-all.ts";
import { judgeRuns } from "../../lab/simulator/command/judge-runs.ts";
import { replayCommandOf } from "../../lab/simulator/command/runs.ts";
import type { Load } from "../../lab/simulator/scenarios/scenario.ts";
import { scenarios, type ScenarioName } from "../../lab/simulator/scenarios/scenarios.ts";

const seedsOf = {
  "conflict-answers": 3,
  "repeated-count": 3,
  "starving-adjustments": 1,
  "order-by-two-ways": 5,
  "inconsistent-record": 3,
  "late-requests": 2,
  "popular-sku": 1,
  "large-orders": 1,
  carts: 1,
  "expiry-wave": 2,
  restock: 2,
  shortfall: 2,
  "order-events": 3,
} as const satisfies Partial<Record<ScenarioName, number>>;

const names = Object.keys(seedsOf) as (keyof typeof seedsOf)[];

const run = (scenario: ScenarioName, seeds: number, load: Load): Promise<FinishedRun[]> => {
  const runs = Array.from({ length: seeds }, (_, index) => ({
    scenario,
    seed: index + 1,
    load,
  }));
  const ignore = { onEnd: () => {}, onTrace: () => {} };
  return runAll(runs, { trace: false }, ignore, new AbortController().signal);
};

const expectNoViolation = (finished: readonly FinishedRun[]): void => {
  const { violations } = judgeRuns(finished);
  const replays = violations.map((one) => replayCommandOf(one.finished.run));
  expect(
    violations.map(({ kind, message }) => `${kind}: ${message}`),
    [...new Set(replays)].join("\n"),
  ).toEqual([]);
};

test.each(names)("%s passes", async (scenario) => {
  expectNoViolation(await run(scenario, seedsOf[scenario], scenarios[scenario].load));
});

test("adjustments and counts of a selling SKU get through", async () => {
  const { load } = scenarios["restock-under-load"];
  const small = { ...load, rate: 60, seconds: 3, warmUpSeconds: 1, shards: 2 };
  const finished = await run("restock-under-load", 1, small);
  expectNoViolation(finished);
  const { staff, answers } = finished[0]!.result.figures;
  expect(answers["reserved"]).toBeGreaterThan(100);
  for (const name of ["adjustments", "counts"]) {
    const { calls = 0, done = 0 } = staff[name] ?? {};
    expect(calls, name).toBeGreaterThan(0);
    expect(done, name).toBe(calls);
  }
});
