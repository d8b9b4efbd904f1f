/** Checks that a shop order is held once, and that its cancel or payment reaches the hold. */
import { reservationIdOfOrder } from "../../../inventory/shop-orders/order-record.ts";
import { epochMs } from "../cloud/environment.ts";
import type { CallRecord } from "../cloud/holdfast.ts";
import type { Report } from "./violation.ts";
import type { CommittedChange, History } from "./history.ts";
import { hasUnits } from "./owned-units.ts";

/** Reports an order that comes to be held by an event and by a call over HTTP, whichever was first. */
export const checkHeldOnce = (
  history: History,
  { reservations }: CommittedChange,
  report: Report,
): void => {
  for (const { key, before, after } of reservations) {
    const orderId = after?.orderId;
    if (orderId === undefined || !hasUnits(after) || hasUnits(before)) continue;
    const byEvent = reservationIdOfOrder(orderId);
    const others = [...history.idsOfOrder(orderId)].filter(
      (id) => id !== key && hasUnits(history.reservation(id).last),
    );
    const conflicting = key === byEvent ? others : others.filter((id) => id === byEvent);
    if (conflicting.length > 0) {
      report("order_held_twice", orderId, `held as ${key} and as ${conflicting.join(", ")}`);
    }
  }
};

/** Reports a cancel or a payment that passed by a hold that was there the whole time. */
export const checkEndReached = (
  history: History,
  { call, answer, startedAtMs, endedAtMs, skewMs }: CallRecord,
  report: Report,
): void => {
  if (answer.kind !== "outcome") return;
  const { outcome } = answer.outcome;
  const isMissed =
    (call.operation === "cancelOrder" && outcome === "released") ||
    (call.operation === "payOrder" && ["unknown_order", "not_held"].includes(outcome));
  if (!isMissed) return;
  const { orderId } = call.input;
  for (const id of history.idsOfOrder(orderId)) {
    const versions = history.reservation(id).within(startedAtMs, endedAtMs);
    const endMs = epochMs + endedAtMs + Math.max(0, skewMs);
    const wasHeld = versions.every((item) => item?.status === "held" && item.expiresAtMs > endMs);
    if (wasHeld) {
      const way = id === reservationIdOfOrder(orderId) ? "by event" : "over HTTP";
      report(
        "order_end_missed",
        orderId,
        `${call.operation}: ${outcome}, and ${id} is still held ${way}`,
      );
    }
  }
};
