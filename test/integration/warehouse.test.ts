/** A warehouse counts its shelf while sold units are still on it. */
import { beforeEach, expect, test } from "vitest";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { countsIn, holdOf, linesOf, patient, saleOf, stock } from "../support/holds.ts";
import { expectInvariants } from "../support/invariants.ts";
import { dieAfter } from "../support/requests.ts";

const sku = "widget";
let database: TestDatabase;
let inventory: Inventory;

beforeEach(async () => {
  database = await createTestDatabase();
  inventory = createInventory(database);
  await stock(inventory, { [sku]: 10 });
});

const counts = () => countsIn(inventory)(sku);

/** Buyers come until there is nothing left; each buys one unit and pays for it. */
const buyAll = async (): Promise<string[]> => {
  const ids: string[] = [];
  for (;;) {
    const held = await inventory.reserve({ lines: linesOf({ [sku]: 1 }) }, patient());
    if (held.outcome !== "reserved") {
      expect(held).toMatchObject({
        outcome: "insufficient_stock",
        shortages: [{ requested: 1, available: 0 }],
      });
      return ids;
    }
    await inventory.confirm(held.reservation.reservationId, patient());
    ids.push(held.reservation.reservationId);
  }
};

const ship = async (ids: readonly string[]): Promise<void> => {
  for (const reservationId of ids) {
    expect(await inventory.fulfill({ reservationId })).toMatchObject({
      outcome: "fulfilled",
      reservation: { status: "fulfilled" },
    });
  }
};

test("a count between payment and shipping sells 10 of 10", async () => {
  // Tries to sell the units twice that are sold and still on the shelf.
  const first = await saleOf(inventory, { [sku]: 2 });
  expect(await counts()).toEqual([10, 8, 2]);
  // The physical count finds all ten: nothing has left the shelf.
  expect(await inventory.setStock({ sku, onHand: 10 })).toMatchObject({ outcome: "replaced" });
  expect(await counts()).toEqual([10, 8, 2]);
  const others = await buyAll();
  expect(others).toHaveLength(8);
  expect(await counts()).toEqual([10, 0, 10]);
  await ship([first, ...others]);
  expect(await counts()).toEqual([0, 0, 0]);
  expect(await buyAll()).toEqual([]);
  await expectInvariants(database);
});

test("counts at every step of a day of sales leave nothing oversold and nothing unsold", async () => {
  // Tries to lose or to double units by counts that meet sales, shipments, cancellations and returns.
  let shelf = 10;
  const count = async () => {
    expect(await inventory.setStock({ sku, onHand: shelf })).toMatchObject({ outcome: "replaced" });
    expect((await counts())[0]).toBe(shelf);
  };
  const [shipped, cancelled] = [
    await saleOf(inventory, { [sku]: 3 }),
    await saleOf(inventory, { [sku]: 2 }),
  ];
  const held = await holdOf(inventory, { [sku]: 1 });
  await count();
  await inventory.fulfill({ reservationId: shipped, lines: linesOf({ [sku]: 2 }) });
  shelf -= 2;
  await count();
  await inventory.cancel({ reservationId: cancelled });
  await count();
  await inventory.returnUnits({
    reservationId: shipped,
    lines: linesOf({ [sku]: 1 }),
    reason: "too small",
  });
  shelf += 1;
  await count();
  await inventory.release(held);
  await count();
  const others = await buyAll();
  expect(others).toHaveLength(8);
  await ship([shipped, ...others]);
  shelf -= 9;
  await count();
  expect(await counts()).toEqual([0, 0, 0]);
  await expectInvariants(database);
});

test.each<[string, (id: string, on: Inventory) => Promise<unknown>, number]>([
  ["shipment", (reservationId, on) => on.fulfill({ reservationId }), 6],
  [
    "return",
    (reservationId, on) =>
      on.returnUnits({ reservationId, lines: linesOf({ [sku]: 1 }), reason: "too small" }),
    9,
  ],
])(
  "a count after a %s counts it once, though its process died before its last step",
  async (_, change, shelf) => {
    // Tries to apply a change to a count that has seen it: the record has it, and the row not yet.
    const [shipped, sold] = [
      await saleOf(inventory, { [sku]: 2 }),
      await saleOf(inventory, { [sku]: 2 }),
    ];
    await inventory.fulfill({ reservationId: shipped });
    // The record is read, the row has the marker, and the record is written.
    const { database: dying } = dieAfter(database, 3);
    await change(shelf === 6 ? sold : shipped, createInventory(dying));
    expect((await counts())[0]).toBe(8);
    await inventory.setStock({ sku, onHand: shelf });
    await inventory.sweep(patient(), { resolvesRows: true });
    expect((await counts())[0]).toBe(shelf);
    await expectInvariants(database);
  },
);

test("a count of fewer units than are sold is refused while these are on the shelf", async () => {
  const sold = await saleOf(inventory, { [sku]: 6 });
  expect(await inventory.setStock({ sku, onHand: 5 })).toMatchObject({
    outcome: "below_reserved",
    stock: { onHand: 10, reserved: 6 },
  });
  await ship([sold]);
  expect(await inventory.setStock({ sku, onHand: 3 })).toMatchObject({ outcome: "replaced" });
  expect(await counts()).toEqual([3, 3, 0]);
});
