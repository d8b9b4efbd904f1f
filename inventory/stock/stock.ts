import { ScanCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { pageSizeDefault } from "../../contract/bounds.ts";
import type { LastChange, StockItem } from "../../contract/tables.ts";
import { decodeCursor, encodeCursor } from "../dynamodb/cursor.ts";
import { actorOf, type Call, type Database } from "../dynamodb/database.ts";
import { pageOf, readLimit, type Page } from "../dynamodb/page.ts";
import { readItem } from "../dynamodb/read-item.ts";
import { send } from "../dynamodb/send.ts";
import { writeIf } from "../dynamodb/write-if.ts";

export interface SetStockInput {
  sku: string;
  onHand: number;
  /** The version that the caller has seen; 0 for a SKU that must not exist yet. */
  expectedVersion?: number | undefined;
  /** At so many available units or fewer the SKU is low; 0 for never. Stays when absent. */
  lowStockThreshold?: number | undefined;
}

export type SetStockOutcome =
  | { outcome: "created"; stock: StockItem }
  | { outcome: "replaced"; stock: StockItem }
  /** More units are held than would be on hand. */
  | { outcome: "below_reserved"; stock: StockItem }
  /** `version` is the record's, 0 when there is none. */
  | { outcome: "version_mismatch"; version: number };

const setCondition = (expectedVersion: number | undefined): string => {
  switch (expectedVersion) {
    case undefined:
      return "attribute_not_exists(#sku) OR #reserved <= :onHand";
    case 0:
      return "attribute_not_exists(#sku)";
    default:
      return "#version = :expectedVersion AND #reserved <= :onHand";
  }
};

/**
 * Sets the units on hand, keeping what is held: one conditional update, which also computes
 * `available`, so that reservations may come and go meanwhile.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const setStock = async (
  database: Database,
  { sku, onHand, expectedVersion, lowStockThreshold }: SetStockInput,
  call: Call,
): Promise<SetStockOutcome> => {
  const condition = setCondition(expectedVersion);
  const setsThreshold = lowStockThreshold !== undefined;
  const lastChange: LastChange = { kind: "count", ...actorOf(call) };
  const command = new UpdateCommand({
    TableName: database.tables.stock,
    Key: { sku },
    UpdateExpression:
      "SET #onHand = :onHand, #available = :onHand - if_not_exists(#reserved, :zero), " +
      "#reserved = if_not_exists(#reserved, :zero), " +
      "#version = if_not_exists(#version, :zero) + :one, #updatedAtMs = :now, " +
      "#lastChange = :lastChange" +
      (setsThreshold ? ", #lowStockThreshold = :lowStockThreshold" : ""),
    ConditionExpression: condition,
    ExpressionAttributeNames: {
      ...(condition.includes("#sku") ? { "#sku": "sku" } : {}),
      "#onHand": "onHand",
      "#available": "available",
      "#reserved": "reserved",
      "#version": "version",
      "#updatedAtMs": "updatedAtMs",
      "#lastChange": "lastChange",
      ...(setsThreshold && { "#lowStockThreshold": "lowStockThreshold" }),
    },
    ExpressionAttributeValues: {
      ":onHand": onHand,
      ":zero": 0,
      ":one": 1,
      ":now": database.now(),
      ":lastChange": lastChange,
      ...(setsThreshold && { ":lowStockThreshold": lowStockThreshold }),
      ...(condition.includes(":expectedVersion") ? { ":expectedVersion": expectedVersion } : {}),
    },
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  const result = await writeIf<StockItem>(database, command, call);
  if (result.applied) {
    const stock = result.item;
    return { outcome: stock.version === 1 ? "created" : "replaced", stock };
  }
  const stock = result.found;
  if (stock === undefined) return { outcome: "version_mismatch", version: 0 };
  return expectedVersion !== undefined && stock.version !== expectedVersion
    ? { outcome: "version_mismatch", version: stock.version }
    : { outcome: "below_reserved", stock };
};

/** The stock of a SKU as it is now, or undefined when the SKU is unknown. */
export const getStock = (
  database: Database,
  sku: string,
  call: Call,
): Promise<StockItem | undefined> => readItem(database, database.tables.stock, { sku }, call);

/**
 * All stock, in no order, page by page. A page is eventually consistent: half the price, for a list
 * that is old by the time it has been read.
 *
 * @throws InventoryError `invalid_cursor`, `busy`, `unavailable`, `rejected`
 */
export const listStock = async (
  database: Database,
  { limit = pageSizeDefault, cursor }: { limit?: number | undefined; cursor?: string | undefined },
  call: Call,
): Promise<Page<StockItem>> => {
  const list = ["stock"];
  const start = cursor && decodeCursor(list, ["string"], cursor);
  const command = new ScanCommand({
    TableName: database.tables.stock,
    Limit: readLimit(limit),
    ...(start && { ExclusiveStartKey: { sku: start[0] } }),
  });
  const { Items = [] } = await send(
    database,
    (options) => database.client.send(command, options),
    call,
  );
  return pageOf(Items as StockItem[], limit, ({ sku }) => encodeCursor(list, [sku]));
};
