/**
 * Takes the units of one line: from the row of the level that this process writes to, in one update, or
 * from others when that is busy or empty, several of them where no row alone has enough.
 */
import { openMarkersTidy, rowsInFlight, shardsMax, spreadEveryMs } from "../../contract/bounds.ts";
import type { Line, Part, StockItem } from "../../contract/tables.ts";
import { actorOf, backOff, type Call, type Database } from "../dynamodb/database.ts";
import { ifPossible, ThrottledError } from "../errors.ts";
import { mapEach } from "../for-each.ts";
import { isFirstRow, levelKeyOf, rowKeyOf } from "../stock/level-key.ts";
import { availableIn, levelOf, readRows, shardsOf, takesBackorders } from "../stock/level.ts";
import {
  findMarker,
  markerKey,
  markersOf,
  sumOfParts,
  type Marker,
  type NewMarker,
} from "../stock/marker.ts";
import type { RowUnits } from "../stock/move-units.ts";
import { resolveMarkers } from "../stock/resolve.ts";
import { changeRow, readRow } from "../stock/row.ts";
import { mergeRows, spreadLoad } from "../stock/shards.ts";
import { hasRoom, makeRoom, type RoomWanted } from "./make-room.ts";
import { memoryOf } from "./row-memory.ts";

export interface TakeRequest {
  reservationId: string;
  /** The version of the record that the hold replaces; 0 for none. */
  base: number;
  /** True for an order of several lines: it holds units of others meanwhile. */
  hasOthers: boolean;
  /** True when the order has its SKUs leased. */
  isLeased: boolean;
  /** True when fewer units than wanted are better than none. */
  takesLess?: boolean | undefined;
  /** True where units that are not there yet are of no use. */
  onlyAvailable?: boolean | undefined;
  /** Present where the units may come from another level instead, so that too few of them are no shortage yet. */
  planned?: PlannedUnits;
}

export interface PlannedUnits {
  /** The rows of the level as they were seen. */
  rows: StockItem[] | "unseen";
  /** The units that the request has taken before. It takes no more from their rows: one marker is one change. */
  own: readonly Got[];
}

/** Units that a request has taken from a row. */
export interface Got {
  part: Part;
  marker: Marker;
  row: StockItem;
}

export type Taken =
  /** `later` units of the line may be sold before they are there: it has only the others. */
  | { taken: true; later?: { units: number; first: StockItem } }
  /** Too few units are available. */
  | { short: Short }
  | { unknown: true }
  /** Another request may still give units back, or take them. */
  | { blocked: true }
  /** The level had fewer units than planned: its rows as they were seen last, and the units that it gave. */
  | { refused: StockItem[]; units: number };

/** The counts of the level that prove a shortage, and the next end of a hold, where that is known. */
export interface Short {
  available: number;
  reserved: number;
  nextEndMs?: number;
}

/** Rows of a level that a request tries without a look at all of them. */
const blindTries = 3;

/** The share of requests at a hot row that spread its load. */
const spreadingShare = { throttled: 0.02, crowded: 0.2 };

/** The share of requests that read a level again after a throttle. */
const readingShare = 0.25;

/** The share of refusals of a level in several rows that merge two of them. */
const mergingShare = 0.05;
const mergingMs = 50;

/** The units of one line, as far as they are taken. */
interface Taking {
  request: TakeRequest;
  levelKey: string;
  missing: number;
  own: Got[];
  /** The units that the request has taken before. */
  before: readonly Got[];
}

/** The rows of the level as they were seen; `unseen` where a row is written without a look at the level. */
type Look = StockItem[] | "unseen" | "unknown";

