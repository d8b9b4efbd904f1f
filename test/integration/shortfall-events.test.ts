/** The reservations at risk after a count that left a shortfall: as they are found, and as they are published. */
import { randomUUID } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import {
  movementPagesAtRiskMax,
  pageSizeMax,
  reservationsAtRiskMax,
} from "../../contract/bounds.ts";
import * as environment from "../../contract/environment.ts";
import { inventoryEventSchema } from "../../contract/events.ts";
import type { MovementItem } from "../../contract/tables.ts";
import { callWithin } from "../../inventory/dynamodb/database.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { findAtRisk } from "../../inventory/reservations/at-risk.ts";
import { listAllMovements, writeMovements } from "../../inventory/stock/ledger.ts";
import { startMessaging } from "../../local/messaging/messaging.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { contextWithin, surround } from "../support/function-context.ts";
import { connectToMessages } from "../support/messages.ts";
import { readStream } from "../support/stream-reader.ts";

const call = () => callWithin(60_000);
const clock = { nowMs: Date.UTC(2026, 10, 23) };
let database: TestDatabase;
let inventory: Inventory;
let count = 0;
let sku: string;

beforeAll(async () => {
  database = await createTestDatabase({ now: () => clock.nowMs });
  inventory = createInventory(database);
});
beforeEach(() => {
  count += 1;
  sku = `risky-${count}`;
});

type Held = Extract<Awaited<ReturnType<Inventory["reserve"]>>, { outcome: "reserved" }>;

/** Holds units of the SKU, a second after the last hold. */
const hold = async (
  quantity: number,
  options: Partial<Parameters<Inventory["reserve"]>[0]> = {},
  on: Inventory = inventory,
): Promise<string> => {
  clock.nowMs += 1_000;
  const result = await on.reserve({ lines: [{ sku, quantity }], ...options });
  expect(result.outcome).toBe("reserved");
  return (result as Held).reservation.reservationId;
};

let version = 0;
const movement = (reservationId: string, kind: MovementItem["kind"] = "hold"): MovementItem => ({
  movementId: randomUUID(),
  sku,
  kind,
  reservationId,
  onHandDelta: 0,
  availableDelta: 0,
  reservedDelta: 0,
  version: (version += 1),
  atMs: clock.nowMs,
});

/** Writes the holds to the ledger, in this order. */
const note = (...ids: string[]) =>
  writeMovements(
    database,
    ids.map((id) => movement(id)),
    call(),
  );

const atRisk = async (units: number, latestIds: string[] = []): Promise<[string, number][]> => {
  const found = await findAtRisk(database, { levelKey: sku, units, latestIds }, call());
  return found.map(({ reservation, quantity }) => [reservation.reservationId, quantity]);
};

describe("the reservations at risk", () => {
  test("are the youngest, as many as own the missing units", async () => {
    await inventory.setStock({ sku, onHand: 100 });
    const ids = [await hold(3), await hold(4), await hold(5)] as const;
    await note(...ids);
    const all: [string, number][] = [
      [ids[2], 5],
      [ids[1], 4],
      [ids[0], 3],
    ];
    expect(await atRisk(1)).toEqual(all.slice(0, 1));
    expect(await atRisk(5)).toEqual(all.slice(0, 1));
    expect(await atRisk(6)).toEqual(all.slice(0, 2));
    expect(await atRisk(10)).toEqual(all);
    expect(await atRisk(99)).toEqual(all);
  });

  test("are those that own units: held ones that are not due, and confirmed ones before their sale", async () => {
    await inventory.setStock({ sku, onHand: 100 });
    const paid = await hold(1);
    const shipped = await hold(2);
    const released = await hold(3);
    const due = await hold(4, { ttlSeconds: 1 });
    const ended = await hold(5, { ttlSeconds: 1 });
    const held = await hold(6);
    await note(paid, shipped, released, due, ended, held);
    await inventory.confirm(paid);
    await inventory.confirm(shipped);
    await inventory.settleSales([shipped]);
    await inventory.release(released);
    clock.nowMs += 2_000;
    await inventory.release(ended);
    const found = await findAtRisk(database, { levelKey: sku, units: 100, latestIds: [] }, call());
    expect(found.map(({ reservation, quantity }) => [reservation.status, quantity])).toEqual([
      ["held", 6],
      ["confirmed", 1],
    ]);
  });

  test("are found once, with the units of this SKU in all rows", async () => {
    const other = `${sku}-other`;
    await inventory.setStock({ sku, onHand: 20, shards: 4 });
    await inventory.setStock({ sku: other, onHand: 20 });
    const lines = [
      { sku, quantity: 18 },
      { sku: other, quantity: 7 },
    ];
    const id = await hold(0, { lines });
    await note(id, id, id);
    expect(await atRisk(30)).toEqual([[id, 18]]);
  });

  test("are those with markers in the row where the ledger does not have them yet", async () => {
    await inventory.setStock({ sku, onHand: 100 });
    const [first, second, third] = [await hold(1), await hold(1), await hold(1)];
    await note(first, second);
    expect(await atRisk(2)).toEqual([
      [second, 1],
      [first, 1],
    ]);
    expect(await atRisk(2, [third, first])).toEqual([
      [third, 1],
      [second, 1],
    ]);
  });

  test("are at most a hundred", async () => {
    await inventory.setStock({ sku, onHand: 1_000 });
    const ids: string[] = [];
    while (ids.length < reservationsAtRiskMax + 5) ids.push(await hold(1));
    await note(...ids);
    const found = await atRisk(1_000);
    expect(found.map(([id]) => id)).toEqual(ids.toReversed().slice(0, reservationsAtRiskMax));
  });

  test("are searched in a bounded part of the ledger", async () => {
    await inventory.setStock({ sku, onHand: 10 });
    const [old, young] = [await hold(1), await hold(2)];
    await note(old);
    // None of these owns a unit.
    const movementsMax = movementPagesAtRiskMax * pageSizeMax;
    const others = Array.from({ length: movementsMax - 1 }, () =>
      movement(randomUUID(), "fulfilment"),
    );
    await writeMovements(database, others, call());
    await note(young);
    expect(await atRisk(3)).toEqual([[young, 2]]);
    expect(await atRisk(3, [old])).toEqual([
      [young, 2],
      [old, 1],
    ]);
  });
});

