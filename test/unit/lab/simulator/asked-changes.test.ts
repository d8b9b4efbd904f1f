/** A reservation changes only as its callers ask, once for each key and for each call without one. */
import { expect, test } from "vitest";
import type { ReservationItem } from "../../../../contract/tables.ts";
import { keyNameOf } from "../../../../lab/simulator/checks/record-effect.ts";
import type { ShopCall } from "../../../../lab/simulator/cloud/shop-calls.ts";
import {
  alice,
  endedBy,
  fulfilledBy,
  handMadeRun,
  heldBy,
  hold,
  mug,
  next,
  partsEndedBy,
} from "./hand-made-run.ts";

const marker = { ...hold(), key: "", value: 0, version: 2 };
const held = heldBy(marker);
const confirmed = next(held, { status: "confirmed" });
const expired = endedBy(held, "expired", { ...marker, kind: "expiry", base: 1 });
const lines = [{ sku: mug, quantity: 1 }];
const reservationId = alice;

const confirm: ShopCall = { operation: "confirm", input: { reservationId } };
const confirmLate: ShopCall = {
  operation: "confirm",
  input: { reservationId, reacquires: true },
};
const fulfill = (idempotencyKey?: string): ShopCall => ({
  operation: "fulfill",
  input: { reservationId, lines, idempotencyKey },
});
const change: ShopCall = { operation: "changeHold", input: { reservationId, lines } };

/** The record has the key "k". */
const keyed = { requests: { [keyNameOf("k")!]: "hash" } };

/** The reports about versions of a record that are written after these calls, but those of its rows. */
const reportsOf = (
  calls: readonly ShopCall[],
  versions: readonly ReservationItem[],
  options: { fulfillsOnConfirm?: boolean } = {},
): string[] => {
  const run = handMadeRun({ isAsked: false, ...options });
  for (const call of calls) run.send(call);
  for (const item of versions) run.put(item);
  return run.messages.filter((message) => /^(unasked_change|applied_twice)/.test(message));
};

const changed = next(held, { lines, parts: partsEndedBy(held, "release", 1) });
const acquired = next(expired, {
  status: "confirmed",
  parts: [...expired.parts, { row: mug, quantity: 2, version: 9 }],
});
const half = fulfilledBy(confirmed, 1, keyed);

test.each<[string, ShopCall[], ReservationItem[]]>([
  ["a sale", [confirm], [held, confirmed]],
  ["a late sale", [confirmLate], [held, expired, acquired]],
  ["a change of a hold", [change], [held, changed]],
  [
    "a fulfilment without a key",
    [confirm, fulfill()],
    [held, confirmed, fulfilledBy(confirmed, 1)],
  ],
  ["a fulfilment under a key", [confirm, fulfill("k")], [held, confirmed, half]],
  [
    "two calls without a key",
    [confirm, fulfill(), fulfill()],
    [held, confirmed, fulfilledBy(confirmed, 1), fulfilledBy(fulfilledBy(confirmed, 1), 1)],
  ],
])("%s that a call asks for", (_, calls, versions) => {
  expect(reportsOf(calls, versions)).toEqual([]);
});

test.each<[string, ShopCall[], ReservationItem[], string]>([
  ["a sale", [], [held, confirmed], "confirmed: 2 × mug, and no call without a key"],
  ["a late sale", [confirm], [held, expired, acquired], "confirmed: 2 × mug, and no call"],
  ["a change of a hold", [confirm], [held, changed], "changed: 1 × mug, and no call"],
  [
    "a fulfilment of other units",
    [confirm, fulfill()],
    [held, confirmed, fulfilledBy(confirmed, 2)],
    "fulfilled: 2 × mug, and no call",
  ],
  [
    "a fulfilment whose key is not kept",
    [confirm, fulfill("k")],
    [held, confirmed, fulfilledBy(confirmed, 1)],
    "fulfilled: 1 × mug, and no call without a key",
  ],
  [
    "a fulfilment under the key of another",
    [confirm, fulfill("other")],
    [held, confirmed, half],
    "fulfilled: 1 × mug, and no call under its key",
  ],
  [
    "a key that is lost",
    [confirm, fulfill("k")],
    [held, confirmed, half, next(half, { requests: {} })],
    "it lost the key",
  ],
])("%s that no call asks for", (_, calls, versions, message) => {
  expect(reportsOf(calls, versions)[0]).toContain(`unasked_change: ${message}`);
});

test("a call without a key has its effect once for each time that it is sent", () => {
  const once = fulfilledBy(confirmed, 1);
  expect(reportsOf([confirm, fulfill()], [held, confirmed, once, fulfilledBy(once, 1)])).toEqual([
    "applied_twice: fulfilled: 1 × mug, for the second time",
  ]);
});

test("a stack that fulfills on confirm asks for the fulfilment of all that is sold", () => {
  const options = { fulfillsOnConfirm: true };
  const whole = [held, confirmed, fulfilledBy(confirmed, 2)];
  expect(reportsOf([confirm], whole, options)).toEqual([]);
  expect(reportsOf([confirm], whole)).toHaveLength(1);
  expect(reportsOf([confirm], [held, confirmed, fulfilledBy(confirmed, 1)], options)).toHaveLength(
    1,
  );
});
