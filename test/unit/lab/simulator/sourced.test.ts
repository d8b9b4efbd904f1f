/** The simulator's own judgement of orders by channel, which tries all sets of locations. */
import { describe, expect, test } from "vitest";
import type { Line, StoredChannel } from "../../../../contract/tables.ts";
import { areAskedUnits, possibleFor } from "../../../../lab/simulator/checks/asked-units.ts";
import { unitsOfLines } from "../../../../lab/simulator/checks/line-units.ts";
import { isPossible, levelKeysOf } from "../../../../lab/simulator/checks/sourced.ts";

const channel = (more: Partial<StoredChannel> = {}): StoredChannel => ({
  locations: ["ams1", "rtm"],
  rule: "priority",
  updatedAtMs: 0,
  ...more,
});

const line = (sku: string, quantity: number, location?: string): Line => ({
  sku,
  quantity,
  location,
});

describe("an order by channel is possible", () => {
  const units = new Map([
    ["mug@ams1", 2],
    ["mug@rtm", 1],
    ["hat@rtm", 1],
    ["hat@elsewhere", 9],
  ]);
  const unitsAt = (key: string) => units.get(key) ?? 0;

  test.each<[boolean, Line[], Partial<StoredChannel>]>([
    [true, [line("mug", 3)], {}],
    [false, [line("mug", 4)], {}],
    [false, [line("mug", 3)], { maxSplits: 1 }],
    [true, [line("mug", 2)], { maxSplits: 1 }],
    [false, [line("mug", 2), line("hat", 1)], { maxSplits: 1 }],
    [true, [line("mug", 1), line("hat", 1)], { maxSplits: 1 }],
    [false, [line("hat", 2)], {}],
    [true, [line("mug", 1, "rtm"), line("mug", 2)], {}],
    [false, [line("mug", 1, "rtm"), line("mug", 3)], {}],
    [false, [line("hat", 1, "elsewhere")], {}],
  ])("%s for %j with %j", (expected, lines, more) => {
    expect(isPossible(lines, channel(more), unitsAt)).toBe(expected);
  });

  test("by the levels that its lines may take from", () => {
    expect(levelKeysOf([line("mug", 1), line("hat", 1, "rtm")], channel())).toEqual([
      "mug@ams1",
      "mug@rtm",
      "hat@rtm",
    ]);
  });
});

describe("the units of a reservation by channel", () => {
  const units = unitsOfLines([line("mug", 2, "ams1"), line("mug", 1, "rtm")]);

  test("are those of a line at any location, once lines of a location have theirs", () => {
    expect(areAskedUnits(units, [line("mug", 3)], "web")).toBe(true);
    expect(areAskedUnits(units, [line("mug", 2, "ams1"), line("mug", 1)], "web")).toBe(true);
    expect(areAskedUnits(units, [line("mug", 2, "rtm"), line("mug", 1)], "web")).toBe(false);
    expect(areAskedUnits(units, [line("mug", 4)], "web")).toBe(false);
    expect(areAskedUnits(units, [line("mug", 3)], undefined)).toBe(false);
  });

  test("are possible for a line as far as no other line names them", () => {
    const lines = [line("mug", 2, "ams1"), line("mug", 5)];
    expect(possibleFor(lines[1]!, lines, units, "web")).toBe(1);
    expect(possibleFor(lines[0]!, lines, units, "web")).toBe(2);
  });
});
