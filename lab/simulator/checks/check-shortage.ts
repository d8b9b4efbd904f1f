/**
 * Checks that a refusal for too few units was true: at some instant of its request too few units were
 * available in truth, in all rows of the level (truth.ts), and it names a sum that the level had.
 */
import type { Line, StoredChannel } from "../../../contract/tables.ts";
import type { Shortage } from "../../../inventory/reservations/shortages.ts";
import { levelKeyOf } from "../../../inventory/stock/level-key.ts";
import type { ShopOperation } from "../cloud/shop-calls.ts";
import type { History } from "./history.ts";
import { isPossible, levelKeysOf } from "./sourced.ts";
import type { Timeline } from "./timeline.ts";

/** A line that an answer says was short. `available` is absent where the answer names no units. */
export type ClaimedLine = Pick<Shortage, "sku" | "location" | "requested"> & { available?: number };

/** The lines that one answer says were short, between a call and its answer. */
export interface ShortageClaim {
  lines: readonly ClaimedLine[];
  /** True where one of the lines was short, and the answer does not say which. */
  isAny?: boolean;
  operation: ShopOperation;
  fromMs: number;
  toMs: number;
}

/** The answer says that no allowed choice of locations had the units of all these lines. */
export interface SourcingClaim {
  sourced: readonly Line[];
  /** The channel as it was, or may have been remembered, between the call and its answer. */
  channels: readonly StoredChannel[];
  operation: ShopOperation;
  fromMs: number;
  toMs: number;
}

/** The reason why a claim about locations is false: the units were there at every instant. */
export const falsehoodOfSourcing = (
  { wasChangedByHand }: Pick<History, "wasChangedByHand">,
  { sourced, channels, operation, fromMs, toMs }: SourcingClaim,
  truthOf: (levelKey: string) => Timeline<number>,
): { levelKey: string; message: string } | undefined => {
  const wasRefusable = (channel: StoredChannel): boolean => {
    const keys = [...new Set(levelKeysOf(sourced, channel))];
    if (keys.some(wasChangedByHand)) return true;
    const entries = keys.flatMap((key) =>
      truthOf(key)
        .entriesWithin(fromMs, toMs)
        .map(({ atMs, value = 0 }) => ({ key, atMs: Math.max(atMs, fromMs), value })),
    );
    entries.sort((one, other) => one.atMs - other.atMs);
    const units = new Map<string, number>();
    return entries.some(({ key, atMs, value }, index) => {
      units.set(key, value);
      const isLastOfInstant = entries[index + 1]?.atMs !== atMs;
      return (
        isLastOfInstant && !isPossible(sourced, channel, (levelKey) => units.get(levelKey) ?? 0)
      );
    });
  };
  if (channels.some(wasRefusable)) return undefined;
  const wanted = sourced.map((line) => `${line.quantity} × ${levelKeyOf(line)}`).join(", ");
  const message = `${operation}: ${wanted} were refused, and an allowed choice of locations had them from ${fromMs} ms on`;
  return { levelKey: levelKeyOf(sourced[0]!), message };
};

/** The lines of a claim that were not short, and why. Call it when the run has ended. */
export const falsehoodsOf = (
  history: Pick<History, "levelOf" | "wasChangedByHand">,
  { lines, isAny = false, operation, ...span }: ShortageClaim,
  truthOf: (levelKey: string) => Timeline<number>,
): { levelKey: string; message: string }[] => {
  const found = lines.flatMap((line) => {
    const takesBackorders = takingOperations.includes(operation);
    const message = falsehoodOf(history, { ...line, ...span, takesBackorders }, truthOf);
    return message === undefined
      ? []
      : [{ levelKey: levelKeyOf(line), message: `${operation}: ${message}` }];
  });
  if (found.length === lines.length) return found;
  if (isAny) return [];
  return found.map(({ levelKey, message }) => ({
    levelKey,
    message: `beside a line that was short: ${message}`,
  }));
};

/** The calls that may have units which are not there yet. */
const takingOperations: readonly ShopOperation[] = [
  "reserve",
  "changeHold",
  "confirm",
  "placeOrder",
  "payOrder",
];

/** The sums of the values that were so at one instant, none below 0. */
function sumsWithin(
  timelines: readonly Timeline<number>[],
  fromMs: number,
  toMs: number,
): number[] {
  const now = timelines.map(() => 0);
  const entries = timelines.flatMap((timeline, index) =>
    timeline
      .entriesWithin(fromMs, toMs)
      .map(({ atMs, value = 0 }) => ({ index, atMs: Math.max(atMs, fromMs), value })),
  );
  entries.sort((one, other) => one.atMs - other.atMs);
  return entries.flatMap(({ index, atMs, value }, at) => {
    now[index] = value;
    if (entries[at + 1]?.atMs === atMs && timelines.length > 1) return [];
    return [now.reduce((sum, units) => sum + (now.length > 1 ? Math.max(0, units) : units), 0)];
  });
}

function falsehoodOf(
  history: Pick<History, "levelOf" | "wasChangedByHand">,
  {
    requested,
    available,
    fromMs,
    toMs,
    takesBackorders,
    ...name
  }: ClaimedLine & {
    fromMs: number;
    toMs: number;
    takesBackorders: boolean;
  },
  truthOf: (levelKey: string) => Timeline<number>,
): string | undefined {
  const levelKey = levelKeyOf(name);
  const laterKey = levelKeyOf({ ...name, isBackorder: true });
  const takesLater = takesBackorders && history.levelOf(laterKey).last !== undefined;
  const seen = history
    .levelOf(levelKey)
    .within(fromMs, toMs)
    .map((level) => Math.max(0, level?.available ?? 0));
  if (!takesLater && available !== undefined && !seen.includes(available)) {
    return `${available} were never available; at those instants: ${[...new Set(seen)].join(", ")}`;
  }
  if (history.wasChangedByHand(levelKey)) return undefined;
  const keys = takesLater ? [levelKey, laterKey] : [levelKey];
  const least = Math.min(...sumsWithin(keys.map(truthOf), fromMs, toMs));
  if (least < requested) return undefined;
  return `${requested} were refused, and at least ${least} were available from ${fromMs} ms on`;
}
