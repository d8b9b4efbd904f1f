/** Every change of the counts becomes a movement, once, and the movements add up to the record. */
import { DeleteCommand, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import type { MovementItem, StockItem } from "../../contract/tables.ts";
import type { StreamHandler } from "../../functions/middleware/stream-handler.ts";
import { audit } from "../../inventory/audit/audit.ts";
import type { Finding } from "../../inventory/audit/finding.ts";
import { callWithin } from "../../inventory/dynamodb/database.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { listAllMovements, movementIdOf } from "../../inventory/stock/ledger.ts";
import { channelsKey, locationsKeyOf } from "../../inventory/stock/level-key.ts";
import { startMessaging, type Messaging } from "../../local/messaging/messaging.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { contextWithin, surround } from "../support/function-context.ts";
import { linesOf, patient, saleOf, stock } from "../support/holds.ts";
import { expectInvariants, readRecords } from "../support/invariants.ts";
import { connectToMessages, type Messages } from "../support/messages.ts";
import { startFaultProxy, type FaultProxy } from "../support/fault-proxy.ts";
import { dieAfter } from "../support/requests.ts";
import { readStream } from "../support/stream-reader.ts";

const clock = { aheadMs: 0 };
const call = callWithin(600_000);
let messaging: Messaging;
let messages: Messages;
let proxy: FaultProxy;
let database: TestDatabase;
let inventory: Inventory;
let deadLetterQueueUrl: string;
let handler: StreamHandler;
let reader: Awaited<ReturnType<typeof readStream>>;
/** How often the function is called for one batch, as after an answer that was lost. */
let repeats = 1;

beforeAll(async () => {
  messaging = await startMessaging();
  messages = connectToMessages(messaging.endpoint);
  proxy = await startFaultProxy(inject("engineEndpoint"));
  database = await createTestDatabase({
    hasStreams: true,
    now: () => Date.now() + clock.aheadMs,
  });
  inventory = createInventory(database);
  deadLetterQueueUrl = await messages.createQueue();
  surround({
    database,
    dynamodbEndpoint: proxy.endpoint,
    messagingEndpoint: messaging.endpoint,
    deadLetterQueueUrl,
  });
  ({ handler } = await import("../../functions/ledger.ts"));
  reader = await readStream({
    tableName: database.tables.stock,
    dynamodbEndpoint: inject("engineEndpoint"),
    invoke: async (event) => {
      for (let more = repeats; more > 1; more -= 1) await handler(event, contextWithin(30_000));
      return handler(event, contextWithin(30_000));
    },
  });
});

afterAll(async () => {
  await reader.stop();
  messages.close();
  await proxy.stop();
  await messaging.stop();
});

beforeEach(() => {
  clock.aheadMs = 0;
  repeats = 1;
});

/** The ledger has the changes of the stream a moment later. */
const soon = { timeout: 20_000, interval: 20 };

/** The ledger of a SKU, oldest first, once it has come to this version. */
const ledgerOf = async (sku: string, version: number): Promise<MovementItem[]> =>
  vi.waitFor(async () => {
    const { items } = await inventory.listMovements({ sku, limit: 100 }, call);
    expect(items[0]?.version).toBe(version);
    expect(items.length).toBeGreaterThanOrEqual(version);
    return items.toReversed();
  }, soon);

/** Findings about the ledger: no function settles sales here, and no sweep runs. */
const runAudit = async (apply = false) => {
  const findings: Finding[] = [];
  const options = { locksTable: database.locksTable, apply, apartMs: 10 };
  const report = await audit(
    database,
    {
      ...options,
      onFinding: (finding) => {
        if (finding.damage === "ledger_drift") findings.push(finding);
      },
    },
    call,
  );
  return { report, findings };
};

test("the sales channels and the locations of a SKU are in no ledger", async () => {
  const sku = "beside";
  const channel = { channel: "web", locations: ["ams1"], rule: "priority" } as const;
  await inventory.setChannel(channel);
  await inventory.setChannel({ ...channel, maxSplits: 1 });
  await inventory.setStock({ sku, location: "ams1", onHand: 3 });
  await inventory.deleteChannel("web");
  await inventory.setStock({ sku, onHand: 1 });
  expect(await ledgerOf(sku, 1)).toMatchObject([{ kind: "count", onHandDelta: 1 }]);
  for (const levelKey of [channelsKey, locationsKeyOf(sku)]) {
    expect((await listAllMovements(database, { levelKey }, call)).items).toEqual([]);
  }
  expect(await messages.countOf(deadLetterQueueUrl)).toBe(0);
  expect((await runAudit()).findings).toEqual([]);
});

describe("a movement", () => {
  test("says what happened to each count, why, by whom, and for which reservation", async () => {
    const actor = "shop";
    const by = { ...patient(), actor };
    const hold = async (sku: string, quantity: number, ttlSeconds = 60) => {
      const lines = [{ sku, quantity }];
      const held = await inventory.reserve({ lines, ttlSeconds }, by);
      return "reservation" in held ? held.reservation.reservationId : "";
    };
    const sku = "told";
    await inventory.setStock({ sku, onHand: 10 }, by);
    const sold = await hold(sku, 3);
    await inventory.confirm(sold, by);
    await inventory.settleSales([sold], { ...by, actor: "settle" });
    const released = await hold(sku, 2);
    await inventory.release(released, by);
    const expired = await hold(sku, 1);
    clock.aheadMs = 61_000;
    await inventory.sweep({ ...by, actor: "sweep" });
    await inventory.adjustStock({ sku, delta: -2, reason: "damaged", reference: "R-1" }, by);

    const ledger = await ledgerOf(sku, 8);
    expect(
      ledger.map(({ kind, onHandDelta, availableDelta, reservedDelta }) => [
        kind,
        onHandDelta,
        availableDelta,
        reservedDelta,
      ]),
    ).toEqual([
      ["count", 10, 10, 0],
      ["hold", 0, -3, 3],
      ["fulfilment", -3, 0, -3],
      ["hold", 0, -2, 2],
      ["release", 0, 2, -2],
      ["hold", 0, -1, 1],
      ["expiry", 0, 1, -1],
      ["adjustment", -2, -2, 0],
    ]);
    expect(ledger.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(ledger.map(({ reservationId }) => reservationId)).toEqual([
      undefined,
      sold,
      sold,
      released,
      released,
      expired,
      expired,
      undefined,
    ]);
    expect(ledger.map((movement) => movement.actor)).toEqual([
      actor,
      actor,
      "settle",
      ...Array<string>(3).fill(actor),
      "sweep",
      actor,
    ]);
    expect(ledger.at(-1)).toMatchObject({ reason: "damaged", reference: "R-1" });
  });

  test("of sold units says how they left and how they came back, and why", async () => {
    const by = { ...patient(), actor: "warehouse" };
    const sku = "sold";
    await stock(inventory, { [sku]: 10 });
    const reservationId = await saleOf(inventory, { [sku]: 6 });
    const input = (units: number) => ({ reservationId, lines: linesOf({ [sku]: units }) });
    await inventory.fulfill(input(3), by);
    await inventory.cancel(input(2), by);
    await inventory.returnUnits({ ...input(1), reason: "too small" }, by);
    const ledger = await ledgerOf(sku, 5);
    expect(ledger.slice(2)).toMatchObject([
      { kind: "fulfilment", onHandDelta: -3, availableDelta: 0, reservedDelta: -3 },
      { kind: "cancellation", onHandDelta: 0, availableDelta: 2, reservedDelta: -2 },
      { kind: "return", onHandDelta: 1, availableDelta: 1, reservedDelta: 0, reason: "too small" },
    ]);
    for (const movement of ledger.slice(2)) {
      expect(movement).toMatchObject({ reservationId, actor: "warehouse" });
    }
    for (const movement of ledger.slice(2, 4)) expect(movement).not.toHaveProperty("reason");
  });

  test("of sold units is the same where another request finishes it, several of them at once", async () => {
    // Tries to lose the kinds and the reason of changes whose processes die before their last step.
    const sku = "unfinished";
    await stock(inventory, { [sku]: 20 });
    const ids: string[] = [];
    for (const units of [2, 3, 4]) ids.push(await saleOf(inventory, { [sku]: units }));
    await inventory.fulfill({ reservationId: ids[2]! });
    // The record is read, the row has the marker, and the record is written.
    const dying = () => createInventory(dieAfter(database, 3).database);
    await dying().fulfill({ reservationId: ids[0]! });
    await dying().cancel({ reservationId: ids[1]! });
    const lines = linesOf({ [sku]: 1 });
    await dying().returnUnits({ reservationId: ids[2]!, lines, reason: "torn" });
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 16, available: 11, reserved: 5 });
    await inventory.sweep(patient(), { resolvesRows: true });
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 15, available: 15, reserved: 0 });
    const { version } = (await inventory.getStock(sku))!;
    const ledger = await vi.waitFor(async () => {
      const { items } = await inventory.listMovements({ sku, limit: 100 }, call);
      expect(items[0]?.version).toBe(version);
      expect(items).toHaveLength(8);
      return items.toReversed();
    }, soon);
    const finished = ledger.slice(5).toSorted((a, b) => (a.kind < b.kind ? -1 : 1));
    expect(finished).toMatchObject([
      { kind: "cancellation", reservationId: ids[1], onHandDelta: 0, availableDelta: 3 },
      { kind: "fulfilment", reservationId: ids[0], onHandDelta: -2, availableDelta: 0 },
      { kind: "return", reservationId: ids[2], onHandDelta: 1, availableDelta: 1, reason: "torn" },
    ]);
  });

  test("is written once, though its record comes three times and BatchWriteItem is throttled", async () => {
    repeats = 3;
    proxy.plan("BatchWriteItem", [{ kind: "error", name: "ThrottlingException" }]);
    await inventory.setStock({ sku: "again", onHand: 5 });
    await inventory.adjustStock({ sku: "again", delta: 5, reason: "found" });
    await inventory.reserve({ lines: [{ sku: "again", quantity: 2 }] });
    const ledger = await ledgerOf("again", 3);
    expect(ledger.map(({ kind }) => kind)).toEqual(["count", "adjustment", "hold"]);
  });

  test("tells of units that a half-written order gave back", async () => {
    const skus = Array.from({ length: 150 }, (_, index) => `rolled-${1_000 + index}`);
    await Promise.all(skus.map((sku) => inventory.setStock({ sku, onHand: 1 })));
    const last = skus.at(-1)!;
    const lines = skus.map((sku) => ({ sku, quantity: sku === last ? 2 : 1 }));
    expect((await inventory.reserve({ lines })).outcome).toBe("insufficient_stock");
    const ledger = await ledgerOf(skus[0]!, 3);
    expect(ledger.map(({ kind }) => kind)).toEqual(["count", "hold", "rollback"]);
    expect(new Set(ledger.slice(1).map(({ reservationId }) => reservationId)).size).toBe(1);
  });
});

