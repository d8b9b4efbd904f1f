/**
 * The shop's events as they come in truth: several times, in any order, at once. And what is told of
 * them: movements, events, notifications.
 */
import { readFile, readlink } from "node:fs/promises";
import fc from "fast-check";
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from "vitest";
import { notificationOf } from "../../functions/notifications/notification.ts";
import { audit } from "../../inventory/audit/audit.ts";
import { callWithin } from "../../inventory/dynamodb/database.ts";
import { loadOf } from "../support/load-of.ts";
import { createClient, type Client } from "../support/http-client.ts";
import { expectInvariants, readRecords } from "../support/invariants.ts";
import { databaseOf, locksTableOf } from "../support/local-database.ts";
import { startLocalRun, type LocalRun } from "../support/local-run.ts";
import { readLogLines } from "../support/log-lines.ts";
import { connectToMessages, type Messages } from "../support/messages.ts";
import { processesWith } from "../support/processes.ts";

let run: LocalRun;
let client: Client;
let messages: Messages;
let orderEvents: string;
let inventoryEvents: string;

beforeAll(async () => {
  run = await startLocalRun({ assembly: inject("assembly") });
  client = createClient(run.endpoint);
  messages = connectToMessages(run.messaging!);
  orderEvents = run.outputs["OrderEventsTopicArn"]!;
  inventoryEvents = run.outputs["InventoryEventsTopicArn"]!;
});

afterAll(async () => {
  messages.close();
  await run.stop();
});

interface Order {
  orderId: string;
  lines: { sku: string; quantity: number }[];
  ending: Ending;
}

/** The state to which the events of an order lead. */
type Ending = "held" | "released" | "confirmed" | "fulfilled" | "shipped in parcels" | "returned";

const skus = Array.from({ length: 20 }, (_, index) => `sku-${index}`);

const orderOf = (index: number, ending: Ending): Order => ({
  orderId: `order-${index}`,
  lines: [0, 1, 2].slice(0, 1 + (index % 3)).map((line) => ({
    sku: skus[(index + line * 7) % skus.length]!,
    quantity: 1 + ((index + line) % 3),
  })),
  ending,
});

interface OrderMessage {
  type: string;
  orderId: string;
  [member: string]: unknown;
}

const eventsOf = ({ orderId, lines, ending }: Order): OrderMessage[] => {
  const placed = { type: "order.placed", orderId, lines, ttlSeconds: 3_600 };
  const paid = { type: "order.paid", orderId };
  const fulfilled = { type: "order.fulfilled", orderId };
  switch (ending) {
    case "held":
      return [placed];
    case "released":
      return [placed, { type: "order.cancelled", orderId }];
    case "confirmed":
      return [placed, paid];
    case "fulfilled":
      return [placed, paid, fulfilled];
    case "shipped in parcels":
      return [placed, paid, ...parcelsOf(lines).map((parcel) => ({ ...fulfilled, ...parcel }))];
    case "returned":
      return [placed, paid, fulfilled, { type: "order.returned", orderId, lines: [oneOf(lines)] }];
  }
};

const oneOf = ([line]: Order["lines"]) => ({ sku: line!.sku, quantity: 1 });

/** One parcel for each unit: those of one line differ by their ids alone. */
const parcelsOf = (lines: Order["lines"]) =>
  lines.flatMap(({ sku, quantity }) =>
    Array.from({ length: quantity }, (_, index) => ({
      id: `${sku} ${index}`,
      lines: [{ sku, quantity: 1 }],
    })),
  );

/** The seed is printed when the test fails. */
const shuffled = <Item>(items: readonly Item[], seed: number): Item[] => {
  const subarrays = fc.shuffledSubarray([...items], { minLength: items.length });
  return fc.sample(subarrays, { numRuns: 1, seed })[0]!;
};

interface Mail {
  subject: string;
  tags: { event: string };
}

const readOutbox = async (): Promise<Mail[]> => {
  const text = await readFile(run.outbox!, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Mail);
};

const mailsOf = async (orders: readonly Order[], what: string): Promise<Map<string, number>> => {
  const mails = await readOutbox();
  return new Map(
    orders.map(({ orderId }) => [
      orderId,
      mails.filter(({ subject }) => subject === `Order ${orderId} ${what}`).length,
    ]),
  );
};

