/** The ends of a hold: confirm, release and expiry. Of several that race, the record takes one. */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { ReservationItem, ReservationStatus } from "../../contract/tables.ts";
import { withPatience, type Call, type Database } from "../dynamodb/database.ts";
import { writeIf } from "../dynamodb/write-if.ts";
import { isId } from "../identity.ts";
import type { Committed } from "../stock/put-record.ts";
import { endParts, finishEnds } from "./end-parts.ts";
import {
  endedTtlSeconds,
  isDue,
  isReservation,
  readReservationItem,
  reservationIn,
  type Reservation,
} from "./reservation.ts";

type EndedStatus = Exclude<ReservationStatus, "held">;

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

/**
 * Gives the units of held reservations back, at most `endingsAtOnce`: `wanted` is the status that they
 * get, or `expired` where they are due at the time of the write.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`, `inconsistent`
 */
export const endHolds = async (
  database: Database,
  items: readonly ReservationItem[],
  wanted: "released" | "expired",
  call: Call,
): Promise<Committed[]> => {
  const by = wanted === "released" ? "release" : "expiry";
  const ending = (item: ReservationItem, nowMs: number): ReservationItem => {
    const { expiryShard: _shard, skus: _skus, ...rest } = item;
    return {
      ...rest,
      status: isDue(item, nowMs) ? "expired" : wanted,
      ttlSeconds: endedTtlSeconds(database, nowMs),
    };
  };
  const results = await endParts(database, items, by, ending, call);
  for (const result of results) {
    if ("written" in result && result.written.status === "expired") {
      call.onExpired?.(database.now() - result.written.expiresAtMs);
    }
  }
  return results;
};

/** Expires a hold that is due. Returns the record as it is then. */
export const expireHold = async (
  database: Database,
  item: ReservationItem,
  call: Call,
): Promise<ReservationItem | undefined> => {
  const [result] = await endHolds(database, [item], "expired", call);
  return "written" in result! ? result.written : result!.found;
};

const confirmOutcomes = {
  confirmed: "confirmed",
  released: "reservation_released",
  expired: "reservation_expired",
} as const satisfies Record<EndedStatus, ConfirmOutcome["outcome"]>;

/** A record without units that wait for a sale may be removed in its time. */
const confirmation = (database: Database, reservationId: string): UpdateCommand =>
  new UpdateCommand({
    TableName: database.tables.reservations,
    Key: { reservationId },
    UpdateExpression:
      "SET #status = :confirmed, #version = #version + :one, #updatedAtMs = :now " +
      "REMOVE #expiryShard, #skus",
    ConditionExpression: "#status = :held AND #expiresAtMs > :now",
    ExpressionAttributeNames: {
      "#status": "status",
      "#version": "version",
      "#updatedAtMs": "updatedAtMs",
      "#expiresAtMs": "expiresAtMs",
      "#expiryShard": "expiryShard",
      "#skus": "skus",
    },
    ExpressionAttributeValues: {
      ":confirmed": "confirmed",
      ":held": "held",
      ":one": 1,
      ":now": database.now(),
    },
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });

/**
 * Sells the units of a hold by one update of its record. They stay `reserved` until the sale is
 * settled (settle-sales.ts). Confirming a confirmed reservation changes nothing.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const confirm = async (
  database: Database,
  reservationId: string,
  caller: Call,
): Promise<ConfirmOutcome> => {
  if (!isId(reservationId)) return { outcome: "unknown_reservation" };
  const call = withPatience(database, caller);
  for (;;) {
    const result = await writeIf<ReservationItem>(
      database,
      () => confirmation(database, reservationId),
      call,
    );
    const item = result.applied ? result.item : result.found;
    if (item === undefined || !isReservation(item)) return { outcome: "unknown_reservation" };
    if (item.status !== "held") {
      const reservation = reservationIn(item.status, item);
      return { outcome: confirmOutcomes[item.status], reservation };
    }
    // It was due when the write was sent: its units go back, now that a request has met it.
    if (isDue(item, database.now())) await expireHold(database, item, call);
  }
};

const releaseOutcomes = {
  confirmed: "reservation_confirmed",
  released: "released",
  expired: "released",
} as const satisfies Record<EndedStatus, ReleaseOutcome["outcome"]>;

/**
 * Gives the units of a hold back. Releasing a released or an expired reservation changes nothing.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`, `inconsistent`
 */
export const release = async (
  database: Database,
  reservationId: string,
  caller: Call,
): Promise<ReleaseOutcome> => {
  const call = withPatience(database, caller);
  let item: ReservationItem | undefined = await readReservationItem(database, reservationId, call);
  let isRepeat = true;
  for (;;) {
    if (item === undefined || !isReservation(item)) return { outcome: "unknown_reservation" };
    const { status } = item;
    if (status !== "held") {
      if (isRepeat) await finishEnds(database, item, call);
      return { outcome: releaseOutcomes[status], reservation: reservationIn(status, item) };
    }
    const [result]: Committed[] = await endHolds(database, [item], "released", call);
    isRepeat = "found" in result!;
    item = "written" in result! ? result.written : result!.found;
  }
};
