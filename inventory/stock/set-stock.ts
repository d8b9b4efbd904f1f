/** Counts of the shelf: they set the units on hand of a stock level, and what is kept from sale. */
import { PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { rowsInFlight } from "../../contract/bounds.ts";
import type { LastChange, StockItem } from "../../contract/tables.ts";
import { actorOf, backOff, withPatience, type Call, type Database } from "../dynamodb/database.ts";
import { InventoryError } from "../errors.ts";
import { mapEach } from "../for-each.ts";
import { writeIf } from "../dynamodb/write-if.ts";
import { serveAfterReceipt } from "../reservations/serve-backorders.ts";
import { levelKeyOf, type LevelName } from "./level-key.ts";
import {
  isWhole,
  levelOf,
  readLevel,
  readRows,
  safetyStockOf,
  snapshotOf,
  takesBackorders,
  type StockLevel,
} from "./level.ts";
import { markersOf, movesOnHand } from "./marker.ts";
import { resolveMarkers } from "./resolve.ts";
import { addLocation } from "./locations.ts";
import { gatherUnits, mergeRows, setShards } from "./shards.ts";

export interface SetStockInput extends LevelName {
  onHand: number;
  /** The version that the caller has seen; 0 for a level that must not exist yet. */
  expectedVersion?: number | undefined;
  /** The SKU is low at this number of available units or fewer; 0 for never. Stays when absent. */
  lowStockThreshold?: number | undefined;
  /** Units on hand that are kept from sale; 0 for none. Stays when absent. */
  safetyStock?: number | undefined;
  /** Units that may be sold before they are there; 0 for none. Stays when absent. */
  backorderLimit?: number | undefined;
  /** The time at which such units are expected, in milliseconds of the epoch. Stays when absent. */
  availableFromMs?: number | undefined;
  /** The number of rows that the level is to have. Stays when absent. */
  shards?: number | undefined;
  /** Identifies the count: repeated as the last count of its level, it changes nothing. */
  countId?: string | undefined;
  /** True where the caller has just seen that there is no such level: it is not looked for first. */
  isNew?: boolean | undefined;
  /** Applies a count below what is reserved: `available` is negative then. Refused unless true. */
  allowShortfall?: boolean | undefined;
}

export type SetStockOutcome =
  | { outcome: "created"; stock: StockLevel }
  | { outcome: "replaced"; stock: StockLevel }
  /** More units are reserved than would be on hand, and no shortfall is allowed. */
  | { outcome: "below_reserved"; stock: StockLevel }
  /** `version` is the level's, 0 when there is none. */
  | { outcome: "version_mismatch"; version: number };

/** Identifies one count, so that it recognises its own write. */
const countIdLength = 8;

/**
 * Sets the units on hand and keeps the held ones. The level is read first, and the write to its first
 * row is conditional on the units on hand that were read there: holds do not change them, so that a
 * selling SKU is counted as easily as a quiet one. Sales in other rows count as after it. A count whose
 * reply was lost is recognised, and not applied again.
 *
 * A count that leaves fewer units available than none needs a level of one row: while the first row has fewer
 * than none, another one must not sell any. So the rows are merged first, and the write is conditional on
 * that. It leaves a shortfall where more units are reserved than on hand, or takes what is kept from sale.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`: with `shards`, the count may be applied then
 */
export const setStock = async (
  database: Database,
  input: SetStockInput,
  caller: Call,
): Promise<SetStockOutcome> => {
  const call = withPatience(database, caller);
  const counted = await count(database, input, caller);
  if (counted.outcome !== "created" && counted.outcome !== "replaced") return counted;
  const { shards, backorderLimit } = input;
  const levelKey = levelKeyOf(input);
  if (backorderLimit !== undefined) await setBackorders(database, input, backorderLimit, caller);
  if (shards !== undefined) {
    await setShards(database, levelKey, shards, withPatience(database, caller));
  }
  const hasMore = shards !== undefined || takesBackorders(counted.stock);
  if (!hasMore) return counted;
  const stock = (await readLevel(database, levelKey, call)) ?? counted.stock;
  return { ...counted, stock: await serveAfterReceipt(database, stock, call) };
};

/** The units that may be sold before they are there are those of a level of their own. */
async function setBackorders(
  database: Database,
  { sku, location }: SetStockInput,
  backorderLimit: number,
  caller: Call,
): Promise<void> {
  const level = { sku, location, isBackorder: true } as const;
  const known = await readRows(database, levelKeyOf(level), withPatience(database, caller));
  if (known === undefined && backorderLimit === 0) return;
  await count(database, { ...level, onHand: backorderLimit, allowShortfall: true }, caller);
}

async function count(
  database: Database,
  input: SetStockInput,
  caller: Call,
): Promise<SetStockOutcome> {
  const { sku, location, onHand, allowShortfall = false } = input;
  const levelKey = levelKeyOf(input);
  let { expectedVersion } = input;
  let call = withPatience(database, caller);
  const countId = input.countId ?? database.randomUuid().slice(0, countIdLength);
  const lastChange: LastChange = { kind: "count", ...actorOf(call) };
  let rows = input.isNew ? undefined : await readToCount(database, levelKey, call);
  for (let attempt = 0; ; attempt += 1) {
    const level = rows && levelOf(rows);
    const version = level?.version ?? 0;
    if (expectedVersion !== undefined && version !== expectedVersion) {
      return { outcome: "version_mismatch", version };
    }
    if (level !== undefined && rows![0]!.countId === countId) {
      return { outcome: "replaced", stock: level };
    }
    const isBelow = level !== undefined && level.reserved > onHand;
    if (isBelow && !allowShortfall) return { outcome: "below_reserved", stock: level };
    const change = level === undefined ? 0 : availableChange(input, level);
    let found: StockItem | undefined;
    if (level !== undefined && level.available + change < 0 && rows!.length > 1) {
      const merged = await mergeRows(database, levelKey, 1, call);
      // Each merge is one change of the level.
      if (expectedVersion !== undefined) expectedVersion += merged;
      // The merges of many rows take longer than other requests are waited for.
      call = withPatience(database, caller);
    } else if (rows !== undefined && rows.length > 1 && rows[0]!.available + change < 0) {
      await gatherUnits(database, rows, -change, call);
      // It was the version of the level, which the moves have changed.
      expectedVersion = undefined;
    } else {
      if (rows === undefined && location !== undefined) {
        await addLocation(database, sku, location, call);
      }
      const wanted = { ...input, expectedVersion };
      const result = await writeCount(database, wanted, rows, countId, lastChange, call);
      if ("outcome" in result) return result;
      ({ found } = result);
    }
    // After a wait the row that was found is old.
    const isFresh = attempt === 0 && found !== undefined && isWhole(found) && !mayBeCounted(found);
    if (attempt > 0) await backOff(database, call, attempt, "conflict");
    rows = isFresh ? [found!] : await readToCount(database, levelKey, call);
  }
}

/** By how much a count changes the units available. */
const availableChange = (
  { onHand, safetyStock }: SetStockInput,
  level: Pick<StockLevel, "onHand" | "safetyStock">,
): number => {
  const { safetyStock: before = 0 } = level;
  return onHand - level.onHand - ((safetyStock ?? before) - before);
};

/**
 * Reads the rows of the level for a count. Units that records have shipped or taken back leave `onHand`, or
 * come to it, first: whoever counts the shelf has seen that.
 */
async function readToCount(
  database: Database,
  levelKey: string,
  call: Call,
): Promise<StockItem[] | undefined> {
  const rows = await snapshotOf(database, levelKey, call, 0);
  const open = (rows ?? []).filter(mayBeCounted);
  if (open.length === 0) return rows;
  await mapEach(open, rowsInFlight, (row) =>
    resolveMarkers(database, row, markersOf(row).filter(movesOnHand), call),
  );
  return snapshotOf(database, levelKey, call, 0);
}

const mayBeCounted = (row: StockItem): boolean => markersOf(row).some(movesOnHand);

/** Writes the count. Returns the first row where its units on hand have changed since they were read. */
async function writeCount(
  database: Database,
  input: SetStockInput,
  rows: readonly StockItem[] | undefined,
  countId: string,
  lastChange: LastChange,
  call: Call,
): Promise<SetStockOutcome | { found: StockItem | undefined }> {
  const outcome = rows === undefined ? "created" : "replaced";
  const seen = rows?.[0];
  let row: StockItem | undefined;
  let attempts = 0;
  const command = () => {
    attempts += 1;
    const nowMs = database.now();
    if (rows !== undefined) return recount(database, input, rows, countId, lastChange);
    row = newRow(input, countId, lastChange, nowMs);
    return new PutCommand({
      TableName: database.tables.stock,
      Item: row,
      ConditionExpression: "attribute_not_exists(sku)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
  };
  const counted = (first: StockItem): SetStockOutcome => ({
    outcome,
    stock: levelOf([first, ...(rows ?? []).slice(1)]),
  });
  const result = await writeIf<StockItem>(database, command, call);
  if (result.applied) return counted(row ?? result.item);
  // The reply to an earlier attempt of this call was lost.
  if (result.found?.countId === countId) return counted(result.found);
  // An earlier attempt may be applied, and a later count of another caller hide it.
  if (attempts > 1 && result.found?.countId !== seen?.countId) {
    throw new InventoryError("busy", `Another count of ${levelKeyOf(input)} met this one.`);
  }
  return { found: result.found };
}

const newRow = (
  {
    onHand,
    lowStockThreshold,
    safetyStock = 0,
    backorderLimit,
    availableFromMs,
    ...name
  }: SetStockInput,
  countId: string,
  lastChange: LastChange,
  nowMs: number,
): StockItem => ({
  sku: levelKeyOf(name),
  onHand,
  available: onHand - safetyStock,
  reserved: 0,
  version: 1,
  updatedAtMs: nowMs,
  open: {},
  onHandVersion: 1,
  countId,
  lastChange,
  ...(lowStockThreshold !== undefined && { lowStockThreshold }),
  ...(backorderLimit !== undefined && { backorderLimit }),
  ...(availableFromMs !== undefined && { availableFromMs }),
  ...(safetyStock > 0 && { safetyStock, leastAvailable: onHand - safetyStock }),
});

/** The conditional update of a first row whose units on hand are as they were read. */
function recount(
  database: Database,
  input: SetStockInput,
  rows: readonly StockItem[],
  countId: string,
  lastChange: LastChange,
): UpdateCommand {
  const { expectedVersion, safetyStock, allowShortfall = false } = input;
  const seen = rows[0]!;
  const level = levelOf(rows);
  const onHand = seen.onHand + input.onHand - level.onHand;
  const change = availableChange(input, level);
  const settings = settingsOf(input);
  const names = Object.keys(settings);
  const isExpected = expectedVersion !== undefined;
  const mayLeaveNone = allowShortfall || (safetyStock ?? safetyStockOf(seen)) > 0;
  const terms = mayLeaveNone && rows.length === 1 ? ifOnlyRow(allowShortfall) : ifEnough(-change);
  return new UpdateCommand({
    TableName: database.tables.stock,
    Key: { sku: seen.sku },
    UpdateExpression:
      "SET #onHand = :onHand, #available = #available + :change, #version = #version + :one, " +
      "#onHandVersion = #version + :one, #countId = :countId, #updatedAtMs = :now, " +
      "#lastChange = :lastChange" +
      names.map((name) => `, #${name} = :${name}`).join("") +
      terms.update,
    ConditionExpression:
      "#onHandVersion = :seen AND " +
      terms.condition +
      (isExpected ? " AND #version = :expectedVersion" : ""),
    ExpressionAttributeNames: {
      "#onHand": "onHand",
      "#available": "available",
      "#version": "version",
      "#onHandVersion": "onHandVersion",
      "#countId": "countId",
      "#updatedAtMs": "updatedAtMs",
      "#lastChange": "lastChange",
      "#leastAvailable": "leastAvailable",
      ...terms.names,
      ...Object.fromEntries(names.map((name) => [`#${name}`, name])),
    },
    ExpressionAttributeValues: {
      ":onHand": onHand,
      ":change": change,
      ...terms.values,
      ":seen": seen.onHandVersion,
      ":countId": countId,
      ":one": 1,
      ":now": database.now(),
      ":lastChange": lastChange,
      ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`:${name}`, value])),
      ...(isExpected && { ":expectedVersion": seen.version }),
    },
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
}

/** The settings of the level that the count changes, by the names of their attributes. */
const settingsOf = ({
  lowStockThreshold,
  safetyStock,
  backorderLimit,
  availableFromMs,
}: SetStockInput): Record<string, number> => ({
  ...(lowStockThreshold !== undefined && { lowStockThreshold }),
  ...(safetyStock !== undefined && { safetyStock }),
  ...(backorderLimit !== undefined && { backorderLimit }),
  ...(availableFromMs !== undefined && { availableFromMs }),
});

/** The terms of a count that leaves the row enough units for what is reserved and kept from sale. */
const ifEnough = (units: number) => ({
  condition: "#available >= :least",
  update: " REMOVE #leastAvailable",
  names: {},
  values: { ":least": units },
});

/** The terms of a count that may leave fewer units available than none: the level has no other row. */
const ifOnlyRow = (allowsShortfall: boolean) => ({
  condition:
    "(attribute_not_exists(#shards) OR #shards = :one)" +
    (allowsShortfall ? "" : " AND #reserved <= :onHand"),
  update: ", #leastAvailable = #available + :change",
  names: { "#shards": "shards", ...(!allowsShortfall && { "#reserved": "reserved" }) },
  values: {},
});
