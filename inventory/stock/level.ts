/**
 * The stock level of a SKU: one row, or several (shards) where one cannot take all writes. Each row is a
 * partition of its own, and the counts of the level are their sums. The key of the first row is the SKU;
 * it says how many rows there are.
 */
import type { StockItem } from "../../contract/tables.ts";
import { batchGet } from "../dynamodb/batch-get.ts";
import { backOff, type Call, type Database } from "../dynamodb/database.ts";
import type { Counts } from "./counts.ts";
import { readRow } from "./row.ts";

/** A stock level as callers see it: the sums of its rows. */
export interface StockLevel extends Counts {
  sku: string;
  /** Grows with every change of the counts. */
  version: number;
  updatedAtMs: number;
  /** The number of rows; absent for one. */
  shards?: number;
  lowStockThreshold?: number;
}

const separator = "~";

/** The SKU of a row, which is the key of the first row of its level. */
export const skuOf = (row: string): string => row.split(separator, 1)[0]!;

export const isFirstRow = (row: string): boolean => !row.includes(separator);

/** @param shard from 0 */
export const rowKeyOf = (sku: string, shard: number): string =>
  shard === 0 ? sku : `${sku}${separator}${shard}`;

export const shardsOf = ({ shards = 1 }: Pick<StockItem, "shards">): number => shards;

/** The level of these rows, the first one first. */
export const levelOf = (rows: readonly StockItem[]): StockLevel => {
  const [first] = rows;
  if (first === undefined) throw new Error("A stock level has at least one row.");
  const level: StockLevel = {
    sku: first.sku,
    onHand: 0,
    available: 0,
    reserved: 0,
    version: 0,
    updatedAtMs: first.updatedAtMs,
    ...(rows.length > 1 && { shards: rows.length }),
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
 * the SKU is unknown. A level of one row costs one read.
 *
 * @param shards the number of rows, as far as it is known
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const readRows = async (
  database: Database,
  sku: string,
  call: Call,
  shards?: number,
): Promise<StockItem[] | undefined> => {
  if (shards === undefined || shards === 1) {
    const first = await readRow(database, sku, call);
    if (first === undefined) return undefined;
    return shardsOf(first) === 1 ? [first] : readRows(database, sku, call, shardsOf(first));
  }
  const keys = Array.from({ length: shards }, (_, shard) => rowKeyOf(sku, shard));
  const table = { table: database.tables.stock, attribute: "sku" } as const;
  const rows = await batchGet<StockItem>(database, table, keys, call);
  const [first] = rows;
  if (first?.sku !== sku) return undefined;
  return shardsOf(first) === shards ? rows : readRows(database, sku, call, shardsOf(first));
};

/**
 * True when both reads of a level have the same versions of the same rows: no count changed between the
 * end of the first read and the begin of the second, so that the rows were all so at one time.
 */
export const areSameRows = (some: readonly StockItem[], others: readonly StockItem[]): boolean =>
  some.length === others.length &&
  some.every(({ sku, version }, index) => {
    const other = others[index]!;
    return other.sku === sku && other.version === version;
  });

/** Waits between two reads of a level that did not agree. */
const snapshotWait = { firstMs: 4, maxMs: 50 };

/**
 * The rows of a level as they were at one time during the call, or undefined when the SKU is unknown.
 *
 * @param seen an earlier read, which may be one half of the proof
 * @throws InventoryError `busy` when the level keeps changing, `unavailable`, `rejected`
 */
export const snapshotOf = async (
  database: Database,
  sku: string,
  call: Call,
  seen?: readonly StockItem[],
): Promise<StockItem[] | undefined> => {
  let before = seen ?? (await readRows(database, sku, call));
  for (let attempt = 0; before !== undefined; attempt += 1) {
    if (before.length === 1) return [...before];
    const after: StockItem[] | undefined = await readRows(database, sku, call, before.length);
    if (after !== undefined && areSameRows(before, after)) return after;
    before = after;
    if (attempt > 0) await backOff(database, call, attempt, "conflict", snapshotWait);
  }
  return undefined;
};
