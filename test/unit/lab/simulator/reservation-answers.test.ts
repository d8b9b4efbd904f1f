/** Answers to changes of a reservation are true at some instant between the call and the answer. */
import { expect, test } from "vitest";
import type { ReservationItem, ReservationStatus } from "../../../../contract/tables.ts";
import { reservationIn } from "../../../../inventory/reservations/reservation.ts";
import { keyNameOf } from "../../../../lab/simulator/checks/record-effect.ts";
import type { ShopCall } from "../../../../lab/simulator/cloud/shop-calls.ts";
import {
  alice,
  falsehood,
  fulfilledBy,
  handMadeRun,
  mug,
  next,
  partsEndedBy,
  runWithHold,
  type HandMadeRun,
  type Outcome,
} from "./hand-made-run.ts";

const reservationId = alice;
const one = [{ sku: mug, quantity: 1 }];
const shown = (item: ReservationItem) => reservationIn(item.status as ReservationStatus, item);

/** A run in which both mugs of Alice are sold. */
const runWithSale = (): { run: HandMadeRun; item: ReservationItem } => {
  const { run, item } = runWithHold();
  return { run, item: run.put(next(item, { status: "confirmed" })) };
};

const fulfill = (quantity?: number, idempotencyKey?: string): ShopCall => ({
  operation: "fulfill",
  input: {
    reservationId,
    lines: quantity === undefined ? undefined : [{ sku: mug, quantity }],
    idempotencyKey,
  },
});

/** The falsehood of an answer to a call that writes the record at 60 ms, where it does. */
const falsehoodAfter = (
  { run, item }: { run: HandMadeRun; item: ReservationItem },
  call: ShopCall,
  written: ReservationItem | undefined,
  outcomeOf: (item: ReservationItem) => Outcome,
): string | undefined => {
  run.at(60);
  if (written !== undefined) run.put(written);
  return falsehood(run, call, outcomeOf(written ?? item));
};

const fulfilled = (item: ReservationItem): Outcome => ({
  outcome: "fulfilled",
  reservation: shown(item),
});
const replayed = (item: ReservationItem): Outcome => ({
  outcome: "replayed",
  reservation: shown(item),
});

test("units are fulfilled by the call that says so, and as many as it asks for", () => {
  const sale = runWithSale();
  const half = fulfilledBy(sale.item, 1);
  expect(falsehoodAfter(sale, fulfill(1), half, fulfilled)).toBeUndefined();
  const other = runWithSale();
  expect(falsehoodAfter(other, fulfill(2), half, fulfilled)).toBe(
    'it changed "1 × mug", not "2 × mug"',
  );
  expect(falsehoodAfter(runWithSale(), fulfill(1), undefined, fulfilled)).toBe(
    'it changed "", not "1 × mug"',
  );
  expect(falsehoodAfter(runWithSale(), fulfill(), half, fulfilled)).toBe("units of mug are left");
  expect(falsehoodAfter(runWithSale(), fulfill(1, "k"), half, fulfilled)).toBe(
    "it never had the key k",
  );
});

test("a repeat answers for a change of the same units under its key", () => {
  const requests = { [keyNameOf("k")!]: "hash" };
  const sale = runWithSale();
  const half = fulfilledBy(sale.item, 1, { requests });
  expect(falsehoodAfter(sale, fulfill(1, "k"), half, replayed)).toBeUndefined();
  expect(falsehoodAfter(runWithSale(), fulfill(2, "k"), half, replayed)).toBe(
    "its key is that of another change",
  );
  expect(falsehoodAfter(runWithSale(), fulfill(1, "other"), half, replayed)).toBe(
    "its key was never written",
  );
});

test("a refusal names the units that are too many, and writes nothing", () => {
  const exceeds = (possible: number) => (item: ReservationItem) =>
    ({
      outcome: "exceeds_reservation",
      reservation: shown(item),
      excess: [{ sku: mug, requested: 3, possible }],
    }) satisfies Outcome;
  expect(falsehoodAfter(runWithSale(), fulfill(3), undefined, exceeds(2))).toBeUndefined();
  expect(falsehoodAfter(runWithSale(), fulfill(3), undefined, exceeds(1))).toBe(
    'its excess was [{"sku":"mug","requested":3,"possible":2}]',
  );
  const sale = runWithSale();
  expect(falsehoodAfter(sale, fulfill(3), fulfilledBy(sale.item, 1), exceeds(1))).toBe(
    "the refused call wrote version 3",
  );
});

