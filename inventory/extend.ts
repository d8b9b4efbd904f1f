import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { holdLifeMsMax } from "../contract/bounds.ts";
import type { ReservationItem } from "../contract/tables.ts";
import type { Call, Database } from "./database.ts";
import { isId } from "./identity.ts";
import { isDue, reservationAt, type Reservation } from "./reservation.ts";
import { send } from "./send.ts";
import { endReservation } from "./transitions.ts";

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

const refusalByStatus = {
  confirmed: "reservation_confirmed",
  released: "reservation_released",
  expired: "reservation_expired",
} as const;

/**
 * Moves the end of a hold to `ttlSeconds` from now, in one conditional update: while it is held, not
 * due, and not older than its bound allows.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const extend = async (
  database: Database,
  { reservationId, ttlSeconds }: ExtendInput,
  call: Call,
): Promise<ExtendOutcome> => {
  if (!isId(reservationId)) return { outcome: "unknown_reservation" };
  const nowMs = database.now();
  const expiresAtMs = nowMs + ttlSeconds * 1000;
  const command = new UpdateCommand({
    TableName: database.tables.reservations,
    Key: { reservationId },
    UpdateExpression: "SET #expiresAtMs = :expiresAtMs, #version = #version + :one",
    ConditionExpression:
      "#status = :held AND #expiresAtMs > :now AND #createdAtMs >= :createdAtMsMin",
    ExpressionAttributeNames: {
      "#status": "status",
      "#version": "version",
      "#expiresAtMs": "expiresAtMs",
      "#createdAtMs": "createdAtMs",
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
  try {
    const { Attributes } = await send((options) => database.client.send(command, options), call);
    return {
      outcome: "extended",
      reservation: reservationAt(Attributes as ReservationItem, nowMs),
    };
  } catch (error) {
    if ((error as Error).name !== "ConditionalCheckFailedException") throw error;
    const { Item } = error as { Item?: Parameters<typeof unmarshall>[0] };
    if (Item === undefined) return { outcome: "unknown_reservation" };
    return refusal(database, unmarshall(Item) as ReservationItem, nowMs, call);
  }
};

/** Why `item` was not extended. A due hold gives its units back now that somebody has looked. */
const refusal = async (
  database: Database,
  item: ReservationItem,
  nowMs: number,
  call: Call,
): Promise<ExtendOutcome> => {
  if (item.status === "held" && !isDue(item, nowMs)) {
    return {
      outcome: "hold_limit_reached",
      reservation: reservationAt(item, nowMs),
      latestExpiresAtMs: item.createdAtMs + holdLifeMsMax,
    };
  }
  const reservation = await endReservation(database, item.reservationId, "expired", call);
  if (reservation === undefined) return { outcome: "unknown_reservation" };
  return { outcome: refusalByStatus[reservation.status], reservation };
};
