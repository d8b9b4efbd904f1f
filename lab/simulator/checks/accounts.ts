/**
 * The account of each row: the counts that follow from its records and its open markers. It is kept
 * commit by commit, so that a check of a row reads no record but those of the markers in it. The account
 * of a row that its level gives up goes over to the first row.
 *
 *   record at commit:   departure decided, arrival decided   the units are under way, and are the level's
 *   truth of a level:   units that no record owns, in all its rows and under way, and those of dead holds
 */
import type { Part, ReservationItem, StockItem } from "../../../contract/tables.ts";
import { isFirstRow, levelKeyOfRow } from "../../../inventory/stock/level-key.ts";
import {
  decisionOf,
  effectOf,
  isMove,
  kindOf,
  markersOf,
  type Marker,
} from "../../../inventory/stock/marker.ts";
import { epochMs } from "../cloud/environment.ts";
import type { RecordChange } from "./record-change.ts";
import { ownedParts, unitsOnHandBy } from "./owned-units.ts";
import { shrinksIn } from "./shrink.ts";
import { createTimeline, type Timeline } from "./timeline.ts";
import { truthOf, type DeadUnits } from "./truth.ts";

/** The account of a row after a commit that may have changed it. */
export interface RowAccount {
  row: StockItem;
  /** The units that must be on hand, by counts, adjustments, moves, fulfilments and returns. */
  onHand: number;
  /** The units that must be reserved. */
  reserved: number;
  /** The units that no record owns: they must be available, if not at once. */
  unowned: number;
  /** The units that left a row of the level and go to this one, or return to it. */
  underWay: number;
  /** Markers that the commit placed, and those that it removed. */
  placed: readonly Marker[];
  gone: readonly Marker[];
}

export interface Accounts {
  /** Takes in the changes of a commit. Returns the accounts that they may have changed. */
  note(
    atMs: number,
    stock: readonly RecordChange<StockItem>[],
    reservations: readonly RecordChange<ReservationItem>[],
  ): RowAccount[];
  /** The units of a level that are available in truth (truth.ts). Read it when the run has ended. */
  truthOf(sku: string, allowanceMs: number): Timeline<number>;
  /** The units on hand of a level, with those under way between its rows. */
  onHandOf(sku: string): Timeline<number>;
}

interface Book {
  row: StockItem | undefined;
  /** Units that records own. */
  owned: number;
  /** Units on hand by counts, and by the adjustments, moves, fulfilments and returns of records. */
  counted: number;
  moved: number;
  markers: Map<string, Marker>;
  /** The share of the row in its level, as last noted. */
  unowned: number;
  onHand: number;
}

interface LevelBook {
  unowned: Timeline<number>;
  onHand: Timeline<number>;
  dead: DeadUnits[];
}

