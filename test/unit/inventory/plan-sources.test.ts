/** Plans of locations: complete where a complete one is allowed, with the fewest locations where that is the rule. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sourcingRules } from "../../../contract/tables.ts";
import {
  mostUnits,
  planSources,
  splitsOf,
  type Demand,
} from "../../../inventory/sourcing/plan-sources.ts";

const none: ReadonlySet<number> = new Set();
const limits = (rule: (typeof sourcingRules)[number], splitsMax = 9, used = none) => ({
  rule,
  splitsMax,
  used,
});
const demand = (units: number, ...available: number[]): Demand => ({ units, available });

describe("a plan", () => {
  test("by priority takes what each location has, in order", () => {
    expect(planSources([demand(5, 2, 0, 9)], limits("priority"))).toEqual([[2, 0, 3]]);
  });

  test("by most-stock begins with the location that has most, the first of several", () => {
    expect(planSources([demand(5, 2, 4, 4)], limits("most-stock"))).toEqual([[0, 4, 1]]);
  });

  test("by fewest-splits counts the locations of all lines together", () => {
    const demands = [demand(2, 2, 0, 2), demand(1, 0, 1, 1)];
    expect(planSources(demands, limits("fewest-splits"))).toEqual([
      [0, 0, 2],
      [0, 0, 1],
    ]);
  });

  test("keeps to the locations that are in use, which count", () => {
    const plan = planSources([demand(2, 1, 2, 1)], limits("fewest-splits", 1, new Set([1])));
    expect(plan).toEqual([[0, 2, 0]]);
    expect(planSources([demand(2, 2, 0, 0)], limits("priority", 1, new Set([1])))).toBeUndefined();
  });

  test("takes any number of units of a location that was not looked at", () => {
    const unseen = demand(5, 0, Infinity, Infinity);
    for (const rule of sourcingRules) {
      expect(planSources([unseen], limits(rule))).toEqual([[0, 5, 0]]);
    }
  });
});

/** Lines over up to four locations, and the most locations that they may come from. */
const orders = fc.integer({ min: 1, max: 4 }).chain((count) =>
  fc.record({
    demands: fc.array(
      fc.record({
        units: fc.integer({ min: 1, max: 5 }),
        available: fc.array(fc.nat(4), { minLength: count, maxLength: count }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    splitsMax: fc.integer({ min: 1, max: count }),
    rule: fc.constantFrom(...sourcingRules),
  }),
);

/** The sizes of all sets of locations that have the units of all demands. */
const sizesOfCovers = (demands: readonly Demand[]): number[] => {
  const locations = [...demands[0]!.available.keys()];
  return Array.from({ length: 2 ** locations.length }, (_, set) =>
    locations.filter((at) => (set & (2 ** at)) !== 0),
  )
    .filter((some) =>
      demands.every(
        ({ units, available }) => some.reduce((sum, at) => sum + available[at]!, 0) >= units,
      ),
    )
    .map(({ length }) => length);
};

test("there is a plan exactly where some allowed set of locations has the units", () => {
  fc.assert(
    fc.property(orders, ({ demands, splitsMax, rule }) => {
      const plan = planSources(demands, limits(rule, splitsMax));
      const least = Math.min(...sizesOfCovers(demands));
      expect(plan !== undefined).toBe(least <= splitsMax);
      if (plan === undefined) return;
      for (const [index, { units, available }] of demands.entries()) {
        expect(plan[index]!.reduce((sum, some) => sum + some, 0)).toBe(units);
        expect(plan[index]!.every((some, at) => some <= available[at]!)).toBe(true);
      }
      expect(splitsOf(plan, none)).toBeLessThanOrEqual(splitsMax);
      if (rule === "fewest-splits") expect(splitsOf(plan, none)).toBe(least);
    }),
  );
});

test("some line gets fewer units than wanted where there is no plan", () => {
  fc.assert(
    fc.property(orders, ({ demands, splitsMax, rule }) => {
      const units = mostUnits(demands, limits(rule, splitsMax));
      const isShort = units.some((some, index) => some < demands[index]!.units);
      const plan = planSources(demands, limits(rule, splitsMax));
      if (plan === undefined) expect(isShort).toBe(true);
    }),
  );
});
