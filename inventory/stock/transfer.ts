/** Transfers of units: from one location to another, or out of sale and back. */
import { actorOf, withPatience, type Call, type Database } from "../dynamodb/database.ts";
import { fingerprint } from "../identity.ts";
import { serveAfterReceipt } from "../reservations/serve-backorders.ts";
import { applyChange, changeIdOf, type ChangeStep, type StockChange } from "./apply-change.ts";
import { levelKeyOf, levelNameOf, type LevelName } from "./level-key.ts";
import { readLevel, type StockLevel } from "./level.ts";
import { getStock, type SkuStock } from "./read-stock.ts";

interface TransferOptions {
  quantity: number;
  reason: string;
  /** Repeats under the same key, for the same SKU, change nothing. */
  idempotencyKey?: string | undefined;
}

/** Units on hand that are not for sale, as they are damaged or on show; or that are for sale again. */
export interface SetAsideInput extends LevelName, TransferOptions {
  to: "unavailable" | "available";
}

/** Units that go from one location to another; the default one where a name is absent. */
export interface TransferInput extends TransferOptions {
  sku: string;
  fromLocation?: string | undefined;
  toLocation?: string | undefined;
}

export type TransferOutcome =
  | { outcome: "moved" | "replayed"; stock: SkuStock }
  /** More units would leave than the level has there. */
  | { outcome: "insufficient_stock"; stock: StockLevel }
  /** More units would be on hand than a record may have. */
  | { outcome: "above_units_max"; stock: StockLevel }
  | { outcome: "unknown_sku"; level: LevelName }
  | { outcome: "idempotency_key_reused" };

/**
 * Takes units out of sale that stay on hand, or puts them back.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const setAside = (
  database: Database,
  { to, ...input }: SetAsideInput,
  caller: Call,
): Promise<TransferOutcome> => {
  const call = withPatience(database, caller);
  const levelKey = levelKeyOf(input);
  const steps: ChangeStep[] =
    to === "unavailable"
      ? [{ levelKey, kind: "setAside" }]
      : [
          { levelKey, kind: "recall" },
          { levelKey, kind: "receipt" },
        ];
  return transfer(database, { ...input, steps }, call, () => readLevel(database, levelKey, call));
};

/**
 * Brings units from one location to another. They are at neither in between, for some milliseconds.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const transferStock = (
  database: Database,
  { fromLocation, toLocation, ...input }: TransferInput,
  caller: Call,
): Promise<TransferOutcome> => {
  const call = withPatience(database, caller);
  const { sku } = input;
  const steps: ChangeStep[] = [
    { levelKey: levelKeyOf({ sku, location: fromLocation }), kind: "dispatch" },
    { levelKey: levelKeyOf({ sku, location: toLocation }), kind: "receipt" },
  ];
  return transfer(database, { ...input, steps }, call, () => getStock(database, sku, call));
};

async function transfer(
  database: Database,
  request: TransferOptions & { sku: string; steps: readonly ChangeStep[] },
  call: Call,
  readAnswer: () => Promise<SkuStock | undefined>,
): Promise<TransferOutcome> {
  const result = await applyChange(database, changeOf(database, request, call), call);
  if (result.outcome === "unknown_sku") {
    return { outcome: "unknown_sku", level: levelNameOf(result.levelKey) };
  }
  if (!("rows" in result)) return result;
  const { levelKey } = request.steps.at(-1)!;
  const arrived = await readLevel(database, levelKey, call);
  if (arrived !== undefined) await serveAfterReceipt(database, arrived, call);
  const stock = await readAnswer();
  if (stock === undefined) return { outcome: "unknown_sku", level: { sku: request.sku } };
  return { outcome: result.outcome === "applied" ? "moved" : "replayed", stock };
}

function changeOf(
  database: Database,
  { sku, steps, quantity, reason, idempotencyKey }: Parameters<typeof transfer>[1],
  call: Call,
): StockChange {
  const why = { reason, ...actorOf(call) };
  return {
    reservationId: changeIdOf(database, ["transfer", sku], idempotencyKey),
    steps,
    quantity,
    fingerprint: fingerprint([
      steps.map(({ levelKey, kind }) => [levelKey, kind]),
      quantity,
      reason,
    ]),
    contents: { status: "transfer", transfer: why },
    lastChange: { kind: "transfer", ...why },
  };
}
