/** What there is to tell of a change: every committed version of a record, by its own events. */
import type { InventoryEvent, InventoryEventType } from "../../contract/events.ts";
import type {
  MovementKind,
  PublicMovementKind,
  ReservationItem,
  ReservationStatus,
  StockItem,
} from "../../contract/tables.ts";
import { deltasBetween } from "../../inventory/stock/counts.ts";
import { isReservation, reservationIn } from "../../inventory/reservations/reservation.ts";
import { isoTime, reservationBody, stockBody } from "../representation.ts";
import type { Change } from "./change.ts";

export interface EventSettings {
  /** What the events name as their source. */
  source: string;
  /** Of a SKU that has none of its own; 0 for never. */
  lowStockThreshold: number;
}

type Data<Type extends InventoryEventType> = InventoryEvent<Type>["data"];

/** What tells one version of a record from all others, ever. */
interface Version {
  subject: string;
  version: number;
  atMs: number;
  /** Keys of reservations may be used again, long after their records are gone. */
  epochMs?: number;
}

const sequenceDigits = 16;

const eventOf = <Type extends InventoryEventType>(
  source: string,
  type: Type,
  { subject, version, atMs, epochMs }: Version,
  data: Data<Type>,
) =>
  ({
    specversion: "1.0",
    id: [type, subject, ...(epochMs === undefined ? [] : [epochMs]), version].join("/"),
    source,
    type,
    subject,
    time: isoTime(atMs),
    datacontenttype: "application/json",
    sequence: String(version).padStart(sequenceDigits, "0"),
    data,
  }) as unknown as InventoryEvent;

type PublishedStatus = ReservationStatus | "rejected";

const isPublished = (
  item: ReservationItem,
): item is ReservationItem & { status: PublishedStatus } =>
  item.status === "rejected" || isReservation(item);

/** The core also writes versions of a record that change nothing for a caller. */
const reservationEventType = (
  before: ReservationItem | undefined,
  after: ReservationItem,
): InventoryEventType | undefined => {
  if (!isPublished(after)) return undefined;
  if (before?.status !== after.status) return `reservation.${after.status}`;
  return before.expiresAtMs === after.expiresAtMs ? undefined : "reservation.extended";
};

const reservationEvents = (
  { source }: EventSettings,
  before: ReservationItem | undefined,
  after: ReservationItem,
): InventoryEvent[] => {
  const type = reservationEventType(before, after);
  if (type === undefined) return [];
  const { reservationId, version, createdAtMs, updatedAtMs } = after;
  const of = { subject: reservationId, version, atMs: updatedAtMs, epochMs: createdAtMs };
  if (!isReservation(after)) {
    const { orderId = "", lines, shortages = [] } = after;
    const rejectedAt = isoTime(createdAtMs);
    const data = { reservationId, orderId, lines, shortages, rejectedAt, version };
    return [eventOf(source, "reservation.rejected", of, data)];
  }
  const data = reservationBody(reservationIn(after.status, after));
  return [eventOf(source, type as "reservation.held", of, data)];
};

/** Changes that people make, not reservations. */
const adjustments: ReadonlySet<MovementKind> = new Set(["count", "adjustment", "repair"]);

const changeBetween = (before: StockItem | undefined, after: StockItem) => {
  const { kind = "count", reason, reference, actor } = after.lastChange ?? {};
  return {
    // A move is told of to nobody.
    kind: kind as PublicMovementKind,
    ...deltasBetween(before, after),
    ...(reason !== undefined && { reason }),
    ...(reference !== undefined && { reference }),
    ...(actor !== undefined && { actor }),
  };
};

/** A SKU is low at its threshold or below it, where it has one. */
const lowAt = (stock: StockItem | undefined, standard: number) => {
  const threshold = stock?.lowStockThreshold ?? standard;
  return { threshold, isLow: stock !== undefined && threshold > 0 && stock.available <= threshold };
};

const stockEvents = (
  { source, lowStockThreshold }: EventSettings,
  before: StockItem | undefined,
  after: StockItem,
): InventoryEvent[] => {
  if (before?.version === after.version) return [];
  const of = { subject: after.sku, version: after.version, atMs: after.updatedAtMs };
  const data = stockBody(after);
  const events: InventoryEvent[] = [];
  const change = changeBetween(before, after);
  if (adjustments.has(change.kind)) {
    events.push(eventOf(source, "stock.adjusted", of, { ...data, change }));
  }
  const { threshold, isLow } = lowAt(after, lowStockThreshold);
  if (isLow && !lowAt(before, lowStockThreshold).isLow) {
    events.push(eventOf(source, "stock.low", of, { ...data, lowStockThreshold: threshold }));
  }
  const had = before?.available ?? 0;
  if (had > 0 && after.available === 0) events.push(eventOf(source, "stock.depleted", of, data));
  if (before !== undefined && had === 0 && after.available > 0) {
    events.push(eventOf(source, "stock.replenished", of, data));
  }
  return events;
};

/** The events of a change, in the order in which they are to be told; often none. */
export const eventsOf = (change: Change, settings: EventSettings): InventoryEvent[] => {
  // A record that is gone was told of when it ended: it is removed by its time to live.
  if (change.after === undefined) return [];
  return change.table === "stock"
    ? stockEvents(settings, change.before, change.after)
    : reservationEvents(settings, change.before, change.after);
};
