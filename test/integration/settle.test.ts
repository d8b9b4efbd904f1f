/** Sold units leave the units on hand, once, however often the stream delivers their reservations. */
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import type { DynamoDBStreamEvent } from "aws-lambda";
import { afterAll, beforeAll, beforeEach, expect, inject, onTestFinished, test, vi } from "vitest";
import * as environment from "../../contract/environment.ts";
import type { ReservationItem } from "../../contract/tables.ts";
import type { StreamHandler } from "../../functions/middleware/stream-handler.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { contextWithin, surround } from "../support/function-context.ts";

let proxy: FaultProxy;
let database: TestDatabase;
let inventory: Inventory;
let handler: StreamHandler;

const importHandler = async (): Promise<StreamHandler> => {
  vi.resetModules();
  return (await import("../../functions/settle.ts")).handler;
};

beforeAll(async () => {
  proxy = await startFaultProxy(inject("engineEndpoint"));
  database = await createTestDatabase();
  inventory = createInventory(database);
  surround({ database, dynamodbEndpoint: proxy.endpoint, messagingEndpoint: "http://127.0.0.1:1" });
  handler = await importHandler();
});

afterAll(() => proxy.stop());

beforeEach(() => {
  proxy.takeRequests();
});

const hold = async (sku: string, quantity: number): Promise<string> => {
  const held = await inventory.reserve({ lines: [{ sku, quantity }] });
  if (held.outcome !== "reserved") throw new Error(`not reserved: ${held.outcome}`);
  return held.reservation.reservationId;
};

const sell = async (sku: string, quantity: number): Promise<ReservationItem> => {
  const reservationId = await hold(sku, quantity);
  await inventory.confirm(reservationId);
  return recordOf(reservationId);
};

async function recordOf(reservationId: string): Promise<ReservationItem> {
  const { Item } = await database.client.send(
    new GetCommand({
      TableName: database.tables.reservations,
      Key: { reservationId },
      ConsistentRead: true,
    }),
  );
  return Item as ReservationItem;
}

/** Records of the stream with these images, numbered from 1. */
const eventOf = (...images: ReservationItem[]): DynamoDBStreamEvent => ({
  Records: images.map((image, index) => ({
    eventID: `${index + 1}`,
    dynamodb: {
      Keys: marshall({ reservationId: image.reservationId }) as Record<string, { S: string }>,
      NewImage: marshall(image) as Record<string, { S: string }>,
      SequenceNumber: `${index + 1}`,
    },
  })),
});

const deliver = (event: DynamoDBStreamEvent, remainingMs = 20_000) =>
  handler(event, contextWithin(remainingMs));

const done = { batchItemFailures: [] };

const countsOf = async (sku: string) => {
  const { onHand, available, reserved } = (await inventory.getStock(sku))!;
  return { onHand, available, reserved };
};

test("a confirm leaves the units reserved, and the function takes them off the units on hand", async () => {
  await inventory.setStock({ sku: "shirt", onHand: 5 });
  const record = await sell("shirt", 2);
  expect(await countsOf("shirt")).toEqual({ onHand: 5, available: 3, reserved: 2 });
  expect(await deliver(eventOf(record))).toEqual(done);
  expect(await countsOf("shirt")).toEqual({ onHand: 3, available: 3, reserved: 0 });
  expect((await recordOf(record.reservationId)).parts).toMatchObject([
    { ended: { by: "fulfilment" } },
  ]);
});

test("a sale that is delivered again, also twice in one batch, is settled once", async () => {
  await inventory.setStock({ sku: "hat", onHand: 5 });
  const record = await sell("hat", 2);
  const event = eventOf(record, record);
  for (let times = 0; times < 3; times += 1) expect(await deliver(event)).toEqual(done);
  expect(await countsOf("hat")).toEqual({ onHand: 3, available: 3, reserved: 0 });
});

test("a full batch of sales of one SKU is settled to the last unit", async () => {
  await inventory.setStock({ sku: "ticket", onHand: 150 });
  const records: ReservationItem[] = [];
  for (let index = 0; index < 100; index += 1) records.push(await sell("ticket", 1));
  expect(await deliver(eventOf(...records))).toEqual(done);
  expect(await countsOf("ticket")).toEqual({ onHand: 50, available: 50, reserved: 0 });
});

test("reservations that are held, released or settled cost no request", async () => {
  await inventory.setStock({ sku: "sock", onHand: 9 });
  const held = await hold("sock", 1);
  const released = await hold("sock", 1);
  await inventory.release(released);
  const { reservationId: settled, ...sold } = await sell("sock", 1);
  await deliver(eventOf({ reservationId: settled, ...sold }));
  const images = await Promise.all([held, released, settled].map(recordOf));
  proxy.takeRequests();
  expect(await deliver(eventOf(...images))).toEqual(done);
  expect(proxy.takeRequests()).toEqual([]);
});

test("while the database is away the batch fails from its first record, and loses nothing", async () => {
  await inventory.setStock({ sku: "glove", onHand: 5 });
  const event = eventOf(await sell("glove", 1), await sell("glove", 1));
  const isAway = Array.from({ length: 500 }, () => ({
    kind: "error" as const,
    name: "ThrottlingException",
  }));
  for (const operation of ["GetItem", "BatchGetItem", "PutItem", "UpdateItem"]) {
    proxy.plan(operation, isAway);
  }
  expect(await deliver(event, 1_500)).toEqual({ batchItemFailures: [{ itemIdentifier: "1" }] });
  for (const operation of ["GetItem", "BatchGetItem", "PutItem", "UpdateItem"]) {
    proxy.plan(operation, []);
  }
  expect(await deliver(event)).toEqual(done);
  expect(await countsOf("glove")).toEqual({ onHand: 3, available: 3, reserved: 0 });
});

test("with fulfillOnConfirm=false sold units stay on hand and reserved", async () => {
  process.env[environment.fulfillOnConfirm] = "false";
  onTestFinished(() => void (process.env[environment.fulfillOnConfirm] = "true"));
  const keeping = await importHandler();
  await inventory.setStock({ sku: "scarf", onHand: 5 });
  const record = await sell("scarf", 2);
  expect(await keeping(eventOf(record), contextWithin(20_000))).toEqual(done);
  expect(proxy.takeRequests()).toEqual([]);
  expect(await countsOf("scarf")).toEqual({ onHand: 5, available: 3, reserved: 2 });
});
