/** Checks answers to the events of an order against the reservations that it had meanwhile. */
import { queueTimeoutSeconds } from "../../../contract/bounds.ts";
import type { ReservationItem } from "../../../contract/tables.ts";
import { linesBySku, linesTogether, mergeLines } from "../../../inventory/reservations/lines.ts";
import { isReservation } from "../../../inventory/reservations/reservation.ts";
import type {
  CancelOrderOutcome,
  FulfillOrderOutcome,
  PayOrderOutcome,
  ReturnOrderOutcome,
  SoldOrderInput,
} from "../../../inventory/shop-orders/end-order.ts";
import { isBackorderKey } from "../../../inventory/stock/level-key.ts";
import { reservationIdOfOrder } from "../../../inventory/shop-orders/order-record.ts";
import type { PlaceOrderOutcome } from "../../../inventory/shop-orders/place-order.ts";
import type { ShopOperations } from "../cloud/shop-calls.ts";
import { possibleFor } from "./asked-units.ts";
import { unitsIn, type UnitState } from "./line-units.ts";
import { hasUnits } from "./owned-units.ts";
import { keyNameOf } from "./record-effect.ts";
import { channelsOf, never, recordsOf, type Span } from "./span.ts";

type Versions = readonly (ReservationItem | undefined)[];

export const falsePlacing = (
  { orderId, lines, channel }: ShopOperations["placeOrder"]["input"],
  result: PlaceOrderOutcome,
  span: Span,
): string | undefined => {
  const byEvent = recordsOf(reservationIdOfOrder(orderId), span);
  switch (result.outcome) {
    case "held":
      return wasEverHeld(orderId, span) ? undefined : "nothing was ever held for it";
    case "rejected":
      // The shortages may be those that another delivery of the event met.
      if (byEvent[0]?.status !== "rejected") {
        const options = { earlierMs: queueTimeoutSeconds * 1_000 };
        if (channel === undefined) span.claim(result.shortages, options);
        else span.claimSourced(mergeLines(lines), channel, options);
      }
      return never(byEvent, (item) => item?.status === "rejected")
        ? "its record was never rejected"
        : undefined;
    case "cancelled":
      return never(byEvent, (item) => item?.status === "released" && item.lines.length === 0)
        ? "it was not cancelled before it came"
        : undefined;
    case "unknown_channel":
      return never(channelsOf(result.channel, span), (one) => one === undefined)
        ? "the channel was there"
        : undefined;
    case "changed":
      return never(byEvent, (item) => item !== undefined) ? "it was never placed" : undefined;
  }
};

export const falsePayment = (
  { orderId, reacquires = false }: ShopOperations["payOrder"]["input"],
  result: PayOrderOutcome,
  span: Span,
): string | undefined => {
  const reservations = reservationsOf(orderId, span);
  switch (result.outcome) {
    case "confirmed":
      return reservations.some((versions) => versions.some(isSold))
        ? undefined
        : "none of its reservations was sold";
    case "unknown_order":
      return knownThroughout(orderId, span);
    case "not_held": {
      if (reservations.some((versions) => versions.every(isSold))) return "it was sold";
      // A cancellation may have come before a late payment, which then has its units cancelled.
      const asShown = result.status === "released" ? ["released", "cancelled"] : [result.status];
      if (
        never(reservations.flat(), (item) => item !== undefined && asShown.includes(item.status))
      ) {
        return `none of its reservations was ${result.status}`;
      }
      // Of several reservations that have expired, the last one is acquired again.
      const [only, ...others] = reservations;
      const expired = only?.find((item) => item?.status === "expired");
      const staysExpired = only?.some((item) => item?.staysExpired === true) ?? false;
      const isLate = reacquires && result.status === "expired" && !staysExpired;
      if (isLate && others.length === 0 && expired?.channel !== undefined) {
        span.claimSourced(linesBySku(expired.lines), expired.channel);
      } else if (isLate && others.length === 0 && expired) {
        const lines = linesTogether(expired.lines).map(({ quantity: requested, ...name }) => ({
          ...name,
          requested,
        }));
        span.claim(lines, { isAny: true });
      }
      return undefined;
    }
  }
};

const hasUnitsIn = (state: UnitState) => (item: ReservationItem | undefined) =>
  item !== undefined && unitsIn(item.parts, [state]).size > 0;

