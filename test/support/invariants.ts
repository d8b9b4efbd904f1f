import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "vitest";
import type { Line, ReservationItem, StockItem } from "../../contract/tables.ts";
import type { Database } from "../../inventory/dynamodb/database.ts";

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

/** The lines of a record whose units are reserved, also where it is half written. */
const reservedLines = ({ status, lines, remaining }: ReservationItem): Line[] => {
  if (remaining === undefined) return status === "held" ? lines : [];
  return status === "reserving"
    ? lines.slice(0, remaining.from)
    : lines.slice(remaining.from, remaining.to);
};

/**
 * The invariants of the tables: `onHand = available + reserved`, none negative, and for each SKU
 * `reserved` is the sum over held reservations of its lines. Returns the records that it read.
 */
export const expectInvariants = async (database: Database) => {
  const records = await readRecords(database);
  const held = new Map<string, number>();
  for (const reservation of records.reservations) {
    for (const { sku, quantity } of reservedLines(reservation)) {
      held.set(sku, (held.get(sku) ?? 0) + quantity);
    }
  }
  const counts = records.stock.map(({ sku, onHand, available, reserved }) => {
    const heldUnits = held.get(sku) ?? 0;
    held.delete(sku);
    return { sku, onHand, available, reserved, heldUnits };
  });
  // One expectation for all records: one for each takes longer than to read them.
  const wrong = counts.filter(({ onHand, available, reserved, heldUnits }) => {
    const addsUp = available + reserved === onHand && reserved === heldUnits;
    return !addsUp || !(Math.min(onHand, available, reserved) >= 0);
  });
  expect(wrong, "stock whose counts break an invariant").toEqual([]);
  expect([...held], "holds of SKUs that have no stock").toEqual([]);
  return records;
};
