/**
 * Takes the units of one line from its row, or proves that there are too few. The proof is one image of
 * the row that has too few units available, no marker that could free units, and no dead hold:
 *
 *   write   refused: 0 available, a marker of hold A       A committed? then its units are A's
 *   clear   the marker leaves, and the row comes with it    0 available, no marker: the shortage is exact
 *
 * A marker whose owner may still commit is waited for.
 */
import { openMarkersMax, openMarkersTidy } from "../../contract/bounds.ts";
import type { Line, Part, StockItem } from "../../contract/tables.ts";
import { actorOf, backOff, type Call, type Database } from "../dynamodb/database.ts";
import { InventoryError } from "../errors.ts";
import { findMarker, markerKey, markersOf, type Marker, type NewMarker } from "../stock/marker.ts";
import { resolveMarkers } from "../stock/resolve.ts";
import { changeRow, readRow } from "../stock/row.ts";
import { expireDeadHolds, isKnownAlive } from "./due-holds.ts";

export interface TakeRequest {
  reservationId: string;
  /** The version of the record that the hold replaces; 0 for none. */
  base: number;
  /** False for an order of several lines that waits for no other: it holds units meanwhile. */
  waits: boolean;
}

export type Taken =
  | { part: Part; marker: Marker; row: StockItem }
  /** Too few units are available: the row that proves it. */
  | { short: StockItem }
  | { unknown: true }
  /** Another request may still give units back, or take them. */
  | { blocked: true };

/** The times that an order of several lines tries a crowded row without leases. */
const crowdedTries = 2;

/** The share of requests at a crowded row that resolve its markers. */
const resolvingShare = 0.25;

/** Waits for the owner of a marker, which needs some milliseconds. */
const markerWait = { firstMs: 10, maxMs: 100 };

/** @throws InventoryError `busy`, `unavailable`, `rejected` */
export const takeUnits = async (
  database: Database,
  { reservationId, base, waits }: TakeRequest,
  { sku, quantity }: Line,
  call: Call,
): Promise<Taken> => {
  const marker: NewMarker = { reservationId, kind: "hold", base, quantity };
  const lastChange = { kind: "hold", ...actorOf(call) } as const;
  const memory = memoryOf(database);
  const remembered = await memory.rowIfShort(sku, quantity, call);
  if (remembered?.isExact) return { short: remembered.row };
  let row = remembered?.row;
  for (let attempt = 0; ; attempt += 1) {
    if (row === undefined || row.available >= quantity || findMarker(row, marker) !== undefined) {
      const key = markerKey(marker);
      const clear = memory.takeCommitted(sku).filter((committed) => committed.key !== key);
      const change = { place: [marker], clear, lastChange };
      const result = await changeRow(database, sku, change, call);
      row = result.applied ? result.row : result.found;
      if (row === undefined) return { unknown: true };
      const own = findMarker(row, marker);
      if (own !== undefined) {
        // Placed by this request, or by a repeat of it: the units are this reservation's either way.
        return { part: { row: sku, quantity, version: own.version }, marker: own, row };
      }
    }
    const result = await makeRoom(database, row, quantity, waits, attempt, call);
    if (result === "blocked") return { blocked: true };
    if ("short" in result) {
      memory.noteShort(result.short);
      return result;
    }
    ({ row } = result);
  }
};

/**
 * Proves that a row has too few units available.
 *
 * @returns undefined when it has enough by now
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const proveShortage = async (
  database: Database,
  refused: StockItem,
  quantity: number,
  call: Call,
): Promise<StockItem | undefined> => {
  let row: StockItem | undefined = refused;
  for (let attempt = 0; row !== undefined && row.available < quantity; attempt += 1) {
    const result = await makeRoom(database, row, quantity, true, attempt, call);
    if (result === "blocked") return undefined;
    if ("short" in result) return result.short;
    ({ row } = result);
  }
  return undefined;
};

/**
 * One step towards units for a request that the row has refused, or the proof that there are none.
 *
 * @returns the row to go on with; undefined where it is to be written without a look at it
 */
