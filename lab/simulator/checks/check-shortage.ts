/**
 * Checks that a refusal for too few units was true. Units of holds that ended count as available, except
 * within the lag of the index that lists them. Units of an order that was half written and then given up
 * count as available as well.
 */
import type { ReservationItem } from "../../../contract/tables.ts";
import { epochMs } from "../cloud/environment.ts";
import type { Shortage } from "../../../inventory/reservations/shortages.ts";
import type { ShopOperation } from "../cloud/shop-calls.ts";
import type { History } from "./history.ts";
import { ownedLines, unitsOf } from "./owned-units.ts";

/** The lines that one answer says were short, between a call and its answer. */
export interface ShortageClaim {
  lines: readonly Pick<Shortage, "sku" | "requested" | "available">[];
  operation: ShopOperation;
  fromMs: number;
  toMs: number;
}

/** The lines of a claim that were not short, and why. Call it when the run has ended. */
export const falsehoodsOf = (
  history: History,
  { lines, operation, ...span }: ShortageClaim,
  allowanceMs: number,
): { sku: string; message: string }[] => {
  const found = lines.flatMap((line) => {
    const message = falsehoodOf(history, { ...line, ...span }, allowanceMs);
    return message === undefined ? [] : [{ sku: line.sku, message: `${operation}: ${message}` }];
  });
  if (found.length === lines.length) return found;
  return found.map(({ sku, message }) => ({
    sku,
    message: `beside a line that was short: ${message}`,
  }));
};

function falsehoodOf(
  history: History,
  { sku, requested, available, fromMs, toMs }: Shortage & { fromMs: number; toMs: number },
  allowanceMs: number,
): string | undefined {
  const rows = history.stockOf(sku).entriesWithin(fromMs, toMs);
  const seen = rows.map(({ value }) => value?.available ?? 0);
  if (!seen.includes(available)) {
    return `${available} were never available; at those instants: ${[...new Set(seen)].join(", ")}`;
  }
  const least = Math.min(
    ...rows.map(({ atMs, value }) => {
      const instantMs = Math.max(atMs, fromMs);
      return (value?.available ?? 0) + unitsToComeBack(history, sku, instantMs, toMs, allowanceMs);
    }),
  );
  if (least < requested) return undefined;
  const wasOvertaken = rows.length > 1 ? "overtaken: " : "";
  return (
    `${wasOvertaken}${requested} were refused, and at least ${least} were available ` +
    `from ${fromMs} ms on`
  );
}

function unitsToComeBack(
  history: History,
  sku: string,
  atMs: number,
  untilMs: number,
  allowanceMs: number,
): number {
  const isAnyDue = history.firstExpiryMs(sku) + allowanceMs <= epochMs + untilMs;
  if (!isAnyDue && !history.wasHalfWritten(sku)) return 0;
  let units = 0;
  for (const id of history.idsOfSku(sku)) {
    const timeline = history.reservation(id);
    const [entry] = timeline.entriesWithin(atMs, atMs);
    const item = entry?.value;
    if (item === undefined) continue;
    // A hold that was due already when it was written has ended since then.
    const endedAtMs = Math.max(item.expiresAtMs - epochMs, entry!.atMs);
    const isDue = item.status === "held" && endedAtMs + allowanceMs <= atMs;
    if (isDue || wasGivenUp(item, timeline.entries)) units += unitsOf(ownedLines(item), sku);
  }
  return units;
}

/** True for an order that is half written at this version and is never held later. */
function wasGivenUp(
  item: ReservationItem,
  entries: readonly { value: ReservationItem | undefined }[],
): boolean {
  if (item.status === "returning") return true;
  if (item.status !== "reserving") return false;
  const later = entries.slice(entries.findIndex(({ value }) => value === item) + 1);
  const end = later.find(({ value }) => value?.status !== "reserving");
  return end?.value?.status !== "held";
}
