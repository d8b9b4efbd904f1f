/** How the engine's records look to HTTP callers: times as text, nothing internal. */
import type { Reservation as ReservationBody } from "../contract/reservations.ts";
import type { Movement, StockRecord } from "../contract/stock.ts";
import type { MovementItem } from "../contract/tables.ts";
import type { StockLevel } from "../inventory/stock/level.ts";
import type { Reservation } from "../inventory/reservations/reservation.ts";

export const isoTime = (timeMs: number): string => new Date(timeMs).toISOString();

export const reservationBody = ({
  createdAtMs,
  expiresAtMs,
  version,
  ...reservation
}: Reservation): ReservationBody => ({
  ...reservation,
  createdAt: isoTime(createdAtMs),
  expiresAt: isoTime(expiresAtMs),
  version,
});

export const stockBody = (item: StockLevel): StockRecord => ({
  sku: item.sku,
  onHand: item.onHand,
  available: item.available,
  reserved: item.reserved,
  version: item.version,
  updatedAt: isoTime(item.updatedAtMs),
  ...(item.lowStockThreshold !== undefined && { lowStockThreshold: item.lowStockThreshold }),
});

export const movementBody = (item: MovementItem): Movement => ({
  sku: item.sku,
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
