import type { Line } from "../../contract/tables.ts";
import type { LevelName } from "../stock/level-key.ts";
import type { Short } from "./take-units.ts";

/** A line that is short: the units that were requested, and the units that were available, at least 0. */
export interface Shortage {
  sku: string;
  /** Absent for the default location. */
  location?: string | undefined;
  requested: number;
  available: number;
  /** The next time at which a hold of these units can end, where that is known. */
  nextExpiryAtMs?: number;
}

export type OrderRefusal =
  | { outcome: "insufficient_stock"; shortages: Shortage[] }
  /** No stock was ever set for these lines. */
  | { outcome: "unknown_sku"; unknown: LevelName[] };

/** The shortage of a line, from the counts that prove it. */
export const shortageOf = (
  { quantity: requested, ...name }: Line,
  short: Short,
  nowMs: number,
): Shortage => {
  const { available, nextEndMs = 0, reserved } = short;
  return {
    ...name,
    requested,
    // A level with a shortfall has none.
    available: Math.max(0, available),
    ...(nextEndMs > nowMs && reserved > 0 && { nextExpiryAtMs: nextEndMs }),
  };
};
