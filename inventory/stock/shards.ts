/**
 * The number of rows of a level. More of them take more writes: a caller asks for them before a sale, and
 * the core doubles them when a row is hot. A level that is quiet or sold out becomes one row again, so that
 * a look at it costs one read.
 */
import { PutCommand, TransactWriteCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { quietLevelMs, rowsInFlight, shardsMax, spreadEveryMs } from "../../contract/bounds.ts";
import type { StockItem } from "../../contract/tables.ts";
import { backOff, type Call, type Database } from "../dynamodb/database.ts";
import { send } from "../dynamodb/send.ts";
import { writeIf } from "../dynamodb/write-if.ts";
import { ifPossible } from "../errors.ts";
import { mapEach } from "../for-each.ts";
import { rowKeyOf, shardOf } from "./level-key.ts";
import { availableIn, readRows, shardsOf } from "./level.ts";
import { markersOf } from "./marker.ts";
import { moveUnits, type RowUnits } from "./move-units.ts";
import { resolveMarkers } from "./resolve.ts";

/** Units of each row below which more rows are of no use: they would soon be empty. */
const unitsPerRowMin = 100;

/**
 * Gives the level so many rows, and spreads its units over them.
 *
 * @returns false when there is no such level
 * @throws InventoryError `busy` when fewer rows are wanted of a level that is too busy for it,
 *   `unavailable`, `rejected`
 */
export const setShards = async (
  database: Database,
  levelKey: string,
  shards: number,
  call: Call,
): Promise<boolean> => {
  for (let attempt = 0; ; attempt += 1) {
    const rows = await readRows(database, levelKey, call);
    if (rows === undefined) return false;
    if (rows.length > shards) await mergeRows(database, levelKey, shards, call);
    else if (await spreadOver(database, rows, shards, shards > 1, call)) return true;
    else await backOff(database, call, attempt, "conflict");
  }
};

/**
 * Spreads the load of a hot level: its units where they are uneven, or else over twice as many rows. One
 * request a second does so, whichever comes first.
 *
 * @returns the number of rows; undefined where nothing was to be done
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const spreadLoad = async (
  database: Database,
  levelKey: string,
  caller: Call,
): Promise<number | undefined> => {
  if (!(await claimSpread(database, levelKey, caller))) return undefined;
  // The load that it relieves is in its way: it waits longer than others.
  const call = { ...caller, patienceMs: () => caller.remainingMs() };
  const rows = await readRows(database, levelKey, call);
  if (rows === undefined) return undefined;
  const least = Math.min(...rows.map(({ available }) => available));
  const isEven = least >= Math.floor(availableIn(rows) / rows.length) / 2;
  const wanted = Math.min(shardsMax, isEven ? 2 * rows.length : rows.length);
  if (availableIn(rows) < wanted * unitsPerRowMin) return undefined;
  return (await spreadOver(database, rows, wanted, false, call)) ? wanted : undefined;
};

/** True when no other request has spread the load of the level within the last second. */
async function claimSpread(database: Database, levelKey: string, call: Call): Promise<boolean> {
  const command = () => {
    const nowMs = database.now();
    return new UpdateCommand({
      TableName: database.tables.stock,
      Key: { sku: levelKey },
      UpdateExpression: "SET #spreadAtMs = :now",
      ConditionExpression:
        "attribute_exists(#open) AND (attribute_not_exists(#spreadAtMs) OR #spreadAtMs < :before)",
      ExpressionAttributeNames: { "#spreadAtMs": "spreadAtMs", "#open": "open" },
      ExpressionAttributeValues: { ":now": nowMs, ":before": nowMs - spreadEveryMs },
    });
  };
  return (await writeIf(database, command, call)).applied;
}

/**
 * Spreads the units of a level evenly over so many rows. Rows are added when the units for them have
 * left the others, so that functions do not find them empty. Those of a level that has a shortfall get no
 * units.
 *
 * @returns false when the number of rows has changed
 */
async function spreadOver(
  database: Database,
  rows: readonly StockItem[],
  shards: number,
  areSet: boolean,
  call: Call,
): Promise<boolean> {
  const { sku: levelKey } = rows[0]!;
  const mean = Math.max(0, Math.floor(availableIn(rows) / shards));
  const from = rows.map((row) => ({ row: row.sku, units: row.available - mean }));
  const added = Array.from({ length: shards - rows.length }, (_, index) => ({
    row: rowKeyOf(levelKey, rows.length + index),
    units: mean,
  }));
  const missing = [...rows.map((row) => ({ row: row.sku, units: mean - row.available })), ...added];
  let isAdded = false;
  const to = async (units: number): Promise<RowUnits[]> => {
    isAdded = await addRows(database, rows, shards, areSet, call);
    return isAdded ? sharesOf(units, missing.filter(isPositive)) : [];
  };
  const moved = await moveUnits(database, from.filter(isPositive), to, call);
  isAdded ||= moved === 0 && (await addRows(database, rows, shards, areSet, call));
  if (isAdded && shards > rows.length) {
    const others = rows.slice(1);
    await mapEach(others, rowsInFlight, (row) =>
      ifPossible(noteShards(database, row, shards, call)),
    );
  }
  return isAdded;
}

const isPositive = ({ units }: RowUnits): boolean => units > 0;

/** Adds rows without units. False when another request has changed the number of rows. */
async function addRows(
  database: Database,
  rows: readonly StockItem[],
  shards: number,
  areSet: boolean,
  call: Call,
): Promise<boolean> {
  const [first] = rows;
  const { sku: levelKey, version, areShardsSet = false, shardsVersion = 0 } = first!;
  const seen = shardsOf(first!);
  if (shards === seen && areShardsSet >= areSet) return true;
  const added = Array.from({ length: shards - seen }, (_, index) =>
    rowKeyOf(levelKey, seen + index),
  );
  await mapEach(added, rowsInFlight, (key) => addRow(database, key, version, shards, call));
  const command = () =>
    new UpdateCommand({
      TableName: database.tables.stock,
      Key: { sku: levelKey },
      UpdateExpression:
        "SET #shards = :shards, #shardsVersion = :next" + (areSet ? ", #areShardsSet = :true" : ""),
      ConditionExpression:
        shardsVersion === 0
          ? "attribute_exists(#open) AND attribute_not_exists(#shardsVersion)"
          : "#shardsVersion = :seen",
      ExpressionAttributeNames: {
        "#shards": "shards",
        "#shardsVersion": "shardsVersion",
        ...(shardsVersion === 0 && { "#open": "open" }),
        ...(areSet && { "#areShardsSet": "areShardsSet" }),
      },
      ExpressionAttributeValues: {
        ":shards": shards,
        ":next": shardsVersion + 1,
        ...(shardsVersion > 0 && { ":seen": shardsVersion }),
        ...(areSet && { ":true": true }),
      },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
  const result = await writeIf<StockItem>(database, command, call);
  // The reply to an earlier attempt of this call was lost, or another request wanted the same.
  return result.applied || result.found?.shards === shards;
}

/**
 * Adds a row, if it is not there. Its versions go on from those of the first row, which has counted all
 * changes of earlier rows of this key: so no version of the key is ever used twice. A late copy of such a
 * request has an older version than the record that a merged row leaves behind. A row that was added and
 * never used begins anew.
 */
async function addRow(
  database: Database,
  key: string,
  version: number,
  shards: number,
  call: Call,
): Promise<void> {
  const command = () => {
    const row: StockItem = {
      sku: key,
      onHand: 0,
      available: 0,
      reserved: 0,
      version,
      startVersion: version,
      onHandVersion: version,
      moveVersion: version,
      updatedAtMs: database.now(),
      open: {},
      shards,
      lastChange: { kind: "move" },
    };
    return new PutCommand({
      TableName: database.tables.stock,
      Item: row,
      ConditionExpression:
        "attribute_not_exists(#sku) OR (attribute_exists(#mergedAtMs) AND #version <= :version) OR " +
        "(#version = #startVersion AND #startVersion < :version AND size(#open) = :none)",
      ExpressionAttributeNames: {
        "#sku": "sku",
        "#mergedAtMs": "mergedAtMs",
        "#version": "version",
        "#startVersion": "startVersion",
        "#open": "open",
      },
      ExpressionAttributeValues: { ":version": version, ":none": 0 },
    });
  };
  await writeIf(database, command, call);
}

/** Lets the functions that write to this row learn of the others. Those that do not learn it go on here. */
async function noteShards(
  database: Database,
  { sku }: StockItem,
  shards: number,
  call: Call,
): Promise<void> {
  const command = () =>
    new UpdateCommand({
      TableName: database.tables.stock,
      Key: { sku },
      UpdateExpression: "SET #shards = :shards",
      ConditionExpression: "attribute_exists(#open)",
      ExpressionAttributeNames: { "#shards": "shards", "#open": "open" },
      ExpressionAttributeValues: { ":shards": shards },
    });
  await writeIf(database, command, call);
}

/** Shares the units out in proportion to what is missing. */
function sharesOf(units: number, missing: readonly RowUnits[]): RowUnits[] {
  let unitsLeft = units;
  let missingLeft = missing.reduce((sum, one) => sum + one.units, 0);
  const shares = missing.map((one) => {
    const share = Math.floor((unitsLeft * one.units) / missingLeft);
    unitsLeft -= share;
    missingLeft -= one.units;
    return { row: one.row, units: share };
  });
  return shares.filter(isPositive);
}

/**
 * Brings units of other rows to the first one, so that it has as many available. It has fewer after that
 * where the level has too few, or other requests took them meanwhile.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const gatherUnits = async (
  database: Database,
  rows: readonly StockItem[],
  units: number,
  call: Call,
): Promise<void> => {
  const [first, ...others] = rows;
  const { sku: to } = first!;
  let missing = units - first!.available;
  const from: RowUnits[] = [];
  for (const { sku, available } of others.toSorted((a, b) => b.available - a.available)) {
    const share = Math.min(available, missing);
    if (share <= 0) break;
    from.push({ row: sku, units: share });
    missing -= share;
  }
  if (missing > 0 || from.length === 0) return;
  await moveUnits(database, from, async (moved) => [{ row: to, units: moved }], call);
};

/**
 * Merges the last rows of a level into the first one, until so many are left. Each is one transaction,
 * which waits for a moment when neither row is written.
 *
 * @returns the number of rows that this call has merged
 * @throws InventoryError `busy` when the rows are written all the time, `unavailable`, `rejected`
 */
export const mergeRows = async (
  database: Database,
  levelKey: string,
  shards: number,
  call: Call,
): Promise<number> => {
  let merged = 0;
  for (let attempt = 0; ; attempt += 1) {
    const rows = await readRows(database, levelKey, call);
    const last = rows?.at(-1);
    if (rows === undefined || last === undefined || rows.length <= shards) return merged;
    const markers = markersOf(last);
    if (markers.length > 0) await resolveMarkers(database, last, markers, call);
    else if (await mergeRow(database, rows[0]!, last, call)) {
      merged += 1;
      attempt = 0;
      continue;
    }
    await backOff(database, call, attempt, "conflict");
  }
};

/**
 * Makes a level one row again that the core has spread, and that was quiet for some time.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const mergeIfQuiet = async (
  database: Database,
  first: StockItem,
  call: Call,
): Promise<void> => {
  if (shardsOf(first) === 1 || first.areShardsSet === true) return;
  const rows = await readRows(database, first.sku, call);
  const changedAtMs = Math.max(...(rows ?? []).map(({ updatedAtMs }) => updatedAtMs));
  if (database.now() - changedAtMs >= quietLevelMs) await mergeRows(database, first.sku, 1, call);
};

/**
 * Adds the counts of the last row to the first one, and leaves a record in its place. The version of this
 * record is past all that the row had, and past that of every request that added it. False when one of
 * both rows has changed.
 */
async function mergeRow(
  database: Database,
  first: StockItem,
  last: StockItem,
  call: Call,
): Promise<boolean> {
  const { stock: TableName } = database.tables;
  const shards = shardOf(last.sku);
  const { onHand, available, reserved, version, startVersion = 0 } = last;
  const isLastOne = shards === 1;
  const request = () =>
    new TransactWriteCommand({
      TransactItems: [
        {
          Update: {
            TableName,
            Key: { sku: first.sku },
            UpdateExpression:
              "SET #onHand = #onHand + :onHand, #available = #available + :available, " +
              "#reserved = #reserved + :reserved, #onHandVersion = #version + :changes, " +
              "#moveVersion = #version + :changes, #version = #version + :changes, " +
              "#shardsVersion = #shardsVersion + :one, #updatedAtMs = :now, #lastChange = :move" +
              (isLastOne ? " REMOVE #shards, #areShardsSet, #spreadAtMs" : ", #shards = :shards"),
            ConditionExpression: "#shards = :seen",
            ExpressionAttributeNames: {
              "#onHand": "onHand",
              "#available": "available",
              "#reserved": "reserved",
              "#onHandVersion": "onHandVersion",
              "#moveVersion": "moveVersion",
              "#version": "version",
              "#updatedAtMs": "updatedAtMs",
              "#lastChange": "lastChange",
              "#shards": "shards",
              "#shardsVersion": "shardsVersion",
              ...(isLastOne && { "#areShardsSet": "areShardsSet", "#spreadAtMs": "spreadAtMs" }),
            },
            ExpressionAttributeValues: {
              ":onHand": onHand,
              ":available": available,
              ":reserved": reserved,
              ":changes": version - startVersion + 1,
              ":one": 1,
              ":now": database.now(),
              ":move": { kind: "move" },
              ":seen": shardsOf(first),
              ...(!isLastOne && { ":shards": shards }),
            },
          },
        },
        {
          Put: {
            TableName,
            Item: {
              sku: last.sku,
              version: Math.max(first.version, version) + 1,
              mergedAtMs: database.now(),
            },
            ConditionExpression: "#version = :version AND size(#open) = :none",
            ExpressionAttributeNames: { "#version": "version", "#open": "open" },
            ExpressionAttributeValues: { ":version": version, ":none": 0 },
          },
        },
      ],
    });
  try {
    await send(database, (options) => database.client.send(request(), options), call);
    return true;
  } catch (error) {
    if ((error as Error).name !== "TransactionCanceledException") throw error;
    return false;
  }
}
