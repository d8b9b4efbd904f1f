/** A level is read for its events as it is, with the units that are on their way between its rows. */
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { beforeAll, expect, test } from "vitest";
import type { ReservationItem, StockItem } from "../../contract/tables.ts";
import { createLevelReader } from "../../functions/events/level-reading.ts";
import { idOfKey } from "../../inventory/identity.ts";
import { markerKey, markerTerm, type NewMarker } from "../../inventory/stock/marker.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { patient } from "../support/holds.ts";
import { stockItem } from "../unit/functions/stream-images.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});

const put = (table: string, item: object) =>
  database.client.send(new PutCommand({ TableName: table, Item: item }));

const version = 9;

const markerIn = (marker: NewMarker) => ({
  [markerKey(marker)]:
    version - (marker.kind === "departure" ? 1 : 0) + markerTerm(marker, Date.now()),
});

const putLevel = async (sku: string, [first, second]: [Partial<StockItem>, Partial<StockItem>]) => {
  await put(database.tables.stock, stockItem({ sku, shards: 2, version, available: 0, ...first }));
  await put(
    database.tables.stock,
    stockItem({ sku: `${sku}~1`, version, available: 0, ...second }),
  );
};

const putMove = async (reservationId: string, sku: string, more: Partial<ReservationItem> = {}) => {
  const item: ReservationItem = {
    reservationId,
    status: "move",
    lines: [],
    parts: [
      { row: sku, quantity: 4, version },
      { row: `${sku}~1`, quantity: 4, version, arrives: true },
    ],
    createdAtMs: 0,
    expiresAtMs: 0,
    updatedAtMs: 0,
    fingerprint: "",
    version: 1,
    ...more,
  };
  await put(database.tables.reservations, item);
};

const read = async (sku: string) => createLevelReader(database, patient()).level(sku);

test("a level with units is read once, and its first row first", async () => {
  await putLevel("some", [{}, { available: 3 }]);
  const level = await read("some");
  expect(level?.rows.map(({ sku, available }) => [sku, available])).toEqual([
    ["some", 0],
    ["some~1", 3],
  ]);
  expect(level?.departedUnits).toBe(0);
});

test("an unknown level has no reading", async () => {
  expect(await read("unknown")).toBeUndefined();
});

test("units that have left a row are on their way until they are in another", async () => {
  const sku = "moving";
  const reservationId = idOfKey([], sku);
  const departure = markerIn({ reservationId, kind: "departure", base: 0, quantity: 4 });
  const arrival = markerIn({ reservationId, kind: "arrival", base: 0, quantity: 4 });
  await putLevel(sku, [{ open: departure }, { open: arrival }]);
  expect(await read(sku), "undecided").toMatchObject({ departedUnits: 4 });
  await putMove(reservationId, sku);
  expect(await read(sku), "decided").toMatchObject({ departedUnits: 4 });
  await putLevel(sku, [{ open: departure }, {}]);
  expect(await read(sku), "arrived, and sold").toMatchObject({ departedUnits: 0 });
  await putMove(reservationId, sku, { status: "abandoned", parts: [] });
  expect(await read(sku), "to return").toMatchObject({ departedUnits: 4 });
});
