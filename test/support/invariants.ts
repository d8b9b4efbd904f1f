import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "vitest";
import type { Line, Part, ReservationItem, StockItem } from "../../contract/tables.ts";
import type { Database } from "../../inventory/dynamodb/database.ts";
import { isOpen, progressOfLine, unitsOfLevel } from "../../inventory/reservations/parts.ts";
import { levelKeyOf, levelKeyOfRow, levelNameOf } from "../../inventory/stock/level-key.ts";
import { keptOf, leastAvailableOf, levelOf, unavailableOf } from "../../inventory/stock/level.ts";
import { decisionOf, isEnd, markersOf } from "../../inventory/stock/marker.ts";
import { isRow } from "../../inventory/stock/row.ts";

const readAll = async <Item>(database: Database, table: string): Promise<Item[]> => {
  const items: Item[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await database.client.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey: start }),
    );
    items.push(...((page.Items ?? []) as Item[]));
    start = page.LastEvaluatedKey;
  } while (start);
  return items;
};

export const readRecords = async (database: Database) => ({
  stock: (await readAll<StockItem>(database, database.tables.stock)).filter(isRow),
  reservations: await readAll<ReservationItem>(database, database.tables.reservations),
});

/** The parts of a record whose units are reserved for it. */
const openParts = ({ status, parts }: ReservationItem): Part[] =>
  status === "held" || status === "confirmed" ? parts.filter(isOpen) : [];

const hasParts = ["held", "confirmed", "fulfilled", "cancelled"];

const sumOfUnits = (lines: readonly Line[]): number =>
  lines.reduce((sum, { quantity }) => sum + quantity, 0);

/** True when the parts of a hold or a sale are the units of its lines, and its status follows from them. */
const isConsistent = ({ status, lines, parts, ttlSeconds }: ReservationItem): boolean => {
  if (!hasParts.includes(status)) return true;
  const open = parts.filter(isOpen);
  const isAnyFulfilled = parts.some(({ ended }) => ended?.by === "fulfilment");
  const ended = isAnyFulfilled ? "fulfilled" : "cancelled";
  if (open.length > 0 ? status === "fulfilled" || status === "cancelled" : status !== ended) {
    return false;
  }
  if ((ttlSeconds === undefined) !== open.length > 0) return false;
  const levels = new Set([...lines.map(levelKeyOf), ...open.map(({ row }) => levelKeyOfRow(row))]);
  return [...levels].every((levelKey) => {
    const { fulfilled = 0, cancelled = 0 } = progressOfLine(parts, levelNameOf(levelKey));
    const wanted = sumOfUnits(lines.filter((line) => levelKeyOf(line) === levelKey));
    return wanted === unitsOfLevel(open, levelKey) + fulfilled + cancelled;
  });
};

/** Units of a row that its open markers account for: taken, and not owned yet; or given up already. */
const unitsInMotion = (row: StockItem, records: Map<string, ReservationItem>): number =>
  markersOf(row)
    .filter((marker) => {
      const decision = decisionOf(row.sku, marker, records.get(marker.reservationId));
      if (marker.kind === "hold") return decision !== "decided";
      return isEnd(marker.kind) && decision === "decided";
    })
    .reduce((sum, { quantity }) => sum + quantity, 0);

/**
 * The invariants of the tables: `onHand = available + reserved + unavailable + safetyStock` in each row, none negative but after a
 * count that was allowed to leave a shortfall, and for each level `reserved` is the units that records own
 * and those that open markers account for. The parts of a reservation are its lines. Returns the records
 * that it read.
 */
export const expectInvariants = async (database: Database) => {
  const records = await readRecords(database);
  const byId = new Map(records.reservations.map((item) => [item.reservationId, item]));
  const owned = new Map<string, number>();
  for (const { row, quantity } of records.reservations.flatMap(openParts)) {
    owned.set(levelKeyOfRow(row), (owned.get(levelKeyOfRow(row)) ?? 0) + quantity);
  }
  expect(
    records.reservations.filter((item) => !isConsistent(item)),
    "reservations whose parts are not their lines",
  ).toEqual([]);
  // One expectation for all records: one for each takes longer than to read them.
  const wrongRows = records.stock.filter((row) => {
    const { onHand, available, reserved } = row;
    const addsUp = available + reserved + keptOf(row) === onHand;
    const isEnough = Math.min(onHand, available) >= leastAvailableOf(row);
    return !addsUp || !isEnough || reserved < 0 || unavailableOf(row) < 0;
  });
  expect(wrongRows, "stock whose counts break an invariant").toEqual([]);
  const levels = Map.groupBy(records.stock, ({ sku }) => levelKeyOfRow(sku));
  const selling = [...levels.values()].filter(
    (rows) =>
      rows.some(({ available }) => available < 0) && rows.some(({ available }) => available > 0),
  );
  expect(selling, "levels that have a shortfall, and a row with units").toEqual([]);
  const wrongLevels = [...levels].flatMap(([sku, rows]) => {
    const accounted = rows.reduce(
      (sum, row) => sum + unitsInMotion(row, byId),
      owned.get(sku) ?? 0,
    );
    const { reserved } = levelOf(rows);
    owned.delete(sku);
    return reserved === accounted ? [] : [{ sku, reserved, accounted }];
  });
  expect(wrongLevels, "levels whose reserved units are not those of records").toEqual([]);
  expect([...owned], "units of rows that do not exist").toEqual([]);
  return records;
};
