/**
 * The ledger: every change of a SKU's counts is a movement. An adjustment writes its own, in its own
 * transaction (adjust.ts); all others are read off the stream of the stock table, so that a
 * reservation pays nothing for them. Summed up, the movements of a SKU are its record.
 */
import { BatchWriteCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { pageSizeDefault } from "../contract/bounds.ts";
import { movementsTable, type MovementItem, type StockItem } from "../contract/tables.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { backOff, type Call, type Database } from "./database.ts";
import { idOfKey } from "./identity.ts";
import { pageOf, readLimit, type Page } from "./page.ts";
import { send } from "./send.ts";

/** The counts of a SKU, or by how much they change. */
export interface Counts {
  onHand: number;
  available: number;
  reserved: number;
}

const nothing: Counts = { onHand: 0, available: 0, reserved: 0 };

/** The one id of the movement that led to a version: written again, it is the same record. */
export const movementIdOf = (sku: string, version: number): string =>
  idOfKey(["movement", sku], String(version));

/**
 * What happened between two images of a stock record. Undefined where the ledger has it already: an
 * adjustment, or no change of the counts.
 *
 * @param before undefined when the record is new
 */
export const movementBetween = (
  before: StockItem | undefined,
  after: StockItem,
): MovementItem | undefined => {
  const { sku, version, updatedAtMs, lastChange = { kind: "count" } } = after;
  if (version === before?.version || lastChange.kind === "adjustment") return undefined;
  const from = before ?? nothing;
  return {
    movementId: movementIdOf(sku, version),
    sku,
    ...lastChange,
    onHandDelta: after.onHand - from.onHand,
    availableDelta: after.available - from.available,
    reservedDelta: after.reserved - from.reserved,
    version,
    atMs: updatedAtMs,
  };
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
      const result = await send((options) => database.client.send(command, options), call);
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
  input: { sku: string; limit?: number | undefined; cursor?: string | undefined },
  call: Call,
): Promise<Page<MovementItem>> => {
  const { sku, limit = pageSizeDefault, cursor } = input;
  const list = ["movements", sku];
  const start = cursor && decodeCursor(list, ["number", "string"], cursor);
  const command = new QueryCommand({
    TableName: database.tables.movements,
    IndexName: movementsTable.bySku.indexName,
    KeyConditionExpression: "sku = :sku",
    ExpressionAttributeValues: { ":sku": sku },
    ScanIndexForward: false,
    Limit: readLimit(limit),
    ...(start && { ExclusiveStartKey: { sku, version: start[0], movementId: start[1] } }),
  });
  const { Items = [] } = await send((options) => database.client.send(command, options), call);
  return pageOf(Items as MovementItem[], limit, ({ version, movementId }) =>
    encodeCursor(list, [version, movementId]),
  );
};
