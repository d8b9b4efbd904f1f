/**
 * What a reserve that falls short looks for: due holds of its SKUs, whose units it can have at once,
 * and else when the next hold ends. Refusals are cheap although many may come at a time: what was
 * found of a SKU is believed for as long as it cannot have changed.
 */
import { holdSecondsMin } from "../../contract/bounds.ts";
import type { ReservationItem } from "../../contract/tables.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { expiryShards, queryHolds, type IndexedHold } from "./hold-index.ts";
import { isDue } from "./reservation.ts";
import { endHold } from "./transitions.ts";

/** A line that fell short by so many units. */
export interface Missing {
  sku: string;
  units: number;
}

/** How many entries of a partition are looked at for the next end of a hold. */
const entriesPerPage = 200;
const pagesMax = 5;
/** How many due holds are ended side by side. */
const endingsAtOnce = 8;

interface Finding {
  atMs: number;
  /** Undefined: no hold, or none that was found. */
  nextExpiryAtMs: number | undefined;
}

/**
 * By SKU, what was found last. No hold made since can be due before the shortest hold's time is
 * over, so that for so long nothing new can have become due but what was found.
 */
const findings = new WeakMap<Database, Map<string, Finding>>();

const findingsOf = (database: Database): Map<string, Finding> => {
  const known = findings.get(database) ?? new Map<string, Finding>();
  findings.set(database, known);
  return known;
};

/** Whether nothing of the SKU is due, as far as was found lately. */
const isKnownAlive = (finding: Finding | undefined, nowMs: number): boolean =>
  finding !== undefined &&
  Math.abs(nowMs - finding.atMs) < holdSecondsMin * 1000 &&
  nowMs < (finding.nextExpiryAtMs ?? Infinity);

const hasOneOf = (hold: IndexedHold, skus: ReadonlySet<string>): boolean =>
  [...hold.skus].some((sku) => skus.has(sku));

/** Due holds of these SKUs in one partition, to the end of it. */
const dueInShard = async (
  database: Database,
  shard: number,
  skus: readonly string[],
  call: Call,
): Promise<IndexedHold[]> => {
  const wanted = new Set(skus);
  const due: IndexedHold[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const query = { shard, untilMs: database.now(), skus, limit: entriesPerPage, start };
    const page = await queryHolds(database, query, call);
    due.push(...page.holds.filter((hold) => hasOneOf(hold, wanted)));
    start = page.next;
  } while (start !== undefined);
  return due;
};

/** Ends one hold if its record still is a due one; returns how many units of each SKU came back. */
const endIfDue = async (
  database: Database,
  item: ReservationItem,
  call: Call,
): Promise<ReservationItem["lines"]> => {
  if (!isDue(item, database.now())) return [];
  const result = await endHold(database, item, "expired", call);
  // Whoever was faster has given the units back, or sold them: the next look at the stock tells.
  return "ended" in result ? result.ended.lines : item.lines;
};

const shuffled = <Item>(items: readonly Item[], random: () => number): Item[] =>
  items
    .map((item) => ({ item, rank: random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);

/**
 * Gives back units of due holds until nothing is missing any more, or no due hold is left.
 *
 * @returns whether any came back, so that it is worth another try
 */
export const expireDeadHolds = async (
  database: Database,
  missing: readonly Missing[],
  call: Call,
): Promise<boolean> => {
  const nowMs = database.now();
  const known = findingsOf(database);
  const suspects = missing.filter(({ sku }) => !isKnownAlive(known.get(sku), nowMs));
  if (suspects.length === 0) return false;
  const still = new Map(suspects.map(({ sku, units }) => [sku, units]));
  const skus = [...still.keys()];
  const found = await Promise.all(
    expiryShards.map((shard) => dueInShard(database, shard, skus, call)),
  );
  // Those who fall short together begin with different holds.
  const ids = shuffled(found.flat(), () => database.random()).map(
    ({ reservationId }) => reservationId,
  );
  let cameBack = false;
  for (let from = 0; from < ids.length && still.size > 0; from += endingsAtOnce) {
    const some = ids.slice(from, from + endingsAtOnce);
    const items = await readReservations(database, some, call);
    const lines = await Promise.all(items.map((item) => endIfDue(database, item, call)));
    for (const { sku, quantity } of lines.flat()) {
      cameBack = true;
      const left = (still.get(sku) ?? 0) - quantity;
      if (left > 0) still.set(sku, left);
      else still.delete(sku);
    }
  }
  return cameBack;
};

/** The next ends of holds in one partition, and until when that is all of them. */
const nextInShard = async (
  database: Database,
  shard: number,
  skus: readonly string[],
  call: Call,
): Promise<{ next: Map<string, number>; knownUntilMs: number }> => {
  const next = new Map<string, number>();
  let start: Record<string, unknown> | undefined;
  for (let pages = 0; pages < pagesMax; pages += 1) {
    const query = { shard, skus, limit: entriesPerPage, start };
    const page = await queryHolds(database, query, call);
    for (const hold of page.holds) {
      for (const sku of hold.skus) {
        if (!next.has(sku)) next.set(sku, hold.expiresAtMs);
      }
    }
    start = page.next;
    if (start === undefined || skus.every((sku) => next.has(sku))) {
      return { next, knownUntilMs: Infinity };
    }
  }
  return { next, knownUntilMs: start!["expiresAtMs"] as number };
};

/**
 * When the next hold of each SKU ends, in milliseconds of the epoch. A SKU is missing when it has
 * none, or none that can be told from a bounded number of entries.
 */
export const nextExpiries = async (
  database: Database,
  skus: readonly string[],
  call: Call,
): Promise<Map<string, number>> => {
  const nowMs = database.now();
  const known = findingsOf(database);
  const unknown = skus.filter((sku) => !isKnownAlive(known.get(sku), nowMs));
  if (unknown.length > 0) {
    const shards = await Promise.all(
      expiryShards.map((shard) => nextInShard(database, shard, unknown, call)),
    );
    const knownUntilMs = Math.min(...shards.map((shard) => shard.knownUntilMs));
    for (const sku of unknown) {
      const earliest = Math.min(...shards.map(({ next }) => next.get(sku) ?? Infinity));
      const isKnown = earliest <= knownUntilMs && earliest < Infinity;
      remember(known, sku, { atMs: nowMs, nextExpiryAtMs: isKnown ? earliest : undefined });
    }
  }
  return new Map(
    skus.flatMap((sku) => {
      const { nextExpiryAtMs } = known.get(sku)!;
      return nextExpiryAtMs === undefined ? [] : [[sku, nextExpiryAtMs]];
    }),
  );
};

const findingsMax = 10_000;

const remember = (known: Map<string, Finding>, sku: string, finding: Finding): void => {
  if (known.size >= findingsMax) known.clear();
  known.set(sku, finding);
};
