/** Answers are true at some instant between the call and the answer. */
import { describe, expect, test } from "vitest";
import type { ReservationItem } from "../../../../contract/tables.ts";
import { idOfKey } from "../../../../inventory/identity.ts";
import { fingerprintOf } from "../../../../inventory/reservations/reserve.ts";
import {
  reservationIn,
  type ReservationRecord,
} from "../../../../inventory/reservations/reservation.ts";
import { reservationIdOfOrder } from "../../../../inventory/shop-orders/order-record.ts";
import type { ShopCall } from "../../../../lab/simulator/cloud/shop-calls.ts";
import {
  alice,
  endedBy,
  falsehood,
  handMadeRun,
  heldBy,
  hold,
  mug,
  next,
  runWithHold,
  type HandMadeRun,
  type Outcome,
} from "./hand-made-run.ts";

const shown = (item: ReservationItem) => reservationIn("held", item as ReservationRecord);
const get = { operation: "getReservation", input: { reservationId: alice } } as const;

describe("a reservation", () => {
  test("is shown as it was", () => {
    const { run, item } = runWithHold();
    expect(falsehood(run, get, { outcome: "found", reservation: shown(item) })).toBeUndefined();
  });

  test("is not shown as it was before or after", () => {
    const { run, item } = runWithHold();
    run.at(20);
    run.put(next(item));
    const before = { outcome: "found", reservation: shown(item) } as const;
    expect(falsehood(run, get, before)).toMatch(/^it was never held version 1/);
  });

  test("is unknown only where it was not there, or no reservation", () => {
    const { run } = runWithHold();
    expect(falsehood(run, get, { outcome: "unknown_reservation" })).toBe("it was there");
    const other = handMadeRun();
    other.put(
      heldBy(
        { ...hold(), key: "", value: 0, version: 0 },
        { status: "abandoned", lines: [], parts: [] },
      ),
    );
    expect(falsehood(other, get, { outcome: "unknown_reservation" })).toBeUndefined();
  });
});

describe("a refusal to reserve", () => {
  const lines = [{ sku: mug, quantity: 2 }];
  const input = { lines, idempotencyKey: "key-1" };
  const reservationId = idOfKey(["reservation"], "key-1");
  const call = { operation: "reserve", input } as const;
  const short = {
    outcome: "insufficient_stock",
    shortages: [{ sku: mug, requested: 2, available: 8 }],
  } as const satisfies Outcome;
  const own = { fingerprint: fingerprintOf({}, lines) };

  const runWithKey = (more: Partial<ReservationItem>) => {
    const run = handMadeRun();
    run.count(10);
    run.send(call);
    run.put(heldBy(run.place(hold({ reservationId })), more));
    return run;
  };

  test("for too few units is false where its key holds them", () => {
    expect(falsehood(runWithKey(own), call, { ...short, shortages: [...short.shortages] })).toBe(
      "it was held under its key all the time",
    );
    const before = runWithKey({});
    expect(falsehood(before, call, { ...short, shortages: [...short.shortages] })).toBeUndefined();
  });

  test("for a key that was used is false where no other request used it", () => {
    const reused = { outcome: "idempotency_key_reused", reservationId } as const;
    expect(falsehood(runWithKey(own), call, reused)).toBe("no other request had its id");
    expect(falsehood(runWithKey({}), call, reused)).toBe("only one request was sent under key-1");
    const run = runWithKey({});
    run.send({ operation: "reserve", input: { ...input, ttlSeconds: 5 } });
    expect(falsehood(run, call, reused)).toBeUndefined();
  });

  test("for a key may name the reservation of the order's event", () => {
    const orderId = "order-1";
    const run = handMadeRun();
    run.count(10);
    run.send(call);
    const byEvent = reservationIdOfOrder(orderId);
    run.put(heldBy(run.place(hold({ reservationId: byEvent })), { orderId }));
    const reused = { outcome: "idempotency_key_reused", reservationId: byEvent } as const;
    expect(falsehood(run, call, reused)).toBeUndefined();
  });

  test("for an unknown SKU is false where it is known", () => {
    const unknown = { outcome: "unknown_sku", unknown: [{ sku: mug }] } as const;
    expect(falsehood(runWithKey({}), call, { ...unknown, unknown: [{ sku: mug }] })).toBe(
      "mug was known",
    );
    expect(falsehood(handMadeRun(), call, { ...unknown, unknown: [{ sku: mug }] })).toBeUndefined();
  });
});

