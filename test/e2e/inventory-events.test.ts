/** What the world is told of calls over HTTP, and what becomes of a message that cannot be used. */
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import * as z from "zod/mini";
import { inventoryEventSchema } from "../../contract/events.ts";
import { movementPageSchema } from "../../contract/stock-schemas.ts";
import { createClient, type Client } from "../support/http-client.ts";
import { startLocalRun, type LocalRun } from "../support/local-run.ts";
import { connectToMessages, type Messages } from "../support/messages.ts";

let run: LocalRun;
let client: Client;
let messages: Messages;
let listener: Awaited<ReturnType<Messages["listen"]>>;

beforeAll(async () => {
  run = await startLocalRun({ assembly: inject("assembly") });
  client = createClient(run.endpoint);
  messages = connectToMessages(run.messaging!);
  listener = await messages.listen(run.outputs["InventoryEventsTopicArn"]!);
});

afterAll(async () => {
  messages.close();
  await run.stop();
});

const urlOf = (queue: string): string =>
  Object.entries(run.queues).find(([id]) => id.includes(queue))![1];

/** Deliveries about a subject, once there are so many. */
const toldOf = async (subject: string, count: number) => {
  const found = () => listener.deliveries.filter(({ event }) => event.subject === subject);
  await listener.collect(() => found().length >= count);
  return found();
};

const reserve = async (sku: string, quantity: number, more: object = {}) => {
  const { body } = await client.post("/v1/reservations", { lines: [{ sku, quantity }], ...more });
  return (body as { reservationId: string }).reservationId;
};

describe("the world is told", () => {
  test("of every state of a reservation, in its order, for filters to choose from", async () => {
    await client.put("/v1/stock/states", { onHand: 10 });
    const id = await reserve("states", 2, { orderId: "order-1" });
    await client.post(`/v1/reservations/${id}/extend`, { ttlSeconds: 600 });
    await client.patch(`/v1/reservations/${id}`, { lines: [{ sku: "states", quantity: 3 }] });
    await client.post(`/v1/reservations/${id}/confirm`);
    const one = { lines: [{ sku: "states", quantity: 1 }] };
    await client.post(`/v1/reservations/${id}/fulfill`, one);
    await client.post(`/v1/reservations/${id}/return`, { ...one, reason: "too small" });
    await client.post(`/v1/reservations/${id}/cancel`, one);
    await client.post(`/v1/reservations/${id}/fulfill`);
    const { body } = await client.get(`/v1/reservations/${id}`);
    const told = await toldOf(id, 8);
    expect(told.map(({ event }) => event.type)).toEqual([
      "reservation.held",
      "reservation.extended",
      "reservation.changed",
      "reservation.confirmed",
      "reservation.fulfilled",
      "reservation.returned",
      "reservation.cancelled",
      "reservation.fulfilled",
    ]);
    expect(told.map(({ attributes }) => attributes)).toEqual(
      told.map(({ event }) => ({ type: event.type, sku: "states" })),
    );
    expect(told.at(-1)?.event.data).toEqual(body);
    for (const { event } of told) {
      expect(z.safeParse(inventoryEventSchema(event.type), event).error).toBeUndefined();
    }
  });

  test("when a SKU becomes low, is sold out and comes back: once for each crossing", async () => {
    await client.put("/v1/stock/crossing", { onHand: 10, lowStockThreshold: 5 });
    await reserve("crossing", 5);
    await reserve("crossing", 1);
    const last = await reserve("crossing", 4);
    await client.post(`/v1/reservations/${last}/release`);
    await client.post("/v1/stock/crossing/adjustments", { delta: 3, reason: "found" });
    const told = await toldOf("crossing", 5);
    expect(told.map(({ event }) => [event.type, event.data.version])).toEqual([
      ["stock.adjusted", 1],
      ["stock.low", 2],
      ["stock.depleted", 4],
      ["stock.replenished", 5],
      ["stock.adjusted", 6],
    ]);
    expect(told[1]?.event.data).toMatchObject({ available: 5, lowStockThreshold: 5 });
    expect(told[4]?.event.data).toMatchObject({
      change: { kind: "adjustment", reason: "found", onHandDelta: 3 },
    });
  });

  test("of an order that could not be held, with its shortages", async () => {
    await client.put("/v1/stock/scarce", { onHand: 1 });
    const lines = [{ sku: "scarce", quantity: 2 }];
    await messages.publish(run.outputs["OrderEventsTopicArn"]!, {
      specversion: "1.0",
      id: "1",
      source: "shop",
      type: "order.placed",
      data: { orderId: "too-large", lines, customer: "not ours to know" },
    });
    const rejections = () =>
      listener.deliveries.filter(({ event }) => event.type === "reservation.rejected");
    await listener.collect(() => rejections().length > 0);
    expect(rejections()[0]?.event.data).toMatchObject({
      orderId: "too-large",
      lines,
      shortages: [{ sku: "scarce", requested: 2, available: 1 }],
    });
    expect((await client.get("/v1/reservations?orderId=too-large")).body).toEqual({ items: [] });
  });
});

