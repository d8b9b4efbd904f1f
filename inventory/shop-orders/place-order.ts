/**
 * Orders that come as events: at least once, in any order, several at a time. What an event finds is
 * one of the states of the order's reservation, whose id follows from the order's, and each state says
 * what becomes of the event. So a repeat changes nothing, and no event needs to know what came before:
 *
 *              no record                  held            confirmed                  fulfilled
 *   placed     held, or rejected          -               -                          -
 *   paid       unknown: redelivered       confirmed       -                          -
 *   fulfilled  unknown: redelivered       redelivered     fulfilled                  -
 *   returned   unknown: redelivered       redelivered     redelivered                units are on hand again
 *   cancelled  released without lines     released        units are available again  -
 *
 * An order that is cancelled before it is placed is kept out. Reservations that were made over HTTP for the
 * same order are paid, fulfilled, returned and cancelled with it.
 */
import { functionTimeoutSeconds } from "../../contract/bounds.ts";
import type { Line, LineShortage, ReservationItem } from "../../contract/tables.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import { InventoryError } from "../errors.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import type { LeasingDatabase } from "../reservations/leases.ts";
import { mergeLines } from "../reservations/lines.ts";
import { fingerprintOf, reserve, type ReserveOutcome } from "../reservations/reserve.ts";
import { isSold, mayReacquire } from "../reservations/reservation.ts";
import { keepExpired } from "../reservations/transitions.ts";
import type { UnknownChannel } from "../sourcing/remembered-channels.ts";
import { levelKeyOf } from "../stock/level-key.ts";
import { supersede } from "../stock/resolve.ts";
import {
  isTaken,
  recordOrder,
  registerReservation,
  reservationIdOfOrder,
  type ShopOrder,
} from "./order-record.ts";

export interface PlaceOrderInput {
  orderId: string;
  lines: readonly Line[];
  /** How long the units are held. 900 when absent. */
  ttlSeconds?: number | undefined;
  /** The channel whose locations the units come from, for lines that name none. */
  channel?: string | undefined;
  /** Text of the shop's choice, kept with the reservation. */
  metadata?: Record<string, string> | undefined;
}

export type PlaceOrderOutcome =
  /** Its units are held, or were once: it has its reservation. */
  | { outcome: "held" }
  /** It could not be held, now or when it came first. */
  | { outcome: "rejected"; shortages: readonly LineShortage[] }
  /** It was cancelled before it came. */
  | { outcome: "cancelled" }
  | UnknownChannel
  /** An order of this id was placed with other lines, or another channel, time to live or metadata. */
  | { outcome: "changed" };

const isCancelledAhead = ({ status, lines }: ReservationItem): boolean =>
  status === "released" && lines.length === 0;

type Refused = Extract<ReserveOutcome, { outcome: "insufficient_stock" | "unknown_sku" }>;

const shortagesOf = (refused: Refused, lines: readonly Line[]): LineShortage[] => {
  if (refused.outcome === "insufficient_stock") {
    return refused.shortages.map(({ nextExpiryAtMs: _next, ...shortage }) => shortage);
  }
  const unknown = new Set(refused.unknown.map(levelKeyOf));
  return lines
    .filter((line) => unknown.has(levelKeyOf(line)))
    .map(({ quantity: requested, ...name }) => ({ ...name, requested, available: 0 }));
};

/** The time that another request may need for its reservation, in milliseconds. */
const othersMs = functionTimeoutSeconds * 1_000;

/**
 * Returns true when another reservation has, or had, the units of the order. One that was begun and is neither held nor
 * refused is waited for, and superseded when its request must have ended.
 *
 * @throws InventoryError `busy` while another request is at work on the order
 */
const isReservedOtherwise = async (
  database: Database,
  { reservationIds, beganAtMs }: ShopOrder,
  reservationId: string,
  call: Call,
): Promise<boolean> => {
  const others = reservationIds.filter((id) => id !== reservationId);
  const items = await readReservations(database, others, call);
  if (items.some(isTaken)) return true;
  // No request that read them before commits them now: neither a repeat nor a late payment.
  for (const item of items) {
    const { reservationId: id, version } = item;
    if (item.status === "abandoned") {
      if (isTaken(await supersede(database, id, item, version, call))) return true;
    } else if (mayReacquire(item) && isSold(await keepExpired(database, item, call))) return true;
  }
  const known = new Set(items.map((item) => item.reservationId));
  for (const id of others.filter((one) => !known.has(one))) {
    if (database.now() < beganAtMs + othersMs) {
      throw new InventoryError("busy", "Another request reserves for the same order.");
    }
    if (isTaken(await supersede(database, id, undefined, 0, call))) return true;
  }
  return false;
};

/**
 * Holds the lines of an order, once. An order that cannot be held stays rejected: a repeat of its
 * event may come when there is stock again, and by then the shop has been told. One that was
 * reserved over HTTP before its event came has what it wants.
 *
 * @throws InventoryError `invalid_argument`, `busy`, `unavailable`, `rejected`
 */
export const placeOrder = async (
  database: LeasingDatabase,
  input: PlaceOrderInput,
  call: Call,
): Promise<PlaceOrderOutcome> => {
  const { orderId } = input;
  const reservationId = reservationIdOfOrder(orderId);
  const lines = mergeLines(input.lines);
  const order = await registerReservation(database, orderId, reservationId, call);
  if (await isReservedOtherwise(database, order, reservationId, call)) return { outcome: "held" };
  for (;;) {
    const result = await reserve(database, { ...input, reservationId }, call);
    switch (result.outcome) {
      case "reserved":
      case "replayed":
        return { outcome: "held" };
      case "unknown_channel":
        return result;
      case "idempotency_key_reused": {
        const [item] = await readReservations(database, [reservationId], call);
        // Removed by its time to live since.
        if (item === undefined) break;
        return { outcome: isCancelledAhead(item) ? "cancelled" : "changed" };
      }
      case "insufficient_stock":
      case "unknown_sku": {
        const shortages = shortagesOf(result, lines);
        const rejected = {
          status: "rejected",
          orderId,
          ...(input.metadata && { metadata: input.metadata }),
          lines,
          shortages,
          fingerprint: fingerprintOf(input, lines),
        } as const;
        const existing = await recordOrder(database, rejected, call);
        // What another delivery has written meanwhile is decided, and met by the next attempt.
        if (existing !== undefined && existing.status !== "rejected") break;
        return { outcome: "rejected", shortages: existing?.shortages ?? shortages };
      }
    }
  }
};