describe("a stock record", () => {
  const adjust = {
    operation: "adjustStock",
    input: { sku: mug, delta: -9, reason: "loss", idempotencyKey: "key-1" },
  } as const;
  const count = { operation: "setStock", input: { sku: mug, onHand: 1 } } as const;
  const recount = { operation: "setStock", input: { sku: mug, onHand: 10 } } as const;

  test.each<[string, ShopCall, (run: HandMadeRun) => Outcome]>([
    [
      "found",
      { operation: "getLevel", input: { sku: mug } },
      (run) => ({ outcome: "found", stock: run.rowOf(mug) }),
    ],
    ["replaced", recount, (run) => ({ outcome: "replaced", stock: run.rowOf(mug) })],
    ["below_reserved", count, (run) => ({ outcome: "below_reserved", stock: run.rowOf(mug) })],
    [
      "insufficient_stock",
      adjust,
      (run) => ({ outcome: "insufficient_stock", stock: run.rowOf(mug) }),
    ],
  ])("is shown as the row was (%s)", (_, call, outcomeOf) => {
    const { run } = runWithHold();
    expect(falsehood(run, call, outcomeOf(run))).toBeUndefined();
    const other = runWithHold();
    const outcome = outcomeOf(other.run);
    other.run.at(20);
    other.run.count(11);
    expect(falsehood(other.run, call, outcome)).toMatch(/^it never was \{/);
  });

  test("with enough units for its holds refuses no count", () => {
    const { run } = runWithHold();
    const outcome = { outcome: "below_reserved", stock: run.rowOf(mug) } as const;
    const enough = { operation: "setStock", input: { sku: mug, onHand: 2 } } as const;
    expect(falsehood(run, enough, outcome)).toBe("no more than 2 were reserved");
  });

  test("refuses no count that may leave a shortfall", () => {
    const { run } = runWithHold();
    const outcome = { outcome: "below_reserved", stock: run.rowOf(mug) } as const;
    const input = { sku: mug, onHand: 1, allowShortfall: true };
    expect(falsehood(run, { operation: "setStock", input }, outcome)).toBe(
      "a shortfall was allowed",
    );
  });

  test("is adjusted only where the adjustment has a record", () => {
    for (const hasRecord of [true, false]) {
      const run = handMadeRun();
      run.count(10);
      const reservationId = idOfKey(["adjustment", mug], "key-1");
      const marker = run.place(hold({ reservationId, kind: "removal", quantity: 9 }));
      const adjustment = { delta: -9, reason: "loss" };
      if (hasRecord) run.put(heldBy(marker, { status: "adjustment", adjustment }));
      const outcome = { outcome: "adjusted", stock: run.rowOf(mug) } as const;
      const expected = hasRecord ? undefined : "it has no record of an adjustment";
      expect(falsehood(run, adjust, outcome)).toBe(expected);
    }
  });
});

describe("an order that is placed", () => {
  const orderId = "order-1";
  const place = { operation: "placeOrder", input: { orderId, lines: [] } } as const;
  const byEvent = reservationIdOfOrder(orderId);
  const record = (more: Partial<ReservationItem>) =>
    heldBy(
      { ...hold({ reservationId: byEvent }), key: "", value: 0, version: 2 },
      { orderId, ...more },
    );

  test("is held where it was ever held, by whatever way", () => {
    const held = { outcome: "held" } as const;
    const none = handMadeRun();
    none.put(record({ status: "rejected", parts: [] }));
    expect(falsehood(none, place, held)).toBe("nothing was ever held for it");
    const { run, item } = runWithHold();
    const order = { ...item, reservationId: byEvent, orderId };
    run.put(order);
    const end = { ...hold(), kind: "release", base: 1, key: "", value: 0, version: 2 } as const;
    run.put(endedBy(order, "released", end));
    expect(falsehood(run, place, held)).toBeUndefined();
  });

  test.each<[Outcome, Partial<ReservationItem>, string]>([
    [
      { outcome: "rejected", shortages: [] },
      { status: "rejected", parts: [] },
      "its record was never rejected",
    ],
    [
      { outcome: "cancelled" },
      { status: "released", lines: [], parts: [] },
      "it was not cancelled before it came",
    ],
  ])("is %j where its record says so", (outcome, more, message) => {
    const run = handMadeRun();
    run.put(record(more));
    expect(falsehood(run, place, outcome)).toBeUndefined();
    const other = handMadeRun();
    other.put(record({}));
    expect(falsehood(other, place, outcome)).toBe(message);
  });
});
