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
 * stock levels, so that the holds of one are found among all of them.
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
 * Why the counts of a SKU changed: somebody counted it, corrected it or transferred units, an audit repaired it or
 * opened its ledger, or somebody wrote the record past Holdfast, an `edit`; or what became of a
 * reservation. `rollback` returns the units of an order that was only half written.
 */
export const publicMovementKinds = [
  "count",
  "adjustment",
  "transfer",
  "repair",
  "opening",
  "edit",
  "hold",
  "release",
  "expiry",
  "fulfilment",
  "cancellation",
  "return",
  "rollback",
] as const;
export type PublicMovementKind = (typeof publicMovementKinds)[number];

/** `move` brings units from one row of a level to another. It leaves the sums as they are: no caller sees it. */
export const movementKinds = [...publicMovementKinds, "move"] as const;
export type MovementKind = (typeof movementKinds)[number];

/** The reason of a change of the counts, kept in the row for the ledger and the events. */
export interface LastChange {
  kind: MovementKind;
  /** The reservation whose units moved. Absent in a row, where the markers name it. */
  reservationId?: string;
  /** Given with an adjustment, a transfer or a return. */
  reason?: string;
  reference?: string;
  /** The caller, where that is known. */
  actor?: string;
}

/**
 * A row of the table Stock. Always: `onHand = available + reserved + unavailable + safetyStock`. A row keeps a change
 * that it cannot decide alone as an open marker, until a record of the table Reservations decides it. The stock level of a
 * SKU at a location is one row, or several (shards).
 */
export interface StockItem {
  /** The key of the row (inventory/stock/level-key.ts): the SKU for the first row at the default location. */
  sku: string;
  onHand: number;
  available: number;
  reserved: number;
  /** Grows by one with every change of the counts. */
  version: number;
  updatedAtMs: number;
  /** Open markers by their keys (inventory/stock/marker.ts). */
  open: Record<string, number>;
  /** The version that changed `onHand` last. */
  onHandVersion: number;
  /** Identifies the last count, so that its repeat is recognised. */
  countId?: string;
  /** Units that are damaged, on show, or not for sale for another reason. Absent for none. In the first row. */
  unavailable?: number;
  /** Units that are kept from sale. Absent for none. In the first row. */
  safetyStock?: number;
  /** Units that may be sold before they are there. Absent for none. In the first row. */
  backorderLimit?: number;
  /** The time at which such units are expected, in milliseconds of the epoch. In the first row. */
  availableFromMs?: number;
  /**
   * The units available after the last count, where they were allowed to be negative: more were reserved, or
   * kept from sale, than there were. The row has never fewer since, unless fewer than none. In the first row.
   */
  leastAvailable?: number;
  /** The rows of the level; 1 when absent. The first row decides, others may be behind. */
  shards?: number;
  /** Grows with every change of `shards`, so that a late copy of a request changes nothing. In the first row. */
  shardsVersion?: number;
  /** True when a caller has chosen `shards`. In the first row. */
  areShardsSet?: boolean;
  /** The time at which the load of the level was last spread, in milliseconds of the epoch. In the first row. */
  spreadAtMs?: number;
  /** The version at which units last came from another row of the level, or went to one. */
  moveVersion?: number;
  /** The version with which a row other than the first began. */
  startVersion?: number;
  /**
   * The time at which the row was merged into the first one. Such a record has no other attribute but `sku`
   * and `version`, and counts as none: it keeps late copies of requests from making the row again.
   */
  mergedAtMs?: number;
  /** The time of the last search for holds of the SKU, in milliseconds of the epoch. */
  searchedAtMs?: number;
  /** The earliest end of a hold that the search found. */
  nextEndMs?: number;
  /** The change that produced this version. */
  lastChange?: LastChange;
  /** The SKU is low at this number of available units or fewer; 0 for never. The stack's when absent. */
  lowStockThreshold?: number;
}

/** A record of the table Stock beside the rows: the locations of a SKU, but for the default one. */
export interface LocationsItem {
  sku: string;
  locations: Set<string>;
}

/** The rules by which the units of an order are sourced from the locations of a channel. */
export const sourcingRules = ["priority", "fewest-splits", "most-stock"] as const;
export type SourcingRule = (typeof sourcingRules)[number];

/** A sales channel as it is stored. */
export interface StoredChannel {
  /** In the order in which they are preferred. */
  locations: string[];
  rule: SourcingRule;
  /** The most locations that the units of one reservation may come from. Absent for no limit. */
  maxSplits?: number;
  updatedAtMs: number;
}

/** A record of the table Stock beside the rows, the only one of its kind: all sales channels by their names. */
export interface ChannelsItem {
  sku: string;
  channels: Record<string, StoredChannel>;
}

/** A record of the table Stock: a row, or a record beside the rows. */
export type StockTableItem = StockItem | LocationsItem | ChannelsItem;

/** How orders of several lines are written: under leases on their SKUs, or without where it fits. */
export const multiItemStrategies = ["leased", "optimistic"] as const;
export type MultiItemStrategy = (typeof multiItemStrategies)[number];

