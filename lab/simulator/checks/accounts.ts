/**
 * The account of each row: the counts that follow from its records and its open markers. It is kept
 * commit by commit, so that a check of a row reads no record but those of the markers in it.
 */
import type { ReservationItem, StockItem } from "../../../contract/tables.ts";
import { decisionOf, markersOf, type Marker } from "../../../inventory/stock/marker.ts";
import { epochMs } from "../cloud/environment.ts";
import type { RecordChange } from "./record-change.ts";
import { ownedParts, unitsOnHandBy } from "./owned-units.ts";
import { createTimeline, type Timeline } from "./timeline.ts";
import { truthOf, type DeadUnits } from "./truth.ts";

/** The account of a row after a commit that may have changed it. */
export interface RowAccount {
  row: StockItem;
  /** The units that must be on hand, by counts, adjustments and sales. */
  onHand: number;
  /** The units that must be reserved. */
  reserved: number;
  /** The units that no record owns: they must be available, if not at once. */
  unowned: number;
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
  /** The units that are available in truth (truth.ts). Read it when the run has ended. */
  truthOf(row: string, allowanceMs: number): Timeline<number>;
}

interface Book {
  row: StockItem | undefined;
  /** Units that records own. */
  owned: number;
  /** Units on hand by counts, and by the adjustments and sales of records. */
  counted: number;
  moved: number;
  markers: Map<string, Marker>;
  unowned: Timeline<number>;
  dead: DeadUnits[];
}

/** @param recordOf the record as it is now */
export const createAccounts = (
  recordOf: (reservationId: string) => ReservationItem | undefined,
): Accounts => {
  const books = new Map<string, Book>();
  const rowsByRecord = new Map<string, Set<string>>();
  /** The times at which holds got the end that they have. */
  const heldSince = new Map<string, number>();

  const bookOf = (row: string): Book => {
    const book = books.get(row) ?? newBook();
    books.set(row, book);
    return book;
  };

  const book = (item: ReservationItem | undefined, sign: 1 | -1, rows: Set<string>): void => {
    if (item === undefined) return;
    for (const { row, quantity } of ownedParts(item)) {
      bookOf(row).owned += sign * quantity;
      rows.add(row);
    }
    for (const { row, units } of unitsOnHandBy(item)) {
      bookOf(row).moved += sign * units;
      rows.add(row);
    }
  };

  const noteHold = (atMs: number, { key, before, after }: RecordChange<ReservationItem>): void => {
    if (before?.status !== "held") {
      if (after?.status === "held") heldSince.set(key, atMs);
      return;
    }
    const isHeldOn = after?.status === "held" && after.expiresAtMs === before.expiresAtMs;
    if (isHeldOn) return;
    for (const { row, ...dead } of deadUnitsOf(before, heldSince.get(key) ?? atMs, atMs)) {
      if (dead.fromMs < atMs) bookOf(row).dead.push(dead);
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

  const accountOf = (row: StockItem, { owned, counted, moved, markers }: Book) => {
    const account = { onHand: counted + moved, reserved: owned, unowned: row.available };
    for (const marker of markers.values()) {
      const { kind, quantity, reservationId } = marker;
      const isDecided = decisionOf(row.sku, marker, recordOf(reservationId)) === "decided";
      // Eager markers have moved the units before their records, lazy ones move them after those.
      switch (kind) {
        case "hold":
          if (isDecided) break;
          account.reserved += quantity;
          account.unowned += quantity;
          break;
        case "removal":
        case "departure":
          if (isDecided) break;
          account.onHand -= quantity;
          account.unowned += quantity;
          break;
        case "release":
        case "expiry":
          if (!isDecided) break;
          account.reserved += quantity;
          account.unowned += quantity;
          break;
        case "sale":
          if (!isDecided) break;
          account.reserved += quantity;
          account.onHand += quantity;
          break;
        case "addition":
        case "arrival":
          if (!isDecided) break;
          account.onHand -= quantity;
          account.unowned += quantity;
          break;
      }
    }
    return account;
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
      for (const key of moves.keys()) rows.add(key);
      return [...rows].flatMap((key): RowAccount[] => {
        const current = bookOf(key);
        const { row } = current;
        if (row === undefined) return [];
        const account = accountOf(row, current);
        const { unowned } = current;
        if (unowned.last !== account.unowned) unowned.add(atMs, account.unowned);
        const [placed, gone] = moves.get(key) ?? [[], []];
        return [{ row, ...account, placed, gone }];
      });
    },
    truthOf: (row, allowanceMs) => {
      const { unowned, dead } = bookOf(row);
      const stillHeld = [...heldSince].flatMap(([id, sinceMs]) =>
        deadUnitsOf(recordOf(id)!, sinceMs, Infinity).filter((one) => one.row === row),
      );
      return truthOf(unowned, [...dead, ...stillHeld], allowanceMs);
    },
  };
};

const newBook = (): Book => ({
  row: undefined,
  owned: 0,
  counted: 0,
  moved: 0,
  markers: new Map(),
  unowned: createTimeline(),
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
    row,
    units,
    fromMs: Math.max(item.expiresAtMs - epochMs, sinceMs),
    toMs,
  }));