async function makeRoom(
  database: Database,
  row: StockItem,
  quantity: number,
  waits: boolean,
  attempt: number,
  call: Call,
): Promise<{ row: StockItem | undefined } | { short: StockItem } | "blocked"> {
  const others = markersOf(row).filter(({ kind }) => kind !== "sale");
  const isCrowded = row.available >= quantity && !hasRoom(row);
  // Other lines of the order hold units meanwhile, so that it waits under leases.
  if (isCrowded && !waits && attempt >= crowdedTries) return "blocked";
  if (isCrowded && database.random() >= resolvingShare) {
    // One of those that wait removes the markers for all of them.
    await backOff(database, call, attempt, "conflict", markerWait);
    return { row: await readRow(database, row.sku, call) };
  }
  if (others.length > 0) {
    const { row: after, undecided } = await resolveMarkers(database, row, others, call);
    const hasSome = after === undefined || (after.available >= quantity && hasRoom(after));
    if (undecided.length === 0 || hasSome) return { row: after };
    if (!waits && row.available < quantity) return "blocked";
    await backOff(database, call, attempt, "conflict", markerWait);
    return { row: await readRow(database, row.sku, call) };
  }
  if (row.available >= quantity) {
    await backOff(database, call, attempt, "conflict", markerWait);
    return { row: undefined };
  }
  if (row.reserved === 0 || isKnownAlive(database, row)) return { short: row };
  const mayHaveDead = row.available + row.reserved >= quantity;
  // Not even all holds have enough: the search is for the next end alone.
  if (!mayHaveDead) return { short: (await expireDeadHolds(database, row, 0, call)) ?? row };
  const searched = await expireDeadHolds(database, row, quantity - row.available, call);
  return { row: searched ?? (await readRow(database, row.sku, call)) };
}

const hasRoom = ({ open }: StockItem): boolean => Object.keys(open).length < openMarkersMax;

/** One writer in so many tidies a row, so that they do not all do the same. */
const tidyEvery = 6;

/** Notes that the record owns the units, so that the next write of this function removes the marker. */
export const noteCommitted = (database: Database, row: string, marker: Marker): void =>
  memoryOf(database).noteCommitted(row, marker);

/**
 * Removes markers of the row that their records have decided, when there are many: a hold's own marker
 * is left to later writers, and a row with too many is slow. Never rejects.
 */
export const tidyRow = async (database: Database, row: StockItem, call: Call): Promise<void> => {
  const markers = markersOf(row);
  const isMany = markers.length >= openMarkersTidy && row.version % tidyEvery === 0;
  if (!isMany) return;
  try {
    await resolveMarkers(database, row, markers, call);
  } catch (error) {
    if (!(error instanceof InventoryError)) throw error;
  }
};

/** The time for which a row that was short is read before it is written, in milliseconds. */
const readFirstMs = 2_000;
const rowsRememberedMax = 1_000;

interface Shortage {
  row: StockItem;
  atMs: number;
}

const memories = new WeakMap<Database, ReturnType<typeof createMemory>>();

function memoryOf(database: Database) {
  const memory = memories.get(database) ?? createMemory(database);
  memories.set(database, memory);
  return memory;
}

/** Rows that were short a moment ago: to read them is cheaper than a write that is refused. */
function createMemory(database: Database) {
  const shortages = new Map<string, Shortage>();
  const committed = new Map<string, Marker[]>();
  return {
    noteCommitted: (row: string, marker: Marker): void => {
      if (committed.size >= rowsRememberedMax) committed.clear();
      committed.set(row, [marker]);
    },
    /** Markers of own holds that are committed, and that the next write to the row may remove. */
    takeCommitted: (row: string): Marker[] => {
      const markers = committed.get(row) ?? [];
      committed.delete(row);
      return markers;
    },
    noteShort: (row: StockItem): void => {
      if (shortages.size >= rowsRememberedMax) shortages.clear();
      shortages.set(row.sku, { row, atMs: database.monotonicMs() });
    },
    /** The row, where it was short a moment ago; as remembered, where the stack allows for that. */
    rowIfShort: async (sku: string, quantity: number, call: Call) => {
      const shortage = shortages.get(sku);
      if (shortage === undefined) return undefined;
      const ageMs = database.monotonicMs() - shortage.atMs;
      if (ageMs >= readFirstMs) {
        shortages.delete(sku);
        return undefined;
      }
      const { row } = shortage;
      const isExact = ageMs < database.refusalMemoryMs && row.available < quantity;
      const now = isExact ? row : await readRow(database, sku, call);
      return now && { row: now, isExact };
    },
  };
}
