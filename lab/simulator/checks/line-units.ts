/** The units of a record by level, and by what has become of them. */
import type { Line, Part } from "../../../contract/tables.ts";
import { levelKeyOf, levelKeyOfRow } from "../../../inventory/stock/level-key.ts";

/** `returned` units were fulfilled before. `released` ones went back, also by an expiry. */
export type UnitState = "open" | "released" | "fulfilled" | "cancelled" | "returned";

export const stateOf = ({ ended, returned }: Part): UnitState => {
  if (returned !== undefined) return "returned";
  switch (ended?.by) {
    case undefined:
      return "open";
    case "release":
    case "expiry":
      return "released";
    case "fulfilment":
      return "fulfilled";
    case "cancellation":
      return "cancelled";
  }
};

/** The states of units that a confirmed reservation has, or had: they make up its lines. */
export const soldStates: readonly UnitState[] = ["open", "fulfilled", "cancelled", "returned"];

export type Units = ReadonlyMap<string, number>;

const sumUp = (units: readonly [levelKey: string, quantity: number][]): Units => {
  const sums = new Map<string, number>();
  for (const [key, quantity] of units) sums.set(key, (sums.get(key) ?? 0) + quantity);
  return sums;
};

/** The units of these parts that are in one of the states. */
export const unitsIn = (parts: readonly Part[], states: readonly UnitState[]): Units =>
  sumUp(
    parts
      .filter((part) => states.includes(stateOf(part)))
      .map(({ row, quantity }) => [levelKeyOfRow(row), quantity]),
  );

export const unitsOfLines = (lines: readonly Line[]): Units =>
  sumUp(lines.map((line) => [levelKeyOf(line), line.quantity]));

/** The units of lines, whether they are there or not yet. */
export const unitsTogether = (lines: readonly Line[]): Units =>
  unitsOfLines(lines.map(({ isBackorder: _isBackorder, ...line }) => line));

/** The growth of units; levels without one are left out. */
export const growthOf = (before: Units, after: Units): Units =>
  new Map(
    [...new Set([...before.keys(), ...after.keys()])]
      .map((sku) => [sku, (after.get(sku) ?? 0) - (before.get(sku) ?? 0)] as const)
      .filter(([, growth]) => growth !== 0),
  );

/** The units as text, the same for the same units. */
export const describeUnits = (units: Units): string =>
  [...units]
    .toSorted(([some], [other]) => (some < other ? -1 : 1))
    .map(([sku, quantity]) => `${quantity} × ${sku}`)
    .join(", ");
