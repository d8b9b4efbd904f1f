/**
 * The tables: keys, indexes and the attributes that both the stack and the engine name. The stack
 * creates them from this file, the engine writes their records by it; neither spells a name again.
 */

export const stockTable = {
  partitionKey: "sku",
} as const;

/**
 * Both indexes carry keys only: a transition then costs no write in `byOrder`, and a list reads
 * the records themselves, so that what it shows is never older than the record.
 */
export const reservationsTable = {
  partitionKey: "reservationId",
  timeToLiveAttribute: "ttlSeconds",
  byExpiry: {
    indexName: "byExpiry",
    partitionKey: "expiryShard",
    sortKey: "expiresAtMs",
  },
  byOrder: {
    indexName: "byOrder",
    partitionKey: "orderId",
    sortKey: "createdAtMs",
  },
} as const;

export const movementsTable = {
  partitionKey: "movementId",
  bySku: {
    indexName: "bySku",
    partitionKey: "sku",
    sortKey: "version",
  },
} as const;

/** The records are the lock library's own (locks/dynamodb/lock-table.ts). */
export const locksTable = {
  partitionKey: "lockName",
  timeToLiveAttribute: "ttlSeconds",
} as const;

/** A record of the table Stock. Always: `onHand = available + reserved`, none negative. */
export interface StockItem {
  sku: string;
  onHand: number;
  available: number;
  reserved: number;
  /** Grows by one with every change of the counts. */
  version: number;
  updatedAtMs: number;
}

export const reservationStatuses = ["held", "confirmed", "released", "expired"] as const;
export type ReservationStatus = (typeof reservationStatuses)[number];

/** One SKU of a reservation and how many units of it. */
export interface Line {
  sku: string;
  quantity: number;
}

/** A record of the table Reservations. */
export interface ReservationItem {
  reservationId: string;
  status: ReservationStatus;
  /** Merged and sorted by SKU. Never changes. */
  lines: Line[];
  orderId?: string;
  createdAtMs: number;
  expiresAtMs: number;
  /** Hash of what was asked for: tells a repeat from another request under the same key. */
  fingerprint: string;
  version: number;
  /** Present only while held: what keeps the index `byExpiry` sparse. */
  expiryShard?: number;
  /** When DynamoDB may remove the record, in seconds of the epoch. Set when the hold ends. */
  ttlSeconds?: number;
}

/** A record of the table Movements: one change of a SKU's counts. */
export interface MovementItem {
  movementId: string;
  sku: string;
  kind: "adjustment";
  onHandDelta: number;
  availableDelta: number;
  reservedDelta: number;
  reason: string;
  reference?: string;
  /** The stock version that the change produced. */
  version: number;
  atMs: number;
  /** Hash of what was asked for, as in a reservation. */
  fingerprint: string;
}
