/** The counts of SKUs: set by a count, read one by one or as a list. */
import { PutCommand, ScanCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { pageSizeDefault } from "../../contract/bounds.ts";
import type { LastChange, StockItem } from "../../contract/tables.ts";
import { decodeCursor, encodeCursor } from "../dynamodb/cursor.ts";
import { actorOf, backOff, withPatience, type Call, type Database } from "../dynamodb/database.ts";
import { pageOf, readLimit, type Page } from "../dynamodb/page.ts";
import { send } from "../dynamodb/send.ts";
import { InventoryError } from "../errors.ts";
import { writeIf } from "../dynamodb/write-if.ts";
import { readRow } from "./row.ts";

export interface SetStockInput {
  sku: string;
  onHand: number;
  /** The number of rows that the level is to have. Stays when absent. */
  shards?: number | undefined;
  /** The version that the caller has seen; 0 for a SKU that must not exist yet. */
  expectedVersion?: number | undefined;
  /** The SKU is low at this number of available units or fewer; 0 for never. Stays when absent. */
  lowStockThreshold?: number | undefined;
}

export type SetStockOutcome =
  | { outcome: "created"; stock: StockItem }
  | { outcome: "replaced"; stock: StockItem }
  /** More units are held than would be on hand. */
  | { outcome: "below_reserved"; stock: StockItem }
  /** `version` is the record's, 0 when there is none. */
  | { outcome: "version_mismatch"; version: number };

/** Identifies one count, so that it recognises its own write. */
const countIdLength = 8;

/**
 * Sets the units on hand and keeps the held ones. The row is read first, and the write is conditional on
 * the units on hand that were read: holds do not change them, so that a selling SKU is counted as easily
 * as a quiet one. A count whose reply was lost is recognised, and not applied again.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const setStock = async (
  database: Database,
  input: SetStockInput,
  caller: Call,
): Promise<SetStockOutcome> => {
  const { sku, onHand, expectedVersion } = input;
  const call = withPatience(database, caller);
  const countId = database.randomUuid().slice(0, countIdLength);
  const lastChange: LastChange = { kind: "count", ...actorOf(call) };
  let seen = await readRow(database, sku, call);
  for (let attempt = 0; ; attempt += 1) {
    const version = seen?.version ?? 0;
    if (expectedVersion !== undefined && version !== expectedVersion) {
      return { outcome: "version_mismatch", version };
    }
    if (seen !== undefined && seen.reserved > onHand) {
      return { outcome: "below_reserved", stock: seen };
    }
    const result = await writeCount(database, input, seen, countId, lastChange, call);
    if (result.applied) return result.outcome;
    seen = result.found;
    if (attempt > 0) await backOff(database, call, attempt, "conflict");
  }
};

type Written =
  { applied: true; outcome: SetStockOutcome } | { applied: false; found: StockItem | undefined };

async function writeCount(
  database: Database,
  input: SetStockInput,
  seen: StockItem | undefined,
  countId: string,
  lastChange: LastChange,
  call: Call,
): Promise<Written> {
  const outcome = seen === undefined ? "created" : "replaced";
  let row: StockItem | undefined;
  let attempts = 0;
  const command = () => {
    attempts += 1;
    const nowMs = database.now();
    if (seen !== undefined) return recount(database, input, seen, countId, lastChange);
    row = newRow(input, countId, lastChange, nowMs);
    return new PutCommand({
      TableName: database.tables.stock,
      Item: row,
      ConditionExpression: "attribute_not_exists(sku)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
  };
  const result = await writeIf<StockItem>(database, command, call);
  if (result.applied) return { applied: true, outcome: { outcome, stock: row ?? result.item } };
  // The reply to an earlier attempt of this call was lost.
  if (result.found?.countId === countId) {
    return { applied: true, outcome: { outcome, stock: result.found } };
  }
  // An earlier attempt may be applied, and a later count of another caller hide it.
  if (attempts > 1 && result.found?.countId !== seen?.countId) {
    throw new InventoryError("busy", `Another count of ${input.sku} met this one.`);
  }
  return result;
}

const newRow = (
  { sku, onHand, lowStockThreshold }: SetStockInput,
  countId: string,
  lastChange: LastChange,
  nowMs: number,
): StockItem => ({
  sku,
  onHand,
  available: onHand,
  reserved: 0,
  version: 1,
  updatedAtMs: nowMs,
  open: {},
  onHandVersion: 1,
  countId,
  lastChange,
  ...(lowStockThreshold !== undefined && { lowStockThreshold }),
});

/** The conditional update of a row whose units on hand are as they were read. */
function recount(
  database: Database,
  { sku, onHand, expectedVersion, lowStockThreshold }: SetStockInput,
  seen: StockItem,
  countId: string,
  lastChange: LastChange,
): UpdateCommand {
  const setsThreshold = lowStockThreshold !== undefined;
  const isExpected = expectedVersion !== undefined;
  return new UpdateCommand({
    TableName: database.tables.stock,
    Key: { sku },
    UpdateExpression:
      "SET #onHand = :onHand, #available = #available + :delta, #version = #version + :one, " +
      "#onHandVersion = #version + :one, #countId = :countId, #updatedAtMs = :now, " +
      "#lastChange = :lastChange" +
      (setsThreshold ? ", #lowStockThreshold = :lowStockThreshold" : ""),
    ConditionExpression:
      "#onHandVersion = :seen AND #available >= :least" +
      (isExpected ? " AND #version = :expectedVersion" : ""),
    ExpressionAttributeNames: {
      "#onHand": "onHand",
      "#available": "available",
      "#version": "version",
      "#onHandVersion": "onHandVersion",
      "#countId": "countId",
      "#updatedAtMs": "updatedAtMs",
      "#lastChange": "lastChange",
      ...(setsThreshold && { "#lowStockThreshold": "lowStockThreshold" }),
    },
    ExpressionAttributeValues: {
      ":onHand": onHand,
      ":delta": onHand - seen.onHand,
      ":least": seen.onHand - onHand,
      ":seen": seen.onHandVersion,
      ":countId": countId,
      ":one": 1,
      ":now": database.now(),
      ":lastChange": lastChange,
      ...(setsThreshold && { ":lowStockThreshold": lowStockThreshold }),
      ...(isExpected && { ":expectedVersion": expectedVersion }),
    },
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
}

/** The stock of a SKU as it is now, or undefined when the SKU is unknown. */
export const getStock = (
  database: Database,
  sku: string,
  call: Call,
): Promise<StockItem | undefined> => readRow(database, sku, call);

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
