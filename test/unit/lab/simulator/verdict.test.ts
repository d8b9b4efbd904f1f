import { expect, test } from "vitest";
import type { Violation } from "../../../../lab/simulator/checks/violation.ts";
import { judgeRuns } from "../../../../lab/simulator/command/judge-runs.ts";
import {
  renderFindings,
  renderHash,
  renderSummary,
} from "../../../../lab/simulator/command/render-verdict.ts";
import type { FinishedRun } from "../../../../lab/simulator/command/run-all.ts";
import { summarize } from "../../../../lab/simulator/command/summarize.ts";
import { throughputPart } from "../../../../lab/simulator/command/throughput-part.ts";
import type { Figures } from "../../../../lab/simulator/figures.ts";
import { scenarios, type ScenarioName } from "../../../../lab/simulator/scenarios/scenarios.ts";
import { renderTable } from "../../../../lab/report/render-table.ts";

const figures: Figures = {
  holdsPerSecond: 10,
  answers: { reserved: 20, busy: 1 },
  p50Ms: 12,
  p99Ms: 90,
  attemptsPerHold: 1.5,
  writeUnitsPerHold: 10,
  readUnitsPerAnswer: 1,
  peakConcurrency: 4,
  peakConcurrencyByFunction: { reservations: 1, reserve: 3 },
  peakWriteUnits: {
    Stock: { perSecond: 1_200, perSecondOfPartition: 900.4 },
    Reservations: { perSecond: 2_000, perSecondOfPartition: 3 },
  },
  peakReadUnits: {},
  staff: {},
};

const finishedRun = (
  seed: number,
  violations: Violation[] = [],
  scenario: ScenarioName = "mixed",
  rate: number = scenarios[scenario].load.rate,
): FinishedRun => ({
  run: { scenario, seed, load: { ...scenarios[scenario].load, rate } },
  result: {
    scenario,
    seed,
    violations,
    hash: `hash-${seed}`,
    figures: { ...figures, holdsPerSecond: rate / 2 },
    history: violations.length > 0 ? ["       1.000 a version"] : [],
  },
});

const counts: Violation = { kind: "counts", subject: "mug", atMs: 1, message: "3 is not 4" };
const twice: Violation = {
  kind: "order_held_twice",
  subject: "order-1",
  atMs: 2,
  message: "held as a and as b",
};

test("a violation is printed with its promise, its history and the command that replays it", () => {
  const verdict = judgeRuns([finishedRun(1), finishedRun(17, [counts, twice])]);
  expect(renderFindings(verdict)).toEqual([
    "VIOLATION counts of mug, seed 17, at 1.000 ms",
    "  expected  onHand is the sum of the other counts, and none is negative unless a count left it so",
    "  found     3 is not 4",
    "  history",
    "         1.000 a version",
    "  replay    npm run simulate -- mixed --seeds 17",
    "",
    "and 1 more violation: order_held_twice 1",
    "",
  ]);
  const seeds = { first: 1, last: 17 };
  expect(renderSummary({ scenario: "mixed", seeds }, 2, verdict)).toBe(
    "mixed: seeds 1-17, 1 of 2 runs without a violation",
  );
});

test("three runs are printed in full, and the others by kind", () => {
  const many = [1, 2, 3, 4].map((seed) => finishedRun(seed, [counts, counts]));
  const lines = renderFindings(judgeRuns(many));
  expect(lines.filter((line) => line.startsWith("VIOLATION"))).toHaveLength(3);
  expect(lines).toContain("and 5 more violations: counts 5");
});

test("the hash of one run is its trace's, and that of several depends on their order", () => {
  const [first, second] = [finishedRun(1), finishedRun(2)];
  expect(renderHash(judgeRuns([first]))).toBe("trace sha256 hash-1");
  expect(judgeRuns([first, second]).hash).toMatch(/^[0-9a-f]{64}$/);
  expect(judgeRuns([first, second]).hash).not.toBe(judgeRuns([second, first]).hash);
});

test("the JSON has what counts, and the figures of the first run and of each", () => {
  const finished = [finishedRun(1), finishedRun(2, [counts, twice])];
  const summary = summarize(finished, judgeRuns(finished));
  expect(summary).toMatchObject({
    scenario: "mixed",
    seed: 1,
    seeds: 2,
    violations: [
      { seed: 2, ...counts },
      { seed: 2, ...twice },
    ],
    ...figures,
    holdsPerSecond: 2,
  });
  expect(summary.runs!.map(({ seed, rate, hash }) => [seed, rate, hash])).toEqual([
    [1, 4, "hash-1"],
    [2, 4, "hash-2"],
  ]);
  expect(summarize([finishedRun(1)], judgeRuns([finishedRun(1)]))).not.toHaveProperty("runs");
});

test("figures are a table and charts by the offered rate, over the seeds of each", () => {
  const part = throughputPart(
    [100, 2_000].flatMap((rate) =>
      [1, 2, 3].map((seed) => finishedRun(seed, [], "flash-sale", rate)),
    ),
  );
  expect(part.results.map(({ name }) => name)).toEqual(["100 buyers/s", "2,000 buyers/s"]);
  expect(part.results[1]!.figures["holdsPerSecond"]).toMatchObject({ median: 1_000, samples: 3 });
  const shown = renderTable(part.results, part.columns);
  expect(shown).toContain("reserved");
  expect(shown).toContain("busy");
  const drawn = part.charts.flatMap(({ figures: names }) => names);
  for (const name of drawn) expect(part.results[0]!.figures).toHaveProperty(name);
  expect(part.notes.join(" ")).toContain("1,000 concurrent executions");
});

const notesOf = (run: Partial<FinishedRun["run"]>, more: Partial<Figures> = {}): string => {
  const finished = finishedRun(1, [], "flash-sale", 2_000);
  Object.assign(finished.run, run);
  Object.assign(finished.result.figures, more);
  return throughputPart([finished]).notes.join("\n");
};

test("the notes name the limits of the account and what was used of them", () => {
  const notes = notesOf({ concurrency: 5_000 });
  expect(notes).toContain(
    "At 2,000 buyers/s at most 4 of 5,000 executions ran at once: reserve 3, reservations 1.",
  );
  expect(notes).toContain(
    "At 2,000 buyers/s, write units in one second at most: Reservations 2,000, of one partition 3; " +
      "Stock 1,200, of one partition 900. A table takes 40,000.",
  );
  expect(notes).toContain("read units in one second at most: none.");
  expect(notes).not.toContain("staff");
});

test("the notes say that the figures leave out the warm-up, and how many rows there are", () => {
  const { load } = scenarios["flash-sale"];
  const notes = notesOf({ load: { ...load, shards: 64 } });
  expect(notes).toContain("Buyers come for 10 s, after 5 s of warm-up. ");
  expect(notes).toContain("1,000,000 units in 64 rows.");
  expect(notes).toContain("of requests that were sent after the warm-up.");
  const without = notesOf({ load: { ...load, warmUpSeconds: 0 } });
  expect(without).toContain("Buyers come for 10 s. Each SKU has 1,000,000 units. ");
  expect(without).not.toContain("warm-up");
});

test("the notes say how many calls of staff got through", () => {
  const staff = { adjustments: { calls: 160, done: 158 }, counts: { calls: 10, done: 9 } };
  expect(notesOf({}, { staff })).toContain(
    "At 2,000 buyers/s staff got through with 158 of 160 adjustments and 9 of 10 counts.",
  );
});
