/** Units that are sold before they are there: a hold takes what is available first, and receipts serve the oldest. */
import { beforeAll, describe, expect, test } from "vitest";
import { mapEach } from "../../inventory/for-each.ts";
import type { Inventory } from "../../inventory/inventory.ts";
import type { ReserveInput } from "../../inventory/reservations/reserve.ts";
import type { SetStockInput } from "../../inventory/stock/set-stock.ts";
import type { TestDatabase } from "../support/database.ts";
import { dieAtEachRequest, openShop, patient } from "../support/holds.ts";
import { expectInvariants } from "../support/invariants.ts";
import { loadOf } from "../support/load-of.ts";

let database: TestDatabase;
let inventory: Inventory;
let clock: { nowMs: number };
let count = 0;

beforeAll(async () => {
  // A receipt queries each partition for the reservations that wait.
  ({ database, inventory, clock } = await openShop({ expiryPartitions: 2 }));
});

const dayMs = 24 * 60 * 60 * 1000;

/** A SKU with the given units, and a limit of units that may be sold before they are there. */
const stocked = async (
  onHand: number,
  backorderLimit: number,
  more: Partial<SetStockInput> = {},
): Promise<string> => {
  const sku = `backordered-${(count += 1)}`;
  await inventory.setStock({ sku, onHand, backorderLimit, ...more });
  return sku;
};

const reserve = (sku: string, quantity: number, more: Partial<ReserveInput> = {}) =>
  inventory.reserve({ lines: [{ sku, quantity }], ...more }, patient());

/** Holds in their order, each later than the one before. */
const hold = async (...request: Parameters<typeof reserve>): Promise<string> => {
  clock.nowMs += 10;
  const result = await reserve(...request);
  if (result.outcome !== "reserved") throw new Error(`expected a hold, got ${result.outcome}`);
  return result.reservation.reservationId;
};

/** The units of a reservation: those that are there, and those that are not. */
const unitsOf = async (reservationId: string): Promise<[there: number, backordered: number]> => {
  const { lines } = (await inventory.getReservation(reservationId))!;
  const sum = (isBackorder: boolean) =>
    lines
      .filter((line) => (line.isBackorder ?? false) === isBackorder)
      .reduce((units, { quantity }) => units + quantity, 0);
  return [sum(false), sum(true)];
};

const receive = (sku: string, delta: number) =>
  inventory.adjustStock({ sku, delta, reason: "delivery" }, patient());

/** One unit, whatever the number of calls. */
const receiveOnce = (shop: Inventory, sku: string) =>
  shop.adjustStock({ sku, delta: 1, reason: "delivery", idempotencyKey: sku }, patient());

describe("a hold of a level with a limit of backorders", () => {
  test("takes what is available first, then from the limit, with the expected time", async () => {
    const availableFromMs = clock.nowMs + dayMs;
    const sku = await stocked(3, 5, { availableFromMs });
    expect(await reserve(sku, 5)).toMatchObject({
      outcome: "reserved",
      reservation: {
        lines: [
          { sku, quantity: 3 },
          { sku, isBackorder: true, quantity: 2, availableFromMs },
        ],
      },
    });
    expect(await inventory.getStock(sku)).toMatchObject({
      onHand: 3,
      available: 0,
      reserved: 3,
      backorderLimit: 5,
      backordered: 2,
    });
    await expectInvariants(database);
  });

  test("is refused with all that it could have had, and leaves nothing", async () => {
    const sku = await stocked(3, 5);
    expect(await reserve(sku, 9)).toMatchObject({
      outcome: "insufficient_stock",
      shortages: [{ sku, requested: 9, available: 8 }],
    });
    expect(await inventory.getStock(sku)).toMatchObject({ available: 3, reserved: 0 });
    expect(await reserve(sku, 9, { allowPartial: true })).toMatchObject({
      outcome: "reserved",
      reservation: { shortages: [{ sku, requested: 9, available: 8 }] },
    });
    await expectInvariants(database);
  });

  test("gives all of its units back at its end", async () => {
    const sku = await stocked(1, 2);
    const id = await hold(sku, 3);
    await inventory.release(id);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 1, backordered: 0 });
    expect(await hold(sku, 3, { ttlSeconds: 1 })).toBeTruthy();
    clock.nowMs += 5_000;
    expect(await unitsOf(await hold(sku, 3))).toEqual([1, 2]);
    await expectInvariants(database);
  });

  test("gives up its backorders first where it shrinks", async () => {
    const sku = await stocked(2, 5);
    const id = await hold(sku, 4);
    await inventory.changeHold({ reservationId: id, lines: [{ sku, quantity: 3 }] });
    expect(await unitsOf(id)).toEqual([2, 1]);
    await inventory.changeHold({ reservationId: id, lines: [{ sku, quantity: 6 }] });
    expect(await unitsOf(id)).toEqual([2, 4]);
    await expectInvariants(database);
  });

  test("is not possible any longer where the limit is lowered, and keeps what it has", async () => {
    const sku = await stocked(0, 5);
    const id = await hold(sku, 4);
    await inventory.setStock({ sku, onHand: 0, backorderLimit: 2 });
    expect(await reserve(sku, 1)).toMatchObject({ outcome: "insufficient_stock" });
    expect(await unitsOf(id)).toEqual([0, 4]);
    await inventory.setStock({ sku, onHand: 0, backorderLimit: 0 });
    expect(await reserve(sku, 1)).toMatchObject({ outcome: "insufficient_stock" });
    await expectInvariants(database);
  });
});