export const reservationStatuses = [
  "held",
  "confirmed",
  "fulfilled",
  "cancelled",
  "released",
  "expired",
] as const;
export type ReservationStatus = (typeof reservationStatuses)[number];

/** Units of one SKU at one location. */
export interface Line {
  sku: string;
  /** Absent for the default location. */
  location?: string | undefined;
  /** True for units that are sold before they are there. */
  isBackorder?: true | undefined;
  quantity: number;
}

/** The ways in which a record gives up units that it owns. */
export type PartEnd = "release" | "expiry" | "fulfilment" | "cancellation";

/**
 * Units of one row that a record owns. Parts are never removed from a record, only divided, so that those
 * of one row and version always add up to the units that were taken there.
 */
export interface Part {
  /** The key of the row. */
  row: string;
  quantity: number;
  /** The version of the row at which the units were taken. */
  version: number;
  /** Present for units that are sold before they are there, where the time is known at which they are expected. */
  availableFromMs?: number;
  /** Present in the record of a move or a transfer, where the units arrive in the row. */
  arrives?: true;
  /**
   * Present when the units are given up or handed over: the way, the base and version of the marker, and
   * the row that has it where the part's own is gone.
   */
  ended?: { by: PartEnd; base: number; version: number; row?: string };
  /** Present when the units were handed over and came back: the row that has the marker, and the reason. */
  returned?: { base: number; version: number; row: string; reason: string };
}

/** A line that could not be held, and what there was. */
export interface LineShortage {
  sku: string;
  /** Absent for the default location. */
  location?: string | undefined;
  requested: number;
  available: number;
}

/**
 * The statuses of records that are no reservation to a caller. `rejected`: an order event whose lines
 * could not be held. `abandoned`: a request under this id was superseded before it committed.
 * `adjustment`: the record of a stock adjustment. `transfer`: units that went to another location, or out
 * of sale or back. `move`: units that went from some rows of a level to others. `order`: the record of a shop order.
 */
export const internalStatuses = [
  "rejected",
  "abandoned",
  "adjustment",
  "transfer",
  "move",
  "order",
] as const;

/** A correction of the units on hand. */
export interface Adjustment {
  delta: number;
  reason: string;
  reference?: string;
  actor?: string;
}

/** A record of the table Reservations. It decides about the units of its parts. */
export interface ReservationItem {
  reservationId: string;
  status: ReservationStatus | (typeof internalStatuses)[number];
  /** Merged and sorted by the keys of their levels: the lines that it has now. */
  lines: Line[];
  /** The units that the record owns, or owned. */
  parts: Part[];
  orderId?: string;
  /** The channel that its units come from by its rule; each line then names one of its locations. */
  channel?: string;
  /** Text of the caller's choice. In no index: there it would cost write units with every transition. */
  metadata?: Record<string, string>;
  createdAtMs: number;
  expiresAtMs: number;
  /** Present while a hold has units that are not there yet: its sale is written by its lines. */
  awaitsStock?: true;
  /** Hash of the request: distinguishes a repeat from another request under the same key. */
  fingerprint: string;
  /** Present when its order was cancelled, or held anew, after its end: no late payment takes its units again. */
  staysExpired?: true;
  /** Idempotency keys of changes of the record, hashed, each with the hash of its request. */
  requests?: Record<string, string>;
  /** Grows with every change of the record, also with internal ones. */
  version: number;
  /** Tokens of the attempts that wrote its last versions, the newest at the end. */
  writeTokens?: string[];
  updatedAtMs: number;
  /** The `updatedAtMs` of its last extension: that request knows it by this, whatever others have changed since. */
  extendedAtMs?: number;
  /** Present in a rejected one, and in one that holds fewer units than were wanted. */
  shortages?: LineShortage[];
  /** Present in an adjustment. */
  adjustment?: Adjustment;
  /** Present in a transfer. */
  transfer?: { reason: string; actor?: string };
  /** Present in the record of a shop order: its reservations, and the one that was begun first. */
  reservationIds?: Set<string>;
  firstReservationId?: string;
  /**
   * Present while held: the partition of the index `byExpiry`. Also present, with the partition of backorders, while a
   * confirmed reservation waits for units.
   */
  expiryShard?: number;
  /** The keys of the levels of its units, or of its backorders once it is confirmed; present as `expiryShard` is. */
  skus?: Set<string>;
  /** The time at which DynamoDB may remove the record, in seconds of the epoch. Set when no units depend on it. */
  ttlSeconds?: number;
}

/** A record of the table Movements: one change of the counts of a row. */
export interface MovementItem extends LastChange {
  movementId: string;
  /** The key of the level. */
  sku: string;
  /** The key of the row, where it is not the first one of the level. */
  row?: string;
  onHandDelta: number;
  availableDelta: number;
  reservedDelta: number;
  /** The version of the row that the change produced. */
  version: number;
  atMs: number;
}
