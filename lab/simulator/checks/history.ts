/**
 * The history of a run: every version of every record, from the commits of the simulated DynamoDB. The
 * checks compare answers with it.
 */
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { MovementItem, ReservationItem, StockItem } from "../../../contract/tables.ts";
import { markersOf } from "../../../inventory/stock/marker.ts";
import type { Change } from "../engine/engine.ts";
import type { Commit } from "../service/context.ts";
import { tableNames } from "../../app/table-names.ts";
import { createTimeline, type Timeline } from "./timeline.ts";

/** Both images of a record that a commit changes. */
export interface RecordChange<Item> {
  key: string;
  before: Item | undefined;
  after: Item | undefined;
}

/** A commit in the terms of the core. */
export interface CommittedChange {
  commit: Commit;
  stock: readonly RecordChange<StockItem>[];
  reservations: readonly RecordChange<ReservationItem>[];
  movements: readonly RecordChange<MovementItem>[];
}

/** The environment in which a person works past Holdfast. */
export const byHand = "by-hand";

export interface History {
  /** Takes in a commit, and returns it in the terms of the core. */
  note(commit: Commit): CommittedChange;
  stockOf(sku: string): Timeline<StockItem>;
  reservation(reservationId: string): Timeline<ReservationItem>;
  /** Ids of all reservations that ever were: of a SKU, of an order. */
  idsOfSku(sku: string): ReadonlySet<string>;
  idsOfOrder(orderId: string): ReadonlySet<string>;
  /** Rows that have, or had, a marker of the record. */
  rowsMarkedBy(reservationId: string): Iterable<string>;
  /** The units of a SKU that are available by the records alone. */
  availableOf(sku: string): Timeline<number>;
  noteAvailable(sku: string, atMs: number, units: number): void;
  readonly skus: Iterable<string>;
  readonly reservationIds: Iterable<string>;
  /** All changes of records with events, in the order of their commits. */
  readonly changes: readonly CommittedChange[];
  /** By SKU: when the first of all its holds ends, in milliseconds of the epoch. */
  firstExpiryMs(sku: string): number;
  /** True when a person changed the stock of the SKU past Holdfast: its counts prove nothing then. */
  wasChangedByHand(sku: string): boolean;
}

export const createHistory = (): History => {
  const stock = new Map<string, Timeline<StockItem>>();
  const reservations = new Map<string, Timeline<ReservationItem>>();
  const movements = new Map<string, Timeline<MovementItem>>();
  const bySku = new Map<string, Set<string>>();
  const byOrder = new Map<string, Set<string>>();
  const available = new Map<string, Timeline<number>>();
  const marked = new Map<string, Set<string>>();
  const firstExpiry = new Map<string, number>();
  const changedByHand = new Set<string>();
  const changes: CommittedChange[] = [];

  const noteReservation = (item: ReservationItem): void => {
    const { reservationId, orderId, lines, status, expiresAtMs } = item;
    if (orderId !== undefined) addTo(byOrder, orderId, reservationId);
    for (const { sku } of lines) {
      addTo(bySku, sku, reservationId);
      if (status === "held") {
        firstExpiry.set(sku, Math.min(firstExpiry.get(sku) ?? Infinity, expiresAtMs));
      }
    }
  };

  const noteMarkers = (row: StockItem): void => {
    for (const marker of markersOf(row)) {
      if (marker.version >= row.version) addTo(marked, marker.reservationId, row.sku);
    }
  };

  const note = (commit: Commit): CommittedChange => {
    const changedStock: RecordChange<StockItem>[] = [];
    const changedReservations: RecordChange<ReservationItem>[] = [];
    const changedMovements: RecordChange<MovementItem>[] = [];
    for (const change of commit.changes) {
      switch (change.target.table) {
        case tableNames.stock: {
          const changed = noteIn(stock, "sku", change, commit.atMs);
          if (commit.attempt.sender === byHand) changedByHand.add(changed.key);
          if (changed.after !== undefined) noteMarkers(changed.after);
          changedStock.push(changed);
          break;
        }
        case tableNames.reservations: {
          const changed = noteIn(reservations, "reservationId", change, commit.atMs);
          if (changed.after !== undefined) noteReservation(changed.after);
          changedReservations.push(changed);
          break;
        }
        case tableNames.movements:
          changedMovements.push(noteIn(movements, "movementId", change, commit.atMs));
          break;
      }
    }
    const changed = {
      commit,
      stock: changedStock,
      reservations: changedReservations,
      movements: changedMovements,
    };
    if (changedStock.length + changedReservations.length > 0) changes.push(changed);
    return changed;
  };

  return {
    note,
    stockOf: (sku) => timelineOf(stock, sku),
    reservation: (id) => timelineOf(reservations, id),
    idsOfSku: (sku) => bySku.get(sku) ?? new Set(),
    idsOfOrder: (orderId) => byOrder.get(orderId) ?? new Set(),
    rowsMarkedBy: (id) => marked.get(id) ?? [],
    availableOf: (sku) => timelineOf(available, sku),
    noteAvailable: (sku, atMs, units) => {
      const timeline = timelineOf(available, sku);
      if (timeline.last !== units) timeline.add(atMs, units);
    },
    get skus() {
      return stock.keys();
    },
    get reservationIds() {
      return reservations.keys();
    },
    changes,
    firstExpiryMs: (sku) => firstExpiry.get(sku) ?? Infinity,
    wasChangedByHand: (sku) => changedByHand.has(sku),
  };
};

function timelineOf<Item>(timelines: Map<string, Timeline<Item>>, key: string): Timeline<Item> {
  let timeline = timelines.get(key);
  if (timeline === undefined) {
    timeline = createTimeline();
    timelines.set(key, timeline);
  }
  return timeline;
}

function addTo(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key) ?? new Set();
  sets.set(key, set.add(value));
}

/** The image before is the last one noted, so that each image is read once. */
function noteIn<Item extends object, Key extends keyof Item & string>(
  timelines: Map<string, Timeline<Item>>,
  keyName: Key,
  change: Change,
  atMs: number,
): RecordChange<Item> {
  const after = change.after && (unmarshall(change.after) as Item);
  const key = unmarshall(change.target.key)[keyName] as string;
  const timeline = timelineOf(timelines, key);
  const before = timeline.last;
  timeline.add(atMs, after);
  return { key, before, after };
}
