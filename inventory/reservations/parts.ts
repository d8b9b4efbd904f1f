/** The parts of a record: the units that it owns or owned, by the rows that they were taken from. */
import type { Line, Part, ReservationItem } from "../../contract/tables.ts";
import {
  isBackorderKey,
  levelKeyOf,
  levelKeyOfRow,
  levelNameOf,
  type LevelName,
} from "../stock/level-key.ts";
import { sumOfParts } from "../stock/marker.ts";

/** True while the record owns the units of the part. */
export const isOpen = ({ ended }: Part): boolean => ended === undefined;

/** True for units that were sold before they were there, and are not there yet. */
export const isBackordered = (part: Part): boolean => isOpen(part) && isBackorderKey(part.row);

/** True for units that the record owns and that can be handed over. */
export const isShippable = (part: Part): boolean => isOpen(part) && !isBackorderKey(part.row);

/** True for units that were handed over and did not come back. */
export const isHandedOver = ({ ended, returned }: Part): boolean =>
  ended?.by === "fulfilment" && returned === undefined;

const isFulfilled = ({ ended }: Part): boolean => ended?.by === "fulfilment";
const isCancelled = ({ ended }: Part): boolean => ended?.by === "cancellation";
const isReturned = ({ returned }: Part): boolean => returned !== undefined;

/** The parts of one level. */
export const partsOf = (parts: readonly Part[], levelKey: string): Part[] =>
  parts.filter(({ row }) => levelKeyOfRow(row) === levelKey);

/** The units of the level in these parts. */
export const unitsOfLevel = (parts: readonly Part[], levelKey: string): number =>
  sumOfParts(partsOf(parts, levelKey));

/** The units of each part, as a line of its level. */
export const unitsOfParts = (parts: readonly Part[]): Line[] =>
  parts.map(({ row, quantity }) => ({ ...levelNameOf(row), quantity }));

/** The units of these parts as lines, by the keys of their levels. */
export const linesOfParts = (parts: readonly Part[]): Line[] => {
  const units = new Map<string, number>();
  for (const { row, quantity } of parts) {
    const levelKey = levelKeyOfRow(row);
    units.set(levelKey, (units.get(levelKey) ?? 0) + quantity);
  }
  return Array.from(units)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([levelKey, quantity]) => ({ ...levelNameOf(levelKey), quantity }));
};

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

/** The lines of a record, and the channel that they come from. */
type Sourced = Pick<ReservationItem, "channel">;

/**
 * Assigns units of levels to the lines that name them: lines of a level first, then those of a reservation by
 * channel that name no location, which may have units of any level of their SKU. Units that are there come before
 * those that are not yet.
 *
 * @param held the units of each level, in the order in which they are assigned
 * @returns the units of each level that are assigned, and those of each line that are missing
 */
export function assignUnits(
  { channel }: Sourced,
  held: readonly Line[],
  lines: readonly Line[],
): { assigned: number[]; missing: number[] } {
  const assigned = held.map(() => 0);
  const missing = lines.map(({ quantity }) => quantity);
  const isOpenLine = ({ location, isBackorder }: Line) =>
    channel !== undefined && location === undefined && !isBackorder;
  const assign = (index: number, fits: (level: Line) => boolean): void => {
    for (const [at, level] of held.entries()) {
      if (!fits(level)) continue;
      const units = Math.min(missing[index]!, level.quantity - assigned[at]!);
      assigned[at]! += units;
      missing[index]! -= units;
    }
  };
  const backorder = { isBackorder: true } as const;
  const passes: ((line: Line, level: Line) => boolean)[] = [
    (line, level) => !isOpenLine(line) && levelKeyOf(level) === levelKeyOf(line),
    (line, level) =>
      !isOpenLine(line) && levelKeyOf(level) === levelKeyOf({ ...line, ...backorder }),
    (line, level) => isOpenLine(line) && level.sku === line.sku && !level.isBackorder,
    (line, level) => isOpenLine(line) && level.sku === line.sku,
  ];
  for (const fits of passes) {
    for (const [index, line] of lines.entries()) assign(index, (level) => fits(line, level));
  }
  return { assigned, missing };
}

/** The lines that name more units than the reservation has. */
export function excessOf(
  item: Sourced & Pick<ReservationItem, "lines">,
  lines: readonly Line[],
): Excess[] {
  const { missing } = assignUnits(item, item.lines, lines);
  return excessLines(lines, missing);
}

/** The levels of the record that these lines take their units from, and how many of each. */
export function levelLinesOf(item: ReservationItem, lines: readonly Line[]): Line[] {
  const { assigned } = assignUnits(item, item.lines, lines);
  return item.lines
    .map((line, at) => ({ ...line, quantity: assigned[at]! }))
    .filter(({ quantity }) => quantity > 0);
}

/** True when these lines are all that the record has. */
export function hasLines(item: ReservationItem, lines: readonly Line[]): boolean {
  const { assigned, missing } = assignUnits(item, item.lines, lines);
  const isAllAssigned = item.lines.every(({ quantity }, at) => assigned[at] === quantity);
  return isAllAssigned && missing.every((units) => units === 0);
}

const excessLines = (lines: readonly Line[], missing: readonly number[]): Excess[] =>
  lines.flatMap(({ quantity: requested, ...name }, index): Excess[] => {
    const lacking = missing[index]!;
    return lacking > 0 ? [{ ...name, requested, possible: requested - lacking }] : [];
  });

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
  const concerned = item.parts.filter(isConcerned);
  const { assigned, missing } = assignUnits(item, unitsOfParts(concerned), lines);
  const excess = excessLines(lines, missing);
  if (excess.length > 0) return { excess };
  const changing: Part[] = [];
  const rest: Part[] = [];
  let at = 0;
  for (const part of item.parts) {
    const units = part === concerned[at] ? assigned[at]! : 0;
    if (part === concerned[at]) at += 1;
    if (units > 0) changing.push({ ...part, quantity: units });
    if (units < part.quantity) rest.push({ ...part, quantity: part.quantity - units });
  }
  return { item, changing, rest };
};
