/**
 * Chooses the locations that units come from, by the rule of a channel. Pure: it decides from counts, and the
 * conditions of the writes decide whether the counts were right.
 */
import type { SourcingRule } from "../../contract/tables.ts";

/** One line, and the units that each location of the channel could give it, in the channel's order. */
export interface Demand {
  /** The units that are wanted. */
  units: number;
  /** The units available at each location; 0 where the line may not take any. */
  available: readonly number[];
}

export interface SourcingLimits {
  rule: SourcingRule;
  /** The most locations that all units may come from; `Infinity` for no limit. */
  splitsMax: number;
  /** Locations, by their index, that units of the order come from already. */
  used: ReadonlySet<number>;
}

/** The units of each demand by location. */
export type SourcingPlan = number[][];

/**
 * Plans the units of all demands:
 *
 *   priority        each location gives what it has, in the channel's order
 *   most-stock      the same, from the location with the most units of the line on
 *   fewest-splits   the fewest locations that have all units together; of these the first in order
 *
 * Where the first two take more locations than allowed, the fewest that have all are chosen.
 *
 * @returns undefined when no allowed set of locations has the units
 */
export const planSources = (
  demands: readonly Demand[],
  limits: SourcingLimits,
): SourcingPlan | undefined => {
  const { rule, splitsMax, used } = limits;
  if (rule !== "fewest-splits") {
    const all = indexesOf(demands);
    const plan = demands.map((demand) => fill(demand, preferred(demand, all, rule)));
    if (!demands.every((demand, index) => sumOf(plan[index]!) === demand.units)) return undefined;
    if (locationsOf(plan, used).size <= splitsMax) return plan;
  }
  const chosen = fewestLocations(demands, used, splitsMax);
  return chosen && demands.map((demand) => fill(demand, preferred(demand, chosen, rule)));
};

/** The number of locations that the units come from, those that were used before included. */
export const splitsOf = (plan: SourcingPlan, used: ReadonlySet<number>): number =>
  locationsOf(plan, used).size;

/**
 * The units that each demand gets from allowed locations that have too few for all: from the set that is made
 * by adding, one after the other, the location that has most of what is missing.
 */
export const mostUnits = (
  demands: readonly Demand[],
  { splitsMax, used }: SourcingLimits,
): number[] => {
  const chosen = new Set(used);
  while (chosen.size < splitsMax) {
    let best: { location: number; gain: number } | undefined;
    for (const location of indexesOf(demands)) {
      const gain = demands.reduce((sum, demand) => sum + gainOf(demand, chosen, location), 0);
      if (gain > (best?.gain ?? 0)) best = { location, gain };
    }
    if (best === undefined) break;
    chosen.add(best.location);
  }
  return demands.map((demand) => reachOf(demand, chosen));
};

/** The units of the demand that these locations have, at most those that are wanted. */
const reachOf = ({ units, available }: Demand, locations: Iterable<number>): number => {
  let sum = 0;
  for (const location of locations) sum += available[location]!;
  return Math.min(units, sum);
};

const gainOf = (demand: Demand, chosen: ReadonlySet<number>, location: number): number =>
  chosen.has(location) ? 0 : reachOf(demand, [...chosen, location]) - reachOf(demand, chosen);

const indexesOf = ([first]: readonly Demand[]): number[] => [...(first?.available ?? []).keys()];

/** The locations in the order in which the rule takes units of the demand. */
const preferred = (
  { available }: Demand,
  locations: readonly number[],
  rule: SourcingRule,
): readonly number[] =>
  rule === "most-stock"
    ? locations.toSorted((one, other) => available[other]! - available[one]! || one - other)
    : locations;

/** Takes the units from the locations in their order, as far as they have them. */
function fill({ units, available }: Demand, locations: readonly number[]): number[] {
  const plan = available.map(() => 0);
  let missing = units;
  for (const location of locations) {
    const some = Math.min(missing, available[location]!);
    plan[location] = some;
    missing -= some;
  }
  return plan;
}

const sumOf = (units: readonly number[]): number => units.reduce((sum, some) => sum + some, 0);

const locationsOf = (plan: SourcingPlan, used: ReadonlySet<number>): Set<number> => {
  const taking = plan.flatMap((units) => [...units.keys()].filter((index) => units[index]! > 0));
  return new Set([...used, ...taking]);
};

/**
 * The fewest locations that have all units, besides those that are used already, in the channel's order; of
 * sets of one size the first in that order. Tries sets by their size, and leaves out those that cannot have
 * the units, whichever locations follow. A channel has few locations (`channelLocationsMax`).
 */
function fewestLocations(
  demands: readonly Demand[],
  used: ReadonlySet<number>,
  splitsMax: number,
): number[] | undefined {
  const free = indexesOf(demands).filter((location) => !used.has(location));
  const sizeMax = Math.min(free.length, splitsMax - used.size);
  for (let size = 0; size <= sizeMax; size += 1) {
    const found = addLocations(demands, [...used], free, size);
    if (found !== undefined) return found.toSorted((one, other) => one - other);
  }
  return undefined;
}

/** Adds `size` of the free locations so that all units are there, the first ones that do. */
function addLocations(
  demands: readonly Demand[],
  chosen: readonly number[],
  free: readonly number[],
  size: number,
): number[] | undefined {
  const canHave = ({ units, available }: Demand): boolean => {
    const most = free
      .map((location) => available[location]!)
      .toSorted((one, other) => other - one)
      .slice(0, size);
    return chosen.reduce((sum, location) => sum + available[location]!, sumOf(most)) >= units;
  };
  if (!demands.every(canHave)) return undefined;
  if (size === 0) return [...chosen];
  for (let index = 0; index + size <= free.length; index += 1) {
    const added = [...chosen, free[index]!];
    const found = addLocations(demands, added, free.slice(index + 1), size - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
