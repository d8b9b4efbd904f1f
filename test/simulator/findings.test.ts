/**
 * The scenarios of the findings of version 0.1, which it failed, and those of large orders, waves of
 * ends and order events. What they try to break is in their descriptions.
 */
import { expect, test } from "vitest";
import { runAll } from "../../lab/simulator/command/run-all.ts";
import { judgeRuns } from "../../lab/simulator/command/judge-runs.ts";
import { replayCommandOf } from "../../lab/simulator/command/runs.ts";
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
  "order-events": 3,
} as const satisfies Partial<Record<ScenarioName, number>>;

const names = Object.keys(seedsOf) as (keyof typeof seedsOf)[];

test.each(names)("%s passes", async (scenario) => {
  const { load } = scenarios[scenario];
  const runs = Array.from({ length: seedsOf[scenario] }, (_, index) => ({
    scenario,
    seed: index + 1,
    load,
  }));
  const ignore = { onEnd: () => {}, onTrace: () => {} };
  const finished = await runAll(runs, { trace: false }, ignore, new AbortController().signal);
  const { violations } = judgeRuns(finished);
  const replays = violations.map((one) => replayCommandOf(one.finished.run));
  expect(
    violations.map(({ kind, message }) => `${kind}: ${message}`),
    [...new Set(replays)].join("\n"),
  ).toEqual([]);
});
