/** Stock as callers see it: of a SKU, of a location, of many of them at once, or as a list. */
import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { pageSizeDefault, rowsInFlight } from "../../contract/bounds.ts";
import type { StockItem, StockTableItem } from "../../contract/tables.ts";
import { decodeCursor, encodeCursor } from "../dynamodb/cursor.ts";
import { withPatience, type Call, type Database } from "../dynamodb/database.ts";
import { pageOf, readLimit, type Page } from "../dynamodb/page.ts";
import { send } from "../dynamodb/send.ts";
import { mapEach } from "../for-each.ts";
import { isBackorderKey, isFirstRow, levelKeyOf, type LevelName } from "./level-key.ts";
import { levelOf, readLevel, readRows, shardsOf, type StockLevel } from "./level.ts";
import { readLocations } from "./locations.ts";
import { isRow, readRowsOf } from "./row.ts";

/** The stock of a SKU: the sums of all its levels. */
export interface SkuStock extends StockLevel {
  /** The levels at all locations, the default one first. Absent where there is no other. */
  locations?: StockLevel[];
}

/**
 * The stock of a SKU as it is now, or undefined when the SKU is unknown. Each level is as it was at one time,
 * but not all of them at the same.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const getStock = async (
  database: Database,
  sku: string,
  caller: Call,
): Promise<SkuStock | undefined> => {
  const call = withPatience(database, caller);
  const [own, locations] = await Promise.all([
    readLevel(database, sku, call),
    readLocations(database, sku, call),
  ]);
  const names = locations.map((location) => ({ sku, location }));
  const others = (await getLevels(database, names, call)).filter((level) => level !== undefined);
  if (others.length === 0) return own;
  return totalOf(sku, own === undefined ? others : [own, ...others]);
};

function totalOf(sku: string, locations: StockLevel[]): SkuStock {
  const total = {
    onHand: 0,
    available: 0,
    reserved: 0,
    unavailable: 0,
    safetyStock: 0,
    backorderLimit: 0,
    backordered: 0,
    version: 0,
    updatedAtMs: 0,
  };
  for (const level of locations) {
    total.onHand += level.onHand;
    total.available += level.available;
    total.reserved += level.reserved;
    total.unavailable += level.unavailable ?? 0;
    total.safetyStock += level.safetyStock ?? 0;
    total.backorderLimit += level.backorderLimit ?? 0;
    total.backordered += level.backordered ?? 0;
    total.version += level.version;
    total.updatedAtMs = Math.max(total.updatedAtMs, level.updatedAtMs);
  }
  return { sku, ...total, locations };
}

/**
 * The stock of a SKU at one location as it is now, or undefined when there is none.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const getLevel = (
  database: Database,
  name: LevelName,
  caller: Call,
): Promise<StockLevel | undefined> =>
  readLevel(database, levelKeyOf(name), withPatience(database, caller));

/**
 * The levels of these names, each as it is now, in their order; undefined where there is none. One request
 * for each 100, and one more for each level in several rows.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const getLevels = async (
  database: Database,
  names: readonly LevelName[],
  caller: Call,
): Promise<(StockLevel | undefined)[]> => {
  const call = withPatience(database, caller);
  const keys = names.map(levelKeyOf);
  const firsts = new Map<string, StockItem>();
  // One request may not name a key twice.
  for (const row of await readRowsOf(database, [...new Set(keys)], call)) firsts.set(row.sku, row);
  return mapEach(keys, rowsInFlight, async (key) => {
    const first = firsts.get(key);
    return first && readLevel(database, key, call, first);
  });
};

/**
 * All stock levels, in no order, page by page. A page is eventually consistent: half the price, for a
 * list that is old by the time it has been read. A page may have fewer than `limit`, also when there are
 * more: a level in several rows is listed with its first one, and each location by itself.
 *
 * @throws InventoryError `invalid_cursor`, `busy`, `unavailable`, `rejected`
 */
export const listStock = async (
  database: Database,
  { limit = pageSizeDefault, cursor }: { limit?: number | undefined; cursor?: string | undefined },
  call: Call,
): Promise<Page<StockLevel>> => {
  const list = ["stock"];
  const start = cursor === undefined ? undefined : decodeCursor(list, ["string"], cursor);
  const command = new ScanCommand({
    TableName: database.tables.stock,
    Limit: readLimit(limit),
    ...(start && { ExclusiveStartKey: { sku: start[0] } }),
  });
  const read = await send(database, (options) => database.client.send(command, options), call);
  const page = pageOf<StockTableItem>(read, limit, ({ sku }) => encodeCursor(list, [sku]));
  const levels = await mapEach(
    page.items.filter(isRow).filter(({ sku }) => isFirstRow(sku) && !isBackorderKey(sku)),
    rowsInFlight,
    async (first) => {
      const rows = shardsOf(first) === 1 ? [first] : await readRows(database, first.sku, call);
      return levelOf(rows ?? [first]);
    },
  );
  return { ...page, items: levels };
};
