import type { Line, ReservationItem } from "../../contract/tables.ts";
import { firstChunk } from "./chunks.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { expireDeadHolds } from "./dead-holds.ts";
import type { OrderLeases } from "./leases.ts";
import { isReservation, type ReservationRecord } from "./reservation.ts";
import { settle, unsettledAttributes } from "./settle.ts";
import { missingOf } from "./shortages.ts";
import { lastChangeBy, stockChange } from "../stock/stock-change.ts";
import { transact, type StockFailure, type Transaction } from "../dynamodb/transact.ts";

/** What the first transaction of an order writes, which is all of it but for the largest. */
const beginningOf = (database: Database, hold: ReservationItem) => {
  const chunk = firstChunk({ change: "hold", from: 0, to: hold.lines.length });
  const begun: ReservationItem =
    chunk.left === undefined
      ? hold
      : { ...hold, status: "reserving", ...unsettledAttributes(chunk.left, database.now()) };
  return { begun, lines: hold.lines.slice(0, chunk.end) };
};

export type Written =
  | { result: "held"; hold: ReservationRecord }
  /** There was a record of this id already. */
  | { result: "exists"; existing: ReservationItem }
  | { result: "short"; failures: StockFailure[] }
  /** The leases were lost, or somebody else has given the order up: to be begun anew. */
  | { result: "lost" };

/** Whether dead holds gave units back, where these could be enough. */
const bringBack = async (
  database: Database,
  lines: readonly Line[],
  failures: readonly StockFailure[],
  call: Call,
): Promise<boolean> => {
  const missing = missingOf(lines, failures);
  const isHopeless = missing.some(({ found, units }) => units > (found?.reserved ?? 0));
  return !isHopeless && expireDeadHolds(database, missing, call);
};

type Releases = Parameters<Parameters<OrderLeases["releaseWithin"]>[0]>[0];

/**
 * Writes the hold, whole or not at all, under leases or none. A line that falls short has its dead
 * holds expired first, and is tried once more.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const writeHold = async (
  database: Database,
  hold: ReservationItem,
  leases: OrderLeases | undefined,
  call: Call,
): Promise<Written> => {
  const { begun, lines } = beginningOf(database, hold);
  const fence = leases?.fenceAt(0);
  const change = {
    change: "hold",
    lastChange: lastChangeBy(hold, "held", call),
    nowMs: hold.createdAtMs,
    fence,
  } as const;
  const transaction: Transaction = {
    record: {
      Put: {
        TableName: database.tables.reservations,
        Item: begun,
        ConditionExpression: "attribute_not_exists(reservationId)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      },
    },
    stock: lines.map((line) => stockChange(database, line, change)),
    fence,
  };
  const beginWith = (releases: Releases) =>
    transact<ReservationItem>(database, () => ({ ...transaction, releases }), call);
  const begin = () => (leases ? leases.releaseWithin(beginWith) : beginWith([]));

  let result = await begin();
  if (!result.applied && result.by === "stock") {
    if (await bringBack(database, lines, result.failures, call)) result = await begin();
  }
  if (!result.applied) {
    if (result.by === "stock") return { result: "short", failures: result.failures };
    return result.by === "record" && result.found !== undefined
      ? { result: "exists", existing: result.found }
      : { result: "lost" };
  }
  const { item, shortages } = await settle(database, begun, call, {
    ...(leases && { fenceAt: (index: number) => leases.fenceAt(index) }),
    onShortage: (failures) => bringBack(database, hold.lines, failures, call),
  });
  if (item !== undefined && isReservation(item)) return { result: "held", hold: item };
  return shortages.length > 0 ? { result: "short", failures: shortages } : { result: "lost" };
};
