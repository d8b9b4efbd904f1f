/** How the engine's records look to HTTP callers: times as text, nothing internal. */
import type { Reservation as ReservationBody } from "../contract/reservations.ts";
import type { Movement, StockRecord } from "../contract/stock.ts";
import type { MovementItem, StockItem } from "../contract/tables.ts";
import type { Reservation } from "../inventory/reservation.ts";

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

export const stockBody = (item: StockItem): StockRecord => ({
  sku: item.sku,
  onHand: item.onHand,
  available: item.available,
  reserved: item.reserved,
  version: item.version,
  updatedAt: isoTime(item.updatedAtMs),
  ...(item.lowStockThreshold !== undefined && { lowStockThreshold: item.lowStockThreshold }),
});

export const movementBody = ({
  movementId: _movementId,
  fingerprint: _fingerprint,
  atMs,
  ...movement
}: MovementItem): Movement => ({ ...movement, at: isoTime(atMs) });
