/** Corrections of the units on hand: units that were found, or are gone. */
import type { Adjustment } from "../../contract/tables.ts";
import { actorOf, withPatience, type Call, type Database } from "../dynamodb/database.ts";
import { fingerprint } from "../identity.ts";
import { serveAfterReceipt } from "../reservations/serve-backorders.ts";
import { applyChange, changeIdOf, type StockChange } from "./apply-change.ts";
import { levelKeyOf, type LevelName } from "./level-key.ts";
import { readLevel, type StockLevel } from "./level.ts";

export interface AdjustStockInput extends LevelName {
  /** Units that arrived (positive) or are gone (negative). */
  delta: number;
  reason: string;
  reference?: string | undefined;
  /** Repeats under the same key, for the same SKU and location, change nothing. */
  idempotencyKey?: string | undefined;
}

export type AdjustStockOutcome =
  | { outcome: "adjusted"; stock: StockLevel }
  /** The same adjustment was made before. `stock` is the level as it is now. */
  | { outcome: "replayed"; stock: StockLevel }
  /** More units would be gone than are available: held units are never taken away. */
  | { outcome: "insufficient_stock"; stock: StockLevel }
  /** More units would be on hand than a record may have. */
  | { outcome: "above_units_max"; stock: StockLevel }
  | { outcome: "idempotency_key_reused" }
  | { outcome: "unknown_sku" };

/**
 * Changes the units on hand by `delta`, once.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const adjustStock = async (
  database: Database,
  input: AdjustStockInput,
  caller: Call,
): Promise<AdjustStockOutcome> => {
  const call = withPatience(database, caller);
  const result = await applyChange(database, changeOf(database, input, call), call);
  if (result.outcome === "unknown_sku") return { outcome: "unknown_sku" };
  if (!("rows" in result)) return result;
  const read = await readLevel(database, levelKeyOf(input), call, result.rows[0]);
  if (read === undefined) return { outcome: "unknown_sku" };
  const stock = await serveAfterReceipt(database, read, call);
  return { outcome: result.outcome === "applied" ? "adjusted" : "replayed", stock };
};

function changeOf(database: Database, input: AdjustStockInput, call: Call): StockChange {
  const { delta, reason, reference, idempotencyKey } = input;
  const levelKey = levelKeyOf(input);
  const why = { reason, ...(reference !== undefined && { reference }), ...actorOf(call) };
  const adjustment: Adjustment = { delta, ...why };
  return {
    reservationId: changeIdOf(database, ["adjustment", levelKey], idempotencyKey),
    steps: [{ levelKey, kind: delta < 0 ? "removal" : "addition" }],
    quantity: Math.abs(delta),
    fingerprint: fingerprint([delta, reason, reference]),
    contents: { status: "adjustment", adjustment },
    lastChange: { kind: "adjustment", ...why },
  };
}
