/** The records of an order: the reservation that its events make, and those that were made over HTTP. */
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { pageSizeMax } from "../../contract/bounds.ts";
import type { LineShortage, ReservationItem } from "../../contract/tables.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { InventoryError } from "../errors.ts";
import { idOfKey } from "../identity.ts";
import { everyPage } from "../dynamodb/list-newest.ts";
import { listReservationKeys } from "../reservations/reservation-queries.ts";
import { endedTtlSeconds } from "../reservations/transitions.ts";
import { writeIf } from "../dynamodb/write-if.ts";

/** The reservation that an order has by its events. */
export const reservationIdOfOrder = (orderId: string): string => idOfKey(["order"], orderId);

/**
 * Writes the record of an order that holds nothing, unless the order has one.
 *
 * @returns undefined when it was written, or the record that was there
 */
export const recordOrder = async (
  database: Database,
  order: Pick<ReservationItem, "status" | "lines" | "fingerprint"> & {
    orderId: string;
    shortages?: LineShortage[];
  },
  call: Call,
): Promise<ReservationItem | undefined> => {
  const nowMs = database.now();
  const item: ReservationItem = {
    ...order,
    reservationId: reservationIdOfOrder(order.orderId),
    createdAtMs: nowMs,
    expiresAtMs: nowMs,
    updatedAtMs: nowMs,
    version: 1,
    ttlSeconds: endedTtlSeconds(database, nowMs),
  };
  const command = new PutCommand({
    TableName: database.tables.reservations,
    Item: item,
    ConditionExpression: "attribute_not_exists(reservationId)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  const result = await writeIf<ReservationItem>(database, command, call);
  return result.applied ? undefined : result.found;
};

/** Whether somebody is at the order just now: what becomes of it is not known. */
const isUnsettled = ({ status }: ReservationItem): boolean =>
  status === "reserving" || status === "returning";

/** The index lags behind by some milliseconds. */
export const readIdsOfOrder = async (
  database: Database,
  orderId: string,
  call: Call,
): Promise<string[]> => {
  const ids: string[] = [];
  const pages = everyPage((cursor) =>
    listReservationKeys(database, orderId, { limit: pageSizeMax, cursor }, call),
  );
  for await (const keys of pages) ids.push(...keys.map(({ reservationId }) => reservationId));
  return ids;
};

/**
 * All records of an order. The index may not have those of this instant yet, but for the one that
 * its events have made.
 *
 * @throws InventoryError `busy` while one of them is half written
 */
export const readOrder = async (
  database: Database,
  orderId: string,
  call: Call,
): Promise<ReservationItem[]> => {
  const listed = await readIdsOfOrder(database, orderId, call);
  const ids = [...new Set([reservationIdOfOrder(orderId), ...listed])];
  const items = await readReservations(database, ids, call);
  if (items.some(isUnsettled)) {
    throw new InventoryError("busy", `The order ${orderId} is being written just now.`);
  }
  return items;
};
