/** How the engine's records look to HTTP callers: times as text, nothing internal. */
import type { ReservationAtRisk as ReservationAtRiskBody } from "../contract/events.ts";
import type {
  Reservation as ReservationBody,
  SkuHold as SkuHoldBody,
} from "../contract/reservation-schemas.ts";
import type { Movement, StockRecord } from "../contract/stock-schemas.ts";
import type { ReservationAtRisk } from "../inventory/reservations/at-risk.ts";
import type { SkuHold } from "../inventory/reservations/list-holds.ts";
import type { Reservation } from "../inventory/reservations/reservation.ts";
import type { PublicMovement } from "../inventory/stock/ledger.ts";
import type { StockLevel } from "../inventory/stock/level.ts";

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

export const skuHoldBody = ({ quantity, ...reservation }: SkuHold): SkuHoldBody => ({
  ...reservationBody(reservation),
  quantity,
});

export const stockBody = (level: StockLevel): StockRecord => ({
  sku: level.sku,
  onHand: level.onHand,
  available: level.available,
  reserved: level.reserved,
  version: level.version,
  updatedAt: isoTime(level.updatedAtMs),
  ...(level.lowStockThreshold !== undefined && { lowStockThreshold: level.lowStockThreshold }),
  ...(level.shards !== undefined && level.shards > 1 && { shards: level.shards }),
});

export const movementBody = (item: PublicMovement): Movement => ({
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
