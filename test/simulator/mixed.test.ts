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

test.each<[seeds: string, first: number, count: number, faults: FaultLevel]>([
  ["with the usual faults", 1, 10, "some"],
  ["with all faults", 1, 20, "all"],
  ["with all faults, from a random seed", randomInt(1_000, seedsMax), 10, "all"],
])("%s, %d on, %d seeds have no violation", async (_, first, count, faults) => {
  const { load } = scenarios.mixed;
  const runs = Array.from({ length: count }, (__, index) => ({
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
