/** The orders function on a real queue and a real database: every state, every refusal, every repeat. */
import type { SQSRecord } from "aws-lambda";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { linesMax, receivesMax } from "../../contract/bounds.ts";
import * as environment from "../../contract/environment.ts";
import type { QueueHandler } from "../../functions/middleware/queue-handler.ts";
import { mapEach } from "../../inventory/for-each.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { reservationIdOfOrder } from "../../inventory/shop-orders/order-record.ts";
import { startMessaging, type Messaging } from "../../local/messaging/messaging.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startFaultProxy, type FaultProxy } from "../support/fault-proxy.ts";
import { contextWithin, surround } from "../support/function-context.ts";
import { patient } from "../support/holds.ts";
import { expectInvariants, readRecords } from "../support/invariants.ts";
import { loadOf } from "../support/load-of.ts";
import { connectToMessages, type Messages } from "../support/messages.ts";
import { queueRecord } from "../support/queue-record.ts";
import { doBeforeFirst, intercept } from "../support/requests.ts";

let messaging: Messaging;
let messages: Messages;
let proxy: FaultProxy;
let database: TestDatabase;
let inventory: Inventory;
let handler: QueueHandler;
let queueUrl: string;
let deadLetterQueueUrl: string;
let clockAheadMs = 0;

beforeAll(async () => {
  messaging = await startMessaging();
  messages = connectToMessages(messaging.endpoint);
  proxy = await startFaultProxy(inject("engineEndpoint"));
  database = await createTestDatabase({ now: () => Date.now() + clockAheadMs });
  inventory = createInventory(database);
  queueUrl = await messages.createQueue();
  deadLetterQueueUrl = await messages.createQueue();
  surround({
    database,
    dynamodbEndpoint: proxy.endpoint,
    messagingEndpoint: messaging.endpoint,
    queueUrl,
    deadLetterQueueUrl,
  });
  ({ handler } = await import("../../functions/orders.ts"));
});

afterAll(async () => {
  messages.close();
  await proxy.stop();
  await messaging.stop();
});

let numbered = 0;
const newOrder = (): string => `order-${(numbered += 1)}`;
const newSku = async (onHand: number): Promise<string> => {
  const sku = `sku-${(numbered += 1)}`;
  await inventory.setStock({ sku, onHand });
  return sku;
};

/** Hands messages to the function; resolves with those that are to come again. */
const hand = (...records: SQSRecord[]): Promise<string[]> => handWithin(60_000, records);

const handWithin = async (remainingMs: number, records: SQSRecord[]): Promise<string[]> => {
  const { batchItemFailures } = await handler({ Records: records }, contextWithin(remainingMs));
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
};

const deliver = async (event: object): Promise<string[]> => hand(queueRecord(event));
const placed = (orderId: string, sku: string, quantity: number) => ({
  type: "order.placed",
  orderId,
  lines: [{ sku, quantity }],
});

/** The one message that was put aside, and why. */
const takeDeadLetter = async () => {
  const [letter, ...others] = await messages.take(deadLetterQueueUrl, 0);
  expect(others).toEqual([]);
  return { body: letter?.Body, reason: letter?.MessageAttributes?.["reason"]?.StringValue };
};

/** Has all holds of one second end, and gives their units back. */
const expireHolds = async () => {
  clockAheadMs = 2_000;
  await inventory.sweep();
  clockAheadMs = 0;
};

/** Reserves units for an order over HTTP, and has the hold end. */
const holdAndExpire = async (orderId: string, sku: string, quantity: number) => {
  await inventory.reserve({ orderId, lines: [{ sku, quantity }], ttlSeconds: 1 });
  await expireHolds();
};

const statusOf = async (orderId: string) => {
  const { reservations } = await readRecords(database);
  return reservations.filter((item) => item.orderId === orderId).map(({ status }) => status);
};

