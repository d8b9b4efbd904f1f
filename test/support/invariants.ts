import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "vitest";
import type { Part, ReservationItem, StockItem } from "../../contract/tables.ts";
import type { Database } from "../../inventory/dynamodb/database.ts";
import { decisionOf, kindOf, markersOf } from "../../inventory/stock/marker.ts";

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
  stock: await readAll<StockItem>(database, database.tables.stock),
  reservations: await readAll<ReservationItem>(database, database.tables.reservations),
});

/** The parts of a record whose units are reserved for it. */
const openParts = ({ status, parts }: ReservationItem): Part[] =>
  status === "held" || status === "confirmed" ? parts.filter(({ ended }) => !ended) : [];

/** Units of a row that its open markers account for: taken, and not owned yet; or given up already. */
const unitsInMotion = (row: StockItem, records: Map<string, ReservationItem>): number =>
  markersOf(row)
    .filter((marker) => {
      const decision = decisionOf(row.sku, marker, records.get(marker.reservationId));
      if (marker.kind === "hold") return decision !== "decided";
      return !kindOf(marker).isEager && marker.kind !== "addition" && decision === "decided";
    })
    .reduce((sum, { quantity }) => sum + quantity, 0);

/**
 * The invariants of the tables: `onHand = available + reserved`, none negative, and for each row
 * `reserved` is the units that records own and those that open markers account for. Returns the records
 * that it read.
 */
export const expectInvariants = async (database: Database) => {
  const records = await readRecords(database);
  const byId = new Map(records.reservations.map((item) => [item.reservationId, item]));
  const owned = new Map<string, number>();
  for (const { row, quantity } of records.reservations.flatMap(openParts)) {
    owned.set(row, (owned.get(row) ?? 0) + quantity);
  }
  const counts = records.stock.map((row) => {
    const { sku, onHand, available, reserved } = row;
    const accounted = (owned.get(sku) ?? 0) + unitsInMotion(row, byId);
    owned.delete(sku);
    return { sku, onHand, available, reserved, accounted };
  });
  // One expectation for all records: one for each takes longer than to read them.
  const wrong = counts.filter(({ onHand, available, reserved, accounted }) => {
    const addsUp = available + reserved === onHand && reserved === accounted;
    return !addsUp || !(Math.min(onHand, available, reserved) >= 0);
  });
  expect(wrong, "stock whose counts break an invariant").toEqual([]);
  expect([...owned], "units of rows that do not exist").toEqual([]);
  return records;
};
