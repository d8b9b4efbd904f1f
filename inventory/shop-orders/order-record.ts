/**
 * The record of a shop order: the reservations that were begun for it, over HTTP or by its event. Each
 * request registers its reservation before it commits it, so that a later one knows of it at once. An
 * index would lag.
 */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { holdLifeMsMax } from "../../contract/bounds.ts";
import type { LineShortage, ReservationItem } from "../../contract/tables.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { readItem } from "../dynamodb/read-item.ts";
import { writeIf } from "../dynamodb/write-if.ts";
import { idOfKey } from "../identity.ts";
import {
  endedTtlSeconds,
  isReservation,
  isSold,
  mayReacquire,
  type ReservationRecord,
} from "../reservations/reservation.ts";
import { keepExpired } from "../reservations/transitions.ts";
import { putRecord } from "../stock/put-record.ts";

/** The reservation that an order has by its events. */
export const reservationIdOfOrder = (orderId: string): string => idOfKey(["order"], orderId);

const recordIdOf = (orderId: string): string => idOfKey(["shop-order"], orderId);

export interface ShopOrder {
  /** The reservation that was begun first. */
  firstReservationId: string;
  reservationIds: readonly string[];
  beganAtMs: number;
}

type OrderItem = ReservationItem &
  Required<Pick<ReservationItem, "reservationIds" | "firstReservationId">>;

const orderOf = ({ firstReservationId, reservationIds, ...item }: OrderItem): ShopOrder => ({
  firstReservationId,
  reservationIds: [...reservationIds],
  beganAtMs: item.createdAtMs,
});

/**
 * Adds a reservation to its order. Safe to repeat.
 *
 * @returns the order with it
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const registerReservation = async (
  database: Database,
  orderId: string,
  reservationId: string,
  call: Call,
): Promise<ShopOrder> => {
  const command = () => {
    const nowMs = database.now();
    return new UpdateCommand({
      TableName: database.tables.reservations,
      Key: { reservationId: recordIdOf(orderId) },
      UpdateExpression:
        "SET #status = :order, #lines = :none, #parts = :none, #fingerprint = :noFingerprint, " +
        "#firstReservationId = if_not_exists(#firstReservationId, :id), " +
        "#createdAtMs = if_not_exists(#createdAtMs, :now), " +
        "#expiresAtMs = if_not_exists(#expiresAtMs, :now), #updatedAtMs = :now, " +
        "#version = if_not_exists(#version, :zero) + :one, #ttlSeconds = :ttlSeconds " +
        "ADD #reservationIds :ids",
      ExpressionAttributeNames: {
        "#status": "status",
        "#lines": "lines",
        "#parts": "parts",
        "#fingerprint": "fingerprint",
        "#firstReservationId": "firstReservationId",
        "#createdAtMs": "createdAtMs",
        "#expiresAtMs": "expiresAtMs",
        "#updatedAtMs": "updatedAtMs",
        "#version": "version",
        "#ttlSeconds": "ttlSeconds",
        "#reservationIds": "reservationIds",
      },
      ExpressionAttributeValues: {
        ":order": "order",
        ":none": [],
        ":noFingerprint": "",
        ":id": reservationId,
        ":ids": new Set([reservationId]),
        ":now": nowMs,
        ":zero": 0,
        ":one": 1,
        ":ttlSeconds": endedTtlSeconds(database, nowMs + holdLifeMsMax),
      },
      ReturnValues: "ALL_NEW",
    });
  };
  const result = await writeIf<OrderItem>(database, command, call);
  if (!result.applied) throw new Error("An update without a condition was refused.");
  return orderOf(result.item);
};

/** The order, or undefined when no reservation was begun for it. */
export const readOrder = async (
  database: Database,
  orderId: string,
  call: Call,
): Promise<ShopOrder | undefined> => {
  const key = { reservationId: recordIdOf(orderId) };
  const item = await readItem<OrderItem>(database, database.tables.reservations, key, call);
  return item && orderOf(item);
};

/** All records of an order, also of one that was cancelled before it was placed. */
export const readRecordsOfOrder = async (
  database: Database,
  orderId: string,
  call: Call,
): Promise<ReservationItem[]> => {
  const order = await readOrder(database, orderId, call);
  const ids = new Set([reservationIdOfOrder(orderId), ...(order?.reservationIds ?? [])]);
  const items = await readReservations(database, [...ids], call);
  return items.filter(({ status }) => status !== "abandoned");
};

/**
 * Registers a reservation, and looks for one that the order has by its event.
 *
 * @param base the version of the record that the reservation replaces. One that was superseded may have
 *   given way to the event.
 * @returns undefined when the reservation may be committed
 */
export const findPlacedByEvent = async (
  database: Database,
  { orderId, reservationId, base }: { orderId: string; reservationId: string; base: number },
  call: Call,
): Promise<ReservationRecord | "undecided" | undefined> => {
  const byEvent = reservationIdOfOrder(orderId);
  const order = await registerReservation(database, orderId, reservationId, call);
  const isSecond = order.firstReservationId === byEvent || base > 0;
  if (reservationId === byEvent || !isSecond || !order.reservationIds.includes(byEvent)) {
    return undefined;
  }
  const [item] = await readReservations(database, [byEvent], call);
  if (item === undefined || item.status === "abandoned") return "undecided";
  // A late payment may have taken its units again.
  if (mayReacquire(item) && isSold(await keepExpired(database, item, call))) return "undecided";
  return isTaken(item) && isReservation(item) ? item : undefined;
};

/** True when the units of a record are held or were sold: its order is not to be held again. */
export const isTaken = ({ status }: ReservationItem): boolean =>
  status === "held" || isSold(status);

/**
 * Writes the record of an order that holds nothing, unless the order has one. A tombstone is replaced.
 *
 * @returns undefined when it was written, or the record that was there
 */
export const recordOrder = async (
  database: Database,
  order: Pick<ReservationItem, "status" | "lines" | "metadata" | "fingerprint"> & {
    orderId: string;
    shortages?: LineShortage[];
  },
  call: Call,
): Promise<ReservationItem | undefined> => {
  const reservationId = reservationIdOfOrder(order.orderId);
  const itemAt = (nowMs: number) => ({
    ...order,
    reservationId,
    parts: [],
    createdAtMs: nowMs,
    expiresAtMs: nowMs,
    ttlSeconds: endedTtlSeconds(database, nowMs),
  });
  let base = 0;
  for (;;) {
    const result = await putRecord(database, base, itemAt, call);
    if ("written" in result) return undefined;
    const { found } = result;
    if (found !== undefined && found.status !== "abandoned") return found;
    base = found?.version ?? 0;
  }
};
