/**
 * Checks that a refusal for too few units was true: at some instant of its request too few units were
 * available in truth, in all rows of the level (truth.ts), and it names a sum that the level had.
 */
import type { Shortage } from "../../../inventory/reservations/shortages.ts";
import type { ShopOperation } from "../cloud/shop-calls.ts";
import type { History } from "./history.ts";
import type { Timeline } from "./timeline.ts";

/** The lines that one answer says were short, between a call and its answer. */
export interface ShortageClaim {
  lines: readonly Pick<Shortage, "sku" | "requested" | "available">[];
  operation: ShopOperation;
  fromMs: number;
  toMs: number;
}

/** The lines of a claim that were not short, and why. Call it when the run has ended. */
export const falsehoodsOf = (
  history: Pick<History, "levelOf" | "wasChangedByHand">,
  { lines, operation, ...span }: ShortageClaim,
  truthOf: (sku: string) => Timeline<number>,
): { sku: string; message: string }[] => {
  const found = lines.flatMap((line) => {
    const message = falsehoodOf(history, { ...line, ...span }, truthOf);
    return message === undefined ? [] : [{ sku: line.sku, message: `${operation}: ${message}` }];
  });
  if (found.length === lines.length) return found;
  return found.map(({ sku, message }) => ({
    sku,
    message: `beside a line that was short: ${message}`,
  }));
};

function falsehoodOf(
  history: Pick<History, "levelOf" | "wasChangedByHand">,
  { sku, requested, available, fromMs, toMs }: Shortage & { fromMs: number; toMs: number },
  truthOf: (sku: string) => Timeline<number>,
): string | undefined {
  const seen = history
    .levelOf(sku)
    .within(fromMs, toMs)
    .map((level) => Math.max(0, level?.available ?? 0));
  if (!seen.includes(available)) {
    return `${available} were never available; at those instants: ${[...new Set(seen)].join(", ")}`;
  }
  if (history.wasChangedByHand(sku)) return undefined;
  const least = Math.min(
    ...truthOf(sku)
      .within(fromMs, toMs)
      .map((units) => units ?? 0),
  );
  if (least < requested) return undefined;
  return `${requested} were refused, and at least ${least} were available from ${fromMs} ms on`;
}
