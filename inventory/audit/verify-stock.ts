/**
 * Looks again at levels whose counts seemed wrong, before they are reported. A scan reads one record
 * after the other while the shop goes on, so that most of its findings are merely in motion:
 *
 *   look   rows, version 7 ── reservations of it ─────── rows, version 7: they belong together
 *   look   rows, version 7 ── reservations ──────────── rows, version 8: look again
 *
 * Every hold changes the version of its row. The index may lag, so that two looks some way apart have
 * to agree.
 */
import type { ReservationItem, StockItem } from "../../contract/tables.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { expiryShardsOf, queryHolds } from "../reservations/hold-index.ts";
import { levelKeyOfRow, rowKeyOf } from "../stock/level-key.ts";
import { areSameRows, levelOf, readRows, shardsOf } from "../stock/level.ts";
import { decisionOf, kindOf, markersOf } from "../stock/marker.ts";
import { readRowsOf } from "../stock/row.ts";
import { openParts } from "./check-reservation.ts";
import { agrees, checkStock, type Held, type LevelRows } from "./check-stock.ts";
import type { Case } from "./finding.ts";

export interface Verdict {
  case?: Case;
  /** The version of the level or the row that was judged; 0 for none. */
  version: number;
  /** True when it changed at each look. */
  isInMotion: boolean;
}

/** A level to look at again. */
export interface Suspect {
  levelKey: string;
  /** The last row that was seen, from 0. */
  lastShard: number;
}

interface Look {
  level: LevelRows;
  held: Held;
}

const looksMax = 8;
const indexPageSize = 1_000;

const indexedIds = async (database: Database, levelKey: string, call: Call): Promise<string[]> => {
  const ids: string[] = [];
  const read = async (shard: number): Promise<void> => {
    let start: Record<string, unknown> | undefined;
    do {
      const query = { shard, levels: [levelKey], limit: indexPageSize, start };
      const page = await queryHolds(database, query, call);
      ids.push(...page.holds.map(({ reservationId }) => reservationId));
      start = page.next;
    } while (start !== undefined);
  };
  await Promise.all(expiryShardsOf(database).map(read));
  return ids;
};

const readLevel = async (
  database: Database,
  { levelKey, lastShard }: Suspect,
  call: Call,
): Promise<LevelRows> => {
  const rows = (await readRows(database, levelKey, call)) ?? [];
  const shards = rows[0] === undefined ? 1 : shardsOf(rows[0]);
  const pastKeys: string[] = [];
  for (let shard = shards; shard <= lastShard; shard += 1) pastKeys.push(rowKeyOf(levelKey, shard));
  return { levelKey, rows, past: await readRowsOf(database, pastKeys, call) };
};

/** A level and the records that account for its units; undefined when it has moved meanwhile. */
const look = async (
  database: Database,
  suspect: Suspect,
  scannedIds: readonly string[],
  call: Call,
): Promise<Look | undefined> => {
  const before = await readLevel(database, suspect, call);
  // One that the index has lost is known from the scan.
  const indexed = await indexedIds(database, suspect.levelKey, call);
  const marked = allRows(before).flatMap((row) => markersOf(row));
  const ids = new Set([...scannedIds, ...indexed, ...marked.map((one) => one.reservationId)]);
  const items = await readReservations(database, [...ids], call);
  const level = await readLevel(database, suspect, call);
  if (!areSame(before, level)) return undefined;
  return { level, held: heldIn(level, items) };
};

const allRows = ({ rows, past }: LevelRows): StockItem[] => [...rows, ...past];

/** True when the rows have the same versions and the same markers. */
const areSame = (one: LevelRows, other: LevelRows): boolean => {
  const others = allRows(other);
  return (
    one.rows.length === other.rows.length &&
    areSameRows(allRows(one), others) &&
    allRows(one).every((row, index) => sameMarkers(row, others[index]!))
  );
};

const sameMarkers = (one: StockItem, { open: others }: StockItem): boolean =>
  Object.keys(others).length === Object.keys(one.open).length &&
  Object.entries(others).every(([key, value]) => one.open[key] === value);

/** The units that records own, that no record owns yet, and that a record gave up and a row has. */
function heldIn(level: LevelRows, items: readonly ReservationItem[]): Held {
  const owned = items.flatMap((item) =>
    openParts(item)
      .filter((part) => levelKeyOfRow(part.row) === level.levelKey)
      .map(({ quantity }) => ({ quantity, id: item.reservationId })),
  );
  const records = new Map(items.map((item) => [item.reservationId, item]));
  const moving = allRows(level).flatMap((row) =>
    markersOf(row)
      .filter((marker) => {
        const record = records.get(marker.reservationId);
        const isDecided = decisionOf(row.sku, marker, record) === "decided";
        return kindOf(marker).isEager ? marker.kind === "hold" && !isDecided : isDecided;
      })
      .map((marker) => ({
        // Units that arrive are reserved for no record.
        quantity: kindOf(marker).effect.reserved === 0 ? 0 : marker.quantity,
        id: marker.reservationId,
      })),
  );
  const all = [...owned, ...moving];
  return {
    units: all.reduce((sum, { quantity }) => sum + quantity, 0),
    reservationIds: [...new Set(all.map(({ id }) => id))],
  };
}

const isSame = (one: Look, other: Look): boolean =>
  areSameRows(allRows(one.level), allRows(other.level)) && one.held.units === other.held.units;

/** @param apartMs between two looks that have to agree: more than the index lags behind */
export const verifyStock = async (
  database: Database,
  suspect: Suspect,
  scannedIds: readonly string[],
  apartMs: number,
  call: Call,
): Promise<Verdict> => {
  let last: Look | undefined;
  for (let looks = 0; looks < looksMax; looks += 1) {
    const now = await look(database, suspect, scannedIds, call);
    if (now !== undefined) {
      const { rows } = now.level;
      const version = rows.length === 0 ? 0 : levelOf(rows).version;
      if (agrees(now.level, now.held.units)) return { version, isInMotion: false };
      if (last !== undefined && isSame(last, now)) {
        const found = checkStock(database, now.level, now.held, call);
        return { ...(found && { case: found }), version, isInMotion: false };
      }
    }
    last = now;
    await database.sleep(now === undefined ? database.random() * apartMs : apartMs);
  }
  return { version: 0, isInMotion: true };
};