/** @param recordOf the record as it is now */
export const createAccounts = (
  recordOf: (reservationId: string) => ReservationItem | undefined,
): Accounts => {
  const books = new Map<string, Book>();
  const levels = new Map<string, LevelBook>();
  const rowsByRecord = new Map<string, Set<string>>();
  /** The times at which holds got the end and the units that they have. */
  const heldSince = new Map<string, number>();

  const bookOf = (row: string): Book => {
    const book = books.get(row) ?? newBook();
    books.set(row, book);
    return book;
  };
  const levelOf = (sku: string): LevelBook => {
    const level = levels.get(sku) ?? newLevel();
    levels.set(sku, level);
    return level;
  };

  /** The row whose account has a part: the first one, where the part's own is gone or has begun again. */
  const homeOf = ({ row, version, arrives, ended }: Part): string => {
    if (ended?.row !== undefined) return ended.row;
    if (isFirstRow(row)) return row;
    const start = bookOf(row).row?.startVersion ?? Infinity;
    // An arrival is placed without a new version, and may be the first change of the row.
    return version > start || (arrives === true && version === start) ? row : levelKeyOfRow(row);
  };

  const book = (item: ReservationItem | undefined, sign: 1 | -1, rows: Set<string>): void => {
    if (item === undefined) return;
    for (const part of ownedParts(item)) {
      const home = homeOf(part);
      bookOf(home).owned += sign * part.quantity;
      rows.add(home);
    }
    for (const { part, units } of unitsOnHandBy(item)) {
      const home = homeOf(part);
      bookOf(home).moved += sign * units;
      rows.add(home);
    }
  };

  const noteHold = (atMs: number, { key, before, after }: RecordChange<ReservationItem>): void => {
    if (before?.status !== "held") {
      if (after?.status === "held") heldSince.set(key, atMs);
      return;
    }
    const isHeldOn = after?.status === "held" && after.expiresAtMs === before.expiresAtMs;
    if (isHeldOn && JSON.stringify(before.parts) === JSON.stringify(after.parts)) return;
    for (const { sku, ...dead } of deadUnitsOf(before, heldSince.get(key) ?? atMs, atMs)) {
      if (dead.fromMs < atMs) levelOf(sku).dead.push(dead);
    }
    if (after?.status === "held") heldSince.set(key, atMs);
    else heldSince.delete(key);
  };

  const noteRow = ({ key, before, after }: RecordChange<StockItem>): [Marker[], Marker[]] => {
    const current = bookOf(key);
    current.row = after;
    if (after !== undefined && setsOnHand(before, after)) {
      current.counted += after.onHand - (before?.onHand ?? 0);
    }
    const open = after?.open ?? {};
    const gone = [...current.markers.values()].filter(
      (marker) => open[marker.key] !== marker.value,
    );
    for (const marker of gone) current.markers.delete(marker.key);
    const isNew = ([name]: [string, number]): boolean => !current.markers.has(name);
    const placed = markersOf({ open: Object.fromEntries(Object.entries(open).filter(isNew)) });
    for (const marker of placed) {
      current.markers.set(marker.key, marker);
      const rows = rowsByRecord.get(marker.reservationId) ?? new Set();
      rowsByRecord.set(marker.reservationId, rows.add(key));
    }
    return [placed, gone];
  };

  /** Hands the account of a row that is deleted to the first row. */
  const handOver = (last: string, first: string): void => {
    const from = bookOf(last);
    const to = bookOf(first);
    for (const name of ["owned", "counted", "moved"] as const) {
      to[name] += from[name];
      from[name] = 0;
    }
  };

  const accountOf = (row: StockItem, { owned, counted, moved, markers }: Book) => {
    const account = {
      onHand: counted + moved,
      reserved: owned,
      unowned: row.available,
      underWay: 0,
    };
    for (const marker of markers.values()) {
      const { isEager } = kindOf(marker);
      const isDecided = decisionOf(row.sku, marker, recordOf(marker.reservationId)) === "decided";
      // Eager markers have moved the units before their records, lazy ones move them after those.
      if (isEager === isDecided) continue;
      const effect = effectOf([marker], isEager ? 1 : -1);
      account.onHand += effect.onHand;
      account.reserved += effect.reserved;
      account.unowned -= effect.available;
      if (isMove(marker)) account.underWay += marker.quantity;
    }
    return account;
  };

  /** Adds the changes of rows to the sums of their levels. */
  const noteLevels = (atMs: number, accounts: readonly RowAccount[], emptied: string[]): void => {
    const now = accounts.map(({ row: { sku: key, onHand }, unowned, underWay }) => ({
      key,
      unowned,
      onHand: onHand + underWay,
    }));
    const none = emptied.map((key) => ({ key, unowned: 0, onHand: 0 }));
    const deltas = new Map<string, { unowned: number; onHand: number }>();
    for (const { key, unowned, onHand } of [...now, ...none]) {
      const current = bookOf(key);
      const delta = deltas.get(levelKeyOfRow(key)) ?? { unowned: 0, onHand: 0 };
      delta.unowned += unowned - current.unowned;
      delta.onHand += onHand - current.onHand;
      deltas.set(levelKeyOfRow(key), delta);
      Object.assign(current, { unowned, onHand });
    }
    for (const [sku, delta] of deltas) {
      const level = levelOf(sku);
      for (const name of ["unowned", "onHand"] as const) {
        const { last } = level[name];
        if (last === undefined || delta[name] !== 0)
          level[name].add(atMs, (last ?? 0) + delta[name]);
      }
    }
  };

  return {
    note: (atMs, stock, reservations) => {
      const rows = new Set<string>();
      for (const change of reservations) {
        book(change.before, -1, rows);
        book(change.after, 1, rows);
        noteHold(atMs, change);
        // The record may decide markers of rows that it owns no part of.
        for (const row of rowsByRecord.get(change.key) ?? []) rows.add(row);
      }
      const moves = new Map(stock.map((change) => [change.key, noteRow(change)] as const));
      for (const { last, first } of shrinksIn(stock)) handOver(last.sku, first.key);
      for (const key of moves.keys()) rows.add(key);
      const accounts = [...rows].flatMap((key): RowAccount[] => {
        const current = bookOf(key);
        const { row } = current;
        if (row === undefined) return [];
        const [placed, gone] = moves.get(key) ?? [[], []];
        return [{ row, ...accountOf(row, current), placed, gone }];
      });
      const emptied = stock.flatMap(({ key, after }) => (after === undefined ? [key] : []));
      noteLevels(atMs, accounts, emptied);
      return accounts;
    },
    truthOf: (sku, allowanceMs) => {
      const { unowned, dead } = levelOf(sku);
      const stillHeld = [...heldSince].flatMap(([id, sinceMs]) =>
        deadUnitsOf(recordOf(id)!, sinceMs, Infinity).filter((one) => one.sku === sku),
      );
      return truthOf(unowned, [...dead, ...stillHeld], allowanceMs);
    },
    onHandOf: (sku) => levelOf(sku).onHand,
  };
};

const newBook = (): Book => ({
  row: undefined,
  owned: 0,
  counted: 0,
  moved: 0,
  markers: new Map(),
  unowned: 0,
  onHand: 0,
});

const newLevel = (): LevelBook => ({
  unowned: createTimeline(),
  onHand: createTimeline(),
  dead: [],
});

/** Changes that set the units on hand, whatever they were. */
const countKinds: readonly string[] = ["count", "opening", "repair", "edit"];

/** Removing a marker leaves the reason of the last change in the row. */
export const setsOnHand = (before: StockItem | undefined, after: StockItem): boolean =>
  after.version !== before?.version && countKinds.includes(after.lastChange?.kind ?? "count");

/** Units that a hold keeps after its end: one that was due when it was written ended at that time. */
const deadUnitsOf = (item: ReservationItem, sinceMs: number, toMs: number) =>
  ownedParts(item).map(({ row, quantity: units }) => ({
    sku: levelKeyOfRow(row),
    units,
    fromMs: Math.max(item.expiresAtMs - epochMs, sinceMs),
    toMs,
  }));