describe("each event acts on the state that it finds", () => {
  test("placed holds, paid sells, and a repeat of either changes nothing", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    for (let times = 0; times < 3; times += 1) {
      expect(await deliver(placed(orderId, sku, 3))).toEqual([]);
    }
    expect(await inventory.getStock(sku)).toMatchObject({ available: 7, reserved: 3 });
    for (let times = 0; times < 3; times += 1) {
      expect(await deliver({ type: "order.paid", orderId })).toEqual([]);
    }
    expect(await deliver(placed(orderId, sku, 3))).toEqual([]);
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 10, available: 7, reserved: 3 });
    expect(await statusOf(orderId)).toEqual(["confirmed"]);
  });

  test("fulfilled takes the units off the shelf, and a repeat changes nothing", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await deliver(placed(orderId, sku, 3));
    await deliver({ type: "order.paid", orderId });
    const part = { type: "order.fulfilled", orderId, lines: [{ sku, quantity: 2 }] };
    for (let times = 0; times < 3; times += 1) expect(await deliver(part)).toEqual([]);
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 8, available: 7, reserved: 1 });
    for (let times = 0; times < 3; times += 1) {
      expect(await deliver({ type: "order.fulfilled", orderId })).toEqual([]);
    }
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 7, available: 7, reserved: 0 });
    expect(await statusOf(orderId)).toEqual(["fulfilled"]);
    // Payments that are delivered again find what they have done.
    expect(await deliver({ type: "order.paid", orderId })).toEqual([]);
    expect(await deliver(placed(orderId, sku, 3))).toEqual([]);
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 7, reserved: 0 });
  });

  test("equal shipments are two where their ids differ, and one where they do not", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await deliver(placed(orderId, sku, 5));
    await deliver({ type: "order.paid", orderId });
    const data = { orderId, lines: [{ sku, quantity: 1 }] };
    const type = "order.fulfilled";
    const cloudEvent = { specversion: "1.0", type, source: "/shop", data };
    for (let times = 0; times < 2; times += 1) {
      for (const id of ["shipment-1", "shipment-2"]) {
        expect(await deliver({ type, id, ...data })).toEqual([]);
        expect(await deliver({ ...cloudEvent, id })).toEqual([]);
      }
    }
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 6, reserved: 1 });
  });

  test("returned puts fulfilled units back on hand, once", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await deliver(placed(orderId, sku, 3));
    await deliver({ type: "order.paid", orderId });
    await deliver({ type: "order.fulfilled", orderId });
    const returned = { type: "order.returned", orderId, lines: [{ sku, quantity: 2 }] };
    for (let times = 0; times < 3; times += 1) {
      expect(await deliver({ ...returned, reason: "too small" })).toEqual([]);
    }
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 9, available: 9, reserved: 0 });
    const { items } = await inventory.listReservations({ orderId });
    expect(items).toMatchObject([
      { status: "fulfilled", lines: [{ sku, quantity: 3, fulfilled: 3, returned: 2 }] },
    ]);
  });

  test("cancelled gives back what is held, and what is sold and not fulfilled", async () => {
    const [one, other, sku] = [newOrder(), newOrder(), await newSku(10)];
    await deliver(placed(one, sku, 3));
    await deliver(placed(other, sku, 4));
    await deliver({ type: "order.paid", orderId: other });
    expect(await deliver({ type: "order.cancelled", orderId: one })).toEqual([]);
    expect(await deliver({ type: "order.cancelled", orderId: other })).toEqual([]);
    expect(await deliver({ type: "order.cancelled", orderId: other })).toEqual([]);
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 10, available: 10, reserved: 0 });
    expect([await statusOf(one), await statusOf(other)]).toEqual([["released"], ["cancelled"]]);
    // The payment that was delivered again is no late one.
    expect(await deliver({ type: "order.paid", orderId: other })).toEqual([]);
    expect(await statusOf(other)).toEqual(["cancelled"]);
  });

  test("cancelled leaves what is fulfilled to a return", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await deliver(placed(orderId, sku, 3));
    await deliver({ type: "order.paid", orderId });
    await deliver({ type: "order.fulfilled", orderId });
    expect(await deliver({ type: "order.cancelled", orderId })).toEqual([]);
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 7, available: 7, reserved: 0 });
    expect(await statusOf(orderId)).toEqual(["fulfilled"]);
  });

  test("events that overtake those before them are redelivered until these have come", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    const returned = queueRecord({
      type: "order.returned",
      orderId,
      lines: [{ sku, quantity: 1 }],
    });
    const fulfilled = queueRecord({ type: "order.fulfilled", orderId });
    const paid = queueRecord({ type: "order.paid", orderId });
    const all = [returned, fulfilled, paid];
    expect(new Set(await hand(...all))).toEqual(new Set(all.map(({ messageId }) => messageId)));
    await deliver(placed(orderId, sku, 3));
    expect(await hand(returned)).toEqual([returned.messageId]);
    expect(await hand(fulfilled)).toEqual([fulfilled.messageId]);
    expect(await hand(paid)).toEqual([]);
    expect(await hand(returned)).toEqual([returned.messageId]);
    expect(await hand(fulfilled)).toEqual([]);
    expect(await hand(returned)).toEqual([]);
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 8, available: 8, reserved: 0 });
  });

  test("a payment that comes after the hold has expired takes the units again", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await deliver({ ...placed(orderId, sku, 3), ttlSeconds: 1 });
    await expireHolds();
    expect(await inventory.getStock(sku)).toMatchObject({ available: 10 });
    expect(await deliver({ type: "order.paid", orderId })).toEqual([]);
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 10, available: 7, reserved: 3 });
    expect(await statusOf(orderId)).toEqual(["confirmed"]);
  });

  test("a fulfilment waits for a payment that comes after the hold has expired", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await deliver({ ...placed(orderId, sku, 3), ttlSeconds: 1 });
    await expireHolds();
    const fulfilled = queueRecord({ type: "order.fulfilled", orderId });
    expect(await hand(fulfilled)).toEqual([fulfilled.messageId]);
    await deliver({ type: "order.paid", orderId });
    expect(await hand(fulfilled)).toEqual([]);
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 7, available: 7, reserved: 0 });
  });

  test("the payment of an order that was cancelled since takes no units of an earlier hold", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await holdAndExpire(orderId, sku, 2);
    await inventory.reserve({ orderId, lines: [{ sku, quantity: 3 }] });
    await deliver({ type: "order.paid", orderId });
    await deliver({ type: "order.cancelled", orderId });
    expect(await deliver({ type: "order.paid", orderId })).toEqual([]);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 10, reserved: 0 });
  });

  test("a late payment takes no units of an order that was cancelled after it expired", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await deliver({ ...placed(orderId, sku, 3), ttlSeconds: 1 });
    await expireHolds();
    expect(await deliver({ type: "order.cancelled", orderId })).toEqual([]);
    expect(await deliver({ type: "order.paid", orderId })).toEqual([]);
    expect((await takeDeadLetter()).reason).toContain("it is expired");
    const confirmed = await inventory.confirm(reservationIdOfOrder(orderId), patient(), {
      reacquires: true,
    });
    expect(confirmed).toMatchObject({ outcome: "reservation_expired" });
    expect(await inventory.getStock(sku)).toMatchObject({ available: 10, reserved: 0 });
  });

  test("a late payment takes units again after the other holds of the order have ended", async () => {
    // Tries to hold an order twice for a moment, by units that a due hold has not given back yet.
    const [orderId, sku] = [newOrder(), await newSku(3)];
    await holdAndExpire(orderId, sku, 3);
    await inventory.reserve({ orderId, lines: [{ sku, quantity: 2 }], ttlSeconds: 1 });
    await inventory.reserve({ orderId, lines: [{ sku, quantity: 1 }], ttlSeconds: 1 });
    clockAheadMs = 2_000;
    const paid = await inventory.payOrder(orderId, patient(), { reacquires: true });
    clockAheadMs = 0;
    expect(paid).toEqual({ outcome: "confirmed" });
    expect((await statusOf(orderId)).toSorted()).toEqual(["confirmed", "expired", "expired"]);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 2, reserved: 1 });
  });

  test("a late payment during which the order is held anew pays for the new hold", async () => {
    // Tries to have an order twice: by the hold that it pays for late, and by its event.
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await holdAndExpire(orderId, sku, 2);
    const call = patient();
    const slow = doBeforeFirst(database, "PutItem", async () => {
      await deliver(placed(orderId, sku, 2));
    });
    const paid = await createInventory(slow.database).payOrder(orderId, call, { reacquires: true });
    expect([slow.isDone(), paid]).toEqual([true, { outcome: "confirmed" }]);
    expect((await statusOf(orderId)).toSorted()).toEqual(["confirmed", "expired"]);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 8, reserved: 2 });
  });

  test("an order is not held again over HTTP when its event came during the second attempt", async () => {
    // Tries to have an order twice: by a second attempt that was begun before the event came.
    const [orderId, sku, short] = [newOrder(), await newSku(10), await newSku(0)];
    const lines = [
      { sku, quantity: 2 },
      { sku: short, quantity: 1 },
    ];
    const input = { orderId, lines, idempotencyKey: "late" };
    const call = patient();
    // It is given up, and leaves its tombstone.
    expect((await inventory.reserve(input)).outcome).toBe("insufficient_stock");
    await inventory.adjustStock({ sku: short, delta: 1, reason: "delivery" });
    let puts = 0;
    const slow = intercept(database, async ({ operation }, next) => {
      if (operation === "PutItem") puts += 1;
      // The first one meets the tombstone, the second one would replace it.
      if (operation === "PutItem" && puts === 2) {
        await deliver({ type: "order.placed", orderId, lines: [{ sku, quantity: 2 }] });
      }
      return next();
    });
    const { outcome } = await createInventory(slow).reserve(input, call);
    expect([puts >= 2, outcome]).toEqual([true, "idempotency_key_reused"]);
    expect((await statusOf(orderId)).filter((status) => status === "held")).toEqual(["held"]);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 8, reserved: 2 });
  });

  test("a payment during which the hold expires takes the units again", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await deliver({ ...placed(orderId, sku, 3), ttlSeconds: 2 });
    const slow = doBeforeFirst(database, "UpdateItem", async () => {
      await expireHolds();
    });
    const call = patient();
    const paid = await createInventory(slow.database).payOrder(orderId, call, { reacquires: true });
    expect([slow.isDone(), paid]).toEqual([true, { outcome: "confirmed" }]);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 7, reserved: 3 });
  });

  test("a late payment takes no units of an order that is cancelled in its middle", async () => {
    // Tries to sell an order by a write that was prepared before it was cancelled.
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await deliver({ ...placed(orderId, sku, 3), ttlSeconds: 1 });
    await expireHolds();
    const call = patient();
    const slow = doBeforeFirst(database, "PutItem", async () => {
      expect(await inventory.cancelOrder(orderId, call)).toEqual({ outcome: "released" });
    });
    const paid = await createInventory(slow.database).payOrder(orderId, call, { reacquires: true });
    expect(paid).toEqual({ outcome: "not_held", status: "expired" });
    expect(slow.isDone()).toBe(true);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 10, reserved: 0 });
  });

  test("a late payment and a cancellation at once: no unit is sold in the end", async () => {
    // Tries to have the payment take the units between the look of the cancellation and its note.
    const [sku, call] = [await newSku(100), patient()];
    for (let round = 0; round < 15; round += 1) {
      const orderId = newOrder();
      await inventory.placeOrder(
        { orderId, lines: [{ sku, quantity: 1 }], ttlSeconds: 1 },
        patient(),
      );
      await expireHolds();
      await Promise.all([
        inventory.payOrder(orderId, call, { reacquires: true }),
        inventory.cancelOrder(orderId, call),
      ]);
      expect(await inventory.getStock(sku)).toMatchObject({ available: 100, reserved: 0 });
    }
  });

  test("a late payment takes the units of the last reservation of its order alone", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await holdAndExpire(orderId, sku, 2);
    await holdAndExpire(orderId, sku, 3);
    expect(await deliver({ type: "order.paid", orderId })).toEqual([]);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 7, reserved: 3 });
  });

  test("a cancellation that overtakes its order keeps the late order out", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    expect(await deliver({ type: "order.cancelled", orderId })).toEqual([]);
    expect(await deliver(placed(orderId, sku, 3))).toEqual([]);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 10 });
    const { items } = await inventory.listReservations({ orderId });
    expect(items).toMatchObject([{ status: "released", lines: [] }]);
  });

  test("a payment that overtakes its order comes again, and sells once the order is there", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    const payment = queueRecord({ type: "order.paid", orderId });
    expect(await hand(payment)).toEqual([payment.messageId]);
    await deliver(placed(orderId, sku, 3));
    expect(await hand(payment)).toEqual([]);
    expect(await statusOf(orderId)).toEqual(["confirmed"]);
  });

  test("an order that falls short is rejected for good, with its shortages, whatever comes in", async () => {
    const [orderId, sku] = [newOrder(), await newSku(2)];
    expect(await deliver(placed(orderId, sku, 3))).toEqual([]);
    await inventory.setStock({ sku, onHand: 100 });
    expect(await deliver(placed(orderId, sku, 3))).toEqual([]);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 100 });
    const { reservations } = await readRecords(database);
    expect(reservations.find((item) => item.orderId === orderId)).toMatchObject({
      status: "rejected",
      shortages: [{ sku, requested: 3, available: 2 }],
    });
    // To whoever asks over HTTP it is no reservation.
    expect(await inventory.getReservation(reservationIdOfOrder(orderId))).toBeUndefined();
    expect(await inventory.listReservations({ orderId })).toEqual({ items: [] });
  });

  test("metadata is kept with the order, whether it is held or rejected", async () => {
    const [held, rejected, sku] = [newOrder(), newOrder(), await newSku(10)];
    const metadata = { till: "7" };
    expect(await deliver({ ...placed(held, sku, 3), metadata })).toEqual([]);
    expect(await deliver({ ...placed(rejected, sku, 8), metadata })).toEqual([]);
    const { reservations } = await readRecords(database);
    for (const [orderId, status] of [
      [held, "held"],
      [rejected, "rejected"],
    ]) {
      const item = reservations.find((one) => one.orderId === orderId);
      expect(item).toMatchObject({ status, metadata });
    }
  });

  test("a SKU that nobody knows is a shortage of all that was asked for", async () => {
    const [orderId, sku] = [newOrder(), await newSku(2)];
    const lines = [
      { sku, quantity: 1 },
      { sku: "nowhere", quantity: 5 },
    ];
    expect(await deliver({ type: "order.placed", orderId, lines })).toEqual([]);
    const { reservations } = await readRecords(database);
    expect(reservations.find((item) => item.orderId === orderId)?.shortages).toEqual([
      { sku: "nowhere", requested: 5, available: 0 },
    ]);
  });

  test("what was reserved over HTTP for an order is paid and cancelled with it", async () => {
    const [one, other, sku] = [newOrder(), newOrder(), await newSku(10)];
    for (const orderId of [one, one, other]) {
      await inventory.reserve({ orderId, lines: [{ sku, quantity: 1 }] });
    }
    expect(await deliver({ type: "order.paid", orderId: one })).toEqual([]);
    expect(await deliver({ type: "order.cancelled", orderId: other })).toEqual([]);
    expect(await statusOf(one)).toEqual(["confirmed", "confirmed"]);
    expect(await statusOf(other)).toEqual(["released"]);
  });

  test("an order that is reserved over HTTP is not held again when it is placed", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await inventory.reserve({ orderId, lines: [{ sku, quantity: 2 }] });
    expect(await deliver(placed(orderId, sku, 2))).toEqual([]);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 8, reserved: 2 });
    // What went back since is no reservation of it any more.
    const { items } = await inventory.listReservations({ orderId });
    await inventory.release(items[0]!.reservationId);
    expect(await deliver(placed(orderId, sku, 3))).toEqual([]);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 7, reserved: 3 });
  });

  test("an order that was sold and cancelled over HTTP is not held when it is placed", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    const reserved = await inventory.reserve({ orderId, lines: [{ sku, quantity: 2 }] });
    const { reservationId } = (reserved as { reservation: { reservationId: string } }).reservation;
    await inventory.confirm(reservationId);
    await inventory.cancel({ reservationId });
    expect(await deliver(placed(orderId, sku, 2))).toEqual([]);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 10, reserved: 0 });
  });

  test(
    "an order of many lines is placed and paid like any other",
    { timeout: 120_000 },
    async () => {
      const orderId = newOrder();
      const skus = Array.from({ length: loadOf(linesMax) }, (_, index) => `large-${index}`);
      await mapEach(skus, 20, (sku) => inventory.setStock({ sku, onHand: 5 }));
      const lines = skus.map((sku) => ({ sku, quantity: 2 }));
      // A slow engine may need more than a request waits for others: the queue delivers the message again.
      const delivery = { timeout: 100_000 };
      const order = { type: "order.placed", orderId, lines };
      await expect.poll(() => deliver(order), delivery).toEqual([]);
      await expect.poll(() => deliver({ type: "order.paid", orderId }), delivery).toEqual([]);
      expect(await statusOf(orderId)).toEqual(["confirmed"]);
      expect(await inventory.getStock(skus.at(-1)!)).toMatchObject({ available: 3, reserved: 2 });
    },
  );
});

