import {
  reservationStatuses,
  type ReservationItem,
  type ReservationStatus,
} from "../../contract/tables.ts";

/** A record that is a reservation to the outside: not one that is written, taken back or rejected. */
export type ReservationRecord = ReservationItem & { status: ReservationStatus };

export const isReservation = (item: ReservationItem): item is ReservationRecord =>
  (reservationStatuses as readonly string[]).includes(item.status);

/** A reservation as the engine's callers see it: the record without what only the tables need. */
export type Reservation = Pick<
  ReservationRecord,
  "reservationId" | "status" | "lines" | "orderId" | "createdAtMs" | "expiresAtMs" | "version"
>;

/** From this millisecond on a hold can no longer be confirmed, whoever gets to write that down. */
export const isDue = (item: ReservationItem, nowMs: number): boolean =>
  item.status === "held" && item.expiresAtMs <= nowMs;

/** What callers see of a record, in the given status. */
export const reservationIn = <Status extends ReservationStatus>(
  status: Status,
  item: ReservationItem,
): Reservation & { status: Status } => ({
  reservationId: item.reservationId,
  status,
  // Spelled out, so that a repeat's answer is the first one's to the byte.
  lines: item.lines.map(({ sku, quantity }) => ({ sku, quantity })),
  ...(item.orderId === undefined ? {} : { orderId: item.orderId }),
  createdAtMs: item.createdAtMs,
  expiresAtMs: item.expiresAtMs,
  version: item.version,
});

/** The reservation as it stands at `nowMs`: a due hold is expired, also before its units are back. */
export const reservationAt = (item: ReservationRecord, nowMs: number): Reservation =>
  reservationIn(isDue(item, nowMs) ? "expired" : item.status, item);
