import { expiryShardCount, holdSecondsDefault } from "../contract/bounds.ts";
import type { Line, ReservationItem } from "../contract/tables.ts";
import type { Call, Database } from "./database.ts";
import { fingerprint, idOfKey, shardOf, timeOrderedId } from "./identity.ts";
import { mergeLines } from "./lines.ts";
import { reservationAt, type Reservation } from "./reservation.ts";
import { stockChange } from "./stock-change.ts";
import { transact, type Transaction } from "./transact.ts";

export interface ReserveInput {
  lines: readonly Line[];
  orderId?: string | undefined;
  /** How long the units are held. 900 when absent. */
  ttlSeconds?: number | undefined;
  /** Repeats under the same key meet the same reservation. */
  idempotencyKey?: string | undefined;
}

/** A line that fell short: what was asked for, and what there was at that moment. */
export interface Shortage {
  sku: string;
  requested: number;
  available: number;
}

export type ReserveOutcome =
  | { outcome: "reserved"; reservation: Reservation }
  | { outcome: "replayed"; reservation: Reservation }
  | { outcome: "insufficient_stock"; shortages: Shortage[] }
  | { outcome: "unknown_sku"; skus: string[] }
  | { outcome: "idempotency_key_reused"; reservationId: string };

/** What is written down. Everything that the caller chose goes into its fingerprint. */
const reservationItem = (input: ReserveInput, lines: Line[], nowMs: number): ReservationItem => {
  const { orderId, ttlSeconds = holdSecondsDefault, idempotencyKey } = input;
  const reservationId =
    idempotencyKey === undefined ? timeOrderedId(nowMs) : idOfKey(["reservation"], idempotencyKey);
  return {
    reservationId,
    status: "held",
    lines,
    ...(orderId === undefined ? {} : { orderId }),
    createdAtMs: nowMs,
    expiresAtMs: nowMs + ttlSeconds * 1000,
    fingerprint: fingerprint([lines.map((line) => [line.sku, line.quantity]), orderId, ttlSeconds]),
    version: 1,
    expiryShard: shardOf(reservationId, expiryShardCount),
  };
};

const refusal = (
  lines: Line[],
  failures: { index: number; found?: { available: number } }[],
): ReserveOutcome => {
  const skus: string[] = [];
  const shortages: Shortage[] = [];
  for (const { index, found } of failures) {
    const { sku, quantity } = lines[index]!;
    if (found === undefined) skus.push(sku);
    else shortages.push({ sku, requested: quantity, available: found.available });
  }
  // An unknown SKU never arrives, a shortage may pass: the one that waiting cannot cure goes first.
  return skus.length > 0
    ? { outcome: "unknown_sku", skus }
    : { outcome: "insufficient_stock", shortages };
};

/**
 * Holds every line or none, in one `TransactWriteItems` with no read before it:
 *
 *     per line   available >= q ?  available - q, reserved + q
 *     and        no such reservation ?  put it
 *
 * The database subtracts under a condition, so that no two buyers can be given the same unit, and
 * the reservation is there exactly when its units are held.
 *
 * @throws InventoryError `invalid_argument`, `busy`, `unavailable`, `rejected`
 */
export const reserve = async (
  database: Database,
  input: ReserveInput,
  call: Call,
): Promise<ReserveOutcome> => {
  const lines = mergeLines(input.lines);
  const nowMs = database.now();
  const item = reservationItem(input, lines, nowMs);
  const transaction: Transaction = {
    record: {
      Put: {
        TableName: database.tables.reservations,
        Item: item,
        ConditionExpression: "attribute_not_exists(reservationId)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      },
    },
    stock: lines.map((line) => stockChange(database, "hold", line, nowMs)),
  };
  const result = await transact<ReservationItem>(database, () => transaction, call);
  if (result.applied) return { outcome: "reserved", reservation: reservationAt(item, nowMs) };
  if (result.by === "stock") return refusal(lines, result.failures);
  // Its condition failed, so there was a record, and ALL_OLD has brought it.
  const existing = result.found!;
  return existing.fingerprint === item.fingerprint
    ? { outcome: "replayed", reservation: reservationAt(existing, database.now()) }
    : { outcome: "idempotency_key_reused", reservationId: existing.reservationId };
};
