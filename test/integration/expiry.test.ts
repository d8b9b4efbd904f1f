/** Holds that end: on demand, by the sweeper, and against everything else that happens to them. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { beforeEach, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { sweepPageSize } from "../../contract/bounds.ts";
import type { StockItem } from "../../contract/tables.ts";
import { callWithin, type Call } from "../../inventory/dynamodb/database.ts";
import type { InventoryError } from "../../inventory/errors.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { sweep } from "../../inventory/reservations/sweep.ts";
import { createTestDatabase, throughEndpoint, type TestDatabase } from "../support/database.ts";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { loadOf } from "../support/load-of.ts";
import { expectInvariants } from "../support/invariants.ts";
import { plantHolds } from "../support/plant-holds.ts";
import type { SweepProcessPlan } from "../support/sweep-process-main.ts";

const dueHolds = loadOf(2_000);
/** So many holds are made and swept, and the slowest engine does 500 requests a second. */
const patientMs = 300_000;
const patient = (): Call => callWithin(patientMs);

const clock = { nowMs: 0 };
let database: TestDatabase;
let inventory: Inventory;
beforeEach(async () => {
  clock.nowMs = Date.UTC(2026, 10, 24);
  database = await createTestDatabase({ now: () => clock.nowMs });
  inventory = createInventory(database);
});

const hold = async (sku: string, quantity: number, ttlSeconds: number): Promise<string> => {
  const result = await inventory.reserve({ lines: [{ sku, quantity }], ttlSeconds });
  if (result.outcome !== "reserved") throw new Error(JSON.stringify(result));
  return result.reservation.reservationId;
};

const statusOf = async (reservationId: string) =>
  (await inventory.getReservation(reservationId))?.status;

describe("a reserve that falls short", () => {
  test("gets the units of holds that are due by 1 ms, at once and without a sweep", async () => {
    await inventory.setStock({ sku: "all-held", onHand: 5 });
    for (let index = 0; index < 5; index += 1) await hold("all-held", 1, 60);
    clock.nowMs += 60_000 - 1;
    const lines = [{ sku: "all-held", quantity: 5 }];
    expect((await inventory.reserve({ lines })).outcome).toBe("insufficient_stock");
    clock.nowMs += 2;
    const lags: number[] = [];
    const call: Call = { ...patient(), onExpired: (lagMs) => lags.push(lagMs) };
    expect((await inventory.reserve({ lines }, call)).outcome).toBe("reserved");
    expect(lags).toEqual([1, 1, 1, 1, 1]);
    await expectInvariants(database);
  });

  test("ends no more dead holds than it needs, and none of other SKUs", async () => {
    await inventory.setStock({ sku: "a", onHand: 40 });
    await inventory.setStock({ sku: "b", onHand: 1 });
    for (let index = 0; index < 40; index += 1) await hold("a", 1, 60);
    const other = await hold("b", 1, 60);
    clock.nowMs += 60_000;
    const result = await inventory.reserve({ lines: [{ sku: "a", quantity: 2 }] });
    expect(result.outcome).toBe("reserved");
    const { reservations } = await expectInvariants(database);
    const expired = reservations.filter(({ status }) => status === "expired");
    expect(expired.length).toBeGreaterThanOrEqual(2);
    expect(expired.length).toBeLessThan(20);
    expect(reservations.find(({ reservationId }) => reservationId === other)?.status).toBe("held");
  });

  test("of one line in several gets its dead holds too", async () => {
    for (const sku of ["a", "b", "c"]) await inventory.setStock({ sku, onHand: 2 });
    await hold("b", 2, 60);
    clock.nowMs += 60_000;
    const lines = ["a", "b", "c"].map((sku) => ({ sku, quantity: 2 }));
    expect((await inventory.reserve({ lines })).outcome).toBe("reserved");
    await expectInvariants(database);
  });

  test("ends nothing where dead holds cannot be enough", async () => {
    await inventory.setStock({ sku: "a", onHand: 3 });
    const held = await hold("a", 2, 60);
    clock.nowMs += 60_000;
    const result = await inventory.reserve({ lines: [{ sku: "a", quantity: 4 }] });
    expect(result).toMatchObject({ outcome: "insufficient_stock", shortages: [{ available: 1 }] });
    const { reservations } = await expectInvariants(database);
    expect(reservations.find(({ reservationId }) => reservationId === held)?.status).toBe("held");
  });

  test("leaves holds alone that were extended, confirmed or released meanwhile", async () => {
    await inventory.setStock({ sku: "a", onHand: 3 });
    const [extended, confirmed, released] = [
      await hold("a", 1, 60),
      await hold("a", 1, 60),
      await hold("a", 1, 60),
    ];
    await inventory.extend({ reservationId: extended, ttlSeconds: 600 });
    await inventory.confirm(confirmed);
    await inventory.release(released);
    clock.nowMs += 60_000;
    const reserve = () => inventory.reserve({ lines: [{ sku: "a", quantity: 1 }] });
    expect((await reserve()).outcome).toBe("reserved");
    expect((await reserve()).outcome).toBe("insufficient_stock");
    expect(await statusOf(extended)).toBe("held");
    expect(await statusOf(confirmed)).toBe("confirmed");
    await expectInvariants(database);
  });

  test("says when the next hold of each short SKU ends, and of no other", async () => {
    for (const sku of ["a", "b", "c"]) await inventory.setStock({ sku, onHand: 30 });
    for (const seconds of [900, 300, 600]) await hold("a", 10, seconds);
    await hold("b", 30, 120);
    const lines = ["a", "b", "c"].map((sku) => ({ sku, quantity: 31 }));
    const nowMs = clock.nowMs;
    expect(await inventory.reserve({ lines })).toEqual({
      outcome: "insufficient_stock",
      shortages: [
        { sku: "a", requested: 31, available: 0, nextExpiryAtMs: nowMs + 300_000 },
        { sku: "b", requested: 31, available: 0, nextExpiryAtMs: nowMs + 120_000 },
        { sku: "c", requested: 31, available: 30 },
      ],
    });
  });

  test("asks the index once a second, however many are refused", async () => {
    const proxy = await startFaultProxy(inject("engineEndpoint"));
    onTestFinished(() => proxy.stop());
    const counted = createInventory(throughEndpoint(database, proxy.endpoint));
    await inventory.setStock({ sku: "a", onHand: 1 });
    await hold("a", 1, 60);
    for (let index = 0; index < 50; index += 1) {
      const result = await counted.reserve({ lines: [{ sku: "a", quantity: 1 }] });
      expect(result).toMatchObject({ shortages: [{ nextExpiryAtMs: clock.nowMs + 60_000 }] });
    }
    const queries = proxy.takeRequests().filter((operation) => operation === "Query");
    // 16 partitions, for the due holds and for the next end.
    expect(queries).toHaveLength(32);
    clock.nowMs += 1_000;
    await counted.reserve({ lines: [{ sku: "a", quantity: 1 }] });
    expect(proxy.takeRequests().filter((operation) => operation === "Query")).toHaveLength(32);
  });
});

