import { expect, test } from "vitest";
import {
  channelsKey,
  isFirstRow,
  isKeyBesideRows,
  levelKeyOf,
  levelKeyOfRow,
  levelNameOf,
  locationsKeyOf,
  rowKeyOf,
  shardOf,
} from "../../../inventory/stock/level-key.ts";

test.each([
  [{ sku: "widget" }, "widget"],
  [{ sku: "widget", location: "ams1" }, "widget@ams1"],
  [{ sku: "a.b:c-d_e", location: "x.y:z" }, "a.b:c-d_e@x.y:z"],
])("the level %j has the key %s, and the key its names", (name, key) => {
  expect(levelKeyOf(name)).toBe(key);
  expect(levelNameOf(key)).toEqual(name);
  for (const shard of [0, 1, 17]) {
    const row = rowKeyOf(key, shard);
    expect(row).toBe(shard === 0 ? key : `${key}~${shard}`);
    expect([levelKeyOfRow(row), levelNameOf(row), shardOf(row)]).toEqual([key, name, shard]);
    expect(isFirstRow(row)).toBe(shard === 0);
    expect(isKeyBesideRows(row)).toBe(false);
  }
});

test("the record of a SKU's locations is the key of no level", () => {
  expect(locationsKeyOf("widget")).toBe("widget@");
  expect(levelKeyOf({ sku: "widget", location: undefined })).toBe("widget");
});

test("the record of a SKU's locations and that of the channels are beside the rows", () => {
  expect(channelsKey).toBe("@");
  for (const key of [channelsKey, locationsKeyOf("widget")])
    expect(isKeyBesideRows(key)).toBe(true);
});