const expectSoon = (check: () => Promise<void> | void, timeout = 100_000) =>
  vi.waitFor(check, { timeout, interval: 200 });

/** What a clean history leads to: each event once, in its order. */
const statusAfter = ({ ending }: Order) =>
  ending === "shipped in parcels" || ending === "returned" ? "fulfilled" : ending;

const cleanStock = (orders: readonly Order[], onHand: number) =>
  skus.map((sku) => {
    const unitsIn = (some: readonly Order["lines"][]) =>
      some
        .flat()
        .filter((line) => line.sku === sku)
        .reduce((sum, { quantity }) => sum + quantity, 0);
    const units = (...statuses: string[]) =>
      unitsIn(
        orders.filter((order) => statuses.includes(statusAfter(order))).map(({ lines }) => lines),
      );
    const returned = unitsIn(
      orders.filter(({ ending }) => ending === "returned").map(({ lines }) => [oneOf(lines)]),
    );
    const left = onHand - units("fulfilled") + returned;
    const reserved = units("held", "confirmed");
    return { sku, onHand: left, available: left - reserved, reserved };
  });

const countsOf = async () =>
  (await readRecords(databaseOf(run))).stock
    .filter(({ sku }) => skus.includes(sku))
    .map(({ sku, onHand, available, reserved }) => ({ sku, onHand, available, reserved }))
    .toSorted((one, other) => skus.indexOf(one.sku) - skus.indexOf(other.sku));

const statusesOf = async (orders: readonly Order[]) => {
  const { reservations } = await readRecords(databaseOf(run));
  const byOrder = new Map<string, string[]>();
  for (const { orderId = "", status } of reservations) {
    byOrder.set(orderId, [...(byOrder.get(orderId) ?? []), status]);
  }
  return orders.map(({ orderId }) => [orderId, byOrder.get(orderId)]);
};

const auditRun = async () => {
  const findings: unknown[] = [];
  const report = await audit(
    databaseOf(run),
    { locksTable: locksTableOf(run), onFinding: (finding) => findings.push(finding) },
    callWithin(60_000),
  );
  return { ...report, findings };
};

const crowd = loadOf(120);
const endings: Ending[] = [
  "held",
  "released",
  "confirmed",
  "fulfilled",
  "shipped in parcels",
  "returned",
];

test(
  `${crowd} orders, every event two to four times and in any order: as if each had come once, in its order`,
  { timeout: 300_000 },
  async () => {
    const seed = Date.now() % 2 ** 31;
    console.log(`seed ${seed}`);
    const orders = Array.from({ length: crowd }, (_, index) =>
      orderOf(index, endings[index % endings.length]!),
    );
    for (const sku of skus) await client.put(`/v1/stock/${sku}`, { onHand: 10_000 });
    const listener = await messages.listen(inventoryEvents);

    const history = orders.flatMap(eventsOf);
    const copies = history.flatMap((event, index) =>
      Array<typeof event>(2 + (index % 3)).fill(event),
    );
    await messages.publishAll(orderEvents, shuffled(copies, seed));

    const expected = orders.map((order) => [order.orderId, [statusAfter(order)]]);
    await expectSoon(async () => expect(await statusesOf(orders)).toEqual(expected), 200_000);
    await expectSoon(async () => {
      expect(await messages.countOf(queueOf("OrdersQueue"))).toBe(0);
    });
    // The repeats that came last have changed nothing either.
    expect(await statusesOf(orders)).toEqual(expected);
    await expectSoon(async () => {
      expect(await countsOf()).toEqual(cleanStock(orders, 10_000));
    });
    expect(await messages.countOf(queueOf("OrdersDeadLetters"))).toBe(0);
    await expectInvariants(databaseOf(run));

    // SNS may bring what it has brought already: each confirmation is told again.
    const confirmed = orders.filter((order) =>
      eventsOf(order).some(({ type }) => type === "order.paid"),
    );
    const confirmations = () =>
      new Map(
        listener.deliveries
          .filter(({ event }) => event.type === "reservation.confirmed")
          .map(({ event }) => [event.id, event]),
      );
    await listener.collect(() => confirmations().size === confirmed.length);
    for (const event of confirmations().values()) await messages.repeat(inventoryEvents, event);
    await expectSoon(async () => {
      expect(await messages.countOf(queueOf("NotificationsQueue"))).toBe(0);
      const mails = await mailsOf(confirmed, "is confirmed");
      expect(new Set(mails.values())).toEqual(new Set([1]));
    });

    await expectSoon(async () => {
      expect(await auditRun()).toMatchObject({ findings: [], inMotion: [] });
    });
    const { movements } = await auditRun();
    expect(movements).toBeGreaterThan(orders.length);
  },
);

