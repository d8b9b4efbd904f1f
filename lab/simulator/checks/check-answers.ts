/** Checks that each answer was true at some instant between the call and the answer. */
import { queueTimeoutSeconds, unitsMax } from "../../../contract/bounds.ts";
import type { ReservationItem } from "../../../contract/tables.ts";
import { idOfKey } from "../../../inventory/identity.ts";
import { fingerprintOf, type ReserveInput } from "../../../inventory/reservations/reserve.ts";
import type { AdjustStockInput } from "../../../inventory/stock/adjust.ts";
import { reservationIdOfOrder } from "../../../inventory/shop-orders/order-record.ts";
import { mergeLines } from "../../../inventory/reservations/lines.ts";
import { isReservation, type Reservation } from "../../../inventory/reservations/reservation.ts";
import type { CallRecord } from "../cloud/holdfast.ts";
import type { ShopOperation, ShopOperations } from "../cloud/shop-calls.ts";
import { hasUnits } from "./owned-units.ts";
import type { ShortageClaim } from "./check-shortage.ts";
import type { History } from "./history.ts";
import {
  never,
  neverAbsent,
  notShown,
  notStock,
  notStockByRows,
  recordsOf,
  levelsOf,
  type Span,
} from "./span.ts";

/** The reason why an outcome is false; undefined where it is true. */
type Check<Operation extends ShopOperation> = (
  input: ShopOperations[Operation]["input"],
  outcome: ShopOperations[Operation]["outcome"],
  span: Span,
) => string | undefined;

/** Checks one answered call; claims of shortages are left to `claim`. */
export const falseAnswerOf = (
  history: History,
  { call, answer, startedAtMs, endedAtMs, sender, skewMs }: CallRecord,
  requestsUnder: (idempotencyKey: string) => number,
  claim: (shortage: ShortageClaim) => void,
): string | undefined => {
  if (answer.kind !== "outcome") return undefined;
  const span: Span = {
    history,
    fromMs: startedAtMs,
    toMs: endedAtMs,
    sender,
    skewMs,
    requestsUnder,
    claim: (lines, earlierMs = 0) => {
      const { operation } = call;
      claim({ lines, operation, fromMs: startedAtMs - earlierMs, toMs: endedAtMs });
    },
  };
  const check = checks[call.operation] as Check<ShopOperation>;
  return check(call.input, answer.outcome, span);
};

const checks: { [Operation in ShopOperation]: Check<Operation> } = {
  reserve: (input, result, span) => {
    switch (result.outcome) {
      case "reserved":
      case "replayed":
        return (
          notShown(result.reservation, span) ??
          otherLines(result.reservation.lines, mergeLines(input.lines))
        );
      case "insufficient_stock":
        span.claim(result.shortages);
        return heldThroughout(input, span) ? "it was held under its key all the time" : undefined;
      case "unknown_sku":
        return result.skus.map((sku) => neverAbsent(sku, span)).find(Boolean);
      case "idempotency_key_reused": {
        const lines = mergeLines(input.lines);
        const isOther = (item?: ReservationItem) =>
          item?.fingerprint !== fingerprintOf(input, lines);
        const { reservationId } = result;
        if (!recordsOf(reservationId, span).some((item) => item !== undefined && isOther(item))) {
          return "no other request had its id";
        }
        // The reservation may also be that of the order's event.
        return reservationId === idOfRequest(input) ? onlyUseOf(input, span) : undefined;
      }
    }
  },
  confirm: (input, result, span) => endCheck(input.reservationId, result, span),
  release: (input, result, span) => endCheck(input.reservationId, result, span),
  extend: (input, result, span) => endCheck(input.reservationId, result, span),
  getReservation: (input, result, span) => endCheck(input.reservationId, result, span),
  listReservations: (_, { reservations }, span) =>
    reservations.map((reservation) => notShown(reservation, span)).find(Boolean),
  setStock: ({ sku, onHand, allowShortfall = false }, result, span) => {
    switch (result.outcome) {
      case "created":
      case "replaced":
        return notStockByRows(result.stock, span) ?? neverCounted(sku, onHand, span);
      case "below_reserved":
        if (allowShortfall) return "a shortfall was allowed";
        return (
          notStockByRows(result.stock, span) ??
          (result.stock.reserved > onHand ? undefined : `no more than ${onHand} were reserved`)
        );
      case "version_mismatch":
        return never(levelsOf(sku, span), (level) => (level?.version ?? 0) === result.version)
          ? `it never had the version ${result.version}`
          : undefined;
    }
  },
  adjustStock: (input, result, span) => {
    const { sku, delta } = input;
    switch (result.outcome) {
      case "adjusted":
      case "replayed":
        return notStockByRows(result.stock, span) ?? neverAdjusted(input, span);
      case "insufficient_stock":
        span.claim([{ sku, requested: -delta, available: Math.max(0, result.stock.available) }]);
        return notStockByRows(result.stock, span);
      case "unknown_sku":
        return neverAbsent(sku, span);
      case "above_units_max":
        return (
          notStockByRows(result.stock, span) ??
          (result.stock.onHand + delta > unitsMax ? undefined : "its units were within the bound")
        );
      case "idempotency_key_reused":
        return onlyUseOf(input, span);
    }
  },
  getStock: ({ sku }, result, span) =>
    result.outcome === "found" ? notStock(result.stock, span) : neverAbsent(sku, span),
  placeOrder: ({ orderId }, result, span) => {
    const byEvent = recordsOf(reservationIdOfOrder(orderId), span);
    switch (result.outcome) {
      case "held":
        return wasEverHeld(orderId, span) ? undefined : "nothing was ever held for it";
      case "rejected":
        // The shortages may be those that another delivery of the event met.
        if (byEvent[0]?.status !== "rejected") {
          span.claim(result.shortages, queueTimeoutSeconds * 1_000);
        }
        return never(byEvent, (item) => item?.status === "rejected")
          ? "its record was never rejected"
          : undefined;
      case "cancelled":
        return never(byEvent, (item) => item?.status === "released" && item.lines.length === 0)
          ? "it was not cancelled before it came"
          : undefined;
      case "changed":
        return never(byEvent, (item) => item !== undefined) ? "it was never placed" : undefined;
    }
  },
  payOrder: ({ orderId }, result, span) =>
    result.outcome === "confirmed" && noneOfOrder(orderId, ["confirmed"], span)
      ? "none of its reservations was confirmed"
      : undefined,
  cancelOrder: ({ orderId }, result, span) =>
    result.outcome === "confirmed" && noneOfOrder(orderId, ["confirmed"], span)
      ? "none of its reservations was confirmed"
      : undefined,
};

