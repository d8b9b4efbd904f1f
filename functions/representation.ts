/** How the engine's records look to HTTP callers: times as text, nothing internal. */
import type { Channel as ChannelBody } from "../contract/channel-schemas.ts";
import type { ReservationAtRisk as ReservationAtRiskBody } from "../contract/events.ts";
import type {
  Reservation as ReservationBody,
  ReservationLine as ReservationLineBody,
  SkuHold as SkuHoldBody,
} from "../contract/reservation-schemas.ts";
import type { Movement, StockRecord } from "../contract/stock-schemas.ts";
import type { ReservationAtRisk } from "../inventory/reservations/at-risk.ts";
import type { LevelHold } from "../inventory/reservations/list-holds.ts";
import type { Reservation, ReservationLine } from "../inventory/reservations/reservation.ts";
import type { Channel } from "../inventory/sourcing/channels.ts";
import type { PublicMovement } from "../inventory/stock/ledger.ts";
import { levelKeyOf, levelNameOf, type LevelName } from "../inventory/stock/level-key.ts";
import type { StockLevel } from "../inventory/stock/level.ts";
import type { SkuStock } from "../inventory/stock/read-stock.ts";

export const isoTime = (timeMs: number): string => new Date(timeMs).toISOString();

type Units = Omit<ReservationLineBody, "sku" | "location" | "allocations">;

/** The units of a line of the core. A line of units that are not there yet is the backordered part of another. */
const unitsOf = ({ quantity, isBackorder, availableFromMs, ...line }: ReservationLine): Units => ({
  quantity,
  ...(isBackorder && { backordered: quantity - (line.cancelled ?? 0) }),
  ...(availableFromMs !== undefined && { availableFrom: isoTime(availableFromMs) }),
  ...(line.fulfilled !== undefined && { fulfilled: line.fulfilled }),
  ...(line.cancelled !== undefined && { cancelled: line.cancelled }),
  ...(line.returned !== undefined && { returned: line.returned }),
});

const countNames = ["quantity", "backordered", "fulfilled", "cancelled", "returned"] as const;

/** Sums, and the later of two times. */
function addUnits(some: Units | undefined, others: Units): Units {
  const sum = { ...some, ...others };
  for (const name of countNames) {
    if (sum[name] !== undefined) sum[name] = (some?.[name] ?? 0) + (others[name] ?? 0);
  }
  const times = [some?.availableFrom, others.availableFrom].filter((time) => time !== undefined);
  return { ...sum, ...(times.length > 0 && { availableFrom: times.toSorted().at(-1)! }) };
}

/** One line for each SKU and location. */
function linesByLocation(lines: readonly ReservationLine[]): ReservationLineBody[] {
  const byLevel = new Map<string, ReservationLineBody>();
  for (const { sku, location, ...line } of lines) {
    const name = { sku, ...(location !== undefined && { location }) };
    const key = levelKeyOf(name);
    const units = addUnits(byLevel.get(key), unitsOf({ sku, ...line }));
    byLevel.set(key, { ...name, ...units });
  }
  return [...byLevel.values()];
}

/** The lines of a reservation by channel: one for each SKU, with the units that come from each location. */
function linesWithAllocations(lines: readonly ReservationLine[]): ReservationLineBody[] {
  const bySku = Map.groupBy(linesByLocation(lines), ({ sku }) => sku);
  return Array.from(bySku, ([sku, some]) => {
    const allocations = some.map(({ sku: _sku, location = "", ...units }) => ({
      location,
      ...units,
    }));
    const units = allocations.reduce<Units | undefined>(
      (sum, { location: _location, ...each }) => addUnits(sum, each),
      undefined,
    );
    return { sku, ...units!, allocations };
  });
}

export const reservationBody = ({
  createdAtMs,
  expiresAtMs,
  version,
  ...reservation
}: Reservation): ReservationBody => ({
  ...reservation,
  lines:
    reservation.channel === undefined
      ? linesByLocation(reservation.lines)
      : linesWithAllocations(reservation.lines),
  createdAt: isoTime(createdAtMs),
  expiresAt: isoTime(expiresAtMs),
  version,
});

export const reservationAtRiskBody = ({
  reservation: { reservationId, orderId, status, createdAtMs },
  quantity,
}: ReservationAtRisk): ReservationAtRiskBody => ({
  reservationId,
  ...(orderId !== undefined && { orderId }),
  status,
  quantity,
  createdAt: isoTime(createdAtMs),
});

export const skuHoldBody = ({ quantity, ...reservation }: LevelHold): SkuHoldBody => ({
  ...reservationBody(reservation),
  quantity,
});

/** A stock level in a sentence. */
export const wordsFor = ({ sku, location }: LevelName): string =>
  location === undefined ? sku : `${sku} at ${location}`;

const levelBody = (level: StockLevel) => ({
  ...(level.location !== undefined && { location: level.location }),
  onHand: level.onHand,
  available: level.available,
  reserved: level.reserved,
  version: level.version,
  updatedAt: isoTime(level.updatedAtMs),
  ...((level.unavailable ?? 0) > 0 && { unavailable: level.unavailable }),
  ...((level.safetyStock ?? 0) > 0 && { safetyStock: level.safetyStock }),
  ...((level.backorderLimit ?? 0) > 0 && { backorderLimit: level.backorderLimit }),
  ...((level.backordered ?? 0) > 0 && { backordered: level.backordered }),
  ...(level.availableFromMs !== undefined && { availableFrom: isoTime(level.availableFromMs) }),
  ...(level.lowStockThreshold !== undefined && { lowStockThreshold: level.lowStockThreshold }),
  ...(level.shards !== undefined && level.shards > 1 && { shards: level.shards }),
});

export const stockBody = (stock: SkuStock): StockRecord => ({
  sku: stock.sku,
  ...levelBody(stock),
  ...(stock.locations && { locations: stock.locations.map(levelBody) }),
});

export const movementBody = (item: PublicMovement): Movement => ({
  ...levelNameOf(item.sku),
  version: item.version,
  kind: item.kind,
  onHandDelta: item.onHandDelta,
  availableDelta: item.availableDelta,
  reservedDelta: item.reservedDelta,
  at: isoTime(item.atMs),
  ...(item.reservationId !== undefined && { reservationId: item.reservationId }),
  ...(item.reason !== undefined && { reason: item.reason }),
  ...(item.reference !== undefined && { reference: item.reference }),
  ...(item.actor !== undefined && { actor: item.actor }),
});

export const channelBody = (item: Channel): ChannelBody => ({
  channel: item.channel,
  locations: item.locations,
  rule: item.rule,
  ...(item.maxSplits !== undefined && { maxSplits: item.maxSplits }),
  updatedAt: isoTime(item.updatedAtMs),
});
