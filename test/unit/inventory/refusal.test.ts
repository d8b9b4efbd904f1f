/** The refusal of a request by the results of its lines. */
import { expect, test } from "vitest";
import { refusalOf } from "../../../inventory/reservations/hold-lines.ts";

const lines = [
  { sku: "crowded", quantity: 2 },
  { sku: "empty", quantity: 1 },
];
const short = { short: { available: 0, reserved: 4 } };
const shortage = (sku: string, requested: number) => ({ sku, requested, available: 0 });
const blocked = { blocked: true } as const;
const nowMs = 0;

test("one short line refuses all of them, also where others wait for other requests", () => {
  expect(refusalOf(lines, [blocked, short], { nowMs })).toEqual({
    outcome: "insufficient_stock",
    shortages: [shortage("empty", 1)],
  });
});

test("a request that takes less is refused only where every line is short", () => {
  const takesLess = true;
  expect(refusalOf(lines, [blocked, short], { nowMs, takesLess })).toBeUndefined();
  expect(refusalOf(lines, [short, short], { nowMs, takesLess })).toEqual({
    outcome: "insufficient_stock",
    shortages: [shortage("crowded", 2), shortage("empty", 1)],
  });
});

test("an unknown SKU refuses either, since it does not pass", () => {
  for (const takesLess of [false, true]) {
    const refusal = refusalOf(lines, [blocked, { unknown: true }], { nowMs, takesLess });
    expect(refusal).toEqual({ outcome: "unknown_sku", unknown: [{ sku: "empty" }] });
  }
});
