/**
 * The history of a run: every version of every record, from the commits of the simulated DynamoDB. The
 * checks compare answers with it.
 */
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type {
  ChannelsItem,
  MovementItem,
  ReservationItem,
  StockItem,
} from "../../../contract/tables.ts";
import { channelsKey, levelKeyOfRow } from "../../../inventory/stock/level-key.ts";
import { isRow } from "../../../inventory/stock/row.ts";
import type { Change } from "../engine/engine.ts";
import type { Commit } from "../service/context.ts";
import { tableNames } from "../../app/table-names.ts";
import { createAccounts, setsOnHand, type RowAccount } from "./accounts.ts";
import { createLevels, type LevelSums } from "./levels.ts";
import type { RecordChange } from "./record-change.ts";
import { createTimeline, type Timeline } from "./timeline.ts";

/** A commit in the terms of the core. */
export interface CommittedChange {
  commit: Commit;
  stock: readonly RecordChange<StockItem>[];
  reservations: readonly RecordChange<ReservationItem>[];
  movements: readonly RecordChange<MovementItem>[];
}

/** A commit as it is checked. */
export interface NotedChange extends CommittedChange {
  /** The accounts of the rows that it concerns: those that it writes, and those of its records. */
  accounts: readonly RowAccount[];
}

/** A count's change of the units on hand of one row. */
export interface CountChange {
  atMs: number;
  /** The environment that counted. */
  sender: string;
  delta: number;
}

/** A write of one record, with the environment that sent it and the time of its clock when it did. */
export interface RecordWrite extends RecordChange<ReservationItem> {
  atMs: number;
  sender: string;
  sentAtWallMs: number;
}

/** The environment in which a person works past Holdfast. */
export const byHand = "by-hand";

export interface History {
  /** Takes in a commit, and returns it in the terms of the core. */
  note(commit: Commit): NotedChange;
  /** The history of one row. */
  stockOf(row: string): Timeline<StockItem>;
  /** The history of a level: undefined while its SKU is unknown. */
  levelOf(sku: string): Timeline<LevelSums>;
  /** The rows that a level has now, by their keys. */
  rowsOf(sku: string): ReadonlyMap<string, StockItem>;
  reservation(reservationId: string): Timeline<ReservationItem>;
  /** All sales channels by their names. */
  readonly channels: Timeline<ChannelsItem["channels"]>;
  /** The writes of a record, in the order of their commits. */
  writesOf(reservationId: string): readonly RecordWrite[];
  /** Ids of all reservations that an order ever had. */
  idsOfOrder(orderId: string): ReadonlySet<string>;
  /** The keys of all rows that a level ever had. */
  keysOf(sku: string): ReadonlySet<string>;
  /** The units of a SKU that are available in truth. Read it when the run has ended. */
  truthOf(sku: string, allowanceMs: number): Timeline<number>;
  /** The units on hand of a SKU, with those under way between its rows. */
  onHandOf(sku: string): Timeline<number>;
  /** The changes by counts, of all rows of a SKU. */
  countsOf(sku: string): readonly CountChange[];
  readonly skus: Iterable<string>;
  /** The keys of all rows that there ever were. */
  readonly rows: Iterable<string>;
  readonly reservationIds: Iterable<string>;
  /** All changes of records with events, in the order of their commits. */
  readonly changes: readonly CommittedChange[];
  /**
   * True when a person changed a row of the same SKU past Holdfast: its counts prove nothing then.
   *
   * @param row its key, or the SKU
   */
  wasChangedByHand(row: string): boolean;
}

