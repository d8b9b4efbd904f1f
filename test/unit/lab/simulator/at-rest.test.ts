/** A run that has come to rest. */
import { marshall } from "@aws-sdk/util-dynamodb";
import { expect, test } from "vitest";
import type { MovementItem, StockItem } from "../../../../contract/tables.ts";
import { movementsBetween } from "../../../../inventory/stock/ledger.ts";
import { checkLedger, checkRecords } from "../../../../lab/simulator/checks/check-end.ts";
import {
  endedBy,
  handMadeRun,
  heldBy,
  hold,
  mug,
  next,
  runWithHold,
  type HandMadeRun,
} from "./hand-made-run.ts";

const second = "mug~1";

const graceMs = 1_000;
const records = (run: HandMadeRun, nowMs: number, isAtRest = true): string[] => {
  const options = { graceMs, fulfillsOnConfirm: true, isAtRest };
  checkRecords(run.history, nowMs, options, run.watch.report);
  return run.messages;
};

const movementsOf = ({ history }: HandMadeRun): MovementItem[] =>
  history.changes.flatMap(({ stock }, index) =>
    stock.flatMap(({ before, after }) => movementsBetween(before, after, String(index))),
  );

const ledger = (
  run: HandMadeRun,
  movements: readonly MovementItem[],
  isAtRest = true,
): string[] => {
  const engine = { items: () => movements.map((item) => marshall(item)) };
  checkLedger(run.history, engine, run.watch.report, isAtRest);
  return run.messages;
};

test("no hold stays past its end and the grace", () => {
  const { run, marker } = runWithHold();
  run.clear(marker);
  expect(records(run, 61_000)).toEqual([]);
  expect(records(run, 61_001)).toEqual(["overdue: still held 1001 ms after its end"]);
});

test("no marker stays open, where the run waits for the sweeps of rows", () => {
  const { run, marker } = runWithHold();
  expect(records(run, 0, false)).toEqual([]);
  expect(records(run, 0)).toEqual([`unsettled: open markers: ${marker.key}`]);
});

test("no confirmed reservation keeps units on hand", () => {
  const { run, marker, item } = runWithHold();
  run.clear(marker);
  const confirmed = run.put(next(item, { status: "confirmed" }));
  expect(records(run, 0)).toEqual(["unsettled: its units are still on hand"]);
  const sale = run.place({ ...hold(), kind: "fulfilment", base: 2 });
  run.put(endedBy(confirmed, "fulfilled", sale));
  run.settle(sale);
  expect(records(run, 0)).toHaveLength(1);
});

test("the movements of a row and of each reservation add up", () => {
  const { run, marker, item } = runWithHold();
  run.clear(marker);
  expect(ledger(run, movementsOf(run))).toEqual([]);
  const end = run.place({ ...hold(), kind: "release", base: 1 });
  run.put(endedBy(item, "released", end));
  run.settle(end);
  expect(ledger(run, movementsOf(run))).toEqual([]);
});

test("a movement that is missing", () => {
  const { run } = runWithHold();
  const movements = movementsOf(run).filter(({ kind }) => kind !== "hold");
  expect(ledger(run, movements)[0]).toMatch(/^ledger: its movements sum up to .*"available":10/);
});

test("a movement that names another reservation, or none", () => {
  for (const reservationId of ["another", undefined]) {
    const { run } = runWithHold();
    const movements = movementsOf(run).map((movement): MovementItem => {
      const { reservationId: _, ...rest } = movement;
      if (movement.kind !== "hold") return movement;
      return reservationId === undefined ? rest : { ...rest, reservationId };
    });
    expect(ledger(run, movements)).toEqual([
      `ledger: the movements of ${reservationId ?? "no reservation"} reserve 2 more than it owns`,
      expect.stringMatching(/^ledger: the movements of .* reserve -2 more than it owns$/),
    ]);
  }
});

test("units of an open marker need no record before the run is at rest", () => {
  const { run } = runWithHold();
  run.place(hold({ base: 5 }));
  expect(ledger(run, movementsOf(run), false)).toEqual([]);
  expect(ledger(run, movementsOf(run))).toHaveLength(1);
});

test("a SKU that a person changed past Holdfast has no movements to compare", () => {
  const { run } = runWithHold();
  run.write((row) => ({ version: row.version + 1 }), { sender: "by-hand" });
  const movements = movementsOf(run).map((item) => ({ ...item, reservationId: "nobody" }));
  expect(ledger(run, movements)).toEqual([]);
  expect(run.rowOf(mug).version).toBe(3);
});

/** Ten mugs in two rows, four of them in the second. */
const runWithTwoRows = () => {
  const run = handMadeRun();
  run.count(6);
  run.begin(second);
  run.setShards(2);
  const change = (row: StockItem): Partial<StockItem> => ({
    onHand: 4,
    available: 4,
    version: row.version + 1,
    lastChange: { kind: "count" },
  });
  run.write(change, {}, second);
  return run;
};

test("all rows of a level reserve what records own", () => {
  const run = runWithTwoRows();
  const marker = run.place(hold(), second);
  run.put(heldBy(marker, { parts: [{ row: second, quantity: 2, version: marker.version }] }));
  run.clear(marker, second);
  expect(records(run, 0)).toEqual([]);
  run.write((row) => ({ reserved: row.reserved + 1, version: row.version + 1 }), {}, second);
  expect(records(run, 0).at(-1)).toBe("reserved: all rows reserve 3, and records own 2");
});

test("a marker of any row must leave", () => {
  const run = runWithTwoRows();
  const { key } = run.place(hold(), second);
  expect(records(run, 0)).toEqual([`unsettled: open markers: ${key}`]);
});

test("the movements of all rows add up to the level", () => {
  const run = runWithTwoRows();
  const marker = run.place(hold(), second);
  run.put(heldBy(marker, { parts: [{ row: second, quantity: 2, version: marker.version }] }));
  expect(ledger(run, movementsOf(run))).toEqual([]);
  const ofFirst = movementsOf(run).filter(({ sku, row = sku }) => row === mug);
  expect(ledger(run, ofFirst)[0]).toMatch(/^ledger: its movements sum up to .*"onHand":6/);
});
