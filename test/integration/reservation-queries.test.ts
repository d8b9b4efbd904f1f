import { beforeAll, expect, test } from "vitest";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { createTestDatabase } from "../support/database.ts";

let inventory: Inventory;
let nowMs = Date.UTC(2026, 10, 23);

beforeAll(async () => {
  inventory = createInventory(await createTestDatabase({ now: () => nowMs }));
  await inventory.setStock({ sku: "unit", onHand: 1000 });
});

const hold = async (orderId: string): Promise<string> => {
  nowMs += 1;
  const result = await inventory.reserve({ lines: [{ sku: "unit", quantity: 1 }], orderId });
  if (result.outcome !== "reserved") throw new Error(result.outcome);
  return result.reservation.reservationId;
};

test("an order's reservations are listed newest first, in pages, as they are now", async () => {
  const ids: string[] = [];
  for (let count = 0; count < 7; count += 1) ids.unshift(await hold("order-a"));
  await hold("order-b");
  await inventory.confirm(ids[0]!);
  await inventory.release(ids[6]!);
  const first = await inventory.listReservations({ orderId: "order-a", limit: 4 });
  expect(first.items.map((item) => item.reservationId)).toEqual(ids.slice(0, 4));
  expect(first.items[0]).toMatchObject({ status: "confirmed", orderId: "order-a" });
  const rest = await inventory.listReservations({ orderId: "order-a", cursor: first.cursor });
  expect(rest.items.map((item) => item.reservationId)).toEqual(ids.slice(4));
  expect(rest.items.at(-1)).toMatchObject({ status: "released" });
  expect(rest).not.toHaveProperty("cursor");
});

test("a page of 100 is read in full", async () => {
  for (let count = 0; count < 101; count += 1) await hold("order-large");
  const page = await inventory.listReservations({ orderId: "order-large", limit: 100 });
  expect(page.items).toHaveLength(100);
  const rest = await inventory.listReservations({ orderId: "order-large", cursor: page.cursor });
  expect(rest.items).toHaveLength(1);
});

test("an order that nobody knows has no reservations", async () => {
  expect(await inventory.listReservations({ orderId: "nobody" })).toEqual({ items: [] });
});

test("a cursor of another order is refused", async () => {
  await hold("order-c");
  await hold("order-c");
  const { cursor } = await inventory.listReservations({ orderId: "order-c", limit: 1 });
  expect(cursor).toBeDefined();
  await expect(inventory.listReservations({ orderId: "order-d", cursor })).rejects.toMatchObject({
    code: "invalid_cursor",
  });
});
