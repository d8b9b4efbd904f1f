import { linesMax, unitsMax } from "../../contract/bounds.ts";
import type { Line } from "../../contract/tables.ts";
import { InventoryError } from "../errors.ts";

const refuse = (path: string, message: string): never => {
  throw new InventoryError("invalid_argument", `${path} ${message}`, {
    issues: [{ path, message }],
  });
};

/**
 * Merges lines of the same SKU and sorts them by SKU (by UTF-16 code units, the same everywhere).
 *
 * Quantities are checked again although the HTTP door has done so: a negative one would hand out
 * stock that does not exist, whichever door it came through.
 *
 * @throws InventoryError `invalid_argument`
 */
export const mergeLines = (lines: readonly Line[]): Line[] => {
  if (lines.length === 0) refuse("lines", "must have at least 1 entry, not 0");
  if (lines.length > linesMax) {
    refuse("lines", `must have at most ${linesMax} entries, not ${lines.length}`);
  }
  const quantities = new Map<string, number>();
  for (const [index, { sku, quantity }] of lines.entries()) {
    if (!Number.isInteger(quantity) || quantity < 1) {
      refuse(`lines[${index}].quantity`, `must be a whole number from 1, not ${quantity}`);
    }
    const merged = (quantities.get(sku) ?? 0) + quantity;
    if (merged > unitsMax) {
      refuse("lines", `ask for ${merged} units of ${sku} in all, more than ${unitsMax}`);
    }
    quantities.set(sku, merged);
  }
  return Array.from(quantities, ([sku, quantity]) => ({ sku, quantity })).toSorted((a, b) =>
    a.sku < b.sku ? -1 : 1,
  );
};