test("counts that somebody has written past Holdfast are in the ledger too, each time", async () => {
  const sku = "edited";
  await inventory.setStock({ sku, onHand: 10 });
  repeats = 2;
  const edit = (onHand: number) =>
    database.client.send(
      new UpdateCommand({
        TableName: database.tables.stock,
        Key: { sku },
        UpdateExpression: "SET onHand = :onHand, available = :onHand",
        ExpressionAttributeValues: { ":onHand": onHand },
      }),
    );
  for (const onHand of [7, 10, 7]) await edit(onHand);
  await inventory.setStock({ sku, onHand: 8 });
  const ledger = await ledgerOf(sku, 2);
  expect(ledger.map(({ kind }) => kind).toSorted()).toEqual([
    "count",
    "count",
    "edit",
    "edit",
    "edit",
  ]);
  expect(ledger.reduce((sum, { onHandDelta }) => sum + onHandDelta, 0)).toBe(8);
});

test("the list goes newest first, page by page, and refuses another list's cursor", async () => {
  const sku = "paged";
  await inventory.setStock({ sku, onHand: 100 });
  for (let version = 2; version <= 7; version += 1) {
    await inventory.adjustStock({ sku, delta: 1, reason: "found" });
  }
  await ledgerOf(sku, 7);
  const first = await inventory.listMovements({ sku, limit: 3 }, call);
  const second = await inventory.listMovements({ sku, limit: 4, cursor: first.cursor }, call);
  expect([...first.items, ...second.items].map(({ version }) => version)).toEqual([
    7, 6, 5, 4, 3, 2, 1,
  ]);
  expect(second.cursor).toBeUndefined();
  await expect(
    inventory.listMovements({ sku: "told", cursor: first.cursor }, call),
  ).rejects.toMatchObject({ code: "invalid_cursor" });
});

