/**
 * Checks that a refusal for too few units was true: at some instant of its request too few units were
 * available by the records alone. Units of holds that ended count as available, except within the lag
 * of the index that lists them. So do units that a request took and never committed.
 */
import { epochMs } from "../cloud/environment.ts";
import type { Shortage } from "../../../inventory/reservations/shortages.ts";
import type { ShopOperation } from "../cloud/shop-calls.ts";
import type { History } from "./history.ts";
import { ownedParts, unitsOf } from "./owned-units.ts";

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
  const instants = history.availableOf(sku).entriesWithin(fromMs, toMs);
  const least = Math.min(
    ...instants.map(({ atMs, value }) => {
      const instantMs = Math.max(atMs, fromMs);
      return (value ?? 0) + unitsOfDeadHolds(history, sku, instantMs, toMs, allowanceMs);
    }),
  );
  if (least < requested) return undefined;
  return `${requested} were refused, and at least ${least} were available from ${fromMs} ms on`;
}

function unitsOfDeadHolds(
  history: History,
  sku: string,
  atMs: number,
  untilMs: number,
  allowanceMs: number,
): number {
  if (history.firstExpiryMs(sku) + allowanceMs > epochMs + untilMs) return 0;
  let units = 0;
  for (const id of history.idsOfSku(sku)) {
    const [entry] = history.reservation(id).entriesWithin(atMs, atMs);
    const item = entry?.value;
    if (item === undefined) continue;
    // A hold that was due already when it was written has ended since then.
    const endedAtMs = Math.max(item.expiresAtMs - epochMs, entry!.atMs);
    const isDue = item.status === "held" && endedAtMs + allowanceMs <= atMs;
    if (isDue) units += unitsOf(ownedParts(item), sku);
  }
  return units;
}
