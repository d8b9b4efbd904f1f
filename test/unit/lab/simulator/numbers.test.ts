import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addNumbers,
  compareNumbers,
  normalizeNumber,
} from "../../../../lab/simulator/engine/numbers.ts";

test("a number is stored without exponent, leading or trailing zeros", () => {
  const stored = { "007": "7", "-0": "0", "1.50": "1.5", "1e3": "1000", "-12.5E-3": "-0.0125" };
  for (const [given, normal] of Object.entries(stored)) expect(normalizeNumber(given)).toBe(normal);
  expect(normalizeNumber(".5")).toBe("0.5");
  expect(normalizeNumber("9".repeat(38))).toBe("9".repeat(38));
});

test("a number of more than 38 digits or out of range is refused", () => {
  expect(() => normalizeNumber("9".repeat(39))).toThrow(/more than 38 significant digits/);
  expect(() => normalizeNumber("1e126")).toThrow(/overflow/);
  expect(() => normalizeNumber("1e-131")).toThrow(/underflow/);
  for (const text of ["", "x", "1.2.3", "0x10", "Infinity", " 1"]) {
    expect(() => normalizeNumber(text)).toThrow(/cannot be converted to a numeric value/);
  }
});

test("sums are exact past the range of doubles", () => {
  expect(addNumbers("0.1", "0.2", 1)).toBe("0.3");
  expect(addNumbers("9007199254740993", "1", 1)).toBe("9007199254740994");
  expect(addNumbers("1", "0.00000000000000000001", -1)).toBe("0.99999999999999999999");
  expect(() => addNumbers("9".repeat(38), "0.5", 1)).toThrow(/38 significant digits/);
});

test("sums and order are those of the integers", () => {
  const integer = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
  fc.assert(
    fc.property(integer, integer, (one, other) => {
      expect(addNumbers(`${one}`, `${other}`, 1)).toBe(`${one + other}`);
      expect(addNumbers(`${one}`, `${other}`, -1)).toBe(`${one - other}`);
      const order = one < other ? -1 : Number(one > other);
      expect(Math.sign(compareNumbers(`${one}`, `${other}`))).toBe(order);
    }),
  );
});