/**
 * @param got gets the units as they are taken, also those of a line that turns out to be short
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const takeUnits = async (
  database: Database,
  request: TakeRequest,
  line: Line,
  got: Got[],
  call: Call,
): Promise<Taken> => {
  const memory = memoryOf(database);
  const levelKey = levelKeyOf(line);
  const { planned } = request;
  const remembered =
    planned === undefined ? await memory.rowsIfShort(levelKey, line.quantity, call) : undefined;
  const isBackorderable = (rows: readonly StockItem[]) =>
    !request.onlyAvailable && takesBackorders(rows[0]!);
  const takesLess = (rows: readonly StockItem[]) =>
    isBackorderable(rows) || (request.takesLess && availableIn(rows) > 0);
  if (remembered?.isExact && !takesLess(remembered.rows)) {
    return { short: shortOf(remembered.rows, []) };
  }
  const taking: Taking = {
    request,
    levelKey,
    missing: line.quantity,
    own: [],
    before: planned?.own ?? [],
  };
  let later: Extract<Taken, { taken: true }>["later"];
  try {
    let look: Look = planned?.rows ?? remembered?.rows ?? "unseen";
    for (let attempt = 0; ; attempt += 1) {
      look =
        look === "unseen"
          ? await writeOwnRow(database, taking, attempt, call)
          : await writePlanned(database, taking, look, attempt, call);
      if (taking.missing === 0) return { taken: true, ...(later && { later }) };
      if (look === "unknown") return { unknown: true };
      if (look === "unseen" || planOf(database, taking, look).length > 0) continue;
      if (planned !== undefined && availableIn(freeRows(taking, look)) < taking.missing) {
        return { refused: look, units: line.quantity - taking.missing };
      }
      const room = await makeRoom(database, look, wantedOf(taking), attempt, call);
      if (room === "blocked") return { blocked: true };
      if ("short" in room && takesLess(room.short)) {
        const [first] = room.short;
        const some = Math.max(0, Math.min(taking.missing, availableIn(room.short)));
        if (isBackorderable(room.short)) {
          later = { units: (later?.units ?? 0) + taking.missing - some, first: first! };
        }
        taking.missing = some;
        if (some === 0) return { taken: true, ...(later && { later }) };
        look = room.short;
        continue;
      }
      if ("short" in room) {
        memory.noteShort(room.short);
        await mergeIfSoldOut(database, room.short, call);
        return { short: shortOf(room.short, taking.own) };
      }
      look = room.rows ?? "unseen";
    }
  } finally {
    got.push(...taking.own);
  }
};

const wantedOf = ({ request, missing, own, before }: Taking): RoomWanted => ({
  quantity: missing,
  own: [...before, ...own],
  waits: request.isLeased || !(request.hasOthers || own.length > 0),
  takesLess: request.takesLess,
});

/** Writes the row of this process. Returns the level where that was in vain. */
async function writeOwnRow(
  database: Database,
  taking: Taking,
  attempt: number,
  call: Call,
): Promise<Look> {
  const { levelKey, missing } = taking;
  const memory = memoryOf(database);
  const key = memory.rowOf(levelKey);
  const tried = await takeFrom(database, taking, { row: key, units: missing }, call);
  if ("part" in tried) {
    memory.learn(tried.row);
    return "unseen";
  }
  const { found, isHot } = tried;
  const isGone = found === undefined && !isHot;
  if (isGone && isFirstRow(key)) return "unknown";
  if (isGone) memory.forget(levelKey);
  if (found !== undefined) memory.learn(found);
  if (isHot) {
    await onHotRow(database, levelKey, found, call);
    if (found === undefined && !memory.knowsRows(levelKey))
      await learnOfRows(database, levelKey, call);
    if (memory.moveOn(levelKey) && attempt < blindTries) {
      call.onRetry?.("throttle");
      return "unseen";
    }
    if (found === undefined) await backOff(database, call, attempt, "throttle");
  }
  return lookAt(database, levelKey, found, call);
}

/**
 * Reads one of the rows that the level may have, since the first one takes no more requests: any row has
 * the number of rows. Processes that start together, as at the start of a sale, read different ones.
 */
