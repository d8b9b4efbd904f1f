import fc from "fast-check";
import { expect, test } from "vitest";
import { mergeLines } from "../../../inventory/reservations/lines.ts";

const line = fc.record({
  sku: fc.constantFrom("a", "B", "c", "a-1", "Z", "_", "10", "9"),
  quantity: fc.integer({ min: 1, max: 1000 }),
});

test("merging keeps every unit, has each SKU once, in one order", () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 500 }), (lines) => {
      const merged = mergeLines(lines);
      const skus = merged.map(({ sku }) => sku);
      expect(skus).toEqual([...new Set(lines.map(({ sku }) => sku))].toSorted());
      for (const { sku, quantity } of merged) {
        const asked = lines.filter((one) => one.sku === sku);
        expect(quantity).toBe(asked.reduce((sum, one) => sum + one.quantity, 0));
      }
    }),
  );
});

test("the order of the lines does not matter", () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (lines) => {
      expect(mergeLines(lines.toReversed())).toEqual(mergeLines(lines));
    }),
  );
});
