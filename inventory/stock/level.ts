/**
 * The stock level of a SKU at a location: one row, or several (shards) where one cannot take all writes.
 * Each row is a partition of its own, and the counts of the level are their sums. The first row says how
 * many there are.
 */
import type { StockItem } from "../../contract/tables.ts";
import { rowsInFlight } from "../../contract/bounds.ts";
import { backOff, type Call, type Database } from "../dynamodb/database.ts";
import { mapEach } from "../for-each.ts";
import type { Counts } from "./counts.ts";
import { levelKeyOf, levelNameOf, rowKeyOf } from "./level-key.ts";
import { isMove, markersOf } from "./marker.ts";
import { resolveMarkers } from "./resolve.ts";
import { readRow, readRowsOf } from "./row.ts";

/** A stock level as callers see it: the sums of its rows. */
export interface StockLevel extends Counts {
  sku: string;
  /** Absent for the default location. */
  location?: string;
  isBackorder?: true;
  /** Grows with every change of the counts. */
  version: number;
  updatedAtMs: number;
  /** Units that are kept from sale; absent for none. */
  safetyStock?: number;
  /** Units that may be sold before they are there; absent for none. */
  backorderLimit?: number;
  /** Units of them that reservations wait for. */
  backordered?: number;
  /** The time at which such units are expected, in milliseconds of the epoch. */
  availableFromMs?: number;
  /** The number of rows; absent for one. */
  shards?: number;
  lowStockThreshold?: number;
}

/** The units available in these rows together. */
export const availableIn = (rows: readonly StockItem[]): number =>
  rows.reduce((sum, { available }) => sum + available, 0);

export const unavailableOf = ({ unavailable = 0 }: Pick<StockItem, "unavailable">): number =>
  unavailable;

export const safetyStockOf = ({ safetyStock = 0 }: Pick<StockItem, "safetyStock">): number =>
  safetyStock;

/** True for the first row of a level whose units may be sold before they are there. */
export const takesBackorders = ({
  backorderLimit = 0,
}: Pick<StockItem, "backorderLimit">): boolean => backorderLimit > 0;

/** Units that may still be sold before they are there. */
export const backorderableOf = (
  level: Pick<StockLevel, "backorderLimit" | "backordered"> | undefined,
): number => Math.max(0, (level?.backorderLimit ?? 0) - (level?.backordered ?? 0));

/** Units on hand that are neither reserved nor available. */
export const keptOf = (row: Pick<StockItem, "unavailable" | "safetyStock">): number =>
  unavailableOf(row) + safetyStockOf(row);

/** The least units that the row may have available: fewer than none only after a count that was allowed to. */
export const leastAvailableOf = ({ leastAvailable = 0 }: StockItem): number =>
  Math.min(0, leastAvailable);

export const shardsOf = ({ shards = 1 }: Pick<StockItem, "shards">): number => shards;

/** The level of these rows, the first one first. */
export const levelOf = (rows: readonly StockItem[]): StockLevel => {
  const [first] = rows;
  if (first === undefined) throw new Error("A stock level has at least one row.");
  const level: StockLevel = {
    ...levelNameOf(first.sku),
    onHand: 0,
    available: 0,
    reserved: 0,
    version: 0,
    updatedAtMs: first.updatedAtMs,
    ...(rows.length > 1 && { shards: rows.length }),
    ...(unavailableOf(first) > 0 && { unavailable: unavailableOf(first) }),
    ...(safetyStockOf(first) > 0 && { safetyStock: safetyStockOf(first) }),
    ...(takesBackorders(first) && { backorderLimit: first.backorderLimit }),
    ...(first.availableFromMs !== undefined && { availableFromMs: first.availableFromMs }),
    ...(first.lowStockThreshold !== undefined && { lowStockThreshold: first.lowStockThreshold }),
  };
  for (const { onHand, available, reserved, version, startVersion = 0, updatedAtMs } of rows) {
    level.onHand += onHand;
    level.available += available;
    level.reserved += reserved;
    level.version += version - startVersion;
    level.updatedAtMs = Math.max(level.updatedAtMs, updatedAtMs);
  }
  return level;
};

