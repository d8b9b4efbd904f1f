/**
 * The ledger: every change of the counts of a row is a movement, read from the stream of the stock
 * table, so that a reservation pays nothing for it. Summed up, the movements of a row are its counts, and
 * those of its rows are the counts of a level.
 */
import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import {
  movementsTable,
  type MovementItem,
  type MovementKind,
  type PublicMovementKind,
  type StockItem,
} from "../../contract/tables.ts";
import { deltasBetween } from "./counts.ts";
import { isFirstRow, levelKeyOf, levelKeyOfRow, type LevelName } from "./level-key.ts";
import { effectOf, kindOf, markersOf, type Marker } from "./marker.ts";
import { backOff, type Call, type Database } from "../dynamodb/database.ts";
import { idOfKey } from "../identity.ts";
import { listNewest, type PageWanted } from "../dynamodb/list-newest.ts";
import type { Page } from "../dynamodb/page.ts";
import { send } from "../dynamodb/send.ts";

/** The id of the movement that led to a version of a row: written again, it is the same record. */
export const movementIdOf = (row: string, version: number, marker = ""): string =>
  idOfKey(["movement", row, ...(marker === "" ? [] : [marker])], String(version));

/** The names of a row in its movements. */
export const namesOf = (row: string): Pick<MovementItem, "sku" | "row"> => ({
  sku: levelKeyOfRow(row),
  ...(!isFirstRow(row) && { row }),
});

/**
 * The movements between two images of a row: one for each record whose units moved, which the markers
 * name, and one for the rest.
 *
 * @param before undefined when the row is new
 * @param after undefined when the row is gone
 * @param changeId identifies this change, the same at every delivery
 */
export const movementsBetween = (
  before: StockItem | undefined,
  after: StockItem | undefined,
  changeId: string,
): MovementItem[] => {
  if (after === undefined) return before === undefined ? [] : movementsOfRemoval(before);
  const { version, updatedAtMs: atMs, lastChange = { kind: "count" } } = after;
  const names = namesOf(after.sku);
  const total = deltasBetween(before, after);
  if (version === before?.version) {
    // The core gives every change of the counts a version.
    const movementId = idOfKey(["edit", after.sku], changeId);
    return isNothing(total)
      ? []
      : [{ movementId, ...names, kind: "edit", ...total, version, atMs }];
  }
  const movements: MovementItem[] = [];
  const rest = { ...total };
  for (const { marker, effect } of markersThatMoved(before, after)) {
    const deltas = deltasBetween(undefined, effect);
    rest.onHandDelta -= deltas.onHandDelta;
    rest.availableDelta -= deltas.availableDelta;
    rest.reservedDelta -= deltas.reservedDelta;
    const { kind, actor, reason } = lastChange;
    movements.push({
      movementId: movementIdOf(after.sku, version, marker.key),
      ...names,
      kind: movementKindOf(marker, kind),
      reservationId: marker.reservationId,
      ...(marker.kind === "return" && reason !== undefined && { reason }),
      ...(actor !== undefined && { actor }),
      ...deltas,
      version,
      atMs,
    });
  }
  // A row begins empty when a level is split.
  const isExplained = movements.length > 0 || (before === undefined && lastChange.kind === "move");
  if (isExplained && isNothing(rest)) return movements;
  const movementId = movementIdOf(after.sku, version);
  return [...movements, { movementId, ...names, ...lastChange, ...rest, version, atMs }];
};

/**
 * A level that shrinks removes its last row, and adds the counts of this row to the first one. Rows of
 * any other kind are removed by hand, and keep their history.
 */
function movementsOfRemoval({ sku: row, version, ...before }: StockItem): MovementItem[] {
  if (isFirstRow(row)) return [];
  return [
    {
      movementId: movementIdOf(row, version + 1),
      ...namesOf(row),
      kind: "move",
      ...deltasBetween(before, { onHand: 0, available: 0, reserved: 0 }),
      version: version + 1,
      atMs: before.updatedAtMs,
    },
  ];
}

/** Units of a move that return to their row are a part of it: callers see neither. */
const movementKindOf = (marker: Marker, lastChange: MovementKind): MovementKind => {
  const { movement } = kindOf(marker);
  return lastChange === "rollback" && movement !== "move" ? lastChange : movement;
};

const isNothing = ({
  onHandDelta,
  availableDelta,
  reservedDelta,
}: ReturnType<typeof deltasBetween>) =>
  onHandDelta === 0 && availableDelta === 0 && reservedDelta === 0;

/** Adjustments and transfers are written apart, and the last change of the row has their reason. */
const isExplainedByRow = (marker: Marker): boolean => {
  const { movement } = kindOf(marker);
  return movement === "adjustment" || movement === "transfer";
};

/** Markers that took effect or were undone in this version of the row, but for adjustments and transfers. */
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
  ].filter(({ marker }) => !isExplainedByRow(marker) || isRollback);
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

/** A movement that callers see. */
export type PublicMovement = MovementItem & { kind: PublicMovementKind };

const isPublic = (movement: MovementItem): movement is PublicMovement => movement.kind !== "move";

/**
 * The movements of a level by their versions, the greatest first, without moves between its rows.
 * Each row counts its own versions, so that movements of several rows are only roughly in the
 * order of their times. A page has fewer movements than `limit` where it leaves out moves. The ledger
 * and its index may lag behind the row by moments.
 *
 * @throws InventoryError `invalid_cursor`, `busy`, `unavailable`, `rejected`
 */
export const listMovements = async (
  database: Database,
  { sku, location, ...input }: LevelName & PageWanted,
  call: Call,
): Promise<Page<PublicMovement>> => {
  const levelKey = levelKeyOf({ sku, location });
  let { cursor } = input;
  for (;;) {
    const page = await listAllMovements(database, { ...input, levelKey, cursor }, call);
    const items = page.items.filter(isPublic);
    // Callers may take an empty page for the last one.
    if (items.length > 0 || page.cursor === undefined) return { ...page, items };
    ({ cursor } = page);
  }
};

/**
 * The same with moves between the rows of the level: all that add up to the counts of each row.
 *
 * @throws InventoryError `invalid_cursor`, `busy`, `unavailable`, `rejected`
 */
export const listAllMovements = async (
  database: Database,
  { levelKey, ...page }: { levelKey: string } & PageWanted,
  call: Call,
): Promise<Page<MovementItem>> => {
  const { partitionKey: key, bySku: index } = movementsTable;
  const table = database.tables.movements;
  const partition = { list: "movements", table, index, key, value: levelKey };
  return listNewest(database, partition, page, call);
};
