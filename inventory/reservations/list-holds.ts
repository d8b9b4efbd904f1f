/**
 * The holds of a stock level, next to expire first. Each partition of the index is sorted, and the page is merged
 * from all of them. It is complete up to the end that every partition was read to:
 *
 *   partition 0   ──a────c───┤              read to here
 *   partition 1   ───b─────────d───┤
 *   page            a b  c   │              d waits until partition 0 is read past it
 *
 * A partition with few holds of the level is read on, page by page, within the bounds of one call.
 */
import {
  databaseRequestTimeoutMs,
  holdEntriesMax,
  pageSizeDefault,
} from "../../contract/bounds.ts";
import type { ReservationItem } from "../../contract/tables.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import { decodeCursor, encodeCursor } from "../dynamodb/cursor.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import type { PageWanted } from "../dynamodb/list-newest.ts";
import type { Page } from "../dynamodb/page.ts";
import { levelKeyOf, type LevelName } from "../stock/level-key.ts";
import { expiryShardsOf, queryHolds, type IndexedHold } from "./hold-index.ts";
import { isOpen, unitsOfLevel } from "./parts.ts";
import { isDue, reservationIn, type Reservation } from "./reservation.ts";

/** A held reservation with its units of one level. */
export type LevelHold = Reservation & { quantity: number };

/** The place of a hold in the list. */
type Position = Pick<ReservationItem, "expiresAtMs" | "reservationId">;

/** Sorts before every id. */
const beforeAllIds = "-";

/**
 * One page of the holds of a level. A hold that is due is expired, and not listed. A page has fewer holds
 * than `limit` where some ended after the index was read, or where most entries are of other levels. The
 * index may lag behind a hold that was made or extended this instant.
 *
 * @throws InventoryError `invalid_cursor`, `busy`, `unavailable`, `rejected`
 */
export const listHolds = async (
  database: Database,
  { sku, location, limit = pageSizeDefault, cursor }: LevelName & PageWanted,
  call: Call,
): Promise<Page<LevelHold>> => {
  const levelKey = levelKeyOf({ sku, location });
  const list = ["holds", levelKey];
  const atFirst: Position = { expiresAtMs: 0, reservationId: beforeAllIds };
  let after = cursor === undefined ? atFirst : positionIn(list, cursor);
  for (;;) {
    const { entries, next } = await nextEntries(database, { levelKey, limit, after }, call);
    const items = await readHolds(database, levelKey, entries, call);
    if (next === undefined) return { items };
    // Callers may take an empty page for the last one.
    if (items.length > 0 || isTimeUp(call)) {
      return { items, cursor: encodeCursor(list, [next.expiresAtMs, next.reservationId]) };
    }
    after = next;
  }
};

function positionIn(list: readonly string[], cursor: string): Position {
  const [expiresAtMs, reservationId] = decodeCursor(list, ["number", "string"], cursor);
  return { expiresAtMs: expiresAtMs as number, reservationId: reservationId as string };
}

/** True when only the time to read one page of records remains. */
const isTimeUp = (call: Call): boolean => call.remainingMs() < databaseRequestTimeoutMs;

const inOrder = (a: Position, b: Position): number =>
  a.expiresAtMs - b.expiresAtMs || (a.reservationId < b.reservationId ? -1 : 1);

/** A partition of the index, and how far it was read. */
interface Partition {
  shard: number;
  /** Every hold that ends before was read; Infinity at the end of the partition. */
  readToMs: number;
  next?: Record<string, unknown> | undefined;
}

interface Entries {
  entries: Position[];
  /** Where the next page begins; absent at the end of the list. */
  next?: Position;
}

/** Entries of a partition that are read first, besides twice its share of the page. */
const entriesSpare = 16;

/** Entries of a partition that are read at once when the first ones have too few of the level. */
const entriesPerRead = 1_000;

/** Entries of the level after a place of the list, at most `limit`, from all partitions. */
async function nextEntries(
  database: Database,
  { levelKey, limit, after }: { levelKey: string; limit: number; after: Position },
  call: Call,
): Promise<Entries> {
  const fromMs = Math.max(after.expiresAtMs, database.now() + 1);
  const shards = expiryShardsOf(database);
  const partitions = shards.map((shard): Partition => ({ shard, readToMs: fromMs }));
  // A hold that is extended meanwhile may be read at both of its ends.
  const found = new Map<string, IndexedHold>();
  const read = async (partition: Partition, entries: number): Promise<void> => {
    const { shard, next: start } = partition;
    const query = { shard, fromMs, levels: [levelKey], limit: entries, start };
    const page = await queryHolds(database, query, call);
    for (const hold of page.holds) {
      if (inOrder(after, hold) < 0) found.set(hold.reservationId, hold);
    }
    partition.next = page.next;
    partition.readToMs = page.next === undefined ? Infinity : (page.next["expiresAtMs"] as number);
  };
  const entriesMax = Math.ceil(holdEntriesMax / shards.length);
  let entriesRead = 0;
  let entries = Math.ceil((2 * limit) / shards.length) + entriesSpare;
  for (;;) {
    const sorted = [...found.values()].toSorted(inOrder);
    const pageEndMs = sorted.length > limit ? sorted[limit - 1]!.expiresAtMs : Infinity;
    const behind = partitions.filter((one) => one.readToMs < Infinity && one.readToMs <= pageEndMs);
    const readToMs = Math.min(...partitions.map((partition) => partition.readToMs));
    const isBounded = entriesRead >= entriesMax || isTimeUp(call);
    // The cursor of a page must be past the place where the page began.
    const mayEndEarly = isBounded && readToMs > fromMs;
    if (behind.length === 0 || mayEndEarly) return entriesBefore(readToMs, sorted, limit);
    await Promise.all(behind.map((partition) => read(partition, entries)));
    entriesRead += entries;
    entries = Math.min(entriesPerRead, entriesMax);
  }
}

/** The first of these entries that end before a time, up to which all are known. */
function entriesBefore(readToMs: number, sorted: readonly Position[], limit: number): Entries {
  const known = sorted.filter(({ expiresAtMs }) => expiresAtMs < readToMs);
  const entries = known.slice(0, limit);
  if (readToMs === Infinity && known.length === entries.length) return { entries };
  const isFull = entries.length === limit;
  const next = isFull ? entries.at(-1)! : { expiresAtMs: readToMs, reservationId: beforeAllIds };
  return { entries, next };
}

/** The holds of these entries, as their records are now. */
async function readHolds(
  database: Database,
  levelKey: string,
  entries: readonly Position[],
  call: Call,
): Promise<LevelHold[]> {
  const ids = entries.map(({ reservationId }) => reservationId);
  const items = await readReservations(database, ids, call);
  const nowMs = database.now();
  return items
    .filter((item) => item.status === "held" && !isDue(item, nowMs))
    .toSorted(inOrder)
    .map((item) => ({
      ...reservationIn("held", item),
      quantity: unitsOfLevel(item.parts.filter(isOpen), levelKey),
    }))
    .filter(({ quantity }) => quantity > 0);
}
