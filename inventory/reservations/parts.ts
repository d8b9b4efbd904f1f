/** The parts of a record: the units that it owns or owned, by the rows that they were taken from. */
import type { Line, Part, ReservationItem } from "../../contract/tables.ts";
import { skuOf } from "../stock/level.ts";
import { sumOfParts } from "../stock/marker.ts";

/** True while the record owns the units of the part. */
export const isOpen = ({ ended }: Part): boolean => ended === undefined;

/** True for units that were handed over and did not come back. */
export const isHandedOver = ({ ended, returned }: Part): boolean =>
  ended?.by === "fulfilment" && returned === undefined;

const isFulfilled = ({ ended }: Part): boolean => ended?.by === "fulfilment";
const isCancelled = ({ ended }: Part): boolean => ended?.by === "cancellation";
const isReturned = ({ returned }: Part): boolean => returned !== undefined;

/** The units of the SKU in these parts. */
export const unitsOfSku = (parts: readonly Part[], sku: string): number =>
  sumOfParts(parts.filter(({ row }) => skuOf(row) === sku));

/** The units of a line by what has become of them. A number is absent where it is 0. */
export interface LineProgress {
  fulfilled?: number;
  cancelled?: number;
  /** Of the fulfilled ones. */
  returned?: number;
}

export const progressOf = (parts: readonly Part[], sku?: string): LineProgress => {
  const own = sku === undefined ? parts : parts.filter(({ row }) => skuOf(row) === sku);
  const fulfilled = sumOfParts(own.filter(isFulfilled));
  const cancelled = sumOfParts(own.filter(isCancelled));
  const returned = sumOfParts(own.filter(isReturned));
  return {
    ...(fulfilled > 0 && { fulfilled }),
    ...(cancelled > 0 && { cancelled }),
    ...(returned > 0 && { returned }),
  };
};

/** A record and the parts of it that a change concerns. */
export interface PartsChange {
  item: ReservationItem;
  /** The parts that change. */
  changing: readonly Part[];
  /** The parts that stay as they are. */
  rest: readonly Part[];
}

/** A line that names more units than there are for the change. */
export interface Excess {
  sku: string;
  requested: number;
  /** The units that the change could have concerned. */
  possible: number;
}

/** Divides the parts of a record into those that a change concerns, and the rest. */
export const allParts = (
  item: ReservationItem,
  isConcerned: (part: Part) => boolean,
): PartsChange => ({
  item,
  changing: item.parts.filter(isConcerned),
  rest: item.parts.filter((part) => !isConcerned(part)),
});

/**
 * The same for so many units of each line: a part is divided where only some of its units are concerned.
 *
 * @returns the lines that name too many units, where there are such
 */
export const partsOfLines = (
  item: ReservationItem,
  isConcerned: (part: Part) => boolean,
  lines: readonly Line[],
): PartsChange | { excess: Excess[] } => {
  const missing = new Map(lines.map(({ sku, quantity }) => [sku, quantity]));
  const changing: Part[] = [];
  const rest: Part[] = [];
  for (const part of item.parts) {
    const sku = skuOf(part.row);
    const units = isConcerned(part) ? Math.min(part.quantity, missing.get(sku) ?? 0) : 0;
    if (units > 0) changing.push({ ...part, quantity: units });
    if (units < part.quantity) rest.push({ ...part, quantity: part.quantity - units });
    if (units > 0) missing.set(sku, missing.get(sku)! - units);
  }
  const excess = lines.flatMap(({ sku, quantity }): Excess[] => {
    const left = missing.get(sku)!;
    return left === 0 ? [] : [{ sku, requested: quantity, possible: quantity - left }];
  });
  return excess.length > 0 ? { excess } : { item, changing, rest };
};
