import type { Line, StockItem } from "../../contract/tables.ts";

/** A line that is short: the units that were requested, and the units that were available. */
export interface Shortage {
  sku: string;
  requested: number;
  available: number;
  /** The next time at which a hold of this SKU can end, where that is known. */
  nextExpiryAtMs?: number;
}

export type OrderRefusal =
  | { outcome: "insufficient_stock"; shortages: Shortage[] }
  | { outcome: "unknown_sku"; skus: string[] };

/** The shortage of a line, from the row that proves it. */
export const shortageOf = (line: Line, row: StockItem, nowMs: number): Shortage => {
  const { nextEndMs = 0, reserved } = row;
  return {
    sku: line.sku,
    requested: line.quantity,
    available: row.available,
    ...(nextEndMs > nowMs && reserved > 0 && { nextExpiryAtMs: nextEndMs }),
  };
};