async function learnOfRows(database: Database, levelKey: string, call: Call): Promise<void> {
  const shard = Math.floor(shardsMax ** database.random());
  const row = await ifPossible(readRow(database, rowKeyOf(levelKey, shard), call));
  if (row !== undefined) memoryOf(database).learn(row);
}

/** Writes the rows that have the units, by what was seen of them. Returns the level as it is then. */
async function writePlanned(
  database: Database,
  taking: Taking,
  rows: StockItem[],
  attempt: number,
  call: Call,
): Promise<Look> {
  const { levelKey } = taking;
  const plan = planOf(database, taking, rows);
  if (plan.length === 0) return rows;
  const tried = await mapEach(plan, rowsInFlight, (one) => takeFrom(database, taking, one, call));
  if (taking.missing === 0) {
    memoryOf(database).keepTo(taking.own[0]!.row, rows);
    return rows;
  }
  const refused = tried.flatMap((one) => ("part" in one ? [] : [one]));
  if (refused.some(({ isHot }) => isHot)) {
    await onHotRow(database, levelKey, undefined, call);
    await backOff(database, call, attempt, "throttle");
    // Most go on with what they know: a hot row takes only so many reads, too.
    if (database.random() >= readingShare) return rows;
  }
  return lookAt(database, levelKey, rows.length === 1 ? refused[0]?.found : undefined, call);
}

/** The level, from the row that was found where that is the whole of it. */
async function lookAt(
  database: Database,
  levelKey: string,
  found: StockItem | undefined,
  call: Call,
): Promise<Look> {
  if (found !== undefined && found.sku === levelKey && shardsOf(found) === 1) return [found];
  return (await readRows(database, levelKey, call, found && shardsOf(found))) ?? "unknown";
}

type Tried = Got | { found: StockItem | undefined; isHot: boolean };

/** Takes units from a row by one update. */
async function takeFrom(
  database: Database,
  taking: Taking,
  { row: key, units }: RowUnits,
  call: Call,
): Promise<Tried> {
  const { reservationId, base } = taking.request;
  const marker: NewMarker = { reservationId, kind: "hold", base, quantity: units };
  const name = markerKey(marker);
  const clear = memoryOf(database)
    .takeCommitted(key)
    .filter((committed) => committed.key !== name);
  const change = {
    place: [marker],
    clear,
    lastChange: { kind: "hold", ...actorOf(call) },
  } as const;
  try {
    const result = await changeRow(database, key, change, { ...call, endsAtThrottle: true });
    const row = result.applied ? result.row : result.found;
    // Placed by this request, or by a repeat of it: the units are this reservation's either way.
    const own = row && findMarker(row, marker);
    if (own) {
      const part = { row: key, quantity: units, version: own.version };
      const taken = { part, marker: own, row };
      taking.own.push(taken);
      memoryOf(database).notePlaced(own);
      taking.missing -= units;
      return taken;
    }
    return { found: row, isHot: row !== undefined && row.available >= units && !hasRoom(row) };
  } catch (error) {
    if (!(error instanceof ThrottledError)) throw error;
    return { found: undefined, isHot: true };
  }
}

/**
 * The rows to take the units from, none where they have too few: the row that has a marker of this
 * request, or a row that has enough, or several.
 */
function planOf(database: Database, taking: Taking, rows: readonly StockItem[]): RowUnits[] {
  const { request, levelKey, missing } = taking;
  const { reservationId, base } = request;
  const marker: NewMarker = { reservationId, kind: "hold", base, quantity: missing };
  const free = freeRows(taking, rows);
  const adopted = free.find((row) => findMarker(row, marker) !== undefined);
  if (adopted !== undefined) return [{ row: adopted.sku, units: missing }];
  const usable = free.filter((row) => row.available > 0 && hasRoom(row));
  const enough = usable.filter(({ available }) => available >= missing);
  const chosen = memoryOf(database).rowOf(levelKey);
  const row = enough.find(({ sku: key }) => key === chosen) ?? atRandom(database, enough);
  if (row !== undefined) return [{ row: row.sku, units: missing }];
  if (availableIn(usable) < missing) return [];
  const plan: RowUnits[] = [];
  let left = missing;
  for (const { sku: key, available } of usable.toSorted((a, b) => b.available - a.available)) {
    if (left === 0) break;
    const units = Math.min(left, available);
    plan.push({ row: key, units });
    left -= units;
  }
  return plan;
}