/**
 * The rows of a level, the first one first, each as it is at some time during the call; undefined when
 * there is no such level. A level of one row costs one read.
 *
 * @param shards the number of rows, as far as it is known
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const readRows = async (
  database: Database,
  levelKey: string,
  call: Call,
  shards?: number,
): Promise<StockItem[] | undefined> => {
  if (shards === undefined || shards === 1) {
    const first = await readRow(database, levelKey, call);
    if (first === undefined) return undefined;
    return shardsOf(first) === 1 ? [first] : readRows(database, levelKey, call, shardsOf(first));
  }
  const keys = Array.from({ length: shards }, (_, shard) => rowKeyOf(levelKey, shard));
  const rows = await readRowsOf(database, keys, call);
  const [first] = rows;
  if (first?.sku !== levelKey) return undefined;
  return shardsOf(first) === shards ? rows : readRows(database, levelKey, call, shardsOf(first));
};

/**
 * The rows of these levels by their keys, none for a level that there is not: each row as it is at some time
 * during the call. Levels of one row cost one request for each 100.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const readRowsOfLevels = async (
  database: Database,
  levelKeys: readonly string[],
  call: Call,
): Promise<Map<string, StockItem[]>> => {
  const levels = new Map<string, StockItem[]>(levelKeys.map((key) => [key, []]));
  const firsts = await readRowsOf(database, levelKeys, call);
  await mapEach(firsts, rowsInFlight, async (first) => {
    const shards = shardsOf(first);
    const rows = shards === 1 ? [first] : await readRows(database, first.sku, call, shards);
    levels.set(first.sku, rows ?? []);
  });
  return levels;
};

type Read = readonly StockItem[];

/** Compares two reads of a level: the same rows, each with the same version of this name. */
const agreeOn =
  (name: "version" | "moveVersion") =>
  (some: Read, others: Read): boolean =>
    some.length === others.length &&
    some.every((row, index) => {
      const other = others[index]!;
      return other.sku === row.sku && other[name] === row[name];
    });

/**
 * True when both reads of a level have the same versions of the same rows: no count changed between the
 * end of the first read and the begin of the second, so that the rows were all so at one time.
 */
export const areSameRows = agreeOn("version");

/** True when no units went from row to row between the two reads. */
const areUnmoved = agreeOn("moveVersion");

/** Waits between two reads of a level that did not agree. */
const snapshotWait = { firstMs: 4, maxMs: 50 };

/**
 * The rows of a level as they were at one time during the call, with no units on their way between
 * them; undefined when there is no such level. A level that keeps changing is not so at two reads: after
 * `tries` it is read at a time of each row, with no move between these times.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const snapshotOf = async (
  database: Database,
  levelKey: string,
  call: Call,
  tries: number,
): Promise<StockItem[] | undefined> => {
  let before: StockItem[] | undefined;
  for (let attempt = 0; ; attempt += 1) {
    const after: StockItem[] | undefined = await readRows(database, levelKey, call, before?.length);
    if (after === undefined) return undefined;
    const moving = after.map((row) => markersOf(row).filter(isMove));
    const isStill = moving.every(({ length }) => length === 0);
    // A level that was merged between two reads of its rows may show its first row alone.
    if (isStill && shardsOf(after[0]!) === 1) return after;
    if (!isStill) {
      before = undefined;
      await mapEach([...after.entries()], rowsInFlight, ([index, row]) =>
        resolveMarkers(database, row, moving[index]!, call),
      );
    } else {
      const agree = attempt < tries ? areSameRows : areUnmoved;
      if (before !== undefined && agree(before, after)) return after;
      before = after;
    }
    if (attempt > 0) await backOff(database, call, attempt, "conflict", snapshotWait);
  }
};

/** True for the first row of a level that has no other, and no units on their way to one. */
export const isWhole = (first: StockItem): boolean =>
  shardsOf(first) === 1 && !markersOf(first).some(isMove);

/** Reads of a level that must be of one time, before it is read at a time of each row. */
const snapshotTries = 8;

/**
 * The level as it is now, or undefined when there is none.
 *
 * @param first the first row, where it was just read
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const readLevel = async (
  database: Database,
  levelKey: string,
  call: Call,
  first?: StockItem,
): Promise<StockLevel | undefined> => {
  const rows =
    first !== undefined && isWhole(first)
      ? [first]
      : await snapshotOf(database, levelKey, call, snapshotTries);
  if (rows === undefined || !takesBackorders(rows[0]!)) return rows && levelOf(rows);
  const name = levelNameOf(levelKey);
  const waiting = await readRows(database, levelKeyOf({ ...name, isBackorder: true }), call);
  return { ...levelOf(rows), backordered: waiting === undefined ? 0 : levelOf(waiting).reserved };
};
