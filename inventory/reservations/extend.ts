import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { holdLifeMsMax } from "../../contract/bounds.ts";
import type { ReservationItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { isId } from "../identity.ts";
import { isDue, isReservation, reservationIn, type Reservation } from "./reservation.ts";
import { writeIf } from "../dynamodb/write-if.ts";
import { endHold } from "./transitions.ts";

export interface ExtendInput {
  reservationId: string;
  /** How long the units are held from now on; it may also be less than was left. */
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

const refusals = {
  confirmed: "reservation_confirmed",
  released: "reservation_released",
  expired: "reservation_expired",
} as const;

/** The conditional update: while it is held, not due, and not older than its bound allows. */
const extension = (
  database: Database,
  { reservationId, ttlSeconds }: ExtendInput,
  nowMs: number,
): UpdateCommand => {
  const expiresAtMs = nowMs + ttlSeconds * 1000;
  return new UpdateCommand({
    TableName: database.tables.reservations,
    Key: { reservationId },
    UpdateExpression:
      "SET #expiresAtMs = :expiresAtMs, #version = #version + :one, #updatedAtMs = :now",
    ConditionExpression:
      "#status = :held AND #expiresAtMs > :now AND #createdAtMs >= :createdAtMsMin",
    ExpressionAttributeNames: {
      "#status": "status",
      "#version": "version",
      "#expiresAtMs": "expiresAtMs",
      "#createdAtMs": "createdAtMs",
      "#updatedAtMs": "updatedAtMs",
    },
    ExpressionAttributeValues: {
      ":held": "held",
      ":one": 1,
      ":now": nowMs,
      ":expiresAtMs": expiresAtMs,
      ":createdAtMsMin": expiresAtMs - holdLifeMsMax,
    },
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
};

/**
 * Moves the end of a hold to `ttlSeconds` from now, in one request and with no read before it. A due
 * hold is not extended; it gives its units back, now that somebody has looked.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const extend = async (
  database: Database,
  input: ExtendInput,
  call: Call,
): Promise<ExtendOutcome> => {
  if (!isId(input.reservationId)) return { outcome: "unknown_reservation" };
  for (;;) {
    const nowMs = database.now();
    const command = extension(database, input, nowMs);
    const result = await writeIf<ReservationItem>(database, command, call);
    if (result.applied) {
      return { outcome: "extended", reservation: reservationIn("held", result.item) };
    }
    const item = result.found;
    if (item === undefined || !isReservation(item)) return { outcome: "unknown_reservation" };
    if (item.status !== "held") {
      return { outcome: refusals[item.status], reservation: reservationIn(item.status, item) };
    }
    if (!isDue(item, nowMs)) {
      return {
        outcome: "hold_limit_reached",
        reservation: reservationIn("held", item),
        latestExpiresAtMs: item.createdAtMs + holdLifeMsMax,
      };
    }
    const end = await endHold(database, item, "expired", call);
    if ("ended" in end) return { outcome: refusals[end.ended.status], reservation: end.ended };
    // Somebody else has changed the record meanwhile: ask again.
  }
};
