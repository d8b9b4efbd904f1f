import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import {
  boundedArray,
  closedObject,
  trueOrFalse,
  idempotencyKey,
  label,
  queryNumber,
  sku,
  wholeNumber,
} from "../../../contract/fields.ts";
import { versionTag } from "../../../contract/entity-tags.ts";

const messageOf = (schema: z.core.$ZodType, value: unknown): string | undefined =>
  z.safeParse(schema, value).error?.issues[0]?.message;

describe("a whole number", () => {
  const schema = wholeNumber(1, 1_000_000_000);

  test.each([1, 1_000_000_000])("takes its bound %s", (value) => {
    expect(messageOf(schema, value)).toBeUndefined();
  });

  test.each([
    [0, "0"],
    [1_000_000_001, "1000000001"],
    [-5, "-5"],
    [0.5, "0.5"],
    [1e300, "1e+300"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    ["5", '"5"'],
    [null, "null"],
    [true, "true"],
    [[1], "[1]"],
  ])("refuses %s and names it and the bound", (value, shown) => {
    expect(messageOf(schema, value)).toBe(
      `must be a whole number from 1 to 1,000,000,000, not ${shown}`,
    );
  });

  test("that is missing is told as missing", () => {
    expect(messageOf(schema, undefined)).toBe(
      "is missing: it must be a whole number from 1 to 1,000,000,000",
    );
  });
});

describe("a SKU", () => {
  test.each(["a", "A-Z_0.9:x", "x".repeat(128)])("can be %s", (value) => {
    expect(messageOf(sku, value)).toBeUndefined();
  });

  test.each(["", "x".repeat(129), "a/b", "a b", "a\n", "a\u0000", "ä", "a%2Fb", 7, null])(
    "cannot be %j",
    (value) => {
      expect(messageOf(sku, value)).toContain("must be 1 to 128 of the characters");
    },
  );
});

describe("a label", () => {
  test.each(["a", "Bestellung 7 für Jürgen", "注文", "x".repeat(128), "😀".repeat(128)])(
    "can be %s",
    (value) => {
      expect(messageOf(label, value)).toBeUndefined();
    },
  );

  test.each(["", "x".repeat(129), "a\nb", "a\u0000", "a\u202Eb", "a\u2028b", "\uD800", 7])(
    "cannot be %j",
    (value) => {
      expect(messageOf(label, value)).toContain("must be 1 to 128 printable characters");
    },
  );

  test("of an idempotency key may have 255 characters, not 256", () => {
    expect(messageOf(idempotencyKey, "k".repeat(255))).toBeUndefined();
    expect(messageOf(idempotencyKey, "k".repeat(256))).toContain("1 to 255 printable");
  });
});

test.each(["true", 1, 0, null, "yes", {}])("a trueOrFalse cannot be %j", (value) => {
  expect(messageOf(trueOrFalse, value)).toBe(`must be true or false, not ${JSON.stringify(value)}`);
});

test("a version tag is a number in quotes", () => {
  expect(z.parse(versionTag, '"12"')).toBe(12);
  expect(messageOf(versionTag, "12")).toBe('must be one version in quotes, as in "3", not "12"');
});

test("a long value is cut where it is shown", () => {
  expect(messageOf(sku, " ".repeat(5_000))!.length).toBeLessThan(200);
});

test("an object names the members that it does not know, and those that it does", () => {
  const { error } = z.safeParse(closedObject({ sku, delta: wholeNumber(1, 2) }), { skv: 1 });
  const unknown = error!.issues.find((issue) => issue.code === "unrecognized_keys");
  expect(unknown).toMatchObject({
    keys: ["skv"],
    message: "is not a member that is known here; known are: sku, delta",
  });
});

test.each([[[1]], ["text"], [null], [7]])("an object cannot be %j", (value) => {
  expect(messageOf(closedObject({}), value)).toContain("must be a JSON object, not");
});

test("a list tells how many entries it has and may have", () => {
  const schema = boundedArray(sku, 1, 3);
  expect(messageOf(schema, [])).toBe("must have 1 to 3 entries, not 0");
  expect(messageOf(schema, ["a", "b", "c", "d"])).toBe("must have 1 to 3 entries, not 4");
  expect(messageOf(schema, {})).toBe("must be a list of 1 to 3 entries, not {}");
});

test.each(["0", "101", "1.5", "-1", "abc", "", "1e2", "5,6"])(
  "a limit in a query cannot be %j",
  (value) => {
    expect(messageOf(queryNumber(1, 100), value)).toContain("must be a whole number from 1 to 100");
  },
);
