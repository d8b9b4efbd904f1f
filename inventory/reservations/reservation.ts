import {
  reservationStatuses,
  type Line,
  type LineShortage,
  type Part,
  type ReservationItem,
  type ReservationStatus,
} from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { readItem } from "../dynamodb/read-item.ts";
import { isId } from "../identity.ts";
import { levelKeyOf, plainName } from "../stock/level-key.ts";
import { ttlSecondsAfter } from "../stock/ttl.ts";
import { sortedByName } from "./metadata.ts";
import { partsOf, progressOfLine, type LineProgress } from "./parts.ts";

/** A record that is a reservation to callers, not an internal one. */
export type ReservationRecord = ReservationItem & { status: ReservationStatus };

export const isReservation = (item: ReservationItem): item is ReservationRecord =>
  (reservationStatuses as readonly string[]).includes(item.status);

/** A line as callers see it, with the units that were fulfilled, cancelled and returned. */
export type ReservationLine = Line & LineProgress & { availableFromMs?: number };

/** A reservation as callers see it: the record without the attributes that only the core needs. */
export type Reservation = Pick<
  ReservationRecord,
  | "reservationId"
  | "status"
  | "orderId"
  | "channel"
  | "metadata"
  | "createdAtMs"
  | "expiresAtMs"
  | "version"
> & {
  lines: ReservationLine[];
  /** The lines of which fewer units are held than were wanted, where the caller allowed that. */
  shortages?: LineShortage[];
};

/** True from the millisecond on at which a hold can no longer be confirmed. */
export const isDue = (item: ReservationItem, nowMs: number): boolean =>
  item.status === "held" && item.expiresAtMs <= nowMs;

/** Statuses of reservations whose units were sold, also when they were cancelled or returned since. */
export const isSold = (status: ReservationItem["status"]): boolean =>
  status === "confirmed" || status === "fulfilled" || status === "cancelled";

/** True for an expired reservation whose units a late payment may take again. */
export const mayReacquire = ({ status, staysExpired }: ReservationItem): boolean =>
  status === "expired" && staysExpired !== true;

/** The refusals of changes that only a hold takes part in, by the status that a reservation has instead. */
export const heldOnlyRefusals = {
  confirmed: "reservation_confirmed",
  fulfilled: "reservation_confirmed",
  cancelled: "reservation_confirmed",
  released: "reservation_released",
  expired: "reservation_expired",
} as const satisfies Record<Exclude<ReservationStatus, "held">, string>;

/** The reservation of a record, in the given status. */
export const reservationIn = <Status extends ReservationStatus>(
  status: Status,
  item: ReservationItem,
): Reservation & { status: Status } => ({
  reservationId: item.reservationId,
  status,
  // Spelled out, so that a repeat's answer is the first one's to the byte.
  lines: item.lines.map((line) => ({
    ...plainName(line),
    quantity: line.quantity,
    ...progressOfLine(item.parts, line),
    ...expectedOf(item.parts, line),
  })),
  ...(item.shortages === undefined ? {} : { shortages: item.shortages.map(plainShortage) }),
  ...(item.orderId === undefined ? {} : { orderId: item.orderId }),
  ...(item.channel === undefined ? {} : { channel: item.channel }),
  ...(item.metadata && { metadata: sortedByName(item.metadata) }),
  createdAtMs: item.createdAtMs,
  expiresAtMs: item.expiresAtMs,
  version: item.version,
});

/** The time at which the units of a backordered line are expected, where it is known. */
function expectedOf(parts: readonly Part[], line: Line): { availableFromMs?: number } {
  if (!line.isBackorder) return {};
  const times = partsOf(parts, levelKeyOf(line)).flatMap(
    ({ availableFromMs }) => availableFromMs ?? [],
  );
  return times.length === 0 ? {} : { availableFromMs: Math.max(...times) };
}

const plainShortage = ({ requested, available, ...level }: LineShortage): LineShortage => ({
  ...plainName(level),
  requested,
  available,
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
