import { reservationsTable, type ReservationItem } from "../../contract/tables.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { listNewest, type PageWanted } from "../dynamodb/list-newest.ts";
import type { Page } from "../dynamodb/page.ts";
import {
  isReservation,
  readReservationItem,
  reservationAt,
  type Reservation,
} from "./reservation.ts";

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
  input: { orderId: string } & PageWanted,
  call: Call,
): Promise<Page<Reservation>> => {
  const { orderId, ...wanted } = input;
  const { partitionKey: key, byOrder: index } = reservationsTable;
  const table = database.tables.reservations;
  const partition = { list: "reservations", table, index, key, value: orderId };
  const keys = await listNewest<ReservationKeys>(database, partition, wanted, call);
  const ids = keys.items.map(({ reservationId }) => reservationId);
  const items = await readReservations(database, ids, call);
  const nowMs = database.now();
  return {
    ...keys,
    items: items.filter(isReservation).map((item) => reservationAt(item, nowMs)),
  };
};
