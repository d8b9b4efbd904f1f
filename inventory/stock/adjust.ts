import { unitsMax } from "../../contract/bounds.ts";
import type { LastChange, MovementItem, StockItem } from "../../contract/tables.ts";
import { actorOf, backOff, type Call, type Database } from "../dynamodb/database.ts";
import { fingerprint, idOfKey, timeOrderedId } from "../identity.ts";
import { readItem } from "../dynamodb/read-item.ts";
import { getStock } from "./stock.ts";
import { transactOnce, type Transaction } from "../dynamodb/transact.ts";

export interface AdjustStockInput {
  sku: string;
  /** Units that arrived (positive) or are gone (negative). */
  delta: number;
  reason: string;
  reference?: string | undefined;
  /** Repeats under the same key and SKU change nothing. */
  idempotencyKey?: string | undefined;
}

export type AdjustStockOutcome =
  | { outcome: "adjusted"; stock: StockItem }
  /** The same adjustment was made before. `stock` is the record as it is now. */
  | { outcome: "replayed"; stock: StockItem }
  /** More units would be gone than are available: held units are never taken away. */
  | { outcome: "insufficient_stock"; stock: StockItem }
  /** More units would be on hand than a record may have. */
  | { outcome: "above_units_max"; stock: StockItem }
  | { outcome: "idempotency_key_reused" }
  | { outcome: "unknown_sku" };

type Draft = Omit<MovementItem, "version"> & { fingerprint: string };

const lastChangeBy = ({ reason, reference }: AdjustStockInput, call: Call): LastChange => ({
  kind: "adjustment",
  reason,
  ...(reference !== undefined && { reference }),
  ...actorOf(call),
});

const draftMovement = (
  database: Database,
  input: AdjustStockInput,
  nowMs: number,
  call: Call,
): Draft => {
  const { sku, delta, reason, reference, idempotencyKey } = input;
  return {
    movementId:
      idempotencyKey === undefined
        ? timeOrderedId(nowMs, database.randomUuid())
        : idOfKey(["adjustment", sku], idempotencyKey),
    sku,
    ...lastChangeBy(input, call),
    onHandDelta: delta,
    availableDelta: delta,
    reservedDelta: 0,
    atMs: nowMs,
    fingerprint: fingerprint([delta, reason, reference]),
  };
};

/** The stock after the adjustment, or why there can be none. */
const adjusted = (stock: StockItem, delta: number, lastChange: LastChange, nowMs: number) => {
  const onHand = stock.onHand + delta;
  const available = stock.available + delta;
  if (available < 0) return "insufficient_stock";
  if (onHand > unitsMax) return "above_units_max";
  return {
    ...stock,
    onHand,
    available,
    version: stock.version + 1,
    updatedAtMs: nowMs,
    lastChange,
  };
};

/** Stock and movement together, on condition that the stock is still the one that was looked at. */
const adjustment = (
  database: Database,
  from: StockItem,
  to: StockItem & { lastChange: LastChange },
  draft: Draft,
): Transaction => ({
  record: {
    Put: {
      TableName: database.tables.movements,
      Item: { ...draft, version: to.version } satisfies MovementItem,
      ConditionExpression: "attribute_not_exists(movementId)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    },
  },
  stock: [
    {
      Update: {
        TableName: database.tables.stock,
        Key: { sku: from.sku },
        UpdateExpression:
          "SET #onHand = :onHand, #available = :available, #version = :version, " +
          "#updatedAtMs = :now, #lastChange = :lastChange",
        ConditionExpression: "#version = :seen",
        ExpressionAttributeNames: {
          "#onHand": "onHand",
          "#available": "available",
          "#version": "version",
          "#updatedAtMs": "updatedAtMs",
          "#lastChange": "lastChange",
        },
        ExpressionAttributeValues: {
          ":onHand": to.onHand,
          ":available": to.available,
          ":version": to.version,
          ":now": to.updatedAtMs,
          ":lastChange": to.lastChange,
          ":seen": from.version,
        },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      },
    },
  ],
});

/** What a repeat gets: the record as it is now, or a refusal when it asked for something else. */
const replay = async (
  database: Database,
  draft: Draft,
  existing: MovementItem,
  call: Call,
): Promise<AdjustStockOutcome> => {
  if (existing.fingerprint !== draft.fingerprint) return { outcome: "idempotency_key_reused" };
  const stock = await getStock(database, draft.sku, call);
  return stock === undefined ? { outcome: "unknown_sku" } : { outcome: "replayed", stock };
};

/**
 * Changes the units on hand by `delta` and writes the movement in the same transaction.
 *
 * A movement names the version that it produced, and a transaction returns no values: so the stock
 * is read first, and the write is conditional on the version that was read. A refused write brings
 * the stock as it is now, and the next attempt starts from it at once: after a wait it would be
 * stale. A wait follows contention alone, and then the stock is read again.
 *
 *   reservations     v8 ──────── v9 ──────────────── v10
 *   adjustment   read v8 ── refused, has v9 ── v10?  ...refused, has v10 ── v11
 *
 * Each refusal is a write of another request. A repeat under the same idempotency key is refused by
 * the movement of the first one, whatever the stock is.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const adjustStock = async (
  database: Database,
  input: AdjustStockInput,
  call: Call,
): Promise<AdjustStockOutcome> => {
  const nowMs = database.now();
  const draft = draftMovement(database, input, nowMs, call);
  const lastChange = lastChangeBy(input, call);
  const readStock = () => getStock(database, input.sku, call);
  let waits = 0;
  let from = await readStock();
  while (from !== undefined) {
    const to = adjusted(from, input.delta, lastChange, nowMs);
    if (typeof to === "string") {
      // The units may be gone because this very adjustment has taken them.
      const { movementId } = draft;
      const { movements } = database.tables;
      const existing = await readItem<MovementItem>(database, movements, { movementId }, call);
      return existing ? replay(database, draft, existing, call) : { outcome: to, stock: from };
    }
    const transaction = adjustment(database, from, to, draft);
    const result = await transactOnce<MovementItem>(database, transaction, call);
    if ("retry" in result) {
      await backOff(database, call, waits, result.retry);
      waits += 1;
      from = await readStock();
    } else if (result.applied) {
      return { outcome: "adjusted", stock: to };
    } else if (result.by === "record") {
      return replay(database, draft, result.found!, call);
    } else {
      call.onRetry?.("conflict");
      from = result.by === "stock" ? result.failures[0]?.found : undefined;
    }
  }
  return { outcome: "unknown_sku" };
};