/** The address of a queue of the template by its name there. */
const queueOf = (part: string): string => {
  const [, url] = Object.entries(run.queues).find(([id]) => id.includes(part))!;
  return url;
};

/** Redis names itself anew, but works in the folder of its data. */
const redisOf = async ({ dataDirectory }: LocalRun): Promise<number> => {
  for (const { pid } of await processesWith("redis-server")) {
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => "");
    if (folder.startsWith(dataDirectory)) return pid;
  }
  throw new Error("The run has no Redis: apt-get install redis-server");
};

test("with Redis frozen, which never answers, orders go on and every notification goes out", async () => {
  const orders = Array.from({ length: 5 }, (_, index) => orderOf(2_000 + index, "confirmed"));
  for (const sku of skus) await client.put(`/v1/stock/${sku}`, { onHand: 10_000 });
  const redis = await redisOf(run);
  process.kill(redis, "SIGSTOP");
  onTestFinished(() => void process.kill(redis, "SIGCONT"));
  await messages.publishAll(orderEvents, orders.flatMap(eventsOf));
  await expectSoon(async () => {
    const mails = [...(await mailsOf(orders, "is confirmed")).values()];
    expect(Math.min(...mails)).toBeGreaterThanOrEqual(1);
  });
});

test(
  "with Redis dead: orders go on, every notification goes out, some twice, and these are counted",
  { timeout: 200_000 },
  async () => {
    const orders = Array.from({ length: 60 }, (_, index) => orderOf(1_000 + index, "confirmed"));
    for (const sku of skus) await client.put(`/v1/stock/${sku}`, { onHand: 10_000 });
    const listener = await messages.listen(inventoryEvents);
    const isOurs = (orderId: string | undefined) =>
      orders.some((order) => order.orderId === orderId);

    const [first, second] = [orders.slice(0, 20), orders.slice(20)];
    await messages.publishAll(orderEvents, first.flatMap(eventsOf));
    await expectSoon(async () => {
      expect(new Set((await mailsOf(first, "is confirmed")).values())).toEqual(new Set([1]));
    });
    process.kill(await redisOf(run), "SIGKILL");
    await messages.publishAll(orderEvents, second.flatMap(eventsOf));

    const confirmations = () =>
      listener.deliveries
        .map(({ event }) => event)
        .filter(
          ({ type, data }) =>
            type === "reservation.confirmed" && "orderId" in data && isOurs(data.orderId),
        );
    await listener.collect(() => new Set(confirmations().map(({ id }) => id)).size === 60);
    for (const event of confirmations()) await messages.repeat(inventoryEvents, event);
    expect(await statusesOf(orders)).toEqual(orders.map(({ orderId }) => [orderId, ["confirmed"]]));
    await expectSoon(async () => {
      expect(await messages.countOf(queueOf("NotificationsQueue"))).toBe(0);
    });
    const mails = [...(await mailsOf(orders, "is confirmed")).values()];
    expect(Math.min(...mails)).toBeGreaterThanOrEqual(1);
    const sent = mails.reduce((sum, count) => sum + count, 0);
    expect(sent).toBeGreaterThan(60);

    const subjects = new Set(confirmations().map((event) => notificationOf(event).subject));
    const lines = await readLogLines(run);
    const unchecked = lines.filter(
      ({ message, subject }) => message === "notified unchecked" && subjects.has(subject as string),
    );
    expect(unchecked.length).toBeGreaterThanOrEqual(sent - 60);
    const counted = lines
      .flatMap(
        ({ NotificationsUnchecked: count }) => (count as number | number[] | undefined) ?? [],
      )
      .reduce((sum, count) => sum + count, 0);
    expect(counted).toBeGreaterThanOrEqual(unchecked.length);
    await expectInvariants(databaseOf(run));
  },
);