/** The rows that the request has taken nothing from yet. */
const freeRows = ({ own, before }: Taking, rows: readonly StockItem[]): StockItem[] =>
  rows.filter(({ sku: key }) => [...before, ...own].every(({ part }) => part.row !== key));

/** One of the rows, each by its share of the units: those with more are to sell more. */
function atRandom(database: Database, rows: readonly StockItem[]): StockItem | undefined {
  let rest = database.random() * availableIn(rows);
  return rows.find(({ available }) => (rest -= available) < 0) ?? rows.at(-1);
}

/** The own units that are still in the rows: others may have given some back. */
export const keptUnits = (rows: readonly StockItem[], own: readonly Got[]): Part[] =>
  own
    .filter(({ part, marker: { key, value } }) =>
      rows.some((row) => row.sku === part.row && row.open[key] === value),
    )
    .map(({ part }) => part);

/** Own units count as available, but for those that others have given back: they are so already. */
const shortOf = (rows: readonly StockItem[], own: readonly Got[]): Short => {
  const { nextEndMs } = rows[0]!;
  const { available, reserved } = levelOf(rows);
  const taken = sumOfParts(keptUnits(rows, own));
  return { available: available + taken, reserved, ...(nextEndMs !== undefined && { nextEndMs }) };
};

/** One of many requests that meet a hot row spreads its load over more rows. */
async function onHotRow(
  database: Database,
  levelKey: string,
  found: StockItem | undefined,
  call: Call,
): Promise<void> {
  const share = found === undefined ? spreadingShare.throttled : spreadingShare.crowded;
  const { spreadAtMs = 0 } = found ?? {};
  if (database.now() < spreadAtMs + spreadEveryMs || database.random() >= share) return;
  const shards = await ifPossible(spreadLoad(database, levelKey, call));
  if (shards !== undefined) memoryOf(database).choose(levelKey, shards);
}

/** A look at a level that is sold out costs a read for each row: some requests merge two of them. */
async function mergeIfSoldOut(
  database: Database,
  rows: readonly StockItem[],
  call: Call,
): Promise<void> {
  const isSoldOut = rows.length > 1 && availableIn(rows) <= 0;
  if (!isSoldOut || database.random() >= mergingShare) return;
  const endsAtMs = database.monotonicMs() + mergingMs;
  const brief = { ...call, patienceMs: () => endsAtMs - database.monotonicMs() };
  await ifPossible(mergeRows(database, rows[0]!.sku, rows.length - 1, brief));
}

/** Notes that the record owns the units, so that the next write of this function removes the marker. */
export const noteCommitted = (database: Database, row: string, marker: Marker): void =>
  memoryOf(database).noteCommitted(row, marker);

/** One writer in so many tidies a row, so that they do not all do the same. */
const tidyEvery = 6;

/**
 * Removes markers of the row that their records have decided, when there are many of other processes: a
 * hold's own marker is left to later writers, and a row with too many is slow. Never rejects.
 */
export const tidyRow = async (database: Database, row: StockItem, call: Call): Promise<void> => {
  const { isOwn } = memoryOf(database);
  const markers = markersOf(row).filter((marker) => !isOwn(marker));
  const isMany = markers.length >= openMarkersTidy && row.version % tidyEvery === 0;
  if (isMany) await ifPossible(resolveMarkers(database, row, markers, call));
};
