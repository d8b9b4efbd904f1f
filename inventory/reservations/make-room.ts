/**
 * Steps towards units for a request that the rows of a level have refused, or the proof that there are
 * too few: all rows at one time, with no marker that could free units, and no dead hold.
 *
 *   write   refused: 0 available, a marker of hold A       A committed? then its units are A's
 *   clear   the marker leaves, and the row comes with it    0 available, no marker: the shortage is exact
 *
 * A marker whose owner may still commit is waited for.
 */
import { openMarkersMax, rowsInFlight } from "../../contract/bounds.ts";
import type { Part, StockItem } from "../../contract/tables.ts";
import { backOff, type Call, type Database } from "../dynamodb/database.ts";
import { mapEach } from "../for-each.ts";
import { levelKeyOfRow } from "../stock/level-key.ts";
import { areSameRows, levelOf, readRows, shardsOf, takesBackorders } from "../stock/level.ts";
import { markersOf, mayFreeUnits, type Marker } from "../stock/marker.ts";
import { resolveMarkers } from "../stock/resolve.ts";
import { expireDeadHolds, isKnownAlive } from "./due-holds.ts";

export interface RoomWanted {
  /** The units that are missing. */
  quantity: number;
  /** The units that the request has taken already. */
  own: readonly OwnUnits[];
  /** False for a request that holds units meanwhile: it waits for no other, unless under leases. */
  waits: boolean;
  /** True when fewer units than these are better than none. */
  takesLess?: boolean | undefined;
}

/** The rows to go on with, undefined where they are to be written without a look at them. */
export type Room =
  | { rows: StockItem[] | undefined }
  /** Too few units are available: the rows that prove it. */
  | { short: StockItem[] }
  /** Another request may still give units back, or take them. */
  | "blocked";

/** The times that an order of several lines tries a crowded row without leases. */
const crowdedTries = 2;

/** The share of requests at a crowded row that resolve its markers. */
const resolvingShare = 0.25;

/** Waits for the owner of a marker, which needs some milliseconds. */
export const markerWait = { firstMs: 10, maxMs: 100 };

export const hasRoom = ({ open }: StockItem): boolean => Object.keys(open).length < openMarkersMax;

/** Units of a row, with their marker. */
export interface OwnUnits {
  part: Pick<Part, "row">;
  marker: Pick<Marker, "key" | "value">;
}

/** True for a marker of the request itself. A repeat of it may have placed the same one in another row, or later. */
const isOwn = (
  own: readonly OwnUnits[],
  { sku: row }: StockItem,
  { key, value }: Marker,
): boolean =>
  own.some(({ part, marker }) => part.row === row && marker.key === key && marker.value === value);

/** The markers of the row that may free units, and are not the request's own. */
export const othersIn = (row: StockItem, own: readonly OwnUnits[]): Marker[] =>
  markersOf(row).filter((marker) => mayFreeUnits(marker) && !isOwn(own, row, marker));

/** @throws InventoryError `busy`, `unavailable`, `rejected` */
export const makeRoom = async (
  database: Database,
  rows: readonly StockItem[],
  wanted: RoomWanted,
  attempt: number,
  call: Call,
): Promise<Room> => {
  const { quantity, own, waits, takesLess = false } = wanted;
  const { available, reserved } = levelOf(rows);
  const levelKey = levelKeyOfRow(rows[0]!.sku);
  const shards = shardsOf(rows[0]!);
  const again = async (): Promise<Room> => ({
    rows: await readRows(database, levelKey, call, shards),
  });
  // A row that its level has been spread from is no longer the whole of it.
  if (rows.length === 1 && shards > 1) return again();
  const waitAndSee = async (): Promise<Room> => {
    await backOff(database, call, attempt, "conflict", markerWait);
    return again();
  };
  const hasUnits = available >= quantity;
  const isCrowded = hasUnits && rows.every((row) => row.available === 0 || !hasRoom(row));
  // Other lines of the order hold units meanwhile, so that it waits under leases.
  if (isCrowded && !waits && attempt >= crowdedTries) return "blocked";
  // One of those that wait removes the markers for all of them.
  if (isCrowded && database.random() >= resolvingShare) return waitAndSee();
  // Any marker takes room, also one that frees no units.
  const inTheWay = (row: StockItem): Marker[] =>
    isCrowded ? markersOf(row).filter((marker) => !isOwn(own, row, marker)) : othersIn(row, own);
  const open = rows
    .map((row) => ({ row, markers: inTheWay(row) }))
    .filter(({ markers }) => markers.length > 0);
  if (open.length > 0) {
    const resolved = await mapEach(open, rowsInFlight, ({ row, markers }) =>
      resolveMarkers(database, row, markers, call),
    );
    if (resolved.every(({ undecided }) => undecided.length === 0)) {
      return rows.length > 1 ? again() : { rows: present([resolved[0]!.row]) };
    }
    const after = present(resolved.map(({ row }) => row));
    const hasSome = after.some((row) => row.available >= quantity && hasRoom(row));
    if (hasSome || after.length === 0) return rows.length > 1 ? again() : { rows: after };
    if (!waits && !hasUnits) return "blocked";
    return waitAndSee();
  }
  if (hasUnits) {
    if (own.length > 0) return "blocked";
    await backOff(database, call, attempt, "conflict", markerWait);
    return { rows: undefined };
  }
  if (rows.length > 1) {
    const proof = await readRows(database, levelKey, call, shards);
    const isProven =
      proof !== undefined &&
      areSameRows(rows, proof) &&
      proof.every((row) => othersIn(row, own).length === 0);
    if (!isProven) return { rows: proof };
  }
  const [first, ...others] = rows;
  if (reserved === 0 || isKnownAlive(database, first!)) return { short: [...rows] };
  const mayHaveDead = takesLess || takesBackorders(first!) || available + reserved >= quantity;
  // Not even all holds have enough: the search is for the next end alone.
  if (!mayHaveDead) {
    const { searchedAtMs, nextEndMs } =
      (await expireDeadHolds(database, first!, 0, call)) ?? first!;
    return { short: [{ ...first!, searchedAtMs, nextEndMs }, ...others] };
  }
  const searched = await expireDeadHolds(database, first!, quantity - available, call);
  return searched === undefined || others.length > 0 ? again() : { rows: [searched] };
};

const present = (rows: readonly (StockItem | undefined)[]): StockItem[] =>
  rows.filter((row) => row !== undefined);

/**
 * Proves that a level has too few units available.
 *
 * @returns the rows that prove it, or undefined when there are enough by now
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const proveShortage = async (
  database: Database,
  refused: readonly StockItem[],
  quantity: number,
  call: Call,
): Promise<StockItem[] | undefined> => {
  let rows: readonly StockItem[] | undefined = refused;
  const wanted = { quantity, own: [], waits: true };
  for (let attempt = 0; rows !== undefined && rows.length > 0; attempt += 1) {
    if (levelOf(rows).available >= quantity) return undefined;
    const room = await makeRoom(database, rows, wanted, attempt, call);
    if (room === "blocked") return undefined;
    if ("short" in room) return room.short;
    ({ rows } = room);
  }
  return undefined;
};