/** Writes a row of a level as the core does when units move between its rows. */
const putRow = (sku: string, onHand: number, version: number, more: Partial<StockItem> = {}) =>
  database.client.send(
    new PutCommand({
      TableName: database.tables.stock,
      Item: {
        sku,
        onHand,
        available: onHand,
        reserved: 0,
        version,
        updatedAtMs: Date.now(),
        open: {},
        onHandVersion: version,
        lastChange: { kind: "move" },
        ...more,
      } satisfies StockItem,
    }),
  );

test("rows of one level add up each, and callers do not see what moves between them", async () => {
  const sku = "spread";
  const allMovements = () => listAllMovements(database, { levelKey: sku }, call);
  const untilThereAre = (count: number) =>
    vi.waitFor(async () => expect((await allMovements()).items).toHaveLength(count), {
      timeout: 20_000,
    });
  await inventory.setStock({ sku, onHand: 10 });
  await putRow(`${sku}~1`, 0, 1, { startVersion: 1 });
  await putRow(sku, 6, 2, { shards: 2 });
  await putRow(`${sku}~1`, 4, 2, { startVersion: 1 });
  await untilThereAre(3);
  const spread = await runAudit();
  expect([spread.findings, spread.report.inMotion]).toEqual([[], []]);

  // The level is quiet, and is one row again.
  await putRow(sku, 10, 4);
  await database.client.send(
    new DeleteCommand({ TableName: database.tables.stock, Key: { sku: `${sku}~1` } }),
  );
  await untilThereAre(5);
  const shrunk = await runAudit();
  expect([shrunk.findings, shrunk.report.inMotion]).toEqual([[], []]);

  const seen = await inventory.listMovements({ sku }, call);
  expect(seen.items.map(({ kind, availableDelta }) => [kind, availableDelta])).toEqual([
    ["count", 10],
  ]);
  // The first page would have moves alone.
  const page = await inventory.listMovements({ sku, limit: 1 }, call);
  expect(page.items.map(({ kind }) => kind)).toEqual(["count"]);
  expect(page.cursor).toBeUndefined();
});