describe("what can never be used is put aside at once, with the reason", () => {
  test.each([
    ["text that is no JSON", "order 7, please", "The message is not JSON: "],
    ["a JSON array", [1], "The message is an array: it must be a JSON object"],
    ["null", "null", "The message is null: it must be a JSON object"],
    ["an unknown type", { type: "order.shipped" }, 'type "order.shipped" is not known'],
    ["no type", { orderId: "7" }, "type undefined is not known"],
    ["no orderId", { type: "order.paid" }, "order.paid: orderId is missing"],
    ["no lines", { type: "order.placed", orderId: "7" }, "order.placed: lines is missing"],
    [
      "a quantity out of bounds",
      { type: "order.placed", orderId: "7", lines: [{ sku: "a", quantity: -1 }] },
      "lines[0].quantity must be a whole number from 1 to 1,000,000,000, not -1",
    ],
    [
      "501 lines",
      { type: "order.placed", orderId: "7", lines: Array(501).fill({ sku: "a", quantity: 1 }) },
      "lines must have 1 to 500 entries, not 501",
    ],
    [
      "a quantity that is too large once its lines are merged",
      { type: "order.placed", orderId: "7", lines: Array(2).fill({ sku: "a", quantity: 1e9 }) },
      "2000000000 units of a in all",
    ],
  ])("%s", async (_name, body, reason) => {
    const before = await readRecords(database);
    expect(await hand(queueRecord(body))).toEqual([]);
    const letter = await takeDeadLetter();
    expect(letter.reason).toContain(reason);
    expect(letter.body).toBe(typeof body === "string" ? body : JSON.stringify(body));
    expect(await readRecords(database)).toEqual(before);
  });

  test("256 KB of nonsense, which are cut to what a queue takes with the reason", async () => {
    expect(await hand(queueRecord("x".repeat(256 * 1024)))).toEqual([]);
    const { body = "", reason } = await takeDeadLetter();
    expect(reason).toContain("is not JSON");
    expect(body.length).toBeGreaterThan(250_000);
  });

  test("an order that was placed before with other lines", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await deliver(placed(orderId, sku, 3));
    expect(await deliver(placed(orderId, sku, 4))).toEqual([]);
    expect((await takeDeadLetter()).reason).toContain(`The order ${orderId} was placed before`);
    expect(await inventory.getStock(sku)).toMatchObject({ reserved: 3 });
  });

  test("an order that was placed before with other metadata", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await deliver({ ...placed(orderId, sku, 3), metadata: { till: "7" } });
    await deliver({ ...placed(orderId, sku, 3), metadata: { till: "8" } });
    expect((await takeDeadLetter()).reason).toContain(
      "with other lines, channel, ttlSeconds or metadata",
    );
  });

  test("the payment for an order that was released or was rejected", async () => {
    const [released, rejected, sku] = [newOrder(), newOrder(), await newSku(10)];
    await deliver({ type: "order.cancelled", orderId: released });
    await deliver(placed(rejected, sku, 11));
    for (const [orderId, status] of Object.entries({
      [released]: "released",
      [rejected]: "rejected",
    })) {
      expect(await deliver({ type: "order.paid", orderId })).toEqual([]);
      const { reason } = await takeDeadLetter();
      expect(reason).toBe(
        `The order ${orderId} is paid, and nothing is held for it: it is ${status}`,
      );
    }
  });

  test("the payment for a hold that has expired, and whose units are sold since", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await deliver({ ...placed(orderId, sku, 3), ttlSeconds: 1 });
    await expireHolds();
    await deliver(placed(newOrder(), sku, 8));
    expect(await deliver({ type: "order.paid", orderId })).toEqual([]);
    expect((await takeDeadLetter()).reason).toBe(
      `The order ${orderId} is paid, and nothing is held for it: it is expired, ` +
        "and its units are not available",
    );
    expect(await inventory.getStock(sku)).toMatchObject({ available: 2, reserved: 8 });
  });

  test("every late payment, where the stack says so", async () => {
    process.env[environment.lateOrderPayment] = "dead-letter";
    onTestFinished(() => void (process.env[environment.lateOrderPayment] = "reacquire"));
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await deliver({ ...placed(orderId, sku, 3), ttlSeconds: 1 });
    await expireHolds();
    expect(await deliver({ type: "order.paid", orderId })).toEqual([]);
    expect((await takeDeadLetter()).reason).toBe(
      `The order ${orderId} is paid, and nothing is held for it: it is expired`,
    );
    expect(await deliver({ type: "order.fulfilled", orderId })).toEqual([]);
    expect((await takeDeadLetter()).reason).toBe(
      `Units of the order ${orderId} are fulfilled, and it was never sold: it is expired`,
    );
    expect(await inventory.getStock(sku)).toMatchObject({ available: 10, reserved: 0 });
  });

  test("the fulfilment of more than an order has, or of one that is not wanted any more", async () => {
    const [orderId, cancelled, sku] = [newOrder(), newOrder(), await newSku(10)];
    await deliver(placed(orderId, sku, 3));
    await deliver({ type: "order.paid", orderId });
    await deliver({ type: "order.cancelled", orderId: cancelled });
    const lines = [{ sku, quantity: 4 }];
    expect(await deliver({ type: "order.fulfilled", orderId, lines })).toEqual([]);
    expect((await takeDeadLetter()).reason).toBe(
      `Units of the order ${orderId} are fulfilled, and it has fewer units for that`,
    );
    expect(await deliver({ type: "order.fulfilled", orderId: cancelled })).toEqual([]);
    expect((await takeDeadLetter()).reason).toBe(
      `Units of the order ${cancelled} are fulfilled, and it was never sold: it is released`,
    );
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 10, available: 7, reserved: 3 });
  });

  test("the return of more than was fulfilled, once no fulfilment can follow", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    await deliver(placed(orderId, sku, 3));
    await deliver({ type: "order.paid", orderId });
    const returned = queueRecord({
      type: "order.returned",
      orderId,
      lines: [{ sku, quantity: 4 }],
    });
    expect(await hand(returned)).toEqual([returned.messageId]);
    await deliver({ type: "order.fulfilled", orderId });
    expect(await hand(returned)).toEqual([]);
    expect((await takeDeadLetter()).reason).toBe(
      `Units of the order ${orderId} are returned, and it has fewer units for that`,
    );
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 7, available: 7 });
  });

  test("the payment for an order that nobody knows, once it has come often enough", async () => {
    const orderId = newOrder();
    const payment = (receives: number) => queueRecord({ type: "order.paid", orderId }, receives);
    const early = payment(receivesMax - 1);
    expect(await hand(early)).toEqual([early.messageId]);
    expect(await hand(payment(receivesMax))).toEqual([]);
    const { reason } = await takeDeadLetter();
    expect(reason).toBe(`The order ${orderId} is paid, and was never placed`);
  });

  test("and of a batch, only that", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    const payment = queueRecord({ type: "order.paid", orderId: newOrder() });
    expect(await hand(queueRecord("{"), payment, queueRecord(placed(orderId, sku, 1)))).toEqual([
      payment.messageId,
    ]);
    expect((await takeDeadLetter()).body).toBe("{");
    expect(await statusOf(orderId)).toEqual(["held"]);
  });
});