describe("the ledger over HTTP", () => {
  test("lists the changes of a SKU, newest first, page by page", async () => {
    await client.put("/v1/stock/ledger", { onHand: 5 });
    const id = await reserve("ledger", 2);
    await client.post(`/v1/reservations/${id}/confirm`, { fulfill: true });
    const list = async (query: string) => {
      const { status, body } = await client.get(`/v1/stock/ledger/movements${query}`);
      expect(status).toBe(200);
      return z.parse(movementPageSchema, body);
    };
    const first = await vi.waitFor(
      async () => {
        const page = await list("?limit=2");
        expect(page.items[0]?.version).toBe(3);
        expect(page.cursor).toBeDefined();
        return page;
      },
      { timeout: 20_000, interval: 50 },
    );
    const second = await list(`?limit=2&cursor=${first.cursor}`);
    const movements = [...first.items, ...second.items];
    expect(movements.map(({ kind, reservationId }) => [kind, reservationId])).toEqual([
      ["fulfilment", id],
      ["hold", id],
      ["count", undefined],
    ]);
    expect(second.cursor).toBeUndefined();
  });

  test("names the causes of units that were cancelled and returned", async () => {
    await client.put("/v1/stock/causes", { onHand: 5 });
    const id = await reserve("causes", 2);
    const one = { lines: [{ sku: "causes", quantity: 1 }] };
    await client.post(`/v1/reservations/${id}/confirm`);
    await client.post(`/v1/reservations/${id}/cancel`, one);
    await client.post(`/v1/reservations/${id}/fulfill`);
    await client.post(`/v1/reservations/${id}/return`, { ...one, reason: "too small" });
    const items = await vi.waitFor(
      async () => {
        const { body } = await client.get("/v1/stock/causes/movements");
        const page = z.parse(movementPageSchema, body);
        expect(page.items).toHaveLength(5);
        return page.items;
      },
      { timeout: 20_000, interval: 50 },
    );
    expect(
      items.map(({ kind, onHandDelta, availableDelta, reservedDelta, reason, reservationId }) => [
        kind,
        [onHandDelta, availableDelta, reservedDelta],
        reason,
        reservationId,
      ]),
    ).toEqual([
      ["return", [1, 1, 0], "too small", id],
      ["fulfilment", [-1, 0, -1], undefined, id],
      ["cancellation", [0, 1, -1], undefined, id],
      ["hold", [0, -2, 2], undefined, id],
      ["count", [5, 5, 0], undefined, undefined],
    ]);
  });

  test.each([
    ["/v1/stock/nowhere/movements", 404, "unknown_sku"],
    ["/v1/stock/ledger/movements?limit=0", 400, "invalid_request"],
    ["/v1/stock/ledger/movements?limit=101", 400, "invalid_request"],
    ["/v1/stock/ledger/movements?page=2", 400, "invalid_request"],
    ["/v1/stock/ledger/movements?cursor=x", 400, "invalid_cursor"],
    ["/v1/stock/le%20dger/movements", 400, "invalid_request"],
  ])("refuses GET %s", async (path, status, code) => {
    const answer = await client.get(path);
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([status, code]);
  });

  test.each([-1, 1_000_000_001, 1.5, "5"])("and a threshold of %j", async (lowStockThreshold) => {
    const { status, body } = await client.put("/v1/stock/bounds", { onHand: 1, lowStockThreshold });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain("lowStockThreshold must be a whole number from 0 to");
  });
});

