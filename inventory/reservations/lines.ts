import { linesMax, unitsMax } from "../../contract/bounds.ts";
import type { Line } from "../../contract/tables.ts";
import { invalidArgument } from "../errors.ts";
import { levelKeyOf, plainName } from "../stock/level-key.ts";

/** The values of a line that its fingerprint covers. */
export const valuesOfLine = ({ sku, location, quantity }: Line): (string | number)[] =>
  // Only where there is a location, so that older records keep the fingerprints of their requests.
  location === undefined ? [sku, quantity] : [sku, quantity, location];

/** The units of each SKU, whatever their locations. */
export const linesBySku = (lines: readonly Line[]): Line[] =>
  lines.length === 0 ? [] : mergeLines(lines.map(({ sku, quantity }) => ({ sku, quantity })));

/** The units of each SKU and location, whether they are there or not. */
export const linesTogether = (lines: readonly Line[]): Line[] =>
  lines.length === 0 ? [] : mergeLines(lines.map(({ isBackorder: _isBackorder, ...line }) => line));

/**
 * Merges lines of the same SKU and location, and sorts them by the keys of their levels (by UTF-16 code
 * units, the same everywhere).
 *
 * Quantities are checked again although the HTTP door has done so: a negative one would hand out
 * stock that does not exist, whichever door it came through.
 *
 * @throws InventoryError `invalid_argument`
 */
export const mergeLines = (lines: readonly Line[]): Line[] => {
  if (lines.length === 0) throw invalidArgument("lines", "must have at least 1 entry, not 0");
  if (lines.length > linesMax) {
    throw invalidArgument("lines", `must have at most ${linesMax} entries, not ${lines.length}`);
  }
  const merged = new Map<string, Line>();
  for (const [index, line] of lines.entries()) {
    const { sku, quantity } = line;
    if (!Number.isInteger(quantity) || quantity < 1) {
      throw invalidArgument(
        `lines[${index}].quantity`,
        `must be a whole number from 1, not ${quantity}`,
      );
    }
    const levelKey = levelKeyOf(line);
    const units = (merged.get(levelKey)?.quantity ?? 0) + quantity;
    if (units > unitsMax) {
      throw invalidArgument(
        "lines",
        `ask for ${units} units of ${sku} in all, more than ${unitsMax}`,
      );
    }
    merged.set(levelKey, { ...plainName(line), quantity: units });
  }
  return Array.from(merged)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, line]) => line);
};
