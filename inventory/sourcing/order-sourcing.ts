/**
 * One order by channel on its way: the units that its lines still miss, the rows of their levels as they were seen,
 * and the plans that can be made from them.
 */
import type { Line, StockItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { keptUnits, type Got, type Taken } from "../reservations/take-units.ts";
import { levelKeyOf, levelNameOf } from "../stock/level-key.ts";
import { availableIn, readRowsOfLevels } from "../stock/level.ts";
import { sumOfParts } from "../stock/marker.ts";
import type { Channel } from "./channels.ts";
import {
  mostUnits,
  planSources,
  splitsOf,
  type Demand,
  type SourcingLimits,
  type SourcingPlan,
} from "./plan-sources.ts";

export interface ChannelOrder {
  channel: Channel;
  /** Lines without a location get their units from any location of the channel, others from their own. */
  lines: readonly Line[];
  /** Locations that the reservation has units at already. */
  usedLocations?: ReadonlySet<string> | undefined;
  /** True when fewer units than wanted are better than none. */
  takesLess?: boolean | undefined;
  reservationId: string;
  /** The version of the record that the hold replaces; 0 for none. */
  base: number;
  /** True when the order has its SKUs leased. */
  isLeased: boolean;
}

/** One line, and the units that it still misses. */
export interface Want {
  line: Line;
  /** The levels that the line may take from, by the channel's order; undefined where it may not. */
  levelKeys: readonly (string | undefined)[];
  missing: number;
  taken: number;
}

export interface Sourcing {
  order: ChannelOrder;
  wants: readonly Want[];
  /** The units that were taken. */
  own: Got[];
  /** The keys of all levels, each once. */
  levelKeys: readonly string[];
  /** The rows of the levels as they were seen last, none for a level that there is not. */
  seen: Map<string, StockItem[]>;
  /** The most locations that the units may come from, those that the reservation had units at before included. */
  splitsMax: number;
  /** The indexes of locations that the reservation had units at before. */
  usedBefore: ReadonlySet<number>;
}

export function beginSourcing(order: ChannelOrder): Sourcing {
  const { channel, lines, usedLocations = new Set() } = order;
  const { locations, maxSplits = Infinity } = channel;
  const wants = lines.map((line): Want => {
    const keyAt = (location: string) =>
      line.location === undefined || line.location === location
        ? levelKeyOf({ sku: line.sku, location })
        : undefined;
    return { line, levelKeys: locations.map(keyAt), missing: line.quantity, taken: 0 };
  });
  const keys = wants.flatMap(({ levelKeys }) => levelKeys.filter((key) => key !== undefined));
  const usedBefore = new Set(
    [...locations.keys()].filter((at) => usedLocations.has(locations[at]!)),
  );
  return {
    order,
    wants,
    own: [],
    levelKeys: [...new Set(keys)],
    seen: new Map(),
    // A reservation may have units at locations that have left the channel, or at more locations than the channel
    // now allows. It then takes units only at its own locations that are still in the channel.
    splitsMax: Math.max(usedBefore.size, maxSplits - (usedLocations.size - usedBefore.size)),
    usedBefore,
  };
}

/** Reads the rows of these levels. */
export async function look(
  database: Database,
  { seen }: Sourcing,
  levelKeys: readonly string[],
  call: Call,
): Promise<void> {
  if (levelKeys.length === 0) return;
  for (const [key, rows] of await readRowsOfLevels(database, levelKeys, call)) seen.set(key, rows);
}

/** Notes a row as it is after a write, where its level was seen. */
export function noteRow({ seen }: Sourcing, levelKey: string, row: StockItem): void {
  const rows = seen.get(levelKey);
  if (rows === undefined) return;
  seen.set(
    levelKey,
    rows.map((one) => (one.sku === row.sku ? row : one)),
  );
}

export const rowsOf = ({ levelKeys, seen }: Sourcing): StockItem[] =>
  levelKeys.flatMap((key) => seen.get(key) ?? []);

/** The units in the channel's order: those of the least preferred location are given up first. */
export const inOrder = ({ own, order }: Sourcing): Got[] =>
  own.toSorted((one, other) => locationOf(order, one) - locationOf(order, other));

/** The index of the location that the units come from. */
const locationOf = ({ channel }: ChannelOrder, { part }: Got): number =>
  channel.locations.indexOf(levelNameOf(part.row).location!);

export const isUnseen =
  ({ seen }: Sourcing) =>
  (levelKey: string): boolean =>
    !seen.has(levelKey);

export const isUnknown = ({ seen }: Sourcing, { levelKeys }: Want): boolean =>
  levelKeys.every((key) => key === undefined || seen.get(key)?.length === 0);

/** The units of each level that a plan counts on: `Infinity` for a level that was not looked at. */
type UnitsAt = (levelKey: string) => number;

/** The units available, by what was seen. */
const availableAt =
  ({ seen }: Sourcing): UnitsAt =>
  (levelKey) => {
    const rows = seen.get(levelKey);
    return rows === undefined ? Infinity : availableIn(rows);
  };

/** The units available in rows that this order has taken nothing from yet: it takes from each row once. */
const availableInFreeRows = ({ seen, own }: Sourcing): UnitsAt => {
  const used = new Set(own.map(({ part }) => part.row));
  return (levelKey) => {
    const rows = seen.get(levelKey);
    return rows === undefined ? Infinity : availableIn(rows.filter(({ sku }) => !used.has(sku)));
  };
};

/** The demands of all lines. Units that lines of one location want there are not for lines of any location. */
const demandsOf = (
  { wants }: Sourcing,
  unitsOf: (want: Want) => number,
  unitsAt: UnitsAt,
): Demand[] => {
  const claims = new Map<string, number>();
  for (const want of wants) {
    const { sku, location } = want.line;
    if (location !== undefined) claims.set(levelKeyOf({ sku, location }), unitsOf(want));
  }
  return wants.map((want) => ({
    units: unitsOf(want),
    available: want.levelKeys.map((key) => {
      if (key === undefined) return 0;
      const claimed = want.line.location === undefined ? (claims.get(key) ?? 0) : 0;
      return Math.max(0, unitsAt(key) - claimed);
    }),
  }));
};

const missingOf = ({ missing }: Want): number => missing;
const quantityOf = ({ line }: Want): number => line.quantity;

const missingDemands = (sourcing: Sourcing): Demand[] =>
  demandsOf(sourcing, missingOf, availableInFreeRows(sourcing));

/** The limits for the units that are missing: the locations of those that were taken are in use. */
function limitsOf({ order, own, splitsMax, usedBefore }: Sourcing): SourcingLimits {
  const used = new Set([...usedBefore, ...own.map((one) => locationOf(order, one))]);
  return { rule: order.channel.rule, splitsMax, used };
}

export const planOf = (sourcing: Sourcing): SourcingPlan | undefined =>
  planSources(missingDemands(sourcing), limitsOf(sourcing));

/** The units available with those of this order. Others may have given some of them back: they count once. */
function availableWithOwn(sourcing: Sourcing): UnitsAt {
  const { seen, own } = sourcing;
  const available = availableAt(sourcing);
  return (levelKey) => {
    const rows = seen.get(levelKey) ?? [];
    return available(levelKey) + sumOfParts(keptUnits(rows, own));
  };
}

const demandsWithOwn = (sourcing: Sourcing): Demand[] =>
  demandsOf(sourcing, quantityOf, availableWithOwn(sourcing));

/** The limits for the order as a whole, as if it had taken nothing yet. */
const wholeLimits = (sourcing: Sourcing): SourcingLimits => ({
  ...limitsOf(sourcing),
  used: sourcing.usedBefore,
});

export const planWithOwn = (sourcing: Sourcing): SourcingPlan | undefined =>
  planSources(demandsWithOwn(sourcing), wholeLimits(sourcing));

/** True when the order would come from fewer locations, had it not taken units already. */
export function wastesSplits(sourcing: Sourcing, plan: SourcingPlan): boolean {
  const { order, own, usedBefore } = sourcing;
  if (order.channel.rule !== "fewest-splits" || own.length === 0) return false;
  const fresh = planWithOwn(sourcing);
  return (
    fresh !== undefined && splitsOf(fresh, usedBefore) < splitsOf(plan, limitsOf(sourcing).used)
  );
}

/**
 * Lowers the wants to the units that there are.
 *
 * @returns the results of the lines where the order does not want that, or there are no units, or it could have
 *   more, had it not taken some from the same rows or from other locations
 */
export function settleForLess(sourcing: Sourcing): Taken[] | undefined {
  const { order, wants } = sourcing;
  // The most units of each line that the order could have if it had taken nothing yet.
  const reach = mostUnits(demandsWithOwn(sourcing), wholeLimits(sourcing));
  if (!order.takesLess || Math.max(...reach) === 0) return shortOf(sourcing, reach);
  const units = mostUnits(missingDemands(sourcing), limitsOf(sourcing));
  if (wants.some(({ taken }, index) => reach[index]! > taken + units[index]!)) {
    return wants.map(() => ({ blocked: true }));
  }
  for (const [index, want] of wants.entries()) want.missing = units[index]!;
  return undefined;
}

/** The lines that get too few units of the locations that have most of the order. */
function shortOf({ wants, seen }: Sourcing, reach: readonly number[]): Taken[] {
  return wants.map(({ line, levelKeys }, index): Taken => {
    if (reach[index]! >= line.quantity) return { taken: true };
    const levels = levelKeys.flatMap((key) => (key !== undefined && seen.get(key)) || []);
    const ends = levels.flatMap(({ nextEndMs }) => nextEndMs ?? []);
    const reserved = levels.reduce((sum, row) => sum + row.reserved, 0);
    const next = ends.length > 0 && { nextEndMs: Math.min(...ends) };
    return { short: { available: reach[index]!, reserved, ...next } };
  });
}