describe("the audit", () => {
  test("finds that the movements of every SKU add up after a crowd was at it", async () => {
    const skus = ["crowd-a", "crowd-b", "crowd-c"];
    for (const sku of skus) await inventory.setStock({ sku, onHand: 200 });
    await Promise.all(
      Array.from({ length: 90 }, async (_, index) => {
        const lines = skus.slice(0, 1 + (index % 3)).map((sku) => ({ sku, quantity: 1 }));
        const held = await inventory.reserve({ lines });
        if (!("reservation" in held)) return;
        const { reservationId } = held.reservation;
        if (index % 3 === 0) await inventory.confirm(reservationId);
        if (index % 3 === 1) await inventory.release(reservationId);
        if (index % 5 === 0) {
          await inventory.adjustStock({ sku: lines[0]!.sku, delta: 1, reason: "found" });
        }
      }),
    );
    const report = await vi.waitFor(async () => {
      const { report: found, findings } = await runAudit();
      expect([findings, found.inMotion]).toEqual([[], []]);
      return found;
    }, soon);
    expect(report.movements).toBeGreaterThan(200);
    await expectInvariants(database);
  });

  test("accuses nobody of what is still on its way, and does once it should have come", async () => {
    const sku = "behind";
    await inventory.setStock({ sku, onHand: 10 });
    await inventory.reserve({ lines: [{ sku, quantity: 1 }], ttlSeconds: 3_600 });
    await inventory.sweep(patient(), { resolvesRows: true });
    // Its ledger has an adjustment after the gap, as when the stream is late.
    await inventory.adjustStock({ sku, delta: 1, reason: "found" });
    const { movementId } = (await ledgerOf(sku, 3))[1]!;
    const { Attributes: lost } = await database.client.send(
      new DeleteCommand({
        TableName: database.tables.movements,
        Key: { movementId },
        ReturnValues: "ALL_OLD",
      }),
    );
    const early = await runAudit();
    expect([early.findings, early.report.inMotion]).toEqual([[], [sku]]);

    clock.aheadMs = 11 * 60_000;
    const late = await runAudit();
    expect(late.findings).toMatchObject([{ damage: "ledger_drift", subject: sku }]);
    expect(late.findings[0]?.detail).toContain("available 10, reserved 1 at version 3");
    await database.client.send(
      new PutCommand({ TableName: database.tables.movements, Item: lost! }),
    );
    expect((await runAudit()).findings).toEqual([]);
  });

  test("opens the ledger of a SKU that is older than it, at what the record has", async () => {
    const sku = "old";
    await database.client.send(
      new PutCommand({
        TableName: database.tables.stock,
        Item: {
          sku,
          onHand: 7,
          available: 7,
          reserved: 0,
          version: 40,
          updatedAtMs: Date.now(),
          open: {},
          onHandVersion: 40,
        } satisfies StockItem,
      }),
    );
    // As if the stream had not been there yet.
    await vi.waitFor(async () => {
      const { items } = await inventory.listMovements({ sku }, call);
      expect(items).toHaveLength(1);
    }, soon);
    await database.client.send(
      new DeleteCommand({
        TableName: database.tables.movements,
        Key: { movementId: movementIdOf(sku, 40) },
      }),
    );
    clock.aheadMs = 11 * 60_000;
    expect((await runAudit(true)).findings).toMatchObject([
      { damage: "ledger_drift", subject: sku, result: "repaired" },
    ]);
    expect((await runAudit()).findings).toEqual([]);
    clock.aheadMs = 0;
    await inventory.setStock({ sku, onHand: 9 });
    await vi.waitFor(async () => {
      const { items } = await inventory.listMovements({ sku }, call);
      expect(items.map(({ kind, availableDelta }) => [kind, availableDelta])).toEqual([
        ["count", 2],
        ["opening", 7],
      ]);
    }, soon);
    const again = await runAudit();
    expect([again.findings, again.report.inMotion]).toEqual([[], []]);
  });
});

test("a record that is none of ours is put aside with the reason, and those behind it go on", async () => {
  await database.client.send(
    new PutCommand({
      TableName: database.tables.stock,
      Item: { sku: "poison", onHand: "many", version: 1 },
    }),
  );
  await inventory.setStock({ sku: "behind-poison", onHand: 3 });
  await ledgerOf("behind-poison", 1);
  const [letter] = await messages.take(deadLetterQueueUrl);
  expect(letter?.MessageAttributes?.["reason"]?.StringValue).toBe(
    'The record poison of stock has onHand "many": no whole number.',
  );
  expect(JSON.parse(letter!.Body!)).toMatchObject({
    eventSource: "aws:dynamodb",
    dynamodb: { Keys: { sku: { S: "poison" } } },
  });
  await database.client.send(
    new DeleteCommand({ TableName: database.tables.stock, Key: { sku: "poison" } }),
  );
  expect((await readRecords(database)).stock.map(({ sku }) => sku)).not.toContain("poison");
});
