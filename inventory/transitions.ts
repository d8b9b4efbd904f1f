import type { ReservationItem, ReservationStatus } from "../contract/tables.ts";
import type { Call, Database } from "./database.ts";
import { isId } from "./identity.ts";
import { readItem } from "./read-item.ts";
import { isDue, reservationIn, type Reservation } from "./reservation.ts";
import { stockChange } from "./stock-change.ts";
import { transact, type Transaction } from "./transact.ts";

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
): Promise<ReservationItem | undefined> =>
  isId(reservationId)
    ? readItem(database, database.tables.reservations, { reservationId }, call)
    : undefined;

/** A reservation that is no longer held, as it stays. */
type EndedReservation = Reservation & { status: Ending };

const secondsPerDay = 24 * 60 * 60;

/** The held reservation `item` as it will be once it has ended. */
const endedItem = (
  database: Database,
  item: ReservationItem,
  status: Ending,
  nowMs: number,
): ReservationItem & { status: Ending } => ({
  ...item,
  status,
  version: item.version + 1,
  ttlSeconds: Math.floor(nowMs / 1000) + database.retentionDays * secondsPerDay,
});

/**
 * Ends the hold `item` and moves its units, unless somebody was faster. The condition is the version
 * that was read: of a confirm, a release, an extension and an expiry that race, one is applied, and
 * the others get to see what it made of the record.
 */
const ending = (
  database: Database,
  item: ReservationItem,
  ended: ReservationItem,
  nowMs: number,
): Transaction => ({
  record: {
    Update: {
      TableName: database.tables.reservations,
      Key: { reservationId: item.reservationId },
      UpdateExpression:
        "SET #status = :status, #version = :version, #ttlSeconds = :ttlSeconds REMOVE #expiryShard",
      ConditionExpression: "#version = :seen",
      ExpressionAttributeNames: {
        "#status": "status",
        "#version": "version",
        "#ttlSeconds": "ttlSeconds",
        "#expiryShard": "expiryShard",
      },
      ExpressionAttributeValues: {
        ":status": ended.status,
        ":version": ended.version,
        ":ttlSeconds": ended.ttlSeconds,
        ":seen": item.version,
      },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    },
  },
  stock: item.lines.map((line) =>
    stockChange(database, ended.status === "confirmed" ? "sell" : "giveBack", line, nowMs),
  ),
});

/**
 * Ends a held reservation if its record is still `held`, as it was read: in the way that is wanted,
 * or by expiry where it is due, which is asked again before every attempt.
 *
 * @returns the reservation as it ended, or the record that somebody else has made of it
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const endHold = async (
  database: Database,
  held: ReservationItem,
  wanted: Ending,
  call: Call,
): Promise<{ ended: EndedReservation } | { found: ReservationItem | undefined }> => {
  let ended = { ...held, status: wanted };
  const result = await transact<ReservationItem>(
    database,
    () => {
      const nowMs = database.now();
      ended = endedItem(database, held, isDue(held, nowMs) ? "expired" : wanted, nowMs);
      return ending(database, held, ended, nowMs);
    },
    call,
  );
  if (result.applied) return { ended: reservationIn(ended.status, ended) };
  if (result.by === "record") return { found: result.found };
  const failures = JSON.stringify(result.failures);
  throw new Error(`Fewer units are reserved than ${held.reservationId} holds: ${failures}`);
};

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
  return item && reservationIn(item.status, item);
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