describe("a sweep", { timeout: patientMs }, () => {
  test(`returns ${dueHolds} due holds, by few requests for each, and reports their lag`, async () => {
    const proxy = await startFaultProxy(inject("engineEndpoint"));
    onTestFinished(() => proxy.stop());
    const onHand = dueHolds / 50;
    const skus = Array.from({ length: 50 }, (_, index) => `swept-${index}`);
    for (const sku of skus) {
      await inventory.setStock({ sku, onHand });
      // What the planted holds hold.
      const { stock } = database.tables;
      const Item: StockItem = {
        sku,
        onHand,
        available: 0,
        reserved: onHand,
        version: 2,
        updatedAtMs: 0,
        open: {},
        onHandVersion: 1,
      };
      await database.client.send(new PutCommand({ TableName: stock, Item }));
    }
    const expiresAtMs = clock.nowMs - 5_000;
    await plantHolds(database, dueHolds, (index) => ({ sku: skus[index % 50]!, expiresAtMs }));
    const lags: number[] = [];
    const counted = throughEndpoint(database, proxy.endpoint);
    const report = await sweep(counted, {
      ...patient(),
      onExpired: (lagMs) => lags.push(lagMs),
    });
    expect(report).toEqual({ expired: dueHolds, settled: 0, failed: 0, isComplete: true });
    expect(lags).toEqual(Array.from({ length: dueHolds }, () => 5_000));
    const pages = Math.ceil(dueHolds / sweepPageSize) + 16;
    // One for the record, and two for its row, which those of one row share.
    expect(proxy.takeRequests().length).toBeLessThanOrEqual(3 * dueHolds + 2 * pages);
    const { stock } = await expectInvariants(database);
    for (const { available } of stock) expect(available).toBe(onHand);
  });

  test("cut off by its deadline keeps what it has done, and the next ones do the rest", async () => {
    await inventory.setStock({ sku: "a", onHand: 300 });
    for (let index = 0; index < 300; index += 1) await hold("a", 1, 60);
    clock.nowMs += 60_000;
    let lookings = 0;
    // A sweep that is killed has no more time from one moment on.
    const short: Call = { remainingMs: () => ((lookings += 1) > 150 ? 0 : 1_000) };
    const first = await sweep(database, short);
    expect(first.isComplete).toBe(false);
    expect(first.expired).toBeGreaterThan(0);
    expect(first.expired).toBeLessThan(300);
    await expectInvariants(database);
    // The markers that it left undecided are superseded when their owner's time is over, some of them while
    // the next sweep ends their holds: these are left to the one after that.
    clock.nowMs += 1_000;
    const second = await sweep(database, patient());
    const third = await sweep(database, patient(), { resolvesRows: true });
    expect([second.isComplete, third.isComplete]).toEqual([true, true]);
    // The reply to the last ones of the first sweep came after its deadline.
    expect(second.expired + third.expired).toBeLessThanOrEqual(300 - first.expired);
    expect((await inventory.getStock("a"))?.available).toBe(300);
    await expectInvariants(database);
  });

  test("killed half-way leaves each hold whole, and the next one does the rest", async () => {
    const proxy = await startFaultProxy(inject("engineEndpoint"));
    onTestFinished(() => proxy.stop());
    await inventory.setStock({ sku: "a", onHand: 100 });
    for (let index = 0; index < 100; index += 1) await hold("a", 1, 60);
    clock.nowMs += 60_000;
    const plan: SweepProcessPlan = {
      endpoint: proxy.endpoint,
      tables: { ...database.tables },
      nowMs: clock.nowMs,
    };
    const program = fileURLToPath(new URL("../support/sweep-process-main.ts", import.meta.url));
    const sweeping = fork(program, [JSON.stringify(plan)]);
    proxy.watch(async (number) => number < 40 || !sweeping.kill("SIGKILL"));
    await once(sweeping, "exit");
    // What was on its way when it was killed is still applied, between two looks of ours.
    const { reservations } = await vi.waitFor(() => expectInvariants(database), patientMs);
    const left = reservations.filter(({ status }) => status === "held").length;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(100);
    clock.nowMs += 1_000;
    const rest = await sweep(database, patient(), { resolvesRows: true });
    expect(rest).toMatchObject({ isComplete: true, failed: 0 });
    const { stock } = await expectInvariants(database);
    expect(stock).toEqual([expect.objectContaining({ available: 100, reserved: 0 })]);
  });

  test("beside others does no harm, and they share the work", async () => {
    for (const sku of ["a", "b", "c", "d"]) await inventory.setStock({ sku, onHand: 60 });
    for (let index = 0; index < 200; index += 1) await hold("abcd"[index % 4]!, 1, 60);
    clock.nowMs += 60_000;
    const reports = await Promise.all([1, 2, 3].map(() => sweep(database, patient())));
    expect(reports.reduce((sum, { expired }) => sum + expired, 0)).toBe(200);
    expect(reports.every(({ failed }) => failed === 0)).toBe(true);
    const { stock } = await expectInvariants(database);
    for (const { available } of stock) expect(available).toBe(60);
  });

  test("leaves alone what is not due, and what was ended or extended under its eyes", async () => {
    await inventory.setStock({ sku: "a", onHand: 10 });
    const due = await hold("a", 1, 60);
    const alive = await hold("a", 1, 600);
    const extended = await hold("a", 1, 60);
    const confirmed = await hold("a", 1, 60);
    await inventory.extend({ reservationId: extended, ttlSeconds: 600 });
    await inventory.confirm(confirmed);
    clock.nowMs += 60_000;
    expect(await sweep(database, patient())).toMatchObject({ expired: 1 });
    expect(await Promise.all([due, alive, extended, confirmed].map(statusOf))).toEqual([
      "expired",
      "held",
      "held",
      "confirmed",
    ]);
    expect(await sweep(database, patient())).toMatchObject({ expired: 0, isComplete: true });
  });

  test("goes on after holds that it cannot end, and reports which", async () => {
    await inventory.setStock({ sku: "a", onHand: 10 });
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) ids.push(await hold("a", 1, 60));
    // As after an edit by hand: their units are of a row that does not exist.
    for (const reservationId of ids.slice(0, 2)) {
      const command = new UpdateCommand({
        TableName: database.tables.reservations,
        Key: { reservationId },
        UpdateExpression: "SET parts[0].#row = :gone",
        ExpressionAttributeNames: { "#row": "row" },
        ExpressionAttributeValues: { ":gone": "gone" },
      });
      await database.client.send(command);
    }
    clock.nowMs += 60_000;
    const failed: string[] = [];
    const report = await sweep(database, patient(), {
      onFailure: (id, error) => failed.push(`${id} ${(error as InventoryError).code}`),
    });
    expect(report).toMatchObject({ expired: 3, failed: 2, isComplete: true });
    const expected = ids.slice(0, 2).map((id) => `${id} inconsistent`);
    expect(failed.toSorted()).toEqual(expected.toSorted());
  });

  test("and a confirm in the millisecond of its end have one winner, and it is the sweep", async () => {
    await inventory.setStock({ sku: "a", onHand: 50 });
    const ids = await Promise.all(Array.from({ length: 50 }, () => hold("a", 1, 60)));
    clock.nowMs += 60_000;
    const [, ...outcomes] = await Promise.all([
      sweep(database, patient()),
      ...ids.map(async (id) => (await inventory.confirm(id)).outcome),
    ]);
    expect(new Set(outcomes)).toEqual(new Set(["reservation_expired"]));
    const { stock } = await expectInvariants(database);
    expect(stock).toEqual([expect.objectContaining({ onHand: 50, available: 50, reserved: 0 })]);
  });
});