export const createHistory = (): History => {
  const stock = new Map<string, Timeline<StockItem>>();
  const reservations = new Map<string, Timeline<ReservationItem>>();
  const movements = new Map<string, Timeline<MovementItem>>();
  const byOrder = new Map<string, Set<string>>();
  const changedByHand = new Set<string>();
  const channels = createTimeline<ChannelsItem["channels"]>();
  const levels = createLevels();
  const counts = new Map<string, CountChange[]>();
  const writes = new Map<string, RecordWrite[]>();
  const changes: CommittedChange[] = [];
  const accounts = createAccounts((id) => reservations.get(id)?.last);

  const noteCount = (
    { atMs, attempt: { sender } }: Commit,
    { key, before, after }: RecordChange<StockItem>,
  ): void => {
    if (after === undefined || !setsOnHand(before, after)) return;
    const ofSku = counts.get(levelKeyOfRow(key)) ?? [];
    ofSku.push({ atMs, sender, delta: after.onHand - (before?.onHand ?? 0) });
    counts.set(levelKeyOfRow(key), ofSku);
  };

  const noteWrite = ({ atMs, attempt }: Commit, change: RecordChange<ReservationItem>): void => {
    const { sender, sentAtWallMs } = attempt;
    const ofRecord = writes.get(change.key) ?? [];
    ofRecord.push({ ...change, atMs, sender, sentAtWallMs });
    writes.set(change.key, ofRecord);
  };

  const note = (commit: Commit): NotedChange => {
    const changedStock: RecordChange<StockItem>[] = [];
    const changedReservations: RecordChange<ReservationItem>[] = [];
    const changedMovements: RecordChange<MovementItem>[] = [];
    for (const change of commit.changes) {
      switch (change.target.table) {
        case tableNames.stock: {
          if (change.target.key["sku"]!.S === channelsKey) {
            const item = change.after && (unmarshall(change.after) as ChannelsItem);
            channels.add(commit.atMs, item?.channels);
            break;
          }
          const changed = noteIn(stock, "sku", change, commit.atMs, isRow);
          // The locations of a SKU are no row.
          if (changed.before === undefined && changed.after === undefined) break;
          if (commit.attempt.sender === byHand) changedByHand.add(levelKeyOfRow(changed.key));
          noteCount(commit, changed);
          changedStock.push(changed);
          break;
        }
        case tableNames.reservations: {
          const changed = noteIn(reservations, "reservationId", change, commit.atMs);
          const { orderId } = changed.after ?? {};
          if (orderId !== undefined) addTo(byOrder, orderId, changed.key);
          noteWrite(commit, changed);
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
    levels.note(commit.atMs, changedStock);
    const noted = accounts.note(commit.atMs, changedStock, changedReservations);
    return { ...changed, accounts: noted };
  };

  return {
    note,
    stockOf: (row) => stock.get(row) ?? absent,
    levelOf: (sku) => levels.timelineOf(sku),
    rowsOf: (sku) => levels.rowsOf(sku),
    keysOf: (sku) => levels.keysOf(sku),
    reservation: (id) => reservations.get(id) ?? absent,
    channels,
    writesOf: (id) => writes.get(id) ?? [],
    idsOfOrder: (orderId) => byOrder.get(orderId) ?? noIds,
    truthOf: (sku, allowanceMs) => accounts.truthOf(sku, allowanceMs),
    onHandOf: (sku) => accounts.onHandOf(sku),
    countsOf: (sku) => counts.get(sku) ?? [],
    get skus() {
      return levels.skus;
    },
    get rows() {
      return stock.keys();
    },
    get reservationIds() {
      return reservations.keys();
    },
    changes,
    wasChangedByHand: (row) => changedByHand.has(levelKeyOfRow(row)),
  };
};

/** The history of what never was. */
const absent: Timeline<never> = createTimeline();
const noIds: ReadonlySet<string> = new Set();

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
  exists: (item: Item) => boolean = () => true,
): RecordChange<Item> {
  const written = change.after && (unmarshall(change.after) as Item);
  const after = written !== undefined && exists(written) ? written : undefined;
  const key = change.target.key[keyName]!.S!;
  const timeline = timelineOf(timelines, key);
  const before = timeline.last;
  timeline.add(atMs, after);
  return { key, before, after };
}
