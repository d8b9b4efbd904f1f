/** The time between a call and its answer, and what was true within it. */
import type { StockLevel } from "../../../inventory/stock/level.ts";
import type { ReservationItem, StockItem } from "../../../contract/tables.ts";
import type { Reservation } from "../../../inventory/reservations/reservation.ts";
import { epochMs } from "../cloud/environment.ts";
import type { ShortageClaim } from "./check-shortage.ts";
import type { History } from "./history.ts";

export interface Span {
  history: History;
  fromMs: number;
  toMs: number;
  skewMs: number;
  /** Counts the different requests that were sent under a key. */
  requestsUnder(idempotencyKey: string): number;
  /** Leaves a claim to be checked when the run has ended. */
  claim(lines: ShortageClaim["lines"], earlierMs?: number): void;
}

/** Versions of a record that were current at some instant of the span. */
export const recordsOf = (id: string, { history, fromMs, toMs }: Span) =>
  history.reservation(id).within(fromMs, toMs);
export const rowsOf = (sku: string, { history, fromMs, toMs }: Span) =>
  history.stockOf(sku).within(fromMs, toMs);

export const never = <Item>(items: readonly Item[], matches: (item: Item) => boolean): boolean =>
  !items.some(matches);

export const neverAbsent = (sku: string, span: Span): string | undefined =>
  never(rowsOf(sku, span), (row) => row === undefined) ? `${sku} was known` : undefined;

/**
 * The reason why a reservation was never as an answer shows it. A held one is shown as expired from its
 * end on.
 */
export function notShown(shown: Reservation, span: Span): string | undefined {
  const { reservationId, status, version, expiresAtMs } = shown;
  // Sums of small numbers are exact enough; those of the epoch round to fractions of a millisecond.
  const dueAtMs = expiresAtMs - epochMs;
  const isDueAtEnd = dueAtMs <= span.toMs + span.skewMs;
  const isDueAtStart = dueAtMs <= span.fromMs + span.skewMs;
  const isAsShown = (item?: ReservationItem): boolean => {
    if (item === undefined || item.version !== version || item.expiresAtMs !== expiresAtMs) {
      return false;
    }
    if (item.status !== "held") return item.status === status;
    return status === "expired" ? isDueAtEnd : status === "held" && !isDueAtStart;
  };
  if (!never(recordsOf(reservationId, span), isAsShown)) return undefined;
  const was = recordsOf(reservationId, span).map(
    (item) => item && `${item.status} version ${item.version} until ${item.expiresAtMs}`,
  );
  return (
    `it was never ${status} version ${version} until ${expiresAtMs}, ` +
    `but ${was.map((one) => one ?? "absent").join(", then ")}`
  );
}

/** The reason why a stock record was never as an answer shows it. */
export function notStock(shown: StockLevel, span: Span): string | undefined {
  const isAsShown = (row?: StockItem): boolean =>
    row !== undefined &&
    row.version === shown.version &&
    row.onHand === shown.onHand &&
    row.available === shown.available &&
    row.reserved === shown.reserved;
  if (!never(rowsOf(shown.sku, span), isAsShown)) return undefined;
  return `it never was ${JSON.stringify({ ...shown, lastChange: undefined })}`;
}