test("the service describes its events", async () => {
  const { status, body } = await client.get("/asyncapi.json");
  expect(status).toBe(200);
  expect(body).toMatchObject({ asyncapi: "3.0.0" });
});

describe("an order event about sold units", () => {
  const topic = () => run.outputs["OrderEventsTopicArn"]!;
  const outcomeOf = async (orderId: string, check: (body: unknown) => void) =>
    vi.waitFor(async () => check((await client.get(`/v1/reservations?orderId=${orderId}`)).body), {
      timeout: 55_000,
      interval: 100,
    });

  test("takes units again for a payment that is late", async () => {
    await client.put("/v1/stock/late", { onHand: 1 });
    const id = await reserve("late", 1, { orderId: "late", ttlSeconds: 1 });
    await vi.waitFor(
      async () => {
        const { body } = await client.get(`/v1/reservations/${id}`);
        expect(body).toMatchObject({ status: "expired" });
      },
      { timeout: 10_000, interval: 100 },
    );
    await messages.publish(topic(), { type: "order.paid", orderId: "late" });
    await outcomeOf("late", (body) =>
      expect(body).toMatchObject({ items: [{ reservationId: id, status: "confirmed" }] }),
    );
    expect((await client.get("/v1/stock/late")).body).toMatchObject({ available: 0, reserved: 1 });
  });

  test("is counted once for its id, and once for its content where it has none", async () => {
    await client.put("/v1/stock/parcels", { onHand: 9 });
    const id = await reserve("parcels", 6, { orderId: "parcels" });
    await client.post(`/v1/reservations/${id}/confirm`);
    const lines = [{ sku: "parcels", quantity: 1 }];
    const shipped = { type: "order.fulfilled", orderId: "parcels", lines };
    const cloudEvent = {
      specversion: "1.0",
      id: "1",
      source: "/warehouse",
      type: "order.fulfilled",
      data: { orderId: "parcels", lines },
    };
    const distinct = [shipped, { ...shipped, id: "1" }, { ...shipped, id: "2" }, cloudEvent];
    for (const message of [...distinct, ...distinct]) await messages.publish(topic(), message);
    await outcomeOf("parcels", (body) =>
      expect(body).toMatchObject({ items: [{ lines: [{ quantity: 6, fulfilled: 4 }] }] }),
    );
    await messages.publish(topic(), { type: "order.cancelled", orderId: "parcels" });
    await outcomeOf("parcels", (body) =>
      expect(body).toMatchObject({
        items: [{ status: "fulfilled", lines: [{ fulfilled: 4, cancelled: 2 }] }],
      }),
    );
    expect((await client.get("/v1/stock/parcels")).body).toMatchObject({ onHand: 5, reserved: 0 });
  });
});

test("a message that is no order event is put aside with the reason, as large as SNS takes it", async () => {
  const topic = run.outputs["OrderEventsTopicArn"]!;
  await messages.publish(topic, { type: "order.shipped", orderId: "7" });
  const large = JSON.stringify({ type: "order.paid", orderId: "x".repeat(255 * 1024) });
  await messages.publish(topic, large);
  const letters: string[] = [];
  while (letters.length < 2) {
    for (const letter of await messages.take(urlOf("OrdersDeadLetters"))) {
      letters.push(letter.MessageAttributes?.["reason"]?.StringValue ?? "none");
    }
  }
  expect(letters.toSorted()).toEqual([
    expect.stringContaining("order.paid: orderId must be 1 to 128 printable characters"),
    expect.stringContaining('type "order.shipped" is not known'),
  ]);
});
