/**
 * Knowledge of a process about the rows that it wrote. It saves requests, and decides nothing: a row that
 * was short a moment ago is read before it is written, since a refused write costs more; markers of own
 * holds that are committed leave with the next write; and of the rows of a level a process keeps to one.
 */
import { openMarkersMax } from "../../contract/bounds.ts";
import type { StockItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { levelKeyOfRow, rowKeyOf, shardOf } from "../stock/level-key.ts";
import { availableIn, readRows, shardsOf } from "../stock/level.ts";
import type { Marker } from "../stock/marker.ts";

/** The time for which a level that was short is read before it is written, in milliseconds. */
const readFirstMs = 2_000;
const rememberedMax = 1_000;

interface Choice {
  shards: number;
  shard: number;
}

type RowMemory = ReturnType<typeof createMemory>;

const memories = new WeakMap<Database, RowMemory>();

export const memoryOf = (database: Database): RowMemory => {
  const memory = memories.get(database) ?? createMemory(database);
  memories.set(database, memory);
  return memory;
};

const note = <Value>(map: Map<string, Value>, key: string, value: Value): void => {
  if (map.size >= rememberedMax) map.clear();
  map.set(key, value);
};

function createMemory(database: Database) {
  const shortages = new Map<string, { rows: StockItem[]; atMs: number }>();
  const refusals = new Map<string, { rows: StockItem[]; atMs: number }>();
  const throttles = new Map<string, number>();
  const committed = new Map<string, Marker[]>();
  const placed = new Map<string, Marker>();
  const choices = new Map<string, Choice>();

  /** Chooses one of so many rows of the level. */
  const choose = (levelKey: string, shards: number): void =>
    note(choices, levelKey, { shards, shard: Math.floor(database.random() * shards) });

  return {
    notePlaced: (marker: Marker): void => note(placed, marker.key, marker),
    /** True for a marker of this process, which removes it by itself. */
    isOwn: ({ key }: Marker): boolean => placed.has(key),
    noteCommitted: (row: string, marker: Marker): void =>
      note(committed, row, [...(committed.get(row) ?? []), marker].slice(-openMarkersMax)),
    /** Markers of own holds that are committed, and that the next write to the row may remove. */
    takeCommitted: (row: string): Marker[] => {
      const markers = committed.get(row) ?? [];
      committed.delete(row);
      return markers;
    },
    noteShort: (rows: StockItem[]): void =>
      note(shortages, rows[0]!.sku, { rows, atMs: database.monotonicMs() }),
    /** The rows of a level that was short a moment ago; as remembered, where the stack allows for that. */
    rowsIfShort: async (levelKey: string, quantity: number, call: Call) => {
      const shortage = shortages.get(levelKey);
      if (shortage === undefined) return undefined;
      const ageMs = database.monotonicMs() - shortage.atMs;
      if (ageMs >= readFirstMs) {
        shortages.delete(levelKey);
        return undefined;
      }
      const { rows } = shortage;
      const isExact = ageMs < database.refusalMemoryMs && availableIn(rows) < quantity;
      const now = isExact ? rows : await readRows(database, levelKey, call, rows.length);
      return now && { rows: now, isExact };
    },
    /** Notes a level that had fewer units than were planned, and so may be skipped. */
    noteRefused: (levelKey: string, rows: StockItem[]): void =>
      note(refusals, levelKey, { rows, atMs: database.monotonicMs() }),
    /** The rows of a level that had too few units a moment ago, as they were then. */
    rowsIfRefused: (levelKey: string): StockItem[] | undefined => {
      const { rows, atMs } = refusals.get(levelKey) ?? { rows: undefined, atMs: 0 };
      return database.monotonicMs() - atMs < readFirstMs ? rows : undefined;
    },
    /** Notes that reads of the level were throttled. */
    noteThrottled: (levelKey: string): void => note(throttles, levelKey, database.monotonicMs()),
    /** True for a level that takes no read from each request: it has several rows, or was throttled. */
    isHot: (levelKey: string): boolean =>
      choices.has(levelKey) ||
      database.monotonicMs() - (throttles.get(levelKey) ?? -readFirstMs) < readFirstMs,
    /** The row that this process writes to. */
    rowOf: (levelKey: string): string => rowKeyOf(levelKey, choices.get(levelKey)?.shard ?? 0),
    /** Chooses a row of the level, where the number of its rows has changed. */
    learn: (row: StockItem): void => {
      const levelKey = levelKeyOfRow(row.sku);
      const shards = shardsOf(row);
      const known = choices.get(levelKey)?.shards ?? 1;
      // The first row decides; others may be behind.
      if (shards === known || (shards < known && row.sku !== levelKey)) return;
      if (shards === 1) choices.delete(levelKey);
      else choose(levelKey, shards);
    },
    /** True when the level has several rows, as far as is known. */
    knowsRows: (levelKey: string): boolean => choices.has(levelKey),
    choose,
    /** Keeps to this row of the level from now on. */
    keepTo: ({ sku }: StockItem, rows: readonly StockItem[]): void => {
      const shards = shardsOf(rows[0]!);
      if (shards > 1) note(choices, levelKeyOfRow(sku), { shards, shard: shardOf(sku) });
    },
    /** Chooses another row. False where the level has no other, as far as is known. */
    moveOn: (levelKey: string): boolean => {
      const choice = choices.get(levelKey);
      if (choice === undefined) return false;
      choose(levelKey, choice.shards);
      return true;
    },
    /** Goes back to the first row, since the chosen one is gone. */
    forget: (levelKey: string): void => void choices.delete(levelKey),
  };
}
