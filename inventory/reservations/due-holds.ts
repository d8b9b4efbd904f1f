/**
 * Dead holds of a stock level: a request that meets a shortage ends them and takes their units. The search goes
 * over all partitions of the index, so its result is kept in the row for all functions to read:
 * `searchedAtMs` and `nextEndMs`. It is valid for the time of the shortest hold, and until the next end.
 */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { searchValidMs } from "../../contract/bounds.ts";
import type { ReservationItem, StockItem } from "../../contract/tables.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { writeIf } from "../dynamodb/write-if.ts";
import { InventoryError } from "../errors.ts";
import {
  allHolds,
  entriesPerPage,
  expiryShardsOf,
  queryHolds,
  type IndexedHold,
} from "./hold-index.ts";
import { recordsAtOnce } from "./change-parts.ts";
import { isOpen, unitsOfLevel } from "./parts.ts";
import { isDue } from "./reservation.ts";
import { endHolds } from "./transitions.ts";

/** Pages of a partition that are read for the next end of a hold. */
const pagesMax = 5;

/**
 * Requests renew a search before it ends, a few at random, so that its end does not send all of them
 * to the index at once.
 */
const renewedEarlyMs = 300;
const renewedShare = 0.02;

/** True when no hold of the level can be dead, by what the last search has noted in its first row. */
export const isKnownAlive = (database: Database, row: StockItem): boolean => {
  const { searchedAtMs, nextEndMs = Infinity } = row;
  if (searchedAtMs === undefined) return false;
  const nowMs = database.now();
  const ageMs = Math.abs(nowMs - searchedAtMs);
  const isEarly = ageMs >= searchValidMs - renewedEarlyMs;
  if (isEarly && database.random() < renewedShare) return false;
  return ageMs < searchValidMs && nowMs < nextEndMs;
};

/**
 * Expires dead holds of a level until so many units are back, or notes in the first row of its level that
 * there are none. For 0 units it only notes the next end.
 *
 * @returns the row as noted, or undefined when holds were found: read the level again then
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const expireDeadHolds = (
  database: Database,
  row: StockItem,
  units: number,
  call: Call,
): Promise<StockItem | undefined> => {
  const running = searches.get(database) ?? new Map<string, Promise<StockItem | undefined>>();
  searches.set(database, running);
  const known = running.get(row.sku);
  if (known !== undefined) return known;
  const searching = search(database, row, units, call).finally(() => running.delete(row.sku));
  running.set(row.sku, searching);
  return searching;
};

/** Searches under way by row: requests of one process that meet the same shortage share one. */
const searches = new WeakMap<Database, Map<string, Promise<StockItem | undefined>>>();

const search = async (
  database: Database,
  row: StockItem,
  units: number,
  call: Call,
): Promise<StockItem | undefined> => {
  const searchedAtMs = database.now();
  const shards = expiryShardsOf(database);
  if (units === 0) return noteNext(database, row, searchedAtMs, call);
  const due = await Promise.all(
    shards.map((shard) =>
      allHolds(database, { shard, untilMs: searchedAtMs, levels: [row.sku] }, call),
    ),
  );
  if (
    await expireSome(
      database,
      shuffled(due.flat(), () => database.random()),
      row.sku,
      units,
      call,
    )
  ) {
    return undefined;
  }
  return noteNext(database, row, searchedAtMs, call);
};

async function noteNext(
  database: Database,
  row: StockItem,
  searchedAtMs: number,
  call: Call,
): Promise<StockItem> {
  const ends = await Promise.all(
    expiryShardsOf(database).map((shard) => nextInShard(database, shard, row.sku, call)),
  );
  return note(database, row, searchedAtMs, Math.min(...ends), call);
}

/** Ends holds until so many units are back. Returns whether any hold was due by its record. */
async function expireSome(
  database: Database,
  holds: readonly IndexedHold[],
  levelKey: string,
  units: number,
  call: Call,
): Promise<boolean> {
  let missing = units;
  let wasAnyDue = false;
  for (let from = 0; from < holds.length && missing > 0; from += recordsAtOnce) {
    const ids = holds.slice(from, from + recordsAtOnce).map(({ reservationId }) => reservationId);
    const items = (await readReservations(database, ids, call)).filter((item) =>
      isDue(item, database.now()),
    );
    wasAnyDue ||= items.length > 0;
    const some = takeUntil(items, levelKey, missing);
    await endEach(database, some, call);
    missing -= some.reduce((sum, item) => sum + unitsOf(item, levelKey), 0);
  }
  return wasAnyDue;
}

const unitsOf = ({ parts }: ReservationItem, levelKey: string): number =>
  unitsOfLevel(parts.filter(isOpen), levelKey);

/** The first items that have so many units of the level, all of them if they have fewer. */
function takeUntil(items: ReservationItem[], levelKey: string, units: number): ReservationItem[] {
  let sum = 0;
  const end = items.findIndex((item) => (sum += unitsOf(item, levelKey)) >= units);
  return end === -1 ? items : items.slice(0, end + 1);
}

/** Expires holds together, and one by one where a record among them cannot be ended. */
async function endEach(database: Database, items: ReservationItem[], call: Call): Promise<void> {
  if (items.length === 0) return;
  try {
    await endHolds(database, items, "expired", call);
  } catch (error) {
    if (!(error instanceof InventoryError) || error.code !== "inconsistent") throw error;
    if (items.length === 1) return;
    for (const item of items) await endEach(database, [item], call);
  }
}

/** The next end of a hold of the level in one partition, or a time before which there is none. */
async function nextInShard(
  database: Database,
  shard: number,
  levelKey: string,
  call: Call,
): Promise<number> {
  let start: Record<string, unknown> | undefined;
  for (let pages = 0; pages < pagesMax; pages += 1) {
    const page = await queryHolds(
      database,
      { shard, levels: [levelKey], limit: entriesPerPage, start },
      call,
    );
    const [first] = page.holds;
    if (first !== undefined) return first.expiresAtMs;
    start = page.next;
    if (start === undefined) return Infinity;
  }
  return start!["expiresAtMs"] as number;
}

/** Notes the result of a search in the row, unless a later one is there. */
async function note(
  database: Database,
  row: StockItem,
  searchedAtMs: number,
  nextEndMs: number,
  call: Call,
): Promise<StockItem> {
  const hasNext = nextEndMs < Infinity;
  const command = () =>
    new UpdateCommand({
      TableName: database.tables.stock,
      Key: { sku: row.sku },
      UpdateExpression: hasNext
        ? "SET #searchedAtMs = :searchedAtMs, #nextEndMs = :nextEndMs"
        : "SET #searchedAtMs = :searchedAtMs REMOVE #nextEndMs",
      ConditionExpression:
        "attribute_exists(#open) AND " +
        "(attribute_not_exists(#searchedAtMs) OR #searchedAtMs < :searchedAtMs)",
      ExpressionAttributeNames: {
        "#open": "open",
        "#searchedAtMs": "searchedAtMs",
        "#nextEndMs": "nextEndMs",
      },
      ExpressionAttributeValues: {
        ":searchedAtMs": searchedAtMs,
        ...(hasNext && { ":nextEndMs": nextEndMs }),
      },
      ReturnValues: "ALL_NEW",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
  const result = await writeIf<StockItem>(database, command, call);
  return (result.applied ? result.item : result.found) ?? row;
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
