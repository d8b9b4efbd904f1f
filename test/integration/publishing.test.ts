/** What is committed is told, all of it and nothing else, however often the publisher dies. */
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import * as z from "zod/mini";
import { inventoryEventSchema, type InventoryEvent } from "../../contract/events.ts";
import { createInventory } from "../../inventory/inventory.ts";
import { startMessaging, type Messaging } from "../../local/messaging/messaging.ts";
import { createTestDatabase } from "../support/database.ts";
import { connectToMessages, type Messages } from "../support/messages.ts";
import { startPublisherProcess } from "../support/publisher-process.ts";
import { startTcpProxy } from "../../lab/servers/tcp-proxy.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let messaging: Messaging;
let messages: Messages;
beforeAll(async () => {
  messaging = await startMessaging();
  messages = connectToMessages(messaging.endpoint);
});
afterAll(async () => {
  messages.close();
  await messaging.stop();
});

/** Told of a subject so far: `<type> <version>`. */
type Expected = Map<string, string[]>;

const note = (expected: Expected, subject: string, type: string, version: number): void => {
  expected.set(subject, [...(expected.get(subject) ?? []), `${type} ${version}`]);
};

const kills = 10;
const shoppers = 6;
const roundsMax = 60;

test("a publisher that is killed ten times tells of every version, in order, with ids that stay", async () => {
  const database = await createTestDatabase({ hasStreams: true });
  const inventory = createInventory(database);
  const topicArn = await messages.createTopic();
  const listener = await messages.listen(topicArn);
  const deadLetterQueue = await messages.createQueue();
  const plan = {
    dynamodbEndpoint: inject("engineEndpoint"),
    tables: [database.tables.stock, database.tables.reservations],
    checkpointsDirectory: await temporaryFolder(),
  };
  const to = { messagingEndpoint: messaging.endpoint, topicArn, deadLetterQueue };

  const expected: Expected = new Map();
  const skus = ["a", "b", "c", "d"];
  for (const sku of skus) {
    const { stock } = (await inventory.setStock({ sku, onHand: 100_000 })) as {
      stock: { version: number };
    };
    note(expected, sku, "stock.adjusted", stock.version);
  }

  const over = new AbortController();
  /** Holds, extends, and ends reservations until the publisher has died often enough. */
  const shop = async (shopper: number): Promise<void> => {
    for (let round = 0; !over.signal.aborted && round < roundsMax; round += 1) {
      const sku = skus[(shopper + round) % skus.length]!;
      const held = await inventory.reserve({ lines: [{ sku, quantity: 1 }] });
      if (held.outcome !== "reserved") throw new Error(held.outcome);
      const { reservationId } = held.reservation;
      note(expected, reservationId, "reservation.held", 1);
      await inventory.extend({ reservationId, ttlSeconds: 1_000 + round });
      note(expected, reservationId, "reservation.extended", 2);
      const isPaid = round % 2 === 0;
      await (isPaid ? inventory.confirm(reservationId) : inventory.release(reservationId));
      note(expected, reservationId, isPaid ? "reservation.confirmed" : "reservation.released", 3);
      const adjusted = await inventory.adjustStock({ sku, delta: 1, reason: "found" });
      if (adjusted.outcome !== "adjusted") throw new Error(adjusted.outcome);
      note(expected, sku, "stock.adjusted", adjusted.stock.version);
    }
  };
  const load = Promise.all(Array.from({ length: shoppers }, (_, shopper) => shop(shopper)));

  // In the middle of a batch, and after a batch that it has not noted down yet.
  for (let kill = 0; kill < kills; kill += 1) {
    const publisher = startPublisherProcess(plan, to);
    await publisher.hasSaid(kill % 2 === 0 ? "invoking" : "published", 1 + (kill % 3));
    await publisher.kill();
  }
  over.abort();
  await load;

  const last = startPublisherProcess(plan, to);
  const firstSeen = () => {
    const events = new Map<string, InventoryEvent>();
    for (const { event } of listener.deliveries)
      if (!events.has(event.id)) events.set(event.id, event);
    return events;
  };
  const count = [...expected.values()].reduce((sum, told) => sum + told.length, 0);
  await listener.collect(() => firstSeen().size >= count);
  await last.kill();

  const told: Expected = new Map();
  for (const event of firstSeen().values()) {
    expect(z.safeParse(inventoryEventSchema(event.type), event).error).toBeUndefined();
    note(told, event.subject, event.type, event.data.version);
  }
  const byVersion = ([subject, versions]: [string, string[]]): [string, string[]] => [
    subject,
    versions.toSorted((one, other) => Number(one.split(" ")[1]) - Number(other.split(" ")[1])),
  ];
  // Told is in the order of its delivery; expected in the order of the calls, which may cross.
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries([...expected].map(byVersion)));
  for (const { event } of listener.deliveries) expect(event).toEqual(firstSeen().get(event.id));
  expect(listener.deliveries.length, "some came twice").toBeGreaterThan(count);
  expect(await messages.countOf(deadLetterQueue)).toBe(0);
});

test("while SNS refuses or is silent nothing is lost, and nothing is told out of order", async () => {
  const database = await createTestDatabase({ hasStreams: true });
  const inventory = createInventory(database);
  const topicArn = await messages.createTopic();
  const listener = await messages.listen(topicArn);
  const deadLetterQueue = await messages.createQueue();
  const proxy = await startTcpProxy({ port: Number(new URL(messaging.endpoint).port) });
  onTestFinished(() => proxy.stop());
  const publisher = startPublisherProcess(
    {
      dynamodbEndpoint: inject("engineEndpoint"),
      tables: [database.tables.stock],
      checkpointsDirectory: await temporaryFolder(),
    },
    { messagingEndpoint: `http://127.0.0.1:${proxy.port}`, topicArn, deadLetterQueue },
  );
  const versions = 40;
  for (let version = 1; version <= versions; version += 1) {
    if (version === 10) proxy.cutAll();
    if (version === 15) proxy.loseNextReply();
    if (version === 20) proxy.freeze();
    await inventory.setStock({ sku: "told", onHand: version });
    if (version === 20) await publisher.hasSaid("invoking", 1);
    if (version === 25) proxy.thaw();
  }
  const told = () => [...new Set(listener.deliveries.map(({ event }) => event.data.version))];
  await listener.collect(() => told().length === versions);
  await publisher.kill();
  expect(told()).toEqual(Array.from({ length: versions }, (_, index) => index + 1));
  expect(await messages.countOf(deadLetterQueue)).toBe(0);
});
