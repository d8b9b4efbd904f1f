/** How orders end by their events; place-order.ts has the table of states. */
import type { ReservationItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { confirm, release } from "../reservations/transitions.ts";
import { readRecordsOfOrder, recordOrder } from "./order-record.ts";

export type PayOrderOutcome =
  /** Its units are sold, now or before. */
  | { outcome: "confirmed" }
  /** It was never placed, or its event is still to come. */
  | { outcome: "unknown_order" }
  /** There is nothing left to sell: its units went back, or never were held. */
  | { outcome: "not_held"; status: "released" | "expired" | "rejected" };

/**
 * Sells the units that are held for an order, by whatever way they came to be.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const payOrder = async (
  database: Database,
  orderId: string,
  call: Call,
): Promise<PayOrderOutcome> => {
  const items = await readRecordsOfOrder(database, orderId, call);
  if (items.length === 0) return { outcome: "unknown_order" };
  const found = new Set<ReservationItem["status"]>();
  for (const { reservationId, status } of items) {
    const result = status === "held" ? await confirm(database, reservationId, call) : undefined;
    if (result === undefined) found.add(status);
    else if ("reservation" in result) found.add(result.reservation.status);
  }
  if (found.has("confirmed")) return { outcome: "confirmed" };
  const status = (["expired", "released"] as const).find((one) => found.has(one)) ?? "rejected";
  return { outcome: "not_held", status };
};

export type CancelOrderOutcome =
  /** None of its units are held, now or any more. */
  | { outcome: "released" }
  /** Its units are sold. They come back by an adjustment, once they are there. */
  | { outcome: "confirmed" };

/**
 * Gives back what is held for an order. Where there is nothing of it yet, its record is written as
 * released, and the order that comes late is kept out.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const cancelOrder = async (
  database: Database,
  orderId: string,
  call: Call,
): Promise<CancelOrderOutcome> => {
  for (;;) {
    const items = await readRecordsOfOrder(database, orderId, call);
    if (items.length === 0) {
      const cancelled = { status: "released", orderId, fingerprint: "" } as const;
      // Where somebody was faster, look again.
      if (await recordOrder(database, { ...cancelled, lines: [] }, call)) continue;
      return { outcome: "released" };
    }
    const found = new Set<ReservationItem["status"]>();
    for (const { reservationId, status } of items) {
      const result = status === "held" ? await release(database, reservationId, call) : undefined;
      found.add(
        result !== undefined && "reservation" in result ? result.reservation.status : status,
      );
    }
    return { outcome: found.has("confirmed") ? "confirmed" : "released" };
  }
};
