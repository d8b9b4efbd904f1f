/** The events of a change: every committed version of a record has its own. */
import type { InventoryEvent, InventoryEventType } from "../../contract/events.ts";
import type { Line, ReservationItem, ReservationStatus, StockItem } from "../../contract/tables.ts";
import { progressOf } from "../../inventory/reservations/parts.ts";
import { sortedByName } from "../../inventory/reservations/metadata.ts";
import type { ReservationAtRisk } from "../../inventory/reservations/at-risk.ts";
import { linesTogether } from "../../inventory/reservations/lines.ts";
import { isReservation, reservationIn } from "../../inventory/reservations/reservation.ts";
import { isBackorderKey } from "../../inventory/stock/level-key.ts";
import { isoTime, reservationBody } from "../representation.ts";
import type { Change } from "./change.ts";
import { eventOf, type EventSettings } from "./cloud-event.ts";
import {
  atRiskAfter,
  isOfSeveralRows,
  readingFor,
  type LevelReader,
  type LevelReading,
} from "./level-reading.ts";
import { crossingOfLevel, crossingOfRow, stockEvents } from "./stock-events.ts";

export type { EventSettings } from "./cloud-event.ts";

export interface EventsOfChanges {
  /** Events in their order, each with the index of its change. */
  events: { event: InventoryEvent; index: number }[];
  /** The changes, from the first one on, whose events these are. */
  done: number;
  /** The reason, where these are not all changes. */
  failure?: unknown;
}

/** The events of a batch of changes, as far as the levels that they need can be read. */
export const eventsOfChanges = async (
  changes: readonly Change[],
  settings: EventSettings,
  levels: LevelReader,
): Promise<EventsOfChanges> => {
  const events: EventsOfChanges["events"] = [];
  const crossings = new Set<string>();
  for (const [index, change] of changes.entries()) {
    try {
      const { reading, atRisk } = await readFor(change, settings, levels);
      for (const event of eventsOf(change, settings, reading, atRisk)) {
        // Several rows of one level may seem to cross a line, and the level is read once.
        const crossing = `${event.type} ${event.subject}`;
        const isRepeat = reading !== undefined && crossings.has(crossing);
        if (isRepeat && event.type !== "stock.adjusted") continue;
        if (reading !== undefined) crossings.add(crossing);
        events.push({ event, index });
      }
    } catch (failure) {
      return { events, done: index, failure };
    }
  }
  return { events, done: changes.length };
};

/** Reads the level of a row that has changed, and the reservations at risk, where an event needs them. */
async function readFor(
  change: Change,
  { lowStockThreshold }: EventSettings,
  levels: LevelReader,
): Promise<{ reading?: LevelReading | undefined; atRisk?: readonly ReservationAtRisk[] }> {
  if (change.table !== "stock" || change.after === undefined) return {};
  const { before, after } = change;
  return {
    reading: await readingFor(before, after, lowStockThreshold, levels),
    atRisk: await atRiskAfter(before, after, levels),
  };
}

/**
 * The events of a change, in the order of their publication; often none.
 *
 * @param reading the level of the row after the change, where `readingFor` has read it
 * @param atRisk the reservations at risk, where `atRiskAfter` has read them
 */
export const eventsOf = (
  change: Change,
  settings: EventSettings,
  reading?: LevelReading,
  atRisk: readonly ReservationAtRisk[] = [],
): InventoryEvent[] => {
  // A record is removed by its time to live, after the event of its end was published.
  if (change.after === undefined) return [];
  return change.table === "stock"
    ? eventsOfRow(settings, change.before, change.after, reading, atRisk)
    : reservationEvents(settings, change.before, change.after);
};

function eventsOfRow(
  settings: EventSettings,
  before: StockItem | undefined,
  after: StockItem,
  reading: LevelReading | undefined,
  atRisk: readonly ReservationAtRisk[],
): InventoryEvent[] {
  if (before?.version === after.version || isBackorderKey(after.sku)) return [];
  if (!isOfSeveralRows(before, after)) {
    const crossing = crossingOfRow(settings, before, after);
    return stockEvents(settings, before, after, crossing, atRisk);
  }
  if (reading === undefined) return [];
  const crossing = crossingOfLevel(settings, before, after, reading);
  return stockEvents(settings, before, after, crossing, atRisk);
}

type PublishedStatus = ReservationStatus | "rejected";

const isPublished = (
  item: ReservationItem,
): item is ReservationItem & { status: PublishedStatus } =>
  item.status === "rejected" || isReservation(item);

/**
 * One version of a record is one change. The units that it concerns say which, then the status: the last
 * units of a reservation may be cancelled, and its status become `fulfilled` by that. The core also writes
 * versions of a record that change nothing for a caller.
 */
const reservationEventType = (
  before: ReservationItem | undefined,
  after: ReservationItem,
): InventoryEventType | undefined => {
  if (!isPublished(after)) return undefined;
  const had = progressOf(before?.parts ?? []);
  const has = progressOf(after.parts);
  const changed = (["fulfilled", "cancelled", "returned"] as const).find(
    (one) => (has[one] ?? 0) > (had[one] ?? 0),
  );
  if (changed !== undefined) return `reservation.${changed}`;
  if (before?.status !== after.status) return `reservation.${after.status}`;
  if (before.expiresAtMs !== after.expiresAtMs) return "reservation.extended";
  if (isSame(before.lines, after.lines)) return undefined;
  const isSupplied = isSame(linesTogether(before.lines), linesTogether(after.lines));
  return isSupplied ? "reservation.supplied" : "reservation.changed";
};

const isSame = (some: readonly Line[], others: readonly Line[]): boolean =>
  JSON.stringify(some) === JSON.stringify(others);

function reservationEvents(
  { source }: EventSettings,
  before: ReservationItem | undefined,
  after: ReservationItem,
): InventoryEvent[] {
  const type = reservationEventType(before, after);
  if (type === undefined) return [];
  const { reservationId, version, createdAtMs, updatedAtMs } = after;
  // Keys of reservations may be used again, long after their records are gone.
  const id = [reservationId, createdAtMs, version];
  const of = { subject: reservationId, version, atMs: updatedAtMs, id };
  if (!isReservation(after)) {
    const { orderId = "", metadata, lines, shortages = [] } = after;
    const rejectedAt = isoTime(createdAtMs);
    const data = {
      reservationId,
      orderId,
      ...(metadata && { metadata: sortedByName(metadata) }),
      lines,
      shortages,
      rejectedAt,
      version,
    };
    return [eventOf(source, "reservation.rejected", of, data)];
  }
  const data = reservationBody(reservationIn(after.status, after));
  return [eventOf(source, type as "reservation.held", of, data)];
}
