/** Units that are kept from sale: the setting moves what is available, and holds keep their one condition. */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { readRows } from "../../inventory/stock/level.ts";
import type { SetStockInput } from "../../inventory/stock/set-stock.ts";
import { repairedFindings } from "../support/audit-findings.ts";
import { createTestDatabase, throughEndpoint, type TestDatabase } from "../support/database.ts";
import { startFaultProxy, type FaultProxy } from "../support/fault-proxy.ts";
import { patient } from "../support/holds.ts";
import { expectInvariants } from "../support/invariants.ts";
import { loadOf } from "../support/load-of.ts";

let database: TestDatabase;
let inventory: Inventory;
let proxy: FaultProxy;
/** The same tables, through the proxy. */
let through: Inventory;
let count = 0;
let sku: string;

beforeAll(async () => {
  database = await createTestDatabase();
  inventory = createInventory(database);
  proxy = await startFaultProxy(inject("engineEndpoint"));
  through = createInventory(throughEndpoint(database, proxy.endpoint));
});
afterAll(() => proxy.stop());

beforeEach(() => {
  count += 1;
  sku = `safe-${count}`;
});
afterEach(async () => {
  proxy.watch(undefined);
  await expectInvariants(database);
});

const set = (onHand: number, more: Partial<SetStockInput> = {}) =>
  inventory.setStock({ sku, onHand, ...more });

const held = async (quantity: number): Promise<string> => {
  const result = await inventory.reserve({ lines: [{ sku, quantity }] });
  if (result.outcome !== "reserved") throw new Error(`expected a hold, got ${result.outcome}`);
  return result.reservation.reservationId;
};

const expectAvailable = async (available: number): Promise<void> => {
  expect(await inventory.reserve({ lines: [{ sku, quantity: 1_000 }] })).toMatchObject({
    outcome: "insufficient_stock",
    shortages: [{ sku, requested: 1_000, available }],
  });
};

describe("safety stock", () => {
  test("is not sold", async () => {
    expect(await set(10, { safetyStock: 3 })).toMatchObject({
      outcome: "created",
      stock: { onHand: 10, available: 7, reserved: 0, safetyStock: 3 },
    });
    await expectAvailable(7);
    await held(7);
    await expectAvailable(0);
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 10, available: 0, reserved: 7 });
  });

  test("moves what is available when it is set, stays when it is not, and goes with 0", async () => {
    await set(10);
    await held(2);
    expect(await set(10, { safetyStock: 5 })).toMatchObject({ stock: { available: 3 } });
    expect(await set(12)).toMatchObject({ stock: { available: 5, safetyStock: 5 } });
    expect(await set(12, { safetyStock: 4 })).toMatchObject({ stock: { available: 6 } });
    const { stock } = (await set(12, { safetyStock: 0 })) as { stock: object };
    expect(stock).toMatchObject({ available: 10 });
    expect(stock).not.toHaveProperty("safetyStock");
  });

  test("of more units than are available sells none, and the first released units fill it", async () => {
    await set(10);
    const [first, second] = [await held(6), await held(3)];
    expect(await set(10, { safetyStock: 4 })).toMatchObject({
      outcome: "replaced",
      stock: { onHand: 10, available: -3, reserved: 9 },
    });
    await expectAvailable(0);
    await inventory.release(second);
    await expectAvailable(0);
    await inventory.release(first);
    await expectAvailable(6);
  });

  test("allows no count below what is reserved, and no shortfall of its own", async () => {
    await set(10, { safetyStock: 4 });
    await held(6);
    expect((await set(5)).outcome).toBe("below_reserved");
    expect(await set(6)).toMatchObject({ outcome: "replaced", stock: { available: -4 } });
    expect(await set(5, { allowShortfall: true })).toMatchObject({ stock: { available: -5 } });
  });

  test("is left by a fulfilment, and kept from an adjustment that takes units", async () => {
    await set(10, { safetyStock: 4 });
    const reservationId = await held(5);
    await inventory.confirm(reservationId);
    await inventory.fulfill({ reservationId });
    await inventory.sweep(patient(), { resolvesRows: true });
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 5, available: 1, reserved: 0 });
    const take = (delta: number) => inventory.adjustStock({ sku, delta, reason: "damaged" });
    expect((await take(-2)).outcome).toBe("insufficient_stock");
    expect((await take(-1)).outcome).toBe("adjusted");
    expect(await take(3)).toMatchObject({ stock: { onHand: 7, available: 3, safetyStock: 4 } });
  });

  test("of a level in several rows comes from all of them", async () => {
    await set(400, { shards: 4 });
    await held(20);
    expect(await set(400, { safetyStock: 350 })).toMatchObject({
      stock: { onHand: 400, available: 30, reserved: 20, safetyStock: 350 },
    });
    await expectAvailable(30);
    // Fewer than none: no row may sell beside it.
    expect(await set(400, { safetyStock: 390 })).toMatchObject({ stock: { available: -10 } });
    const rows = await readRows(database, sku, patient());
    expect(rows!.map(({ available }) => available)).toEqual([-10]);
    expect(await set(400, { safetyStock: 0, shards: 4 })).toMatchObject({
      stock: { available: 380, shards: 4 },
    });
  });

  test("is a part of the totals", async () => {
    await set(10, { safetyStock: 1 });
    await set(10, { location: "ams1", safetyStock: 2 });
    expect(await inventory.getStock(sku)).toMatchObject({ available: 17, safetyStock: 3 });
  });

  test("below which holds race is never sold", async () => {
    const units = loadOf(40);
    await set(units);
    const holds = Array.from({ length: units }, () =>
      inventory.reserve({ lines: [{ sku, quantity: 1 }] }),
    );
    await set(units, { safetyStock: units / 2 });
    const made = (await Promise.all(holds)).filter(({ outcome }) => outcome === "reserved").length;
    const { available, reserved } = (await inventory.getStock(sku))!;
    expect({ available, reserved }).toEqual({ available: units / 2 - made, reserved: made });
    await expectAvailable(Math.max(0, available));
  });

  test("lets no count through that a hold has made one below what is reserved", async () => {
    await set(10, { safetyStock: 2 });
    await held(6);
    let isDone = false;
    proxy.watch(async (_, moment) => {
      const isCount = proxy.takeRequests().includes("UpdateItem");
      if (moment !== "before" || !isCount || isDone) return true;
      isDone = true;
      await held(2);
      return true;
    });
    const counted = await through.setStock({ sku, onHand: 7 });
    expect(counted).toMatchObject({ outcome: "below_reserved", stock: { reserved: 8 } });
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 10, available: 0 });
  });
});

test("the audit finds counts that do not leave the safety stock, and repairs them", async () => {
  const own = await createTestDatabase();
  const shop = createInventory(own);
  await shop.setStock({ sku: "a", onHand: 9, safetyStock: 4 });
  await shop.reserve({ lines: [{ sku: "a", quantity: 2 }] });
  expect(await repairedFindings(own)).toEqual([]);
  const damage = new UpdateCommand({
    TableName: own.tables.stock,
    Key: { sku: "a" },
    UpdateExpression: "SET available = :seven",
    ExpressionAttributeValues: { ":seven": 7 },
  });
  await own.client.send(damage);
  expect(await repairedFindings(own)).toMatchObject([
    { damage: "available_drift", repair: "set available to 3, reserved to 2" },
  ]);
  expect(await repairedFindings(own)).toEqual([]);
  await expectInvariants(own);
});
