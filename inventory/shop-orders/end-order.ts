/** The life of orders after they are placed, by their events; place-order.ts has the table of states. */
import type { Line, ReservationItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { confirm } from "../reservations/confirm.ts";
import type { LeasingDatabase } from "../reservations/leases.ts";
import { isBackordered, isOpen } from "../reservations/parts.ts";
import { hasRequest } from "../reservations/request-keys.ts";
import { isDue, isSold, mayReacquire, readReservationItem } from "../reservations/reservation.ts";
import {
  cancel,
  fulfill,
  returnUnits,
  type FulfillOutcome,
  type ReturnOutcome,
} from "../reservations/sold-units.ts";
import { keepExpired, release } from "../reservations/transitions.ts";
import { isTaken, readRecordsOfOrder, recordOrder } from "./order-record.ts";

type Status = ReservationItem["status"];

export type PayOrderOutcome =
  /** Its units are sold, now or before. */
  | { outcome: "confirmed" }
  /** It was never placed, or its event is still to come. */
  | { outcome: "unknown_order" }
  | NotHeld;

/** There is nothing left to sell: its units went back, or never were held. */
interface NotHeld {
  outcome: "not_held";
  status: "released" | "expired" | "rejected";
}

/**
 * Sells the units that are held for an order, by whatever way they came to be. The units of a hold that has
 * expired are taken again with `reacquires`, where they are there.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const payOrder = async (
  database: LeasingDatabase,
  orderId: string,
  call: Call,
  { reacquires = false }: { reacquires?: boolean } = {},
): Promise<PayOrderOutcome> => {
  for (;;) {
    const items = await readRecordsOfOrder(database, orderId, call);
    if (items.length === 0) return { outcome: "unknown_order" };
    const late = reacquires ? lateReservationOf(items, database.now()) : undefined;
    const found = new Set<Status>();
    // What has ended gives its units back before the last reservation takes its own again.
    const lateLast = items.toSorted((one, other) => Number(one === late) - Number(other === late));
    for (const item of lateLast) {
      if (item === late && some(found, isSold)) break;
      const result =
        item.status === "held" || item === late
          ? await confirm(database, item.reservationId, call, { reacquires: item === late })
          : undefined;
      if (result === undefined) found.add(item.status);
      else if ("reservation" in result) found.add(result.reservation.status);
    }
    if (some(found, isSold)) return { outcome: "confirmed" };
    // A hold that has ended since it was read is late by now; an order may be held anew since.
    const hasEnded = found.has("expired") && items.some(({ status }) => status === "held");
    const isLookedAtAgain =
      late === undefined
        ? reacquires && hasEnded
        : (await readRecordsOfOrder(database, orderId, call)).some(isTaken);
    if (isLookedAtAgain) continue;
    return { outcome: "not_held", status: statusOfUnheld(found) };
  }
};

/**
 * The reservation whose units a late payment is for: the last one of an order that has none that is held or
 * was sold. An order may have been reserved again after its hold expired.
 */
function lateReservationOf(
  items: readonly ReservationItem[],
  nowMs: number,
): ReservationItem | undefined {
  const late = items.filter((item) => mayReacquire(item) || isDue(item, nowMs));
  if (items.some((item) => isTaken(item) && !late.includes(item))) return undefined;
  return late.toSorted((one, other) => other.createdAtMs - one.createdAtMs)[0];
}

const some = (statuses: ReadonlySet<Status>, is: (status: Status) => boolean): boolean =>
  [...statuses].some(is);

const statusOfUnheld = (found: ReadonlySet<Status>): NotHeld["status"] =>
  (["expired", "released"] as const).find((one) => found.has(one)) ?? "rejected";

export type CancelOrderOutcome =
  /** None of its units are held, now or any more. */
  | { outcome: "released" }
  /** Its sold units are available again, now or before. */
  | { outcome: "cancelled" }
  /** All of its units were fulfilled. They are back once they are returned. */
  | { outcome: "fulfilled" };

/**
 * Gives back the units of an order that are held, or sold and not fulfilled. Where there is nothing of the
 * order yet, its record is written as released, and an order that is placed later is kept out.
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
      // Another request may have begun the order: look again.
      if (await recordOrder(database, { ...cancelled, lines: [] }, call)) continue;
      return { outcome: "released" };
    }
    const outcomes = new Set<string>();
    for (const item of items) {
      outcomes.add(await cancelReservation(database, item, call));
    }
    if (outcomes.has("cancelled")) return { outcome: "cancelled" };
    return { outcome: outcomes.has("exceeds_reservation") ? "fulfilled" : "released" };
  }
};

/**
 * Releases a hold, or cancels the sold units of a reservation, also of one that is sold meanwhile. Returns
 * the outcome, or `expired`.
 */
async function cancelReservation(
  database: Database,
  item: ReservationItem,
  call: Call,
): Promise<string> {
  const { reservationId } = item;
  let now: Status | undefined = item.status;
  if (item.status === "held") {
    const released = await release(database, reservationId, call);
    now = "reservation" in released ? released.reservation.status : undefined;
  }
  if (now === "expired") {
    const expired =
      item.status === "expired" ? item : await readReservationItem(database, reservationId, call);
    now = expired && (await keepExpired(database, expired, call));
  }
  if (now === undefined) return "released";
  if (!isSold(now)) return now;
  return (await cancel(database, { reservationId }, call)).outcome;
}

export interface SoldOrderInput {
  orderId: string;
  /** The units that are concerned. All that are left when absent. */
  lines?: readonly Line[] | undefined;
  /** Identifies the event: its repeats change nothing. */
  idempotencyKey: string;
}

type SoldOrderOutcome<Done extends string> =
  | { outcome: Done }
  /** It was never placed, or its event is still to come. */
  | { outcome: "unknown_order" }
  /** It is held: it was not paid, or that event is still to come. */
  | { outcome: "not_confirmed" }
  | NotHeld
  /** No reservation of the order has as many units for it. `isFinal` when none will have. */
  | { outcome: "exceeds_order"; isFinal: boolean };

export type FulfillOrderOutcome = SoldOrderOutcome<"fulfilled">;
export type ReturnOrderOutcome = SoldOrderOutcome<"returned">;

/**
 * Takes sold units of an order off `onHand`.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`, `invalid_argument`
 */
export const fulfillOrder = (
  database: Database,
  input: SoldOrderInput,
  call: Call,
): Promise<FulfillOrderOutcome> =>
  changeSoldOrder(database, input, "fulfilled", call, (reservationId) => {
    // All that are left are fulfilled once, with or without a key.
    const { lines, idempotencyKey } = input;
    return fulfill(database, { reservationId, lines, ...(lines && { idempotencyKey }) }, call);
  });

/**
 * Puts fulfilled units of an order back on hand, available.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`, `invalid_argument`
 */
export const returnOrder = (
  database: Database,
  input: SoldOrderInput & { lines: readonly Line[]; reason: string },
  call: Call,
): Promise<ReturnOrderOutcome> =>
  changeSoldOrder(database, input, "returned", call, (reservationId) => {
    const { lines, reason, idempotencyKey } = input;
    return returnUnits(database, { reservationId, lines, reason, idempotencyKey }, call);
  });

async function changeSoldOrder<Done extends "fulfilled" | "returned">(
  database: Database,
  { orderId, lines, idempotencyKey }: SoldOrderInput,
  done: Done,
  call: Call,
  change: (reservationId: string) => Promise<FulfillOutcome | ReturnOutcome>,
): Promise<SoldOrderOutcome<Done>> {
  const items = await readRecordsOfOrder(database, orderId, call);
  if (items.length === 0) return { outcome: "unknown_order" };
  const isHeld = items.some(({ status }) => status === "held");
  const sold = items.filter(({ status }) => isSold(status));
  if (sold.length === 0) {
    if (isHeld) return { outcome: "not_confirmed" };
    const found = new Set(items.map(({ status }) => status));
    return { outcome: "not_held", status: statusOfUnheld(found) };
  }
  // A repeat changes the reservation that the event has changed before, or none.
  const first = sold.find((item) => hasRequest(item, idempotencyKey));
  let isAnyDone = false;
  for (const { reservationId } of first === undefined ? sold : [first]) {
    const { outcome } = await change(reservationId);
    isAnyDone ||= outcome === done || outcome === "replayed";
    if (isAnyDone && lines !== undefined) break;
  }
  if (isAnyDone) return { outcome: done };
  // A return waits for the fulfilment of units that are still reserved, and a fulfilment for those that arrive.
  const isAwaited = done === "returned" ? isOpen : isBackordered;
  const mayFulfil = sold.some(({ parts }) => parts.some(isAwaited));
  return { outcome: "exceeds_order", isFinal: !isHeld && !mayFulfil };
}
