/** Events of a change of a row: they show the stock level of its SKU. */
import type { InventoryEvent } from "../../contract/events.ts";
import type { PublicMovementKind, StockItem } from "../../contract/tables.ts";
import { deltasBetween } from "../../inventory/stock/counts.ts";
import type { ReservationAtRisk } from "../../inventory/reservations/at-risk.ts";
import { isFirstRow, levelKeyOf } from "../../inventory/stock/level-key.ts";
import { availableIn, levelOf, type StockLevel } from "../../inventory/stock/level.ts";
import { reservationAtRiskBody, stockBody } from "../representation.ts";
import { eventOf, type EventSettings } from "./cloud-event.ts";

/** Changes that people make, not reservations. */
const adjustments = [
  "count",
  "adjustment",
  "transfer",
  "repair",
] as const satisfies PublicMovementKind[];

/** The kind of the change, where a person has made it. */
export const adjustmentIn = ({ lastChange }: StockItem) => {
  const kind = lastChange?.kind ?? "count";
  return adjustments.find((adjustment) => adjustment === kind);
};

/**
 * The units that a count has left missing; 0 where it has not. The row is the whole of its level then.
 */
export const shortfallIn = (before: StockItem | undefined, after: StockItem): number => {
  const isCount = before?.version !== after.version && adjustmentIn(after) === "count";
  return isCount ? Math.max(0, after.reserved - after.onHand) : 0;
};

const changeBetween = (
  kind: (typeof adjustments)[number],
  before: StockItem | undefined,
  after: StockItem,
) => {
  const { reason, reference, actor } = after.lastChange ?? {};
  return {
    kind,
    ...deltasBetween(before, after),
    ...(reason !== undefined && { reason }),
    ...(reference !== undefined && { reference }),
    ...(actor !== undefined && { actor }),
  };
};

/** A SKU is low at its threshold or below it, where it has one. */
export const isLow = (available: number, threshold: number): boolean =>
  threshold > 0 && available <= threshold;

/** The level that the events of a change show, and the lines that it has crossed. */
export interface Crossing {
  level: StockLevel;
  /** The number of available units at which the level is low. */
  threshold: number;
  isLow: boolean;
  isDepleted: boolean;
  isReplenished: boolean;
}

/** The lines that a level of one row has crossed. */
export const crossingOfRow = (
  { lowStockThreshold }: EventSettings,
  before: StockItem | undefined,
  after: StockItem,
): Crossing => {
  const threshold = after.lowStockThreshold ?? lowStockThreshold;
  const wasLow =
    before !== undefined && isLow(before.available, before.lowStockThreshold ?? lowStockThreshold);
  const had = before?.available ?? 0;
  return {
    level: levelOf([after]),
    threshold,
    isLow: isLow(after.available, threshold) && !wasLow,
    isDepleted: had > 0 && after.available <= 0,
    isReplenished: before !== undefined && had <= 0 && after.available > 0,
  };
};

/**
 * The lines that a level of several rows has crossed. It is read after the change, when other rows may
 * have changed as well. Where that leaves open which change crossed a line, each of them counts. The level
 * is depleted only where no row has units, and none are on their way from row to row.
 *
 * @param rows the level some time after the change, the first row first
 */
export const crossingOfLevel = (
  { lowStockThreshold }: EventSettings,
  before: StockItem | undefined,
  after: StockItem,
  { rows, departedUnits }: { rows: readonly StockItem[]; departedUnits: number },
): Crossing => {
  const level = levelOf(rows);
  const threshold = level.lowStockThreshold ?? lowStockThreshold;
  const had = before?.available ?? 0;
  const others = rows.filter(({ sku }) => sku !== after.sku);
  const hasChangedSince = ({ updatedAtMs }: StockItem) => updatedAtMs >= after.updatedAtMs;
  const availableInOthers = availableIn(others);
  const thresholdBefore = hasOtherThreshold(before, after)
    ? (before?.lowStockThreshold ?? lowStockThreshold)
    : threshold;
  const wasLow = before !== undefined && isLow(availableInOthers + had, thresholdBefore);
  const isLowAfter = isLow(availableInOthers + after.available, threshold);
  const mayBecomeLow = before === undefined || after.available < had || threshold > thresholdBefore;
  const hasBecomeLow = others.some(hasChangedSince) ? mayBecomeLow : isLowAfter && !wasLow;
  return {
    level,
    threshold,
    isLow: isLow(level.available, threshold) && hasBecomeLow,
    isDepleted: had > 0 && after.available <= 0 && level.available + departedUnits <= 0,
    isReplenished:
      before !== undefined &&
      had <= 0 &&
      after.available > 0 &&
      level.available > 0 &&
      !others.some((row) => row.available > 0 && !hasChangedSince(row)),
  };
};

/** True where the change sets the threshold of the level, which the first row has. */
const hasOtherThreshold = (before: StockItem | undefined, after: StockItem): boolean =>
  before !== undefined &&
  isFirstRow(after.sku) &&
  before.lowStockThreshold !== after.lowStockThreshold;

/** @param atRisk the reservations at risk, where the change is a count that left a shortfall */
export const stockEvents = (
  { source }: EventSettings,
  before: StockItem | undefined,
  after: StockItem,
  { level, threshold, ...crossed }: Crossing,
  atRisk: readonly ReservationAtRisk[],
): InventoryEvent[] => {
  const of = {
    subject: levelKeyOf(level),
    version: level.version,
    atMs: after.updatedAtMs,
    id: [after.sku, after.version],
  };
  const data = stockBody(level);
  const events: InventoryEvent[] = [];
  const adjustment = adjustmentIn(after);
  if (adjustment !== undefined) {
    const change = changeBetween(adjustment, before, after);
    events.push(eventOf(source, "stock.adjusted", of, { ...data, change }));
  }
  const shortfall = shortfallIn(before, after);
  if (shortfall > 0) {
    const reservations = atRisk.map(reservationAtRiskBody);
    events.push(eventOf(source, "stock.shortfall", of, { ...data, shortfall, reservations }));
  }
  if (crossed.isLow) {
    events.push(eventOf(source, "stock.low", of, { ...data, lowStockThreshold: threshold }));
  }
  if (crossed.isDepleted) events.push(eventOf(source, "stock.depleted", of, data));
  if (crossed.isReplenished) events.push(eventOf(source, "stock.replenished", of, data));
  return events;
};