export const falseCancel = (
  { orderId }: { orderId: string },
  { outcome }: CancelOrderOutcome,
  span: Span,
): string | undefined => {
  const reservations = reservationsOf(orderId, span);
  const left = reservations.find(isOpenThroughout);
  if (left !== undefined) return `${left[0]!.reservationId} has units all the time`;
  const items = reservations.flat();
  switch (outcome) {
    case "cancelled":
      return never(items, hasUnitsIn("cancelled")) ? "none of its units was cancelled" : undefined;
    case "fulfilled":
      return never(items, (item) => item?.status === "fulfilled")
        ? "none of its reservations was fulfilled"
        : undefined;
    case "released":
      return reservations.some((versions) => versions.every(isSold)) ? "it was sold" : undefined;
  }
};

const statesOf = {
  fulfillOrder: { from: ["open"], done: ["fulfilled", "returned"] },
  returnOrder: { from: ["fulfilled"], done: ["returned"] },
} as const;

export const falseSoldOrder = (
  operation: keyof typeof statesOf,
  { orderId, lines, idempotencyKey }: SoldOrderInput,
  result: FulfillOrderOutcome | ReturnOrderOutcome,
  span: Span,
): string | undefined => {
  const reservations = reservationsOf(orderId, span);
  const { from, done } = statesOf[operation];
  const isDone = (item: ReservationItem | undefined): boolean => {
    if (item === undefined) return false;
    if (lines === undefined) return unitsIn(item.parts, done).size > 0;
    return item.requests?.[keyNameOf(idempotencyKey)!] !== undefined;
  };
  const soldAllTheTime = reservations.filter((versions) => versions.every(isSold));
  switch (result.outcome) {
    case "fulfilled":
    case "returned":
      return never(reservations.flat(), isDone) ? `it was never ${result.outcome}` : undefined;
    case "unknown_order":
      return knownThroughout(orderId, span);
    case "not_confirmed":
    case "not_held":
      return soldAllTheTime.length > 0 ? "it was sold" : undefined;
    case "exceeds_order": {
      if (reservations.some((versions) => versions.every(isDone))) return "it was done before";
      const isPossible = (item: ReservationItem): boolean => {
        const units = new Map(
          [...unitsIn(item.parts, from)].filter(
            ([key]) => operation === "returnOrder" || !isBackorderKey(key),
          ),
        );
        if (lines === undefined) return units.size > 0;
        const wanted = mergeLines(lines);
        return wanted.every(
          (line) => possibleFor(line, wanted, units, item.channel) >= line.quantity,
        );
      };
      const able = soldAllTheTime.find((versions) => versions.every((item) => isPossible(item!)));
      if (able !== undefined) return `${able[0]!.reservationId} had the units all the time`;
      const mayBePossible = operation === "returnOrder" && reservations.some(isOpenThroughout);
      return result.isFinal && mayBePossible ? "units may be fulfilled yet" : undefined;
    }
  }
};

/** The versions of each reservation of an order within the span, without those that came to be after it. */
const reservationsOf = (orderId: string, span: Span): Versions[] =>
  [...span.history.idsOfOrder(orderId)]
    .map((id) => recordsOf(id, span))
    .filter((versions) => versions.some((item) => item !== undefined));

const isSold = (item: ReservationItem | undefined): boolean =>
  item?.status === "confirmed" || item?.status === "fulfilled" || item?.status === "cancelled";

const hasOpenUnits = (item: ReservationItem | undefined): boolean =>
  item !== undefined && hasUnits(item) && unitsIn(item.parts, ["open"]).size > 0;

const isOpenThroughout = (versions: Versions): boolean =>
  versions.every((item) => isSold(item) && hasOpenUnits(item));

/** The order had a reservation, or was refused or cancelled, all the time. */
const knownThroughout = (orderId: string, span: Span): string | undefined =>
  [...span.history.idsOfOrder(orderId)].some((id) =>
    recordsOf(id, span).every((item) => item !== undefined && isKnown(item)),
  )
    ? "it was known all the time"
    : undefined;

const isKnown = (item: ReservationItem): boolean =>
  isReservation(item) || item.status === "rejected";

const wasEverHeld = (orderId: string, { history, toMs }: Span): boolean =>
  [...history.idsOfOrder(orderId)].some((id) =>
    history.reservation(id).within(0, toMs).some(hasUnits),
  );
