/** The parts of a record: the units that it owns or owned, by the rows that they were taken from. */
import type { Line, Part, ReservationItem } from "../../contract/tables.ts";
import { levelKeyOf, levelKeyOfRow, type LevelName } from "../stock/level-key.ts";
import { sumOfParts } from "../stock/marker.ts";

/** True while the record owns the units of the part. */
export const isOpen = ({ ended }: Part): boolean => ended === undefined;

/** True for units that were handed over and did not come back. */
export const isHandedOver = ({ ended, returned }: Part): boolean =>
  ended?.by === "fulfilment" && returned === undefined;

const isFulfilled = ({ ended }: Part): boolean => ended?.by === "fulfilment";
const isCancelled = ({ ended }: Part): boolean => ended?.by === "cancellation";
const isReturned = ({ returned }: Part): boolean => returned !== undefined;

/** The parts of one level. */
const partsOf = (parts: readonly Part[], levelKey: string): Part[] =>
  parts.filter(({ row }) => levelKeyOfRow(row) === levelKey);

/** The units of the level in these parts. */
export const unitsOfLevel = (parts: readonly Part[], levelKey: string): number =>
  sumOfParts(partsOf(parts, levelKey));

/** The units of a line by what has become of them. A number is absent where it is 0. */
export interface LineProgress {
  fulfilled?: number;
  cancelled?: number;
  /** Of the fulfilled ones. */
  returned?: number;
}

export const progressOf = (parts: readonly Part[]): LineProgress => {
  const fulfilled = sumOfParts(parts.filter(isFulfilled));
  const cancelled = sumOfParts(parts.filter(isCancelled));
  const returned = sumOfParts(parts.filter(isReturned));
  return {
    ...(fulfilled > 0 && { fulfilled }),
    ...(cancelled > 0 && { cancelled }),
    ...(returned > 0 && { returned }),
  };
};

export const progressOfLine = (parts: readonly Part[], line: LevelName): LineProgress =>
  progressOf(partsOf(parts, levelKeyOf(line)));

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
  /** Absent for the default location. */
  location?: string | undefined;
  requested: number;
  /** The units that the change could have concerned. */
  possible: number;
}

/** The lines that name more units than the reservation has. */
export function excessOf(item: ReservationItem, lines: readonly Line[]): Excess[] {
  const units = new Map(item.lines.map((line) => [levelKeyOf(line), line.quantity]));
  return lines.flatMap((line): Excess[] => {
    const { quantity: requested, ...name } = line;
    const possible = units.get(levelKeyOf(line)) ?? 0;
    return requested > possible ? [{ ...name, requested, possible }] : [];
  });
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
  const missing = new Map(lines.map((line) => [levelKeyOf(line), line.quantity]));
  const changing: Part[] = [];
  const rest: Part[] = [];
  for (const part of item.parts) {
    const levelKey = levelKeyOfRow(part.row);
    const units = isConcerned(part) ? Math.min(part.quantity, missing.get(levelKey) ?? 0) : 0;
    if (units > 0) changing.push({ ...part, quantity: units });
    if (units < part.quantity) rest.push({ ...part, quantity: part.quantity - units });
    if (units > 0) missing.set(levelKey, missing.get(levelKey)! - units);
  }
  const excess = lines.flatMap((line): Excess[] => {
    const { quantity: requested, ...name } = line;
    const left = missing.get(levelKeyOf(line))!;
    return left === 0 ? [] : [{ ...name, requested, possible: requested - left }];
  });
  return excess.length > 0 ? { excess } : { item, changing, rest };
};
