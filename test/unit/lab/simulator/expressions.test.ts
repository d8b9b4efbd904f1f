import { describe, expect, test } from "vitest";
import type { Item } from "../../../../lab/simulator/engine/attribute-value.ts";
import { compileExpressions } from "../../../../lab/simulator/engine/expressions/compile-expressions.ts";
import type { ExpressionInput } from "../../../../lab/simulator/engine/expressions/parse.ts";
import { project } from "../../../../lab/simulator/engine/expressions/paths.ts";

const holds = (text: string, item: Item, more: ExpressionInput = {}): boolean => {
  const { expressions, values } = compileExpressions({ ConditionExpression: text, ...more });
  return expressions.condition!(item, values);
};
const update = (text: string, item: Item, values?: Item): Item => {
  const compiled = compileExpressions({
    UpdateExpression: text,
    ...(values && { ExpressionAttributeValues: values }),
  });
  return compiled.expressions.update!.apply(item, compiled.values);
};

describe("compiled expressions", () => {
  test("are kept by their text and take the values of each request", () => {
    const input = (N: string): ExpressionInput => ({
      ConditionExpression: "a = :n",
      ExpressionAttributeValues: { ":n": { N } },
    });
    const [one, other] = [compileExpressions(input("1")), compileExpressions(input("2"))];
    expect(other.expressions).toBe(one.expressions);
    expect(one.expressions.condition!({ a: { N: "1" } }, one.values)).toBe(true);
    expect(one.expressions.condition!({ a: { N: "1" } }, other.values)).toBe(false);
  });

  test("are others where a name stands for another attribute", () => {
    const item = { a: { S: "a" } };
    const exists = (name: string) =>
      holds("attribute_exists(#n)", item, { ExpressionAttributeNames: { "#n": name } });
    expect([exists("a"), exists("b"), exists("a")]).toEqual([true, false, true]);
  });

  test("are others where a value names another type", () => {
    const isType = (type: string) =>
      holds(
        "attribute_type(a, :t)",
        { a: { N: "1" } },
        {
          ExpressionAttributeValues: { ":t": { S: type } },
        },
      );
    expect([isType("S"), isType("N"), isType("S")]).toEqual([false, true, false]);
    expect(() => isType("X")).toThrow(/Invalid attribute type name/);
  });

  test("compare the bounds of each request", () => {
    const isBetween = (low: string, high: string) =>
      holds(
        "a BETWEEN :l AND :h",
        { a: { N: "5" } },
        {
          ExpressionAttributeValues: { ":l": { N: low }, ":h": { N: high } },
        },
      );
    expect(isBetween("1", "9")).toBe(true);
    expect(() => isBetween("9", "1")).toThrow(/upper bound to be greater than or equal/);
    expect(isBetween("6", "9")).toBe(false);
  });

  test("refuse names and values that they do not use or do not have", () => {
    const item = { a: { S: "a" } };
    const unused = { ExpressionAttributeNames: { "#b": "b" } };
    expect(() => holds("attribute_exists(a)", item, unused)).toThrow(
      "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}",
    );
    expect(() => compileExpressions(unused)).toThrow(/only be specified when using expressions/);
    expect(() => holds("a = :v", item)).toThrow(
      "An expression attribute value used in expression is not defined; attribute value: :v",
    );
    expect(() => holds("", item)).toThrow(/can not be empty/);
  });

  test("order text by its UTF-8 bytes", () => {
    const values = { ":v": { S: "\u{10000}" } };
    const more = { ExpressionAttributeValues: values };
    expect(holds("a < :v", { a: { S: "\uffff" } }, more)).toBe(true);
  });

  test("have a size for text, sets and documents, and none for numbers", () => {
    const more = { ExpressionAttributeValues: { ":n": { N: "2" } } };
    for (const value of [{ S: "ab" }, { SS: ["a", "b"] }, { L: [{ N: "1" }, { N: "2" }] }]) {
      expect(holds("size(a) = :n", { a: value }, more)).toBe(true);
    }
    expect(holds("size(a) = :n", { a: { N: "22" } }, more)).toBe(false);
  });
});

describe("updates", () => {
  test("leave the item as it was, and what they do not change is shared", () => {
    const before = { m: { M: { l: { L: [{ N: "1" }] } } }, kept: { M: {} } };
    const text = JSON.stringify(before);
    const after = update("SET m.l[0] = :n ADD c :n REMOVE m.x", before, { ":n": { N: "2" } });
    expect(JSON.stringify(before)).toBe(text);
    expect(after).toEqual({
      m: { M: { l: { L: [{ N: "2" }] } } },
      kept: { M: {} },
      c: { N: "2" },
    });
    expect(after["kept"]).toBe(before.kept);
  });

  test("remove elements by the indexes of the list before", () => {
    const L = ["0", "1", "2", "3"].map((N) => ({ N }));
    expect(update("REMOVE l[0], l[1], l[3]", { l: { L } })).toEqual({ l: { L: [{ N: "2" }] } });
  });

  test("remove nothing where there is nothing, but refuse a path without a parent", () => {
    const item = { l: { L: [] }, m: { M: {} } };
    expect(update("REMOVE l[3], m.a, absent", item)).toEqual(item);
    expect(() => update("REMOVE absent.a", item)).toThrow(/document path .* is invalid/);
  });
});

test("a projection keeps the shape of documents", () => {
  const item: Item = {
    a: { S: "a" },
    m: { M: { x: { N: "1" }, y: { N: "2" } } },
    l: { L: [{ N: "0" }, { N: "1" }, { M: { z: { N: "3" } } }] },
  };
  expect(project(item, [["m", "y"], ["l", 2, "z"], ["l", 0], ["absent"]])).toEqual({
    m: { M: { y: { N: "2" } } },
    l: { L: [{ N: "0" }, { M: { z: { N: "3" } } }] },
  });
});