test("a sold reservation is not refused as unsold", () => {
  const unsold = (item: ReservationItem) =>
    ({ outcome: "reservation_not_confirmed", reservation: shown(item) }) as const;
  expect(falsehoodAfter(runWithHold(), fulfill(1), undefined, unsold)).toBeUndefined();
  expect(falsehoodAfter(runWithSale(), fulfill(1), undefined, unsold)).toBe("it is shown as sold");
});

test("a key is reused only where two requests have it", () => {
  const reused = (): Outcome => ({ outcome: "idempotency_key_reused", reservationId });
  const requests = { [keyNameOf("k")!]: "hash" };
  for (const isSecond of [true, false]) {
    const sale = runWithSale();
    sale.run.put(fulfilledBy(sale.item, 1, { requests }));
    sale.run.send(fulfill(1, "k"));
    if (isSecond) sale.run.send(fulfill(2, "k"));
    const expected = isSecond ? undefined : "only one request was sent under k";
    expect(falsehoodAfter(sale, fulfill(2, "k"), undefined, reused)).toBe(expected);
  }
});

const changeTo = (expectedVersion?: number): ShopCall => ({
  operation: "changeHold",
  input: { reservationId, lines: one, expectedVersion },
});
const changed = (item: ReservationItem): Outcome => ({
  outcome: "changed",
  reservation: shown(item),
});
const smaller = (item: ReservationItem): ReservationItem =>
  next(item, { lines: one, parts: partsEndedBy(item, "release", 1) });

test("a hold has the lines that it was changed to, and had the expected version", () => {
  for (const [expected, message] of [
    [undefined, undefined],
    [1, undefined],
    [7, "it never had the version 7"],
  ] as const) {
    const held = runWithHold();
    const written = smaller(held.item);
    expect(falsehoodAfter(held, changeTo(expected), written, changed)).toBe(message);
  }
  expect(falsehoodAfter(runWithHold(), changeTo(), undefined, changed)).toBe(
    "it shows other lines",
  );
});

test("a change of a hold that others have changed meanwhile is not the expected one", () => {
  const held = runWithHold();
  held.run.at(55);
  const other = held.run.put(
    next(held.item, { lines: one, parts: partsEndedBy(held.item, "release", 1) }),
    { sender: "another" },
  );
  const more = { lines: [{ sku: mug, quantity: 3 }] };
  const parts = [...other.parts, { row: mug, quantity: 2, version: 9 }];
  const call = { operation: "changeHold", input: { reservationId, ...more, expectedVersion: 1 } };
  const written = next(other, { ...more, parts });
  expect(falsehoodAfter(held, call as ShopCall, written, changed)).toBe(
    "it changed version 2, not 1",
  );
});

test("a refused change leaves the hold as it was", () => {
  const short = (): Outcome => ({
    outcome: "insufficient_stock",
    shortages: [{ sku: mug, requested: 1, available: 8 }],
  });
  expect(falsehoodAfter(runWithHold(), changeTo(), undefined, short)).toBeUndefined();
  const held = runWithHold();
  expect(falsehoodAfter(held, changeTo(), smaller(held.item), short)).toBe(
    "the refused call wrote version 2",
  );
});

test("a partial hold is one that the caller allows", () => {
  const { run, item } = runWithHold();
  const shortages = [{ sku: mug, requested: 3, available: 2 }];
  const partial = run.put({ ...next(item), shortages });
  const input = { lines: [{ sku: mug, quantity: 3 }] };
  const reserved = { outcome: "reserved", reservation: shown(partial) } as const;
  expect(falsehood(run, { operation: "reserve", input }, reserved)).toBe(
    "it holds less, and the caller wants all",
  );
});

test("a partial hold is refused only with a shortage of every line", () => {
  const run = handMadeRun();
  const lines = [mug, "cup"].map((sku) => ({ sku, quantity: 1 }));
  const short = {
    outcome: "insufficient_stock",
    shortages: [{ sku: mug, requested: 1, available: 0 }],
  } as const;
  const call: ShopCall = { operation: "reserve", input: { lines, allowPartial: true } };
  expect(falsehood(run, call, { ...short, shortages: [...short.shortages] })).toBe(
    "it names no shortage of cup",
  );
});
