/**
 * The one write by which counts of a row move: a conditional update that places markers, lets others
 * take effect, undoes or removes them. It is atomic in the row, and safe to repeat: a marker cannot be
 * placed twice, nor take effect twice. Next: resolve.ts.
 */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { openMarkersMax, openMarkersWithEndsMax } from "../../contract/bounds.ts";
import type { LastChange, StockItem, StockTableItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { batchGet } from "../dynamodb/batch-get.ts";
import { readItem } from "../dynamodb/read-item.ts";
import { scan } from "../dynamodb/scan.ts";
import { writeIf } from "../dynamodb/write-if.ts";
import { InventoryError } from "../errors.ts";
import { isKeyBesideRows } from "./level-key.ts";
import {
  effectOf,
  isMove,
  kindOf,
  markerKey,
  markerTerm,
  type Marker,
  type NewMarker,
} from "./marker.ts";

export interface RowChange {
  /** Changes to mark. Eager ones take effect. */
  place?: readonly NewMarker[];
  /** Markers that leave with a change of the counts: decided lazy ones, superseded eager ones. */
  settle?: readonly Marker[];
  /** Markers that leave without one: decided eager ones, superseded lazy ones. */
  clear?: readonly Marker[];
  /** The reason, where counts change. */
  lastChange: LastChange;
  /** The largest number of units on hand that the change may meet. */
  onHandMax?: number;
  /** The version before which the row must have begun. */
  startsBefore?: number;
}

export type RowResult =
  { applied: true; row: StockItem } | { applied: false; found: StockItem | undefined };

/** The effect of a marker that leaves with a change: that of its kind, or the reverse of an eager one. */
const settledEffect = (marker: Marker) => effectOf([marker], kindOf(marker).isEager ? -1 : 1);

const sumOf = ({ place = [], settle = [] }: RowChange) => {
  const sum = effectOf(place.filter((marker) => kindOf(marker).isEager));
  for (const marker of settle) {
    const { onHand, available, reserved, unavailable } = settledEffect(marker);
    sum.onHand += onHand;
    sum.available += available;
    sum.reserved += reserved;
    sum.unavailable += unavailable;
  }
  return sum;
};

/**
 * Writes the change if the row has the settled markers, has none of the placed ones, and has the units
 * that the placed ones take.
 *
 * @returns the row after the change, or as it was met; undefined when there is none
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const changeRow = async (
  database: Database,
  key: string,
  change: RowChange,
  call: Call,
): Promise<RowResult> => {
  const result = await writeIf<StockItem>(
    database,
    () => updateOf(database, key, change, database.now()),
    call,
  );
  if (result.applied) return { applied: true, row: result.item };
  return { applied: false, found: result.found && checked(result.found) };
};

function updateOf(database: Database, key: string, change: RowChange, nowMs: number) {
  const { place = [], settle = [], clear = [], lastChange, onHandMax, startsBefore } = change;
  const delta = sumOf(change);
  const sets: string[] = [];
  const conditions: string[] = [];
  const names: Record<string, string> = { "#open": "open" };
  const values: Record<string, unknown> = {};
  const addTo = (attribute: "onHand" | "available" | "reserved"): void => {
    if (delta[attribute] === 0) return;
    names[`#${attribute}`] = attribute;
    values[`:${attribute}`] = delta[attribute];
    sets.push(`#${attribute} = #${attribute} + :${attribute}`);
  };
  const movesCounts = Object.values(delta).some((units) => units !== 0);
  const usesVersion = movesCounts || place.length > 0;
  if (usesVersion) names["#version"] = "version";
  if (movesCounts) {
    (["onHand", "available", "reserved"] as const).forEach(addTo);
    Object.assign(names, { "#updatedAtMs": "updatedAtMs", "#lastChange": "lastChange" });
    Object.assign(values, { ":one": 1, ":now": nowMs, ":lastChange": lastChange });
    sets.push("#version = #version + :one", "#updatedAtMs = :now", "#lastChange = :lastChange");
  }
  if (delta.onHand !== 0) {
    names["#onHandVersion"] = "onHandVersion";
    sets.push("#onHandVersion = #version + :one");
  }
  if (movesCounts && [...place, ...settle].some(isMove)) {
    names["#moveVersion"] = "moveVersion";
    sets.push("#moveVersion = #version + :one");
  }
  if (delta.unavailable !== 0) {
    // The rows of most levels have no such count.
    Object.assign(names, { "#unavailable": "unavailable" });
    Object.assign(values, { ":unavailable": delta.unavailable, ":none": 0 });
    sets.push("#unavailable = if_not_exists(#unavailable, :none) + :unavailable");
  }
  if (delta.unavailable < 0) {
    values[":recalled"] = -delta.unavailable;
    conditions.push("#unavailable >= :recalled");
  }
  if (delta.available < 0) {
    values[":taken"] = -delta.available;
    conditions.push("#available >= :taken");
  }
  if (onHandMax !== undefined) {
    names["#onHand"] = "onHand";
    values[":onHandMax"] = onHandMax;
    conditions.push("#onHand <= :onHandMax");
  }
  if (startsBefore !== undefined) {
    names["#startVersion"] = "startVersion";
    values[":startsBefore"] = startsBefore;
    conditions.push("(attribute_not_exists(#startVersion) OR #startVersion < :startsBefore)");
  }
  for (const [index, marker] of place.entries()) {
    names[`#p${index}`] = markerKey(marker);
    values[`:p${index}`] = markerTerm(marker, nowMs);
    sets.push(`#open.#p${index} = #version + :p${index}`);
    conditions.push(`attribute_not_exists(#open.#p${index})`);
  }
  if (place.length > 0) {
    const isOrdinary = place.some((marker) => kindOf(marker).isEager && !isMove(marker));
    values[":openMax"] = (isOrdinary ? openMarkersMax : openMarkersWithEndsMax) - place.length;
    conditions.push("size(#open) <= :openMax");
  }
  const leaving = [...settle, ...clear];
  for (const [index, { key: name, value }] of leaving.entries()) {
    names[`#l${index}`] = name;
    values[`:l${index}`] = value;
    const isThere = `#open.#l${index} = :l${index}`;
    const isGone = `attribute_not_exists(#open.#l${index})`;
    conditions.push(index < settle.length ? isThere : `(${isGone} OR ${isThere})`);
  }
  if (settle.length === 0 && place.length === 0) conditions.push("attribute_exists(#open)");
  const removes = leaving.map((_, index) => `#open.#l${index}`);
  return new UpdateCommand({
    TableName: database.tables.stock,
    Key: { sku: key },
    UpdateExpression: [
      ...(sets.length > 0 ? [`SET ${sets.join(", ")}`] : []),
      ...(removes.length > 0 ? [`REMOVE ${removes.join(", ")}`] : []),
    ].join(" "),
    ConditionExpression: conditions.join(" AND "),
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
}

/** False for a record beside the rows, and for the remains of a row that was merged into the first one. */
export const isRow = (item: StockTableItem): item is StockItem =>
  !isKeyBesideRows(item.sku) && (item as StockItem).mergedAtMs === undefined;

/** @throws InventoryError `rejected` for a row of another version of Holdfast */
function checked(row: StockItem): StockItem | undefined {
  if (!isRow(row)) return undefined;
  if (typeof row.open === "object") return row;
  throw new InventoryError(
    "rejected",
    `The stock of ${row.sku} was written by Holdfast 0.1, which this version cannot use: ` +
      "deploy to new tables, and set the stock there.",
  );
}

/** The row as it is now, or undefined when there is none. */
export const readRow = async (
  database: Database,
  key: string,
  call: Call,
): Promise<StockItem | undefined> => {
  const row = await readItem<StockItem>(database, database.tables.stock, { sku: key }, call);
  return row && checked(row);
};

/** The rows of these keys as they are now, in the order of the keys; missing ones left out. */
export const readRowsOf = async (
  database: Database,
  keys: readonly string[],
  call: Call,
): Promise<StockItem[]> => {
  const table = { table: database.tables.stock, attribute: "sku" } as const;
  return (await batchGet<StockTableItem>(database, table, keys, call)).filter(isRow);
};

/** All rows of all levels as they are now, page by page. */
export async function* scanRows(database: Database, call: Call): AsyncGenerator<StockItem[]> {
  for await (const rows of scan<StockTableItem>(database, database.tables.stock, call)) {
    yield rows.filter(isRow);
  }
}
