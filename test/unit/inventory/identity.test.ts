import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import {
  fingerprint,
  idOfKey,
  isId,
  timeOrderedId,
  expiryShardOf,
} from "../../../inventory/identity.ts";

const idAt = (nowMs: number) => timeOrderedId(nowMs, randomUUID());

test("an id of a key is the same each time, and another for each key and scope", () => {
  const ids = [
    idOfKey(["reservation"], "a"),
    idOfKey(["reservation"], "b"),
    idOfKey(["adjustment", "sku"], "a"),
    idOfKey(["adjustment", "other"], "a"),
  ];
  expect(new Set(ids).size).toBe(4);
  expect(idOfKey(["reservation"], "a")).toBe(ids[0]);
  // Records that exist are found by this very id: it may never change.
  expect(ids[0]).toMatchInlineSnapshot(`"05c0244c-6783-847e-a58f-9bc85adadbd7"`);
});

test("parts of a scope cannot be moved into the key", () => {
  expect(idOfKey(["a", "b"], "c")).not.toBe(idOfKey(["a"], "b,c"));
  expect(idOfKey(["a", "b"], "c")).not.toBe(idOfKey(["a"], 'b","c'));
});

test("both kinds of id are UUIDs of their version, and known as ids", () => {
  expect(idAt(Date.UTC(2026, 10, 23))).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  expect(idOfKey([], "a")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8/);
  expect(isId(idAt(0))).toBe(true);
  expect(isId(idOfKey([], "a"))).toBe(true);
  for (const text of ["", "a", idAt(0).toUpperCase(), `${idAt(0)} `]) {
    expect(isId(text)).toBe(false);
  }
});

test("random ids sort by the time that they were made", () => {
  const times = [0, 1, 255, 256, 1_700_000_000_000, 2 ** 47];
  const ids = times.map(idAt);
  expect(ids.toSorted()).toEqual(ids);
});

test("two random ids of one millisecond differ", () => {
  expect(idAt(1)).not.toBe(idAt(1));
});

test("a fingerprint tells requests apart and knows one again", () => {
  expect(fingerprint([["a", 1], null])).toBe(fingerprint([["a", 1], null]));
  expect(fingerprint([["a", 1], null])).not.toBe(fingerprint([["a", 2], null]));
});

test("ids are spread over all shards, about evenly", () => {
  const counts = Array<number>(8).fill(0);
  for (let index = 0; index < 8_000; index += 1) {
    const shard = expiryShardOf(idOfKey([], `${index}`), counts.length);
    counts[shard] = counts[shard]! + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(800);
  expect(Math.max(...counts)).toBeLessThan(1_200);
});
