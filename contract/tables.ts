/**
 * The tables: keys, indexes and the attributes that both the stack and the engine name. The stack
 * creates them from this file, the engine writes their records by it; neither spells a name again.
 */

export const stockTable = {
  partitionKey: "sku",
} as const;

/**
 * `byOrder` carries keys only: a transition then costs no write in it, and a list reads the records
 * themselves, so that what it shows is never older than the record. `byExpiry` also carries the
 * SKUs, so that the holds of one are found among all of them.
 */
export const reservationsTable = {
  partitionKey: "reservationId",
  timeToLiveAttribute: "ttlSeconds",
  byExpiry: {
    indexName: "byExpiry",
    partitionKey: "expiryShard",
    sortKey: "expiresAtMs",
    carries: "skus",
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

/** Both tables tell of every change of a record, by its image before and after it. */
export const changeStreams = { viewType: "NEW_AND_OLD_IMAGES" } as const;

/**
 * Why the counts of a SKU changed: somebody counted it or corrected it, an audit repaired it or
 * opened its ledger, or somebody wrote the record past Holdfast, an `edit`; or what became of a
 * reservation. `rollback` returns the units of an order that was only half written.
 */
export const movementKinds = [
  "count",
  "adjustment",
  "repair",
  "opening",
  "edit",
  "hold",
  "sale",
  "release",
  "expiry",
  "rollback",
] as const;
export type MovementKind = (typeof movementKinds)[number];

/** What a change of the counts leaves in the record, for the ledger and the events to tell on. */
export interface LastChange {
  kind: MovementKind;
  /** Whose units moved. */
  reservationId?: string;
  /** Given with an adjustment. */
  reason?: string;
  reference?: string;
  /** Who has asked for it, where that is known. */
  actor?: string;
}

/** A record of the table Stock. Always: `onHand = available + reserved`, none negative. */
export interface StockItem {
  sku: string;
  onHand: number;
  available: number;
  reserved: number;
  /** Grows by one with every change of the counts. */
  version: number;
  updatedAtMs: number;
  /** The token of the last lease under which an order of several lines was written. */
  fence?: number;
  /** What produced this version. */
  lastChange?: LastChange;
  /** At so many available units or fewer the SKU is low; 0 for never. The stack's when absent. */
  lowStockThreshold?: number;
}

/** How orders of several lines are written: under leases on their SKUs, or without where it fits. */
export const multiItemStrategies = ["leased", "optimistic"] as const;
export type MultiItemStrategy = (typeof multiItemStrategies)[number];

export const reservationStatuses = ["held", "confirmed", "released", "expired"] as const;
export type ReservationStatus = (typeof reservationStatuses)[number];

/** One SKU of a reservation and how many units of it. */
export interface Line {
  sku: string;
  quantity: number;
}

/** What happens to the units of a line. */
export type StockChange = "hold" | "sell" | "giveBack";

/**
 * Of an order that one transaction cannot write: the change is still to be made to the stock of
 * `lines[from]` up to, without, `lines[to]`.
 */
export interface RemainingChange {
  change: StockChange;
  from: number;
  to: number;
}

/** A line that could not be held, and what there was. */
export interface LineShortage {
  sku: string;
  requested: number;
  available: number;
}

/**
 * A record of the table Reservations. Before it is held, an order that is written in chunks is
 * `reserving`; one that fell short on the way is `returning` until it is removed. An order that came
 * as an event and could not be held stays `rejected`, so that its repeats are too. None of them is a
 * reservation to anybody who asks for one.
 */
export interface ReservationItem {
  reservationId: string;
  status: ReservationStatus | "reserving" | "returning" | "rejected";
  /** Merged and sorted by SKU. Never changes. */
  lines: Line[];
  orderId?: string;
  createdAtMs: number;
  expiresAtMs: number;
  /** Hash of what was asked for: tells a repeat from another request under the same key. */
  fingerprint: string;
  version: number;
  /** When this version was written. Absent in records that are older than events. */
  updatedAtMs?: number;
  /** Why it is rejected. */
  shortages?: LineShortage[];
  /** Present while held or half written: what keeps the index `byExpiry` sparse. */
  expiryShard?: number;
  /** Those of the lines; present as `expiryShard` is. */
  skus?: Set<string>;
  /** Present while it is half written. */
  remaining?: RemainingChange;
  /** Present with `remaining`: until then somebody is at it, who may have died. */
  attendedUntilMs?: number;
  /** When DynamoDB may remove the record, in seconds of the epoch. Set when the hold ends. */
  ttlSeconds?: number;
}

/** A record of the table Movements: one change of a SKU's counts. */
export interface MovementItem extends LastChange {
  movementId: string;
  sku: string;
  onHandDelta: number;
  availableDelta: number;
  reservedDelta: number;
  /** The stock version that the change produced. */
  version: number;
  atMs: number;
  /** Of an adjustment: hash of what was asked for, as in a reservation. */
  fingerprint?: string;
}
