/** Refusals for too few units, and the units that were available in truth. */
import { describe, expect, test } from "vitest";
import { createTimeline } from "../../../../lab/simulator/checks/timeline.ts";
import { truthOf } from "../../../../lab/simulator/checks/truth.ts";
import {
  bob,
  endedBy,
  handMadeRun,
  heldBy,
  hold,
  mug,
  next,
  runWithHold,
  type HandMadeRun,
} from "./hand-made-run.ts";

const claim = (
  run: HandMadeRun,
  { requested, available, fromMs }: { requested: number; available: number; fromMs: number },
) =>
  run.answer(
    { operation: "reserve", input: { lines: [{ sku: mug, quantity: requested }] } },
    { outcome: "insufficient_stock", shortages: [{ sku: mug, requested, available }] },
    { startedAtMs: fromMs },
  );

const judged = (run: HandMadeRun, allowanceMs = 0): string[] => {
  run.watch.judgeClaims(allowanceMs);
  return run.messages;
};

test("a refusal is true where too few units were available at some instant", () => {
  const { run, marker, item } = runWithHold();
  run.at(100);
  claim(run, { requested: 9, available: 8, fromMs: 50 });
  const end = run.place({ ...hold(), kind: "release", base: 1 });
  run.put(endedBy(item, "released", end));
  run.settle(end);
  run.clear(marker);
  run.at(150);
  claim(run, { requested: 9, available: 8, fromMs: 100 });
  expect(judged(run)).toEqual([]);
});

test("a refusal is false where enough units were available all the time", () => {
  const { run } = runWithHold();
  run.at(100);
  claim(run, { requested: 8, available: 8, fromMs: 50 });
  expect(judged(run)).toEqual([
    "false_shortage: reserve: 8 were refused, and at least 8 were available from 50 ms on",
  ]);
});

test("a refusal names units that the row had", () => {
  const { run } = runWithHold();
  run.at(100);
  claim(run, { requested: 9, available: 7, fromMs: 50 });
  expect(judged(run)).toEqual([
    "false_shortage: reserve: 7 were never available; at those instants: 8",
  ]);
});

test("a refusal shows no units where a shortfall was allowed", () => {
  const { run } = runWithHold();
  run.count(1, {}, { leastAvailable: -1 });
  run.at(100);
  claim(run, { requested: 1, available: 0, fromMs: 50 });
  expect(judged(run)).toEqual([]);
  claim(run, { requested: 1, available: -1, fromMs: 50 });
  expect(judged(run)).toEqual([
    "false_shortage: reserve: -1 were never available; at those instants: 0",
  ]);
});

test("units of a marker that no record owns count as available", () => {
  const run = handMadeRun();
  run.count(2);
  const marker = run.place(hold());
  run.at(100);
  claim(run, { requested: 1, available: 0, fromMs: 50 });
  run.at(200);
  run.put(heldBy(marker));
  claim(run, { requested: 1, available: 0, fromMs: 150 });
  expect(judged(run)).toEqual([
    "false_shortage: reserve: 1 were refused, and at least 2 were available from 50 ms on",
  ]);
});

test("units that a record has given up count as available before they are back", () => {
  const run = handMadeRun();
  run.count(2);
  const marker = run.place(hold());
  const item = run.put(heldBy(marker));
  run.clear(marker);
  const end = run.place({ ...hold(), kind: "release", base: 1 });
  run.at(100);
  claim(run, { requested: 1, available: 0, fromMs: 50 });
  run.at(200);
  run.put(endedBy(item, "released", end));
  run.at(300);
  claim(run, { requested: 1, available: 0, fromMs: 250 });
  expect(judged(run)).toEqual([
    "false_shortage: reserve: 1 were refused, and at least 2 were available from 250 ms on",
  ]);
});

test("units of a confirmed hold do not count, whether they are sold or not", () => {
  const run = handMadeRun();
  run.count(2);
  const item = run.put(heldBy(run.place(hold())));
  const confirmed = run.put(next(item, { status: "confirmed" }));
  const sale = run.place({ ...hold(), kind: "sale", base: 2 });
  run.put(endedBy(confirmed, "confirmed", sale));
  run.at(90_000);
  claim(run, { requested: 1, available: 0, fromMs: 0 });
  expect(judged(run, 100)).toEqual([]);
});

