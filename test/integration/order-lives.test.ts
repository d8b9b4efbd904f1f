/**
 * Shop orders through their whole life by events, on a real queue function and a real database. Tries to
 * have a copy of an event, or one that is early or late, change what the clean history leads to.
 */
import type { SQSRecord } from "aws-lambda";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { QueueHandler } from "../../functions/middleware/queue-handler.ts";
import { forEach, mapEach } from "../../inventory/for-each.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { reservationIdOfOrder } from "../../inventory/shop-orders/order-record.ts";
import { createRandom } from "../../lab/simulator/time/random.ts";
import { startMessaging, type Messaging } from "../../local/messaging/messaging.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { contextWithin, surround } from "../support/function-context.ts";
import { expectInvariants } from "../support/invariants.ts";
import { connectToMessages, type Messages } from "../support/messages.ts";
import { queueRecord } from "../support/queue-record.ts";

const orders = 500;
const skus = Array.from({ length: 10 }, (_, index) => `sku-${index}`);
const onHand = 10_000;
const seed = 20_261_126;

let messaging: Messaging;
let messages: Messages;
let database: TestDatabase;
let inventory: Inventory;
let handler: QueueHandler;
let deadLetterQueueUrl: string;

beforeAll(async () => {
  messaging = await startMessaging();
  messages = connectToMessages(messaging.endpoint);
  database = await createTestDatabase();
  inventory = createInventory(database);
  deadLetterQueueUrl = await messages.createQueue();
  surround({
    database,
    dynamodbEndpoint: inject("engineEndpoint"),
    messagingEndpoint: messaging.endpoint,
    queueUrl: await messages.createQueue(),
    deadLetterQueueUrl,
  });
  ({ handler } = await import("../../functions/orders.ts"));
});

afterAll(async () => {
  messages.close();
  await messaging.stop();
});

interface Order {
  orderId: string;
  sku: string;
  quantity: number;
  /** Units of each shipment, none for an order that is not shipped. */
  shipments: number[];
  returned: number;
  isCancelled: boolean;
}

/** Events of an order in the order of its clean history. Two equal shipments have ids of their own. */
const eventsOf = ({
  orderId,
  sku,
  quantity,
  shipments,
  returned,
  isCancelled,
}: Order): object[] => [
  { type: "order.placed", orderId, lines: [{ sku, quantity }] },
  ...(isCancelled ? [{ type: "order.cancelled", orderId }] : [{ type: "order.paid", orderId }]),
  ...shipments.map((units, index) => ({
    type: "order.fulfilled",
    id: `${orderId}/shipment-${index}`,
    orderId,
    lines: [{ sku, quantity: units }],
  })),
  ...(returned > 0
    ? [
        {
          type: "order.returned",
          orderId,
          lines: [{ sku, quantity: returned }],
          reason: "unwanted",
        },
      ]
    : []),
];

test(
  `${orders} orders by events, each two to four times and shuffled, end as in the clean history`,
  { timeout: 400_000 },
  async () => {
    const random = createRandom(seed);
    const below = (limit: number) => random.whole(0, limit - 1);
    await mapEach(skus, 10, (sku) => inventory.setStock({ sku, onHand }));
    const all = Array.from({ length: orders }, (_, index): Order => {
      const quantity = 1 + below(4);
      const isCancelled = random.chance(0.2);
      const first = isCancelled ? 0 : below(quantity + 1);
      const second = isCancelled ? 0 : below(quantity - first + 1);
      const shipments = [first, second].filter((units) => units > 0);
      const returned = below(first + second + 1);
      const sku = random.pick(skus);
      return { orderId: `order-${index}`, sku, quantity, shipments, returned, isCancelled };
    });
    const copies = all.flatMap(eventsOf).flatMap((event) => {
      const body = JSON.stringify(event);
      return Array.from({ length: 2 + below(3) }, () => queueRecord(body));
    });
    let left: SQSRecord[] = copies
      .map((record) => ({ record, at: random.next() }))
      .toSorted((one, other) => one.at - other.at)
      .map(({ record }) => record);
    for (let round = 0; left.length > 0; round += 1) {
      expect(round, `${left.length} messages are left, seed ${seed}`).toBeLessThan(20);
      left = await deliver(left);
    }

    expect(await messages.take(deadLetterQueueUrl, 0)).toEqual([]);
    await forEach(all, 10, async ({ orderId, sku, quantity, shipments, returned, isCancelled }) => {
      const reservation = await inventory.getReservation(reservationIdOfOrder(orderId));
      const fulfilled = shipments.reduce((sum, units) => sum + units, 0);
      if (isCancelled) {
        expect(reservation).toMatchObject({ status: "released" });
        return;
      }
      expect(reservation).toMatchObject({
        status: fulfilled === quantity ? "fulfilled" : "confirmed",
      });
      expect(reservation!.lines).toEqual([
        { sku, quantity, ...(fulfilled > 0 && { fulfilled }), ...(returned > 0 && { returned }) },
      ]);
    });
    for (const sku of skus) {
      const own = all.filter((order) => order.sku === sku && !order.isCancelled);
      const sum = (of: (order: Order) => number) => own.reduce((total, one) => total + of(one), 0);
      const fulfilled = sum(({ shipments }) =>
        shipments.reduce((total, units) => total + units, 0),
      );
      const returned = sum((order) => order.returned);
      const reserved = sum(({ quantity }) => quantity) - fulfilled;
      expect(await inventory.getStock(sku)).toMatchObject({
        onHand: onHand - fulfilled + returned,
        reserved,
        available: onHand - fulfilled + returned - reserved,
      });
    }
    await expectInvariants(database);
  },
);

/** Delivers all messages in batches, several at once. Returns those that are to be redelivered. */
async function deliver(records: readonly SQSRecord[]): Promise<SQSRecord[]> {
  const batches = Array.from({ length: Math.ceil(records.length / 10) }, (_, index) =>
    records.slice(index * 10, index * 10 + 10),
  );
  const failed = new Set<string>();
  await forEach(batches, 4, async (Records) => {
    const { batchItemFailures } = await handler({ Records }, contextWithin(60_000));
    for (const { itemIdentifier } of batchItemFailures) failed.add(itemIdentifier);
  });
  return records.filter(({ messageId }) => failed.has(messageId));
}
