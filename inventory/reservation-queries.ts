import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import { pageSizeDefault } from "../contract/bounds.ts";
import { reservationsTable, type ReservationItem } from "../contract/tables.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { readReservations } from "./batch-get.ts";
import type { Call, Database } from "./database.ts";
import { pageOf, readLimit, type Page } from "./page.ts";
import { isReservation, reservationAt, type Reservation } from "./reservation.ts";
import { send } from "./send.ts";
import { readReservationItem } from "./transitions.ts";

export const getReservation = async (
  database: Database,
  reservationId: string,
  call: Call,
): Promise<Reservation | undefined> => {
  const item = await readReservationItem(database, reservationId, call);
  return item && reservationAt(item, database.now());
};

/** What the index `byOrder` carries of a record. */
type ReservationKeys = Pick<ReservationItem, "reservationId" | "createdAtMs">;

/**
 * The reservations of an order, newest first. The index may lag behind a reservation that was made
 * this instant; what it lists is read from the records, so that no state shown is out of date.
 *
 * @throws InventoryError `invalid_cursor`, `busy`, `unavailable`, `rejected`
 */
export const listReservations = async (
  database: Database,
  input: { orderId: string; limit?: number | undefined; cursor?: string | undefined },
  call: Call,
): Promise<Page<Reservation>> => {
  const { orderId, limit = pageSizeDefault, cursor } = input;
  const list = ["reservations", orderId];
  const start = cursor && decodeCursor(list, ["number", "string"], cursor);
  const command = new QueryCommand({
    TableName: database.tables.reservations,
    IndexName: reservationsTable.byOrder.indexName,
    KeyConditionExpression: "orderId = :orderId",
    ExpressionAttributeValues: { ":orderId": orderId },
    ScanIndexForward: false,
    Limit: readLimit(limit),
    ...(start && {
      ExclusiveStartKey: { orderId, createdAtMs: start[0], reservationId: start[1] },
    }),
  });
  const { Items = [] } = await send((options) => database.client.send(command, options), call);
  const keys = pageOf(Items as ReservationKeys[], limit, ({ createdAtMs, reservationId }) =>
    encodeCursor(list, [createdAtMs, reservationId]),
  );
  const ids = keys.items.map(({ reservationId }) => reservationId);
  const items = await readReservations(database, ids, call);
  const nowMs = database.now();
  return {
    ...keys,
    items: items.filter(isReservation).map((item) => reservationAt(item, nowMs)),
  };
};