describe("units of a hold that has ended", () => {
  const overdue = (toMs: number) => {
    const run = handMadeRun();
    run.count(2);
    const item = run.put(heldBy(run.place(hold())));
    run.at(toMs);
    claim(run, { requested: 2, available: 0, fromMs: toMs - 10 });
    return { run, item };
  };

  test("count after the allowance for the lag of the index", () => {
    expect(judged(overdue(60_500).run, 1_000)).toEqual([]);
    expect(judged(overdue(61_020).run, 1_000)).toHaveLength(1);
  });

  test("count from its last end on", () => {
    const run = handMadeRun();
    run.count(2);
    const item = run.put(heldBy(run.place(hold())));
    run.at(30_000);
    run.send({ operation: "extend", input: { reservationId: item.reservationId, ttlSeconds: 90 } });
    run.put(next(item, { expiresAtMs: item.expiresAtMs + 60_000 }));
    run.at(70_000);
    claim(run, { requested: 2, available: 0, fromMs: 69_000 });
    run.at(125_000);
    claim(run, { requested: 2, available: 0, fromMs: 124_000 });
    expect(judged(run, 1_000)).toHaveLength(1);
  });

  test("count once while they go back, and no longer when another has them", () => {
    const { run, item } = overdue(59_000);
    run.at(61_000);
    const expiry = run.place({ ...hold(), kind: "expiry", base: 1 });
    run.put(endedBy(item, "expired", expiry));
    run.at(61_100);
    run.settle(expiry);
    run.at(61_200);
    const later = { expiresAtMs: item.expiresAtMs + 60_000 };
    run.put(heldBy(run.place(hold({ reservationId: bob })), later));
    const { entries } = run.history.truthOf(mug, 500);
    expect(run.history.truthOf(mug, 500).within(60_600, 60_600)).toEqual([2]);
    expect(entries.slice(-3)).toEqual([
      { atMs: 61_000, value: 2 },
      { atMs: 61_200, value: 0 },
      { atMs: 120_500, value: 2 },
    ]);
    run.at(61_300);
    claim(run, { requested: 1, available: 0, fromMs: 61_250 });
    expect(judged(run, 500)).toEqual([]);
  });
});

test("a refusal may be as old as the stack allows", () => {
  for (const [refusalMemoryMs, falsehoods] of [
    [0, 1],
    [100, 0],
  ] as const) {
    const run = handMadeRun({ refusalMemoryMs });
    run.count(0);
    run.at(100);
    run.count(5);
    run.at(150);
    claim(run, { requested: 1, available: 0, fromMs: 140 });
    expect(judged(run)).toHaveLength(falsehoods);
  }
});

test("of an order with a short line, another line that was not short is reported by itself", () => {
  const { run } = runWithHold();
  run.at(10);
  const line = { sku: mug, available: 8 };
  run.answer(
    { operation: "reserve", input: { lines: [] } },
    {
      outcome: "insufficient_stock",
      shortages: [
        { ...line, requested: 9 },
        { ...line, requested: 3 },
      ],
    },
  );
  expect(judged(run)[0]).toMatch(/^false_shortage: beside a line that was short: reserve: 3 were/);
});

test("the truth sums up units that no record owns and those of dead holds", () => {
  const unowned = createTimeline<number>();
  unowned.add(10, 5);
  unowned.add(40, 8);
  const dead = [
    { units: 3, fromMs: 20, toMs: 40 },
    { units: 1, fromMs: 39, toMs: 40 },
    { units: 2, fromMs: 50, toMs: Infinity },
  ];
  const { entries } = truthOf(unowned, dead, 5);
  expect(entries.slice(1)).toEqual([
    { atMs: -Infinity, value: 0 },
    { atMs: 10, value: 5 },
    { atMs: 25, value: 8 },
    { atMs: 40, value: 8 },
    { atMs: 55, value: 10 },
  ]);
});
