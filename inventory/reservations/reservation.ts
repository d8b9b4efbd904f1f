import {
  reservationStatuses,
  type Part,
  type ReservationItem,
  type ReservationStatus,
} from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { readItem } from "../dynamodb/read-item.ts";
import { isId } from "../identity.ts";
import { ttlSecondsAfter } from "../stock/ttl.ts";
import { sortedByName } from "./metadata.ts";

/** A record that is a reservation to callers, not an internal one. */
export type ReservationRecord = ReservationItem & { status: ReservationStatus };

export const isReservation = (item: ReservationItem): item is ReservationRecord =>
  (reservationStatuses as readonly string[]).includes(item.status);

/** A reservation as callers see it: the record without the attributes that only the core needs. */
export type Reservation = Pick<
  ReservationRecord,
  | "reservationId"
  | "status"
  | "lines"
  | "orderId"
  | "metadata"
  | "createdAtMs"
  | "expiresAtMs"
  | "version"
>;

/** True while the record owns the units of the part. */
export const isOpen = ({ ended }: Part): boolean => ended === undefined;

/** True from the millisecond on at which a hold can no longer be confirmed. */
export const isDue = (item: ReservationItem, nowMs: number): boolean =>
  item.status === "held" && item.expiresAtMs <= nowMs;

/** The reservation of a record, in the given status. */
export const reservationIn = <Status extends ReservationStatus>(
  status: Status,
  item: ReservationItem,
): Reservation & { status: Status } => ({
  reservationId: item.reservationId,
  status,
  // Spelled out, so that a repeat's answer is the first one's to the byte.
  lines: item.lines.map(({ sku, quantity }) => ({ sku, quantity })),
  ...(item.orderId === undefined ? {} : { orderId: item.orderId }),
  ...(item.metadata && { metadata: sortedByName(item.metadata) }),
  createdAtMs: item.createdAtMs,
  expiresAtMs: item.expiresAtMs,
  version: item.version,
});

/** The reservation as it stands at `nowMs`: a due hold is expired, also before its units are back. */
export const reservationAt = (item: ReservationRecord, nowMs: number): Reservation =>
  reservationIn(isDue(item, nowMs) ? "expired" : item.status, item);

export const readReservationItem = async (
  database: Database,
  reservationId: string,
  call: Call,
): Promise<ReservationRecord | undefined> => {
  if (!isId(reservationId)) return undefined;
  const { reservations } = database.tables;
  const item = await readItem<ReservationItem>(database, reservations, { reservationId }, call);
  return item && isReservation(item) ? item : undefined;
};

/** The time at which the record of a reservation that ends now may be removed. */
export const endedTtlSeconds = ({ retentionDays }: Database, nowMs: number): number =>
  ttlSecondsAfter(nowMs, retentionDays);