describe("events at once, and faults on their way", () => {
  test("the same event 100 times at once holds once", async () => {
    const [orderId, sku] = [newOrder(), await newSku(1_000)];
    const copies = Array.from({ length: 100 }, () => queueRecord(placed(orderId, sku, 2)));
    const failures = (await Promise.all(copies.map((copy) => hand(copy)))).flat();
    // What was too busy comes again.
    for (const copy of copies.filter(({ messageId }) => failures.includes(messageId))) {
      expect(await hand(copy)).toEqual([]);
    }
    expect(await inventory.getStock(sku)).toMatchObject({ available: 998, reserved: 2 });
    expect(await statusOf(orderId)).toEqual(["held"]);
  });

  test("an order and its cancellation at once: never is anything held in the end", async () => {
    // Tries to have the late order slip in between the look of the cancellation and its write.
    const sku = await newSku(1_000);
    const call = patient();
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const orderId = newOrder();
        const place = () => inventory.placeOrder({ orderId, lines: [{ sku, quantity: 1 }] }, call);
        const cancel = () => inventory.cancelOrder(orderId, call);
        await Promise.all(index % 2 === 0 ? [place(), cancel()] : [cancel(), place()]);
        expect(await statusOf(orderId)).toEqual(["released"]);
      }),
    );
    expect(await inventory.getStock(sku)).toMatchObject({ available: 1_000, reserved: 0 });
  });

  test("payment and cancellation at once: no unit is held or sold in the end", async () => {
    const sku = await newSku(1_000);
    const call = patient();
    for (let round = 0; round < 20; round += 1) {
      const orderId = newOrder();
      await inventory.placeOrder({ orderId, lines: [{ sku, quantity: 1 }] }, call);
      const [paid, cancelled] = await Promise.all([
        inventory.payOrder(orderId, call),
        inventory.cancelOrder(orderId, call),
      ]);
      const [status] = await statusOf(orderId);
      // Units that are paid for first are cancelled, others released: none are left.
      expect(["cancelled", "released"]).toContain(status);
      expect(paid.outcome).toBe(status === "cancelled" ? "confirmed" : "not_held");
      expect(cancelled.outcome).toBe(status);
    }
    await expectInvariants(database);
  });

  test("a consumer that dies between the effect and the acknowledgement has it done once", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    const order = queueRecord(placed(orderId, sku, 3));
    // Every request is applied, and the first answer that would have told of it is lost.
    proxy.plan("PutItem", [{ kind: "loseReply" }]);
    expect(await hand(order)).toEqual([]);
    expect(await hand(order)).toEqual([]);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 7, reserved: 3 });
  });

  test("while the database throttles, a message comes again instead of being put aside", async () => {
    const [orderId, sku] = [newOrder(), await newSku(10)];
    const order = queueRecord(placed(orderId, sku, 3));
    const throttle = { kind: "error", name: "ThrottlingException" } as const;
    proxy.plan("UpdateItem", Array(1000).fill(throttle));
    expect(await handWithin(1_500, [order])).toEqual([order.messageId]);
    proxy.plan("UpdateItem", []);
    expect(await hand(order)).toEqual([]);
    expect(await statusOf(orderId)).toEqual(["held"]);
  });

  test("a message that cannot even be put aside comes again", async () => {
    const broken = queueRecord("{", 1);
    const url = process.env["DEAD_LETTER_QUEUE_URL"];
    process.env["DEAD_LETTER_QUEUE_URL"] = `${url}-gone`;
    expect(await hand(broken)).toEqual([broken.messageId]);
    process.env["DEAD_LETTER_QUEUE_URL"] = url;
    expect(await hand(broken)).toEqual([]);
    expect((await takeDeadLetter()).body).toBe("{");
  });
});
