import type { Line } from "../../contract/tables.ts";
import type { Short } from "./take-units.ts";

/** A line that is short: the units that were requested, and the units that were available, at least 0. */
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

/** The shortage of a line, from the counts that prove it. */
export const shortageOf = (line: Line, short: Short, nowMs: number): Shortage => {
  const { available, nextEndMs = 0, reserved } = short;
  return {
    sku: line.sku,
    requested: line.quantity,
    // A level with a shortfall has none.
    available: Math.max(0, available),
    ...(nextEndMs > nowMs && reserved > 0 && { nextExpiryAtMs: nextEndMs }),
  };
};
