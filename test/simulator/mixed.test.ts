/**
 * The core under everything at once. What it tries to break: counts, holds, answers, orders, the ledger
 * and the events, by lost and repeated requests, dying and frozen functions, and wrong clocks.
 */
import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { runAll } from "../../lab/simulator/command/run-all.ts";
import { judgeRuns } from "../../lab/simulator/command/judge-runs.ts";
import { replayCommandOf } from "../../lab/simulator/command/runs.ts";
import type { FaultLevel } from "../../lab/simulator/faults.ts";
import { scenarios } from "../../lab/simulator/scenarios/scenarios.ts";

const seedsMax = 1_000_000;

test.each<[faults: FaultLevel, first: number, count: number]>([
  ["some", 1, 5],
  ["all", 1, 15],
  ["all", randomInt(1_000, seedsMax), 12],
])("%s faults, from seed %d on: %d runs have no violation", async (faults, first, count) => {
  const { load } = scenarios.mixed;
  const runs = Array.from({ length: count }, (_, index) => ({
    scenario: "mixed" as const,
    seed: first + index,
    load,
    faults,
  }));
  const ignore = { onEnd: () => {}, onTrace: () => {} };
  const finished = await runAll(runs, { trace: false }, ignore, new AbortController().signal);
  const { violations } = judgeRuns(finished);
  const replays = violations.map((one) => replayCommandOf(one.finished.run));
  const [history = []] = violations.map((one) => one.finished.result.history);
  expect(
    violations.map(({ kind, message }) => `${kind}: ${message}`),
    [...new Set(replays), ...history].join("\n"),
  ).toEqual([]);
  expect(finished).toHaveLength(count);
});
