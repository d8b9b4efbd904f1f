/**
 * Gives units that have arrived to the reservations that wait for them, the oldest first. For each, the units of its
 * backorder become units that are there, by one write of its record:
 *
 *   widget    3 available    hold of 2 placed        ─┐
 *   widget+   2 reserved     release of 2 placed      ├─ record: 2 more parts of widget, those of widget+ ended
 *
 * A crash leaves markers, and the next run serves on: what a record has got, it does not get again.
 */
import { rowsInFlight } from "../../contract/bounds.ts";
import type { Part, ReservationItem } from "../../contract/tables.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import { backOff, withPatience, type Call, type Database } from "../dynamodb/database.ts";
import { ifPossible } from "../errors.ts";
import { mapEach } from "../for-each.ts";
import { levelKeyOf, type LevelName } from "../stock/level-key.ts";
import {
  availableIn,
  levelOf,
  readLevel,
  readRows,
  takesBackorders,
  type StockLevel,
} from "../stock/level.ts";
import { markersOf, sumOfParts } from "../stock/marker.ts";
import { resolveMarkers } from "../stock/resolve.ts";
import { amend } from "./amend.ts";
import {
  allHolds,
  backordersShard,
  expiryShardsOf,
  withBackordersIndexed,
  withLinesOfHold,
} from "./hold-index.ts";
import { isBackordered, isOpen, linesOfParts, partsOf, partsOfLines } from "./parts.ts";
import { isDue } from "./reservation.ts";

/** The times that an index which lags behind the level, or a record that others change, is tried. */
const triesMax = 5;

/**
 * Serves the backorders of a level as far as units are available, in the order of their reservations. Some may be
 * left where the index lags, or others are in the way: a later run serves them.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`: some may be served then
 */
export const serveBackorders = async (
  database: Database,
  { sku, location }: LevelName,
  caller: Call,
): Promise<void> => {
  const name = { sku, location };
  const call = withPatience(database, caller);
  const served = await serveAll(database, name, call);
  // There may be no other write to the rows for long.
  if (served > 0) await ifPossible(clearMarkers(database, levelKeyOf(name), call));
};

/** Returns the units that reservations have got. */
async function serveAll(database: Database, name: LevelName, call: Call): Promise<number> {
  let served = 0;
  for (let attempt = 0; attempt < triesMax; attempt += 1) {
    if (attempt > 0) await backOff(database, call, attempt, "conflict");
    for (;;) {
      const available = availableIn((await readRows(database, levelKeyOf(name), call)) ?? []);
      const queue = available > 0 ? await readQueue(database, name, call) : [];
      if (queue === undefined) break;
      if (queue.length === 0) return served;
      const units = await serveInOrder(database, name, queue, available, call);
      if (units === 0) break;
      served += units;
    }
  }
  return served;
}

/** Serves one after the other, until no units are left or another request comes in between. */
async function serveInOrder(
  database: Database,
  name: LevelName,
  queue: readonly ReservationItem[],
  available: number,
  call: Call,
): Promise<number> {
  let served = 0;
  for (const item of queue) {
    const left = available - served;
    const units = left === 0 ? 0 : await serve(database, name, item, left, call);
    if (units === 0) break;
    served += units;
  }
  return served;
}

async function clearMarkers(database: Database, levelKey: string, call: Call): Promise<void> {
  for (const row of (await readRows(database, levelKey, call)) ?? []) {
    const markers = markersOf(row);
    if (markers.length > 0) await resolveMarkers(database, row, markers, call);
  }
}

const backorderKeyOf = ({ sku, location }: LevelName): string =>
  levelKeyOf({ sku, location, isBackorder: true });

/**
 * The records that wait for units of the level, the oldest first. The level knows how many units they wait for, so
 * that an index which lags behind is noticed.
 *
 * @returns undefined where the index lags, or another request is at work
 */
async function readQueue(
  database: Database,
  name: LevelName,
  call: Call,
): Promise<ReservationItem[] | undefined> {
  const levelKey = backorderKeyOf(name);
  const rows = await readRows(database, levelKey, call);
  if (rows === undefined || levelOf(rows).reserved === 0) return [];
  const open = rows.filter((row) => markersOf(row).length > 0);
  const resolved = await mapEach(open, rowsInFlight, (row) =>
    resolveMarkers(database, row, markersOf(row), call),
  );
  if (resolved.some(({ undecided }) => undecided.length > 0)) return undefined;
  const settled = open.length > 0 ? await readRows(database, levelKey, call) : rows;
  const waiting = settled === undefined ? 0 : levelOf(settled).reserved;
  const ids = await idsInIndex(database, levelKey, call);
  const items = (await readReservations(database, ids, call)).filter(
    (item) => partsIn(item, levelKey).length > 0,
  );
  const known = items.reduce((sum, item) => sum + sumOfParts(partsIn(item, levelKey)), 0);
  if (known < waiting) return undefined;
  return items
    .filter((item) => !isDue(item, database.now()))
    .toSorted(
      (one, other) =>
        one.createdAtMs - other.createdAtMs || (one.reservationId < other.reservationId ? -1 : 1),
    );
}

const partsIn = ({ parts }: ReservationItem, levelKey: string): Part[] =>
  partsOf(parts.filter(isBackordered), levelKey);

async function idsInIndex(database: Database, levelKey: string, call: Call): Promise<string[]> {
  const shards = [backordersShard, ...expiryShardsOf(database)];
  const found = await Promise.all(
    shards.map((shard) => allHolds(database, { shard, levels: [levelKey] }, call)),
  );
  return [...new Set(found.flat().map(({ reservationId }) => reservationId))];
}

/** Gives available units to one record. Returns their number, 0 where another request came in between. */
async function serve(
  database: Database,
  name: LevelName,
  item: ReservationItem,
  available: number,
  call: Call,
): Promise<number> {
  const { sku, location } = name;
  const waiting = sumOfParts(partsIn(item, backorderKeyOf(name)));
  const quantity = Math.min(waiting, available);
  const arrived = { sku, location, isBackorder: true as const, quantity };
  const giving = partsOfLines(item, isBackordered, [arrived]);
  if ("excess" in giving) return 0;
  const more = [{ sku, location, quantity }];
  const isBeforeEnd = item.status === "held";
  const how = { onlyAvailable: true, isLeased: false, isBeforeEnd, rewrite: suppliedRecord };
  const amendment = { more, giving, ...how };
  const result = await amend(database, item, amendment, call);
  return "written" in result ? quantity : 0;
}

/** The record once its units have arrived: a hold, or one that is sold. */
const suppliedRecord = (item: ReservationItem): ReservationItem =>
  item.status === "held"
    ? withLinesOfHold(item)
    : withBackordersIndexed({ ...item, lines: linesOfParts(item.parts.filter(isSold)) });

/** Returns true for units of a sale: open, fulfilled or cancelled ones, but not released ones. */
const isSold = (part: Part): boolean =>
  isOpen(part) || part.ended?.by === "fulfilment" || part.ended?.by === "cancellation";

/**
 * Serves the backorders of a level after units have arrived. What cannot be done now is left to the sweep.
 *
 * @returns the level after that
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const serveAfterReceipt = async (
  database: Database,
  level: StockLevel,
  call: Call,
): Promise<StockLevel> => {
  if (!takesBackorders(level) || level.available <= 0) return level;
  await ifPossible(serveBackorders(database, level, call));
  return (await readLevel(database, levelKeyOf(level), call)) ?? level;
};
