/**
 * The ledger: every change of a SKU's counts is a movement. An adjustment writes its own, in its own
 * transaction (adjust.ts); all others are read off the stream of the stock table, so that a
 * reservation pays nothing for them. Summed up, the movements of a SKU are its record.
 */
import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import { movementsTable, type MovementItem, type StockItem } from "../../contract/tables.ts";
import { deltasBetween } from "./counts.ts";
import { backOff, type Call, type Database } from "../dynamodb/database.ts";
import { idOfKey } from "../identity.ts";
import { listNewest, type PageWanted } from "../dynamodb/list-newest.ts";
import type { Page } from "../dynamodb/page.ts";
import { send } from "../dynamodb/send.ts";

/** The one id of the movement that led to a version: written again, it is the same record. */
export const movementIdOf = (sku: string, version: number): string =>
  idOfKey(["movement", sku], String(version));

/**
 * What happened between two images of a stock record. Undefined where the ledger has it already, as
 * an adjustment, or nothing moved.
 *
 * @param before undefined when the record is new
 * @param changeId of this change and no other, the same whenever it is told
 */
export const movementBetween = (
  before: StockItem | undefined,
  after: StockItem,
  changeId: string,
): MovementItem | undefined => {
  const { sku, version, updatedAtMs, lastChange = { kind: "count" } } = after;
  const moved = { sku, ...deltasBetween(before, after), version, atMs: updatedAtMs };
  if (version === before?.version) {
    // Whoever changes the counts of ours gives them a version.
    const isEdited = [moved.onHandDelta, moved.availableDelta, moved.reservedDelta].some(Boolean);
    const movementId = idOfKey(["edit", sku], changeId);
    return isEdited ? { movementId, kind: "edit", ...moved } : undefined;
  }
  if (lastChange.kind === "adjustment") return undefined;
  return { movementId: movementIdOf(sku, version), ...lastChange, ...moved };
};

/** Puts of one `BatchWriteItem`. */
const putsMax = 25;

/**
 * Writes movements, once or again: each under its own id. In any order, since none of them depends
 * on another.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`: some may be written then
 */
export const writeMovements = async (
  database: Database,
  movements: readonly MovementItem[],
  call: Call,
): Promise<void> => {
  const table = database.tables.movements;
  // A batch may not have one id twice.
  const items = [...new Map(movements.map((item) => [item.movementId, item])).values()];
  for (let from = 0; from < items.length; from += putsMax) {
    let puts = items.slice(from, from + putsMax).map((Item) => ({ PutRequest: { Item } }));
    for (let attempt = 0; puts.length > 0; attempt += 1) {
      if (attempt > 0) await backOff(database, call, attempt - 1, "throttle");
      const command = new BatchWriteCommand({ RequestItems: { [table]: puts } });
      const result = await send(
        database,
        (options) => database.client.send(command, options),
        call,
      );
      puts = (result.UnprocessedItems?.[table] ?? []) as typeof puts;
    }
  }
};

/**
 * The movements of a SKU, newest first. The index, and the ledger itself but for adjustments, may lag
 * behind what has happened this instant.
 *
 * @throws InventoryError `invalid_cursor`, `busy`, `unavailable`, `rejected`
 */
export const listMovements = async (
  database: Database,
  input: { sku: string } & PageWanted,
  call: Call,
): Promise<Page<MovementItem>> => {
  const { sku, ...page } = input;
  const { partitionKey: key, bySku: index } = movementsTable;
  const table = database.tables.movements;
  const partition = { list: "movements", table, index, key, value: sku };
  return listNewest(database, partition, page, call);
};