test("each count that leaves a shortfall is published once, with the reservations at risk", async () => {
  const messaging = await startMessaging();
  const messages = connectToMessages(messaging.endpoint);
  const streamed = await createTestDatabase({ hasStreams: true });
  const shop = createInventory(streamed);
  const topicArn = await messages.createTopic();
  const listener = await messages.listen(topicArn);
  const dynamodbEndpoint = inject("engineEndpoint");
  surround({ database: streamed, dynamodbEndpoint, messagingEndpoint: messaging.endpoint });
  Object.assign(process.env, {
    [environment.inventoryEventsTopic]: topicArn,
    [environment.eventSource]: "urn:holdfast:test",
    [environment.lowStockThreshold]: "0",
  });
  const handlers = [
    (await import("../../functions/ledger.ts")).handler,
    (await import("../../functions/publish.ts")).handler,
  ];
  const readers = await Promise.all(
    handlers.map((handler) =>
      readStream({
        tableName: streamed.tables.stock,
        dynamodbEndpoint,
        invoke: (event) => handler(event, contextWithin(30_000)),
      }),
    ),
  );
  try {
    await shop.setStock({ sku, onHand: 12, shards: 2 });
    const [, paid, held] = [
      await hold(3, {}, shop),
      await hold(4, { orderId: "order-7" }, shop),
      await hold(2, {}, shop),
    ];
    await shop.confirm(paid);
    await vi.waitFor(
      async () => {
        const { items } = await listAllMovements(streamed, { levelKey: sku, limit: 100 }, call());
        expect(items.filter(({ kind }) => kind === "hold").length).toBeGreaterThanOrEqual(3);
      },
      { timeout: 20_000, interval: 20 },
    );
    const counted = async (onHand: number) => {
      const result = await shop.setStock({ sku, onHand, allowShortfall: true });
      if (result.outcome !== "replaced") throw new Error(result.outcome);
      return result.stock;
    };
    const first = await counted(4);
    const second = await counted(8);
    await counted(9);
    const ofType = (type: string) =>
      listener.deliveries.filter(({ event }) => event.subject === sku && event.type === type);
    await listener.collect(
      () => ofType("stock.adjusted").length >= 4 && ofType("stock.shortfall").length >= 2,
    );
    const published = ofType("stock.shortfall");
    for (const { event } of published) {
      expect(inventoryEventSchema("stock.shortfall").parse(event)).toEqual(event);
    }
    const createdAt = expect.any(String) as string;
    const youngest = { reservationId: held, status: "held", quantity: 2, createdAt };
    const sold = { reservationId: paid, orderId: "order-7", status: "confirmed", createdAt };
    expect(published.map(({ event, attributes }) => [event.data, attributes])).toEqual([
      [
        expect.objectContaining({
          onHand: 4,
          available: -5,
          reserved: 9,
          version: first.version,
          shortfall: 5,
          reservations: [youngest, { ...sold, quantity: 4 }],
        }),
        { type: "stock.shortfall", sku },
      ],
      [
        expect.objectContaining({
          available: -1,
          version: second.version,
          shortfall: 1,
          reservations: [youngest],
        }),
        { type: "stock.shortfall", sku },
      ],
    ]);
  } finally {
    for (const reader of readers) await reader.stop();
    messages.close();
    await messaging.stop();
  }
});
