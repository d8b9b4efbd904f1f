import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { closedObject } from "../../../contract/fields.ts";
import { metadata } from "../../../contract/metadata.ts";
import { issuesOf } from "../../../functions/issues.ts";

/** The issues of a body with this metadata, as a caller sees them. */
const issues = (sent: unknown) => {
  const result = z.safeParse(closedObject({ metadata: z.optional(metadata) }), { metadata: sent });
  return result.success ? [] : issuesOf("body", result.error);
};

const numbered = (count: number, value = "") =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`name-${index}`, value]));

describe("metadata", () => {
  test.each([
    ["nothing", undefined],
    ["no members", {}],
    ["an empty text", { gift: "" }],
    ["any characters", { note: "Grüße\n注文 😀\u0000" }],
    ["a name of 40 characters", { ["😀".repeat(40)]: "" }],
    ["names that objects have", { constructor: "a", toString: "b", hasOwnProperty: "c" }],
    ["20 members", numbered(20)],
    ["2,048 bytes", { note: "x".repeat(2_044) }],
  ])("can have %s", (_, sent) => {
    expect(issues(sent)).toEqual([]);
    expect(z.parse(z.optional(metadata), sent)).toEqual(sent);
  });

  test.each([[null], [7], ["text"], [[]], [["a"]], [true]])("cannot be %j", (sent) => {
    const message = `must be a JSON object of text members, not ${JSON.stringify(sent)}`;
    expect(issues(sent)).toEqual([{ path: "metadata", message }]);
  });

  test.each([
    [7, "7"],
    [null, "null"],
    [true, "true"],
    [{ a: "b" }, '{"a":"b"}'],
    [["a"], '["a"]'],
    ["\uD800", '"\\ud800"'],
  ])("cannot have the value %j", (value, shown) => {
    const expected = [{ path: "metadata.gift", message: `must be text, not ${shown}` }];
    expect(issues({ note: "fine", gift: value })).toEqual(expected);
  });

  test.each(["", "x".repeat(41), "a\nb", "a\u0000", "a\u202Eb", "\uD800"])(
    "cannot have the name %j",
    (name) => {
      const message = expect.stringMatching(
        /^must have a name of 1 to 40 printable characters, not "/,
      ) as unknown;
      expect(issues({ [name]: "value" })).toEqual([{ path: `metadata.${name}`, message }]);
    },
  );

  test("cannot have a member that replaces a prototype, which would be lost", () => {
    const sent: unknown = JSON.parse('{"__proto__":"value"}');
    const path = "metadata.__proto__";
    expect(issues(sent)).toEqual([{ path, message: "has a name that is reserved" }]);
  });

  test("cannot have 21 members", () => {
    const message = "must have at most 20 members, not 21";
    expect(issues(numbered(21))).toEqual([{ path: "metadata", message }]);
  });

  test.each([
    ["in one value", { note: "x".repeat(2_045) }],
    ["with its names", { ...numbered(19, "x".repeat(100)), last: "x".repeat(22) }],
    ["as UTF-8", { note: `x${"é".repeat(1_022)}` }],
  ])("cannot have 2,049 bytes, counted %s", (_, sent) => {
    const bound = "2,048 bytes of UTF-8, names and values together";
    const message = `must have at most ${bound}, not 2,049`;
    expect(issues(sent)).toEqual([{ path: "metadata", message }]);
  });

  test("reports all members that are wrong at once", () => {
    const paths = issues({ a: 1, b: "fine", c: null }).map(({ path }) => path);
    expect(paths).toEqual(["metadata.a", "metadata.c"]);
  });
});
