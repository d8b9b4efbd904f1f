/**
 * The core under everything at once. What it tries to break: counts, holds, answers, orders, the ledger
 * and the events, by lost and repeated requests, dying and frozen functions, and wrong clocks.
 */
import { expect, test } from "vitest";
import { newViolations, runSeed } from "../../lab/simulator/run-seed.ts";
import { replayCommandOf } from "../../lab/simulator/command/runs.ts";
import { scenarios } from "../../lab/simulator/scenarios/scenarios.ts";

const seeds = Array.from({ length: 8 }, (_, index) => index + 1);

test.each(seeds)("mixed seed %d has no violation but the known findings", async (seed) => {
  const result = await runSeed({ scenario: "mixed", seed });
  const replay = replayCommandOf({ scenario: "mixed", seed, load: scenarios.mixed.load });
  expect(newViolations(result), [`Replay: ${replay}`, ...result.history].join("\n")).toEqual([]);
});
