/**
 * Reads the stock level of a row for the events of a change. An image of one row says all about a level
 * of one row. A level of several rows is read, if the change may be due an event.
 */
import type { StockItem } from "../../contract/tables.ts";
import { backOff, type Call, type Database } from "../../inventory/dynamodb/database.ts";
import {
  findAtRisk,
  type ReservationAtRisk,
  type Shortfall,
} from "../../inventory/reservations/at-risk.ts";
import { countDepartedUnits } from "../../inventory/stock/departed-units.ts";
import { movementsBetween } from "../../inventory/stock/ledger.ts";
import { isFirstRow, levelKeyOfRow } from "../../inventory/stock/level-key.ts";
import { areSameRows, readRows, shardsOf } from "../../inventory/stock/level.ts";
import { markersOf } from "../../inventory/stock/marker.ts";
import { readRow } from "../../inventory/stock/row.ts";
import { adjustmentIn, isLow, shortfallIn } from "./stock-events.ts";

/** A stock level as it is some time after a change of one of its rows. */
export interface LevelReading {
  /** The first row first. */
  rows: readonly StockItem[];
  /** Units on their way between rows, where no row has any. */
  departedUnits: number;
}

/** Reads each level at most once: all changes of a batch are older than the reads for it. */
export interface LevelReader {
  firstRow(levelKey: string): Promise<StockItem | undefined>;
  level(levelKey: string): Promise<LevelReading | undefined>;
  /** The youngest reservations that own as many units as are missing. */
  atRisk(shortfall: Shortfall): Promise<ReservationAtRisk[]>;
}

export const createLevelReader = (database: Database, call: Call): LevelReader => {
  const firstRows = new Map<string, StockItem | undefined>();
  const levels = new Map<string, LevelReading | undefined>();
  return {
    firstRow: async (levelKey) => {
      if (!firstRows.has(levelKey)) {
        firstRows.set(levelKey, await readRow(database, levelKey, call));
      }
      return firstRows.get(levelKey);
    },
    level: async (levelKey) => {
      if (!levels.has(levelKey)) levels.set(levelKey, await readLevel(database, levelKey, call));
      return levels.get(levelKey);
    },
    atRisk: (shortfall) => findAtRisk(database, shortfall, call),
  };
};

async function readLevel(
  database: Database,
  levelKey: string,
  call: Call,
): Promise<LevelReading | undefined> {
  const rows = await readRows(database, levelKey, call);
  if (rows === undefined || hasUnits(rows)) return rows && { rows, departedUnits: 0 };
  // Rows are read one after the other: units may have moved from the later ones to the earlier.
  const snapshot = await readUntilSame(database, levelKey, rows, call);
  if (snapshot === undefined || hasUnits(snapshot)) {
    return snapshot && { rows: snapshot, departedUnits: 0 };
  }
  return {
    rows: snapshot,
    departedUnits: await countDepartedUnits(database, snapshot, call),
  };
}

/** The rows as they were at one time: of two reads that agree, the second. It writes nothing. */
async function readUntilSame(
  database: Database,
  levelKey: string,
  seen: StockItem[],
  call: Call,
): Promise<StockItem[] | undefined> {
  let before = seen;
  for (let attempt = 0; ; attempt += 1) {
    const after = await readRows(database, levelKey, call, before.length);
    if (after === undefined || areSameRows(before, after)) return after;
    before = after;
    await backOff(database, call, attempt, "conflict");
  }
}

const hasUnits = (rows: readonly StockItem[]): boolean =>
  rows.some(({ available }) => available > 0);

/** True for a change of a row whose level has several rows, or had. */
export const isOfSeveralRows = (before: StockItem | undefined, after: StockItem): boolean =>
  !isFirstRow(after.sku) || shardsOf(after) > 1 || (before !== undefined && shardsOf(before) > 1);

/** The level of a row that has changed; undefined where the change is due no event. */
export const readingFor = async (
  before: StockItem | undefined,
  after: StockItem,
  lowStockThreshold: number,
  levels: LevelReader,
): Promise<LevelReading | undefined> => {
  if (before?.version === after.version || !isOfSeveralRows(before, after)) return undefined;
  if (isMoveOnly(before, after)) return undefined;
  const levelKey = levelKeyOfRow(after.sku);
  const had = before?.available ?? 0;
  const hasCrossedZero = had > 0 !== after.available > 0;
  if (adjustmentIn(after) !== undefined || hasCrossedZero) return levels.level(levelKey);
  if (after.available >= had) return undefined;
  const first = isFirstRow(after.sku) ? after : await levels.firstRow(levelKey);
  // A level has at least as many units as each of its rows.
  const threshold = first?.lowStockThreshold ?? lowStockThreshold;
  return isLow(after.available, threshold) ? levels.level(levelKey) : undefined;
};

/** True where nothing but units that moved between rows has changed the counts. */
const isMoveOnly = (before: StockItem | undefined, after: StockItem): boolean =>
  movementsBetween(before, after, "").every(({ kind }) => kind === "move");

/** The reservations at risk after a change of a row; none where it is no count that left a shortfall. */
export const atRiskAfter = async (
  before: StockItem | undefined,
  after: StockItem,
  levels: LevelReader,
): Promise<ReservationAtRisk[]> => {
  const units = shortfallIn(before, after);
  if (units === 0) return [];
  // The ledger may not have the latest holds, and their markers are in the row.
  const holds = markersOf(after).filter(({ kind }) => kind === "hold");
  const latestIds = holds.map(({ reservationId }) => reservationId);
  return levels.atRisk({ levelKey: levelKeyOfRow(after.sku), units, latestIds });
};
