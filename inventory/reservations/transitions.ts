import type { ReservationItem, ReservationStatus } from "../../contract/tables.ts";
import { firstChunk, type Chunk } from "./chunks.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { isId } from "../identity.ts";
import { readItem } from "../dynamodb/read-item.ts";
import {
  isDue,
  isReservation,
  reservationIn,
  type Reservation,
  type ReservationRecord,
} from "./reservation.ts";
import { settle, unsettledAttributes } from "./settle.ts";
import { lastChangeBy, stockChange } from "../stock/stock-change.ts";
import { transact, type Transaction } from "../dynamodb/transact.ts";

type Ending = Exclude<ReservationStatus, "held">;

export type ConfirmOutcome =
  | {
      outcome: "confirmed" | "reservation_expired" | "reservation_released";
      reservation: Reservation;
    }
  | { outcome: "unknown_reservation" };

export type ReleaseOutcome =
  /** `released`: its units are back, now or since it was released or had expired before. */
  | { outcome: "released" | "reservation_confirmed"; reservation: Reservation }
  | { outcome: "unknown_reservation" };

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

/** A reservation that is no longer held, as it stays. */
type EndedReservation = Reservation & { status: Ending };

const secondsPerDay = 24 * 60 * 60;

/** When the record of a reservation that ends now may be removed, in seconds of the epoch. */
export const endedTtlSeconds = ({ retentionDays }: Database, nowMs: number): number =>
  Math.floor(nowMs / 1000) + retentionDays * secondsPerDay;

/** The held reservation `item` as it will be once it has ended, but for what of it is `left`. */
const endedItem = (
  database: Database,
  { expiryShard: _shard, skus, ...item }: ReservationItem,
  status: Ending,
  { left }: Chunk,
  nowMs: number,
): ReservationItem & { status: Ending } => ({
  ...item,
  status,
  version: item.version + 1,
  updatedAtMs: nowMs,
  ttlSeconds: endedTtlSeconds(database, nowMs),
  ...(left && { ...unsettledAttributes(left, nowMs), ...(skus && { skus }) }),
});

/**
 * Ends a held reservation if its record is still as it was read: in the way that is wanted, or by
 * expiry where it is due, which is asked again before every attempt. The condition is the version:
 * of a confirm, a release, an extension and an expiry that race, one is applied, and the others get
 * to see what it made of the record.
 *
 * What the first transaction cannot do for an order of many lines is done by the next ones, or by
 * whoever comes after: that it has ended, and how, is decided.
 *
 * @returns the reservation as it ended, or the record that somebody else has made of it
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const endHold = async (
  database: Database,
  held: ReservationItem,
  wanted: Ending,
  call: Call,
): Promise<{ ended: EndedReservation } | { found: ReservationRecord | undefined }> => {
  let ended = { ...held, status: wanted };
  const build = (): Transaction => {
    const nowMs = database.now();
    const status = isDue(held, nowMs) ? "expired" : wanted;
    const change = status === "confirmed" ? "sell" : "giveBack";
    const chunk = firstChunk({ change, from: 0, to: held.lines.length });
    const lastChange = lastChangeBy(held, status, call);
    ended = endedItem(database, held, status, chunk, nowMs);
    return {
      record: {
        Put: {
          TableName: database.tables.reservations,
          Item: ended,
          ConditionExpression: "#version = :seen",
          ExpressionAttributeNames: { "#version": "version" },
          ExpressionAttributeValues: { ":seen": held.version },
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        },
      },
      stock: held.lines
        .slice(0, chunk.end)
        .map((line) => stockChange(database, line, { change, lastChange, nowMs })),
    };
  };
  const result = await transact<ReservationItem>(database, build, call);
  if (result.applied) {
    if (ended.status === "expired") call.onExpired?.(database.now() - held.expiresAtMs);
    await settle(database, ended, call);
    return { ended: reservationIn(ended.status, ended) };
  }
  if (result.by === "record") {
    return { found: result.found && isReservation(result.found) ? result.found : undefined };
  }
  throw new Error(`Fewer units are reserved than ${held.reservationId} holds: ${show(result)}`);
};

const show = (result: object): string => JSON.stringify(result);

/** Brings a reservation to its end, whoever gets there first. Undefined if there is none. */
const endReservation = async (
  database: Database,
  reservationId: string,
  wanted: Ending,
  call: Call,
): Promise<EndedReservation | undefined> => {
  let item = await readReservationItem(database, reservationId, call);
  while (item?.status === "held") {
    const result = await endHold(database, item, wanted, call);
    if ("ended" in result) return result.ended;
    item = result.found;
  }
  if (item === undefined) return undefined;
  // Whoever has ended it may not have come to the end of its lines.
  await settle(database, item, call);
  return reservationIn(item.status, item);
};

const confirmOutcomes = {
  confirmed: "confirmed",
  released: "reservation_released",
  expired: "reservation_expired",
} as const satisfies Record<Ending, ConfirmOutcome["outcome"]>;

/** Sells the units of a hold. Confirming what is confirmed changes nothing. */
export const confirm = async (
  database: Database,
  reservationId: string,
  call: Call,
): Promise<ConfirmOutcome> => {
  const reservation = await endReservation(database, reservationId, "confirmed", call);
  return reservation === undefined
    ? { outcome: "unknown_reservation" }
    : { outcome: confirmOutcomes[reservation.status], reservation };
};

const releaseOutcomes = {
  confirmed: "reservation_confirmed",
  released: "released",
  expired: "released",
} as const satisfies Record<Ending, ReleaseOutcome["outcome"]>;

/** Gives the units of a hold back. Releasing what is released or expired changes nothing. */
export const release = async (
  database: Database,
  reservationId: string,
  call: Call,
): Promise<ReleaseOutcome> => {
  const reservation = await endReservation(database, reservationId, "released", call);
  return reservation === undefined
    ? { outcome: "unknown_reservation" }
    : { outcome: releaseOutcomes[reservation.status], reservation };
};