/** The id that repeats of a request have in common; undefined when each is a request of its own. */
const idOfRequest = ({ idempotencyKey, reservationId }: ReserveInput): string | undefined =>
  idempotencyKey === undefined ? reservationId : idOfKey(["reservation"], idempotencyKey);

function heldThroughout(input: ReserveInput, span: Span): boolean {
  const id = idOfRequest(input);
  if (id === undefined) return false;
  const records = recordsOf(id, span);
  // Most refused requests have no record, and need no fingerprint.
  if (!records.every(hasUnits)) return false;
  const own = fingerprintOf(input, mergeLines(input.lines));
  return records.every((item) => item?.fingerprint === own);
}

/**
 * A count is true of one instant: with its own changes, and with the units under way between rows, the
 * level has the counted units on hand. Its rows may be written later, and sales go on meanwhile.
 */
function neverCounted(
  sku: string,
  counted: number,
  { history, fromMs, toMs, sender }: Span,
): string | undefined {
  if (history.wasChangedByHand(sku)) return undefined;
  const own = history
    .countsOf(sku)
    .filter((change) => change.sender === sender && change.atMs >= fromMs && change.atMs <= toMs);
  const onHand = history
    .onHandOf(sku)
    .entriesWithin(fromMs, toMs)
    .map(({ atMs, value = 0 }) =>
      own.filter((change) => change.atMs > atMs).reduce((sum, { delta }) => sum + delta, value),
    );
  if (onHand.includes(counted)) return undefined;
  return `it never had ${counted} on hand, but ${[...new Set(onHand)].join(", ")}`;
}

function neverAdjusted({ sku, idempotencyKey }: AdjustStockInput, span: Span): string | undefined {
  if (idempotencyKey === undefined) return undefined;
  const records = recordsOf(idOfKey(["adjustment", sku], idempotencyKey), span);
  return never(records, (item) => item?.status === "adjustment")
    ? "it has no record of an adjustment"
    : undefined;
}

/** A key that only one request was sent with is not reused. */
const onlyUseOf = (
  { idempotencyKey: key }: Pick<ReserveInput, "idempotencyKey">,
  span: Span,
): string | undefined =>
  key !== undefined && span.requestsUnder(key) < 2
    ? `only one request was sent under ${key}`
    : undefined;

const otherLines = (shown: Reservation["lines"], lines: Reservation["lines"]) =>
  JSON.stringify(shown) === JSON.stringify(lines)
    ? undefined
    : `it shows the lines ${JSON.stringify(shown)}`;

const wasEverHeld = (orderId: string, { history, toMs }: Span): boolean =>
  [...history.idsOfOrder(orderId)].some((id) =>
    history.reservation(id).within(0, toMs).some(hasUnits),
  );

const noneOfOrder = (orderId: string, statuses: readonly string[], span: Span): boolean =>
  [...span.history.idsOfOrder(orderId)].every((id) =>
    never(recordsOf(id, span), (item) => item !== undefined && statuses.includes(item.status)),
  );

/** An answer about one reservation: it is shown as it was, or was not there. */
function endCheck(
  id: string,
  result: { outcome: string; reservation?: Reservation },
  span: Span,
): string | undefined {
  if (result.reservation !== undefined) return notShown(result.reservation, span);
  return never(recordsOf(id, span), (item) => item === undefined || !isReservation(item))
    ? "it was there"
    : undefined;
}