describe("a receipt", () => {
  test("serves the oldest backorders, in their order, and a later buyer gets the rest", async () => {
    const sku = await stocked(0, 10);
    const [first, second, third] = [await hold(sku, 2), await hold(sku, 3), await hold(sku, 1)];
    expect(await receive(sku, 3)).toMatchObject({
      outcome: "adjusted",
      stock: { available: 0, reserved: 3, backordered: 3 },
    });
    expect(await unitsOf(first)).toEqual([2, 0]);
    expect(await unitsOf(second)).toEqual([1, 2]);
    expect(await unitsOf(third)).toEqual([0, 1]);
    expect(await inventory.setStock({ sku, onHand: 10 })).toMatchObject({
      stock: { available: 4, reserved: 6, backordered: 0 },
    });
    expect(await unitsOf(second)).toEqual([3, 0]);
    expect(await unitsOf(third)).toEqual([1, 0]);
    await expectInvariants(database);
  });

  test("by a transfer serves as well, and the sweep serves units that came back", async () => {
    const sku = await stocked(1, 10);
    const sold = await hold(sku, 1);
    await inventory.confirm(sold);
    await inventory.fulfill({ reservationId: sold });
    const [first, second] = [await hold(sku, 1), await hold(sku, 1)];
    const lines = [{ sku, quantity: 1 }];
    await inventory.returnUnits({ reservationId: sold, lines, reason: "unwanted" }, patient());
    expect(await unitsOf(first)).toEqual([0, 1]);
    await inventory.sweep(patient(), { resolvesRows: true });
    expect(await unitsOf(first)).toEqual([1, 0]);
    await inventory.setStock({ sku, location: "ams1", onHand: 1 });
    await inventory.transferStock({ sku, fromLocation: "ams1", quantity: 1, reason: "refill" });
    expect(await unitsOf(second)).toEqual([1, 0]);
    await expectInvariants(database);
  });

  test("serves reservations that were sold before, which cannot ship earlier", async () => {
    const sku = await stocked(1, 10);
    const id = await hold(sku, 3);
    await inventory.confirm(id);
    const lines = [{ sku, quantity: 2 }];
    expect(await inventory.fulfill({ reservationId: id, lines })).toMatchObject({
      outcome: "exceeds_reservation",
      excess: [{ sku, requested: 2, possible: 1 }],
    });
    expect(await inventory.fulfill({ reservationId: id })).toMatchObject({
      outcome: "fulfilled",
      reservation: { status: "confirmed" },
    });
    await receive(sku, 2);
    expect(await unitsOf(id)).toEqual([3, 0]);
    expect(await inventory.fulfill({ reservationId: id })).toMatchObject({
      outcome: "fulfilled",
      reservation: { status: "fulfilled" },
    });
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 0, reserved: 0 });
    await expectInvariants(database);
  });

  test("finds backorders that were cancelled gone", async () => {
    const sku = await stocked(0, 10);
    const [first, second] = [await hold(sku, 2), await hold(sku, 2)];
    await inventory.confirm(first);
    await inventory.cancel({ reservationId: first, lines: [{ sku, quantity: 1 }] });
    await receive(sku, 2);
    expect(await unitsOf(second)).toEqual([1, 1]);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 0, backordered: 1 });
    await expectInvariants(database);
  });

  test("that dies at each of its requests is finished by the sweep", async () => {
    await dieAtEachRequest({
      database,
      clock,
      prepare: async () => {
        const sku = await stocked(0, 10);
        return { sku, ids: [await hold(sku, 2), await hold(sku, 1)] };
      },
      operate: (dying, { sku }) => receiveOnce(dying, sku),
      check: async ({ sku, ids }) => {
        await receiveOnce(inventory, sku);
        expect(await unitsOf(ids[0]!)).toEqual([1, 1]);
        expect(await unitsOf(ids[1]!)).toEqual([0, 1]);
        expect(await inventory.getStock(sku)).toMatchObject({ available: 0, backordered: 2 });
      },
    });
  });

  test("of many at once gives each unit once", async () => {
    const sku = await stocked(0, 40);
    await mapEach(Array.from({ length: 20 }), loadOf(20), () => reserve(sku, 1));
    await mapEach(Array.from({ length: 4 }), 4, () => receive(sku, 5));
    await inventory.sweep(patient(), { resolvesRows: true });
    expect(await inventory.getStock(sku)).toMatchObject({
      onHand: 20,
      available: 0,
      reserved: 20,
      backordered: 0,
    });
    await expectInvariants(database);
  });
});
