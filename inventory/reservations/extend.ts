import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { holdLifeMsMax } from "../../contract/bounds.ts";
import type { ReservationItem } from "../../contract/tables.ts";
import { withPatience, type Call, type Database } from "../dynamodb/database.ts";
import { isId } from "../identity.ts";
import { writeIf } from "../dynamodb/write-if.ts";
import {
  heldOnlyRefusals,
  isDue,
  isReservation,
  reservationIn,
  type Reservation,
} from "./reservation.ts";
import { expireHold } from "./transitions.ts";

export interface ExtendInput {
  reservationId: string;
  /** The time for which the units are held from now on; it may be less than the remaining time. */
  ttlSeconds: number;
}

export type ExtendOutcome =
  | { outcome: "extended"; reservation: Reservation }
  | {
      outcome: "reservation_confirmed" | "reservation_released" | "reservation_expired";
      reservation: Reservation;
    }
  /** The hold may not last past `latestExpiresAtMs`. */
  | { outcome: "hold_limit_reached"; reservation: Reservation; latestExpiresAtMs: number }
  | { outcome: "unknown_reservation" };

/** An attempt to extend: the end that it writes, and the time at which it was sent. */
interface Extension {
  expiresAtMs: number;
  updatedAtMs: number;
}

/**
 * The conditional update: while the hold is not due, and not older than its bound allows. It carries a
 * later time than the record, so that a copy that arrives late changes nothing; and it is refused when
 * an earlier attempt of the same call was applied.
 */
const extension = (
  database: Database,
  reservationId: string,
  { expiresAtMs, updatedAtMs }: Extension,
  seen: ReservationItem | undefined,
  earlier: readonly Extension[],
): UpdateCommand =>
  new UpdateCommand({
    TableName: database.tables.reservations,
    Key: { reservationId },
    UpdateExpression:
      "SET #expiresAtMs = :expiresAtMs, #version = #version + :one, #updatedAtMs = :updatedAtMs, " +
      "#extendedAtMs = :updatedAtMs",
    ConditionExpression:
      "#status = :held AND #expiresAtMs > :now AND #createdAtMs >= :createdAtMsMin AND " +
      (seen === undefined ? "#updatedAtMs < :updatedAtMs" : "#version = :seen") +
      earlier.map((_, index) => ` AND ${isNot(`:earlier${index}`)}`).join(""),
    ExpressionAttributeNames: {
      "#status": "status",
      "#version": "version",
      "#expiresAtMs": "expiresAtMs",
      "#createdAtMs": "createdAtMs",
      "#updatedAtMs": "updatedAtMs",
      "#extendedAtMs": "extendedAtMs",
    },
    ExpressionAttributeValues: {
      ":held": "held",
      ":one": 1,
      ":now": database.now(),
      ":updatedAtMs": updatedAtMs,
      ":expiresAtMs": expiresAtMs,
      ":createdAtMsMin": expiresAtMs - holdLifeMsMax,
      ...(seen !== undefined && { ":seen": seen.version }),
      ...Object.fromEntries(earlier.map((one, index) => [`:earlier${index}`, one.updatedAtMs])),
    },
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });

const isNot = (extendedAtMs: string): string =>
  `(attribute_not_exists(#extendedAtMs) OR #extendedAtMs <> ${extendedAtMs})`;

/**
 * Moves the end of a hold to `ttlSeconds` from now, in one request and with no read before it. A due
 * hold is not extended; it gives its units back, now that a request has met it.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`, `inconsistent`
 */
export const extend = async (
  database: Database,
  { reservationId, ttlSeconds }: ExtendInput,
  caller: Call,
): Promise<ExtendOutcome> => {
  if (!isId(reservationId)) return { outcome: "unknown_reservation" };
  const call = withPatience(database, caller);
  const attempts: Extension[] = [];
  let seen: ReservationItem | undefined;
  for (;;) {
    const command = () => {
      const nowMs = database.now();
      // A clock that is behind that of the last writer must not look like a late copy.
      const updatedAtMs = Math.max(nowMs, (seen?.updatedAtMs ?? 0) + 1);
      const attempt = { expiresAtMs: nowMs + ttlSeconds * 1000, updatedAtMs };
      // The condition on the version that was seen covers earlier attempts.
      const earlier = seen === undefined ? [...attempts] : [];
      attempts.push(attempt);
      return extension(database, reservationId, attempt, seen, earlier);
    };
    const result = await writeIf<ReservationItem>(database, command, call);
    if (result.applied) {
      return { outcome: "extended", reservation: reservationIn("held", result.item) };
    }
    const item = result.found;
    if (item === undefined || !isReservation(item)) return { outcome: "unknown_reservation" };
    if (item.status !== "held") {
      return {
        outcome: heldOnlyRefusals[item.status],
        reservation: reservationIn(item.status, item),
      };
    }
    // The reply to an earlier attempt of this call was lost.
    if (attempts.slice(0, -1).some((attempt) => isWrittenBy(attempt, item))) {
      return { outcome: "extended", reservation: reservationIn("held", item) };
    }
    const { expiresAtMs } = attempts.at(-1)!;
    if (!isDue(item, database.now()) && expiresAtMs > item.createdAtMs + holdLifeMsMax) {
      return {
        outcome: "hold_limit_reached",
        reservation: reservationIn("held", item),
        latestExpiresAtMs: item.createdAtMs + holdLifeMsMax,
      };
    }
    if (isDue(item, database.now())) await expireHold(database, item, call);
    seen = item;
  }
};

const isWrittenBy = (attempt: Extension, item: ReservationItem): boolean =>
  attempt.expiresAtMs === item.expiresAtMs && attempt.updatedAtMs === item.extendedAtMs;
