import { GetCommand } from "@aws-sdk/lib-dynamodb";
import type { ReservationItem, ReservationStatus } from "../contract/tables.ts";
import type { Call, Database } from "./database.ts";
import { isId } from "./identity.ts";
import { isDue, reservationAt, type Reservation } from "./reservation.ts";
import { send } from "./send.ts";
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
): Promise<ReservationItem | undefined> => {
  if (!isId(reservationId)) return undefined;
  const command = new GetCommand({
    TableName: database.tables.reservations,
    Key: { reservationId },
    ConsistentRead: true,
  });
  const { Item } = await send((options) => database.client.send(command, options), call);
  return Item as ReservationItem | undefined;
};

/** A reservation that is no longer held, as it stays. */
type EndedReservation = Reservation & { status: Ending };

const withStatus = (item: ReservationItem, status: Ending): EndedReservation => ({
  ...reservationAt(item, item.createdAtMs),
  status,
});

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
 * Brings a reservation to an end and returns it as it ended: in the way that was asked for, in the
 * way that somebody else chose before, or, when it was due, by expiry. Undefined if there is none.
 * Whether it is due is asked again before every attempt.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const endReservation = async (
  database: Database,
  reservationId: string,
  wanted: Ending,
  call: Call,
): Promise<EndedReservation | undefined> => {
  let item = await readReservationItem(database, reservationId, call);
  while (item?.status === "held") {
    const held: ReservationItem = item;
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
    if (result.applied) return withStatus(ended, ended.status);
    if (result.by === "stock") {
      const failures = JSON.stringify(result.failures);
      throw new Error(`Fewer units are reserved than ${reservationId} holds: ${failures}`);
    }
    item = result.found;
  }
  return item && withStatus(item, item.status);
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
