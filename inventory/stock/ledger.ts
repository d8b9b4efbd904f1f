/**
 * The ledger: every change of the counts of a row is a movement, read from the stream of the stock
 * table, so that a reservation pays nothing for it. Summed up, the movements of a row are its counts.
 */
import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import { movementsTable, type MovementItem, type StockItem } from "../../contract/tables.ts";
import { deltasBetween } from "./counts.ts";
import { effectOf, kindOf, markersOf } from "./marker.ts";
import { backOff, type Call, type Database } from "../dynamodb/database.ts";
import { idOfKey } from "../identity.ts";
import { listNewest, type PageWanted } from "../dynamodb/list-newest.ts";
import type { Page } from "../dynamodb/page.ts";
import { send } from "../dynamodb/send.ts";

/** The id of the movement that led to a version: written again, it is the same record. */
export const movementIdOf = (sku: string, version: number, marker = ""): string =>
  idOfKey(["movement", sku, ...(marker === "" ? [] : [marker])], String(version));

/**
 * The movements between two images of a row: one for each reservation whose units moved, which the
 * markers name, and one for the rest.
 *
 * @param before undefined when the row is new
 * @param changeId identifies this change, the same at every delivery
 */
export const movementsBetween = (
  before: StockItem | undefined,
  after: StockItem,
  changeId: string,
): MovementItem[] => {
  const { sku, version, updatedAtMs: atMs, lastChange = { kind: "count" } } = after;
  const total = deltasBetween(before, after);
  if (version === before?.version) {
    // The core gives every change of the counts a version.
    const movementId = idOfKey(["edit", sku], changeId);
    return isNothing(total) ? [] : [{ movementId, sku, kind: "edit", ...total, version, atMs }];
  }
  const movements: MovementItem[] = [];
  const rest = { ...total };
  for (const { marker, effect } of markersThatMoved(before, after)) {
    const deltas = deltasBetween(undefined, effect);
    rest.onHandDelta -= deltas.onHandDelta;
    rest.availableDelta -= deltas.availableDelta;
    rest.reservedDelta -= deltas.reservedDelta;
    const { kind, actor } = lastChange;
    movements.push({
      movementId: movementIdOf(sku, version, marker.key),
      sku,
      kind: kind === "rollback" ? kind : kindOf(marker).movement,
      reservationId: marker.reservationId,
      ...(actor !== undefined && { actor }),
      ...deltas,
      version,
      atMs,
    });
  }
  if (movements.length > 0 && isNothing(rest)) return movements;
  return [
    ...movements,
    { movementId: movementIdOf(sku, version), sku, ...lastChange, ...rest, version, atMs },
  ];
};

const isNothing = ({
  onHandDelta,
  availableDelta,
  reservedDelta,
}: ReturnType<typeof deltasBetween>) =>
  onHandDelta === 0 && availableDelta === 0 && reservedDelta === 0;

/** Markers of reservations that took effect or were undone in this version of the row. */
function markersThatMoved(before: StockItem | undefined, after: StockItem) {
  const isRollback = after.lastChange?.kind === "rollback";
  const placed = markersOf(after).filter(
    (marker) => kindOf(marker).isEager && marker.version === after.version,
  );
  const gone = (before === undefined ? [] : markersOf(before)).filter(
    (marker) => after.open[marker.key] !== marker.value && kindOf(marker).isEager === isRollback,
  );
  return [
    ...placed.map((marker) => ({ marker, effect: effectOf([marker]) })),
    ...gone.map((marker) => ({ marker, effect: effectOf([marker], isRollback ? -1 : 1) })),
  ].filter(({ marker }) => kindOf(marker).movement !== "adjustment" || isRollback);
}

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
 * The movements of a SKU, newest first. The ledger and its index may lag behind the row by moments.
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
