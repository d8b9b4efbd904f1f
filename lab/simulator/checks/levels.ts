/** The stock level of each SKU after every commit: the sums of its rows, whose number is the first row's. */
import type { StockItem } from "../../../contract/tables.ts";
import type { Counts } from "../../../inventory/stock/counts.ts";
import { isFirstRow, levelKeyOfRow } from "../../../inventory/stock/level-key.ts";
import { shardsOf } from "../../../inventory/stock/level.ts";
import type { RecordChange } from "./record-change.ts";
import { createTimeline, type Timeline } from "./timeline.ts";

/** A level at some instant. */
export interface LevelSums extends Counts {
  /** Sum of what each row's version has grown by since the row began. */
  version: number;
  /** Rows, as the first row says. */
  shards: number;
}

export interface Levels {
  /** Takes in the changes of a commit. */
  note(atMs: number, stock: readonly RecordChange<StockItem>[]): void;
  /** Undefined while the first row is absent. */
  timelineOf(sku: string): Timeline<LevelSums>;
  /** The rows that there are now, by their keys. */
  rowsOf(sku: string): ReadonlyMap<string, StockItem>;
  /** The keys of all rows that the level ever had. */
  keysOf(sku: string): ReadonlySet<string>;
  readonly skus: Iterable<string>;
}

interface Book {
  rows: Map<string, StockItem>;
  keys: Set<string>;
  sums: Counts & { version: number };
  timeline: Timeline<LevelSums>;
}

export const createLevels = (): Levels => {
  const books = new Map<string, Book>();

  const bookOf = (sku: string): Book => {
    const book = books.get(sku) ?? newBook();
    books.set(sku, book);
    return book;
  };

  return {
    note: (atMs, stock) => {
      // Most commits write no row.
      if (stock.length === 0) return;
      const skus = new Set<string>();
      for (const { key, before, after } of stock) {
        const { rows, keys, sums } = bookOf(levelKeyOfRow(key));
        keys.add(key);
        if (before !== undefined) add(sums, before, -1);
        if (after !== undefined) add(sums, after, 1);
        if (after === undefined) rows.delete(key);
        else rows.set(key, after);
        skus.add(levelKeyOfRow(key));
      }
      for (const sku of skus) {
        const { rows, sums, timeline } = bookOf(sku);
        const first = rows.get(sku);
        timeline.add(atMs, first && { ...sums, shards: shardsOf(first) });
      }
    },
    timelineOf: (sku) => books.get(sku)?.timeline ?? absent,
    rowsOf: (sku) => books.get(sku)?.rows ?? noRows,
    keysOf: (sku) => books.get(sku)?.keys ?? noKeys,
    get skus() {
      return [...books.keys()];
    },
  };
};

const newBook = (): Book => ({
  rows: new Map(),
  keys: new Set(),
  sums: { onHand: 0, available: 0, reserved: 0, version: 0 },
  timeline: createTimeline(),
});

const absent: Timeline<never> = createTimeline();
const noRows: ReadonlyMap<string, StockItem> = new Map();
const noKeys: ReadonlySet<string> = new Set();

function add(sums: Book["sums"], row: StockItem, sign: 1 | -1): void {
  sums.onHand += sign * row.onHand;
  sums.available += sign * row.available;
  sums.reserved += sign * row.reserved;
  sums.version += sign * (row.version - (row.startVersion ?? 0));
}

/** True for a row that nothing has used, and that begins once more at a later version. */
export const beginsAnew = (before: StockItem, after: StockItem): boolean =>
  !isFirstRow(after.sku) &&
  before.version === before.startVersion &&
  Object.keys(before.open).length === 0 &&
  after.version === after.startVersion &&
  after.version > before.version;
