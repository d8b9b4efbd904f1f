/** Orders of several lines: under leases and without, large ones, killed and frozen. */
import { DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import { beforeAll, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { multiItemStrategies } from "../../contract/tables.ts";
import { callWithin } from "../../inventory/dynamodb/database.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import type { LeasingDatabase } from "../../inventory/reservations/leases.ts";
import {
  reserve,
  type ReserveInput,
  type ReserveOutcome,
} from "../../inventory/reservations/reserve.ts";
import { idOfKey } from "../../inventory/identity.ts";
import { markersOf } from "../../inventory/stock/marker.ts";
import { createDynamoDbLocks } from "../../locks/dynamodb/dynamodb-locks.ts";
import { loadOf } from "../support/load-of.ts";
import { createTestDatabase, throughEndpoint, type TestDatabase } from "../support/database.ts";
import { startFaultProxy, type FaultProxy } from "../support/fault-proxy.ts";
import { expectInvariants, readRecords } from "../support/invariants.ts";
import { startOrderProcess } from "../support/order-process.ts";

/** Many orders at once wait for each other, and the slowest engine does 500 requests a second. */
const patientMs = 400_000;

/** Names of SKUs that sort as they are numbered. */
const skusOf = (stem: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${stem}-${String(index).padStart(3, "0")}`);

const one = (sku: string) => ({ sku, quantity: 1 });

const setStocks = async (inventory: Inventory, skus: readonly string[], onHand: number) => {
  for (let from = 0; from < skus.length; from += 50) {
    const some = skus.slice(from, from + 50);
    await Promise.all(some.map((sku) => inventory.setStock({ sku, onHand })));
  }
};

const reservationIdOf = (result: ReserveOutcome): string => {
  if (result.outcome !== "reserved" && result.outcome !== "replayed") {
    throw new Error(JSON.stringify(result));
  }
  return result.reservation.reservationId;
};

let database: TestDatabase;
let inventory: Inventory;
let proxy: FaultProxy;
beforeAll(async () => {
  database = await createTestDatabase({ contentionMsMax: patientMs });
  inventory = createInventory(database);
  proxy = await startFaultProxy(inject("engineEndpoint"));
  return () => proxy.stop();
});

/** The same tables by way of the proxy. */
const proxied = (options: Partial<LeasingDatabase> = {}): LeasingDatabase => ({
  ...throughEndpoint(database, proxy.endpoint),
  ...options,
});

const order = (input: ReserveInput, from: LeasingDatabase = database, budgetMs = patientMs) =>
  reserve(from, input, callWithin(budgetMs));

const requestsOf = async (input: ReserveInput, from: LeasingDatabase): Promise<string[]> => {
  proxy.takeRequests();
  expect((await order(input, from)).outcome).toBe("reserved");
  return proxy.takeRequests();
};

describe("the requests of an order", () => {
  test.each([1, 2, 5, 30])("of %d lines are one for each row, and one for all", async (count) => {
    const skus = skusOf(`requests-${count}`, count);
    await setStocks(inventory, skus, 10);
    const requests = await requestsOf({ lines: skus.map(one) }, proxied());
    expect(requests).toEqual([...Array<string>(count).fill("UpdateItem"), "PutItem"]);
  });

  test("are two more under leases", async () => {
    const skus = skusOf("requests-leased", 5);
    await setStocks(inventory, skus, 10);
    const leased = proxied({ multiItemStrategy: "leased" });
    const requests = await requestsOf({ lines: skus.map(one) }, leased);
    expect(requests).toHaveLength(8);
  });

  test("of one line are never for a lease", async () => {
    await setStocks(inventory, ["alone"], 10);
    const nowhere = createDynamoDbLocks({ client: database.client, table: "nowhere" });
    const leased = proxied({ multiItemStrategy: "leased", locks: nowhere });
    expect(await requestsOf({ lines: [one("alone"), one("alone")] }, leased)).toHaveLength(2);
  });
});

const carts = loadOf(120);
/** Of each SKU. */
const units = loadOf(32);

describe.each(multiItemStrategies)(
  "carts of several lines, %s",
  { timeout: patientMs },
  (multiItemStrategy) => {
    // Tries to oversell, to deadlock, and to have somebody refused while there are units for him.
    test(`${carts} at once over 10 SKUs with room for half: all is sold, nobody refused early`, async () => {
      const own = { ...database, multiItemStrategy };
      const skus = skusOf(`carts-${multiItemStrategy}`, 10);
      await setStocks(inventory, skus, units);
      const orders = Array.from({ length: carts }, (_, cart) => {
        const size = 2 + (cart % 7);
        return Array.from({ length: size }, (__, line) => one(skus[(cart * 3 + line * 7) % 10]!));
      });
      const results = await Promise.all(orders.map((lines) => order({ lines }, own)));
      const { stock } = await expectInvariants(database);
      const availableAtLast = new Map(stock.map(({ sku, available }) => [sku, available]));
      let held = 0;
      for (const [cart, result] of results.entries()) {
        if (result.outcome === "reserved") held += 1;
        else {
          // Nothing comes back here, so that what is there at last was there before.
          expect(result.outcome).toBe("insufficient_stock");
          expect(orders[cart]!.some(({ sku }) => availableAtLast.get(sku)! < 1)).toBe(true);
        }
      }
      expect(held).toBeGreaterThan(units);
      expect(held).toBeLessThan(carts);
    });

    test("clocks that are 5 s ahead and behind sell no unit twice", async () => {
      const skus = skusOf(`clocks-${multiItemStrategy}`, 4);
      await setStocks(inventory, skus, 30);
      const offBy = (ms: number): LeasingDatabase => {
        const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() + ms };
        const locks = createDynamoDbLocks({
          client: database.client,
          table: database.locksTable,
          clock,
        });
        return { ...database, multiItemStrategy, locks, now: () => Date.now() + ms };
      };
      const clients = [offBy(-5_000), offBy(0), offBy(5_000)];
      const results = await Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          order({ lines: [skus[index % 4]!, skus[(index + 1) % 4]!].map(one) }, clients[index % 3]),
        ),
      );
      expect(results.filter(({ outcome }) => outcome === "reserved")).toHaveLength(60);
      await expectInvariants(database);
    });
  },
);

describe("leases", () => {
  test("of others are waited for as long as a request may, then it is busy, and nothing held", async () => {
    const skus = skusOf("leased-by-others", 2);
    await setStocks(inventory, skus, 10);
    const leased = { ...database, multiItemStrategy: "leased" } as const;
    const lease = await database.locks.acquire(skus[1]!, { leaseMs: 60_000 });
    const before = await readRecords(database);
    const impatient = { ...leased, contentionMsMax: 100 };
    await expect(order({ lines: skus.map(one) }, impatient)).rejects.toMatchObject({
      code: "busy",
    });
    expect(await readRecords(database)).toEqual(before);
    const waiting = order({ lines: skus.map(one) }, leased);
    await lease.release();
    expect((await waiting).outcome).toBe("reserved");
  });

  test("that cannot be had, for want of their table, are a fault, and nothing is held", async () => {
    const own = { ...(await createTestDatabase()), multiItemStrategy: "leased" } as const;
    const ownInventory = createInventory(own);
    await setStocks(ownInventory, ["a", "b"], 5);
    await own.client.send(new DeleteTableCommand({ TableName: own.locksTable }));
    await expect(order({ lines: [one("a"), one("b")] }, own)).rejects.toMatchObject({
      code: "unavailable",
      cause: { name: "LockError" },
    });
    expect((await order({ lines: [one("a")] }, own)).outcome).toBe("reserved");
    await expectInvariants(own);
  });
});

/*
 *   frozen   takes the last unit ── SIGSTOP ··································· SIGCONT ── put: refused
 *   other                            waits ··· supersedes ── gives it back ── takes it ── held
 */
test("a request that was frozen before its commit has its late put refused", async () => {
  const [sku] = skusOf("frozen", 1) as [string];
  await setStocks(inventory, [sku], 1);
  const { tables, locksTable } = database;
  const frozen = startOrderProcess({
    endpoint: inject("engineEndpoint"),
    tables: { ...tables },
    locksTable,
    input: { lines: [one(sku)] },
    stopsBeforeWrite: true,
  });
  onTestFinished(() => frozen.kill());
  expect(await frozen.next()).toEqual({ told: "stopping" });
  expect((await order({ lines: [one(sku)] })).outcome).toBe("reserved");
  frozen.goOn();
  expect(await frozen.next()).toEqual({ told: "refused", reasons: [] });
  expect(await frozen.next()).toEqual({ told: "answered", outcome: "insufficient_stock" });
  await expectInvariants(database);
});

describe("an order of 500 lines", { timeout: 300_000 }, () => {
  const skus = skusOf("large", 500);
  const lines = skus.map(one);
  beforeAll(() => setStocks(inventory, skus, 100));

  const statusOf = async (reservationId: string) =>
    (await inventory.getReservation(reservationId))?.status;

  test("is held whole, confirmed, released and expired whole", async () => {
    const [sold, released, expired] = [
      await order({ lines, orderId: "large-1" }),
      await order({ lines, orderId: "large-1" }),
      await order({ lines, orderId: "large-1", ttlSeconds: 1 }),
    ].map(reservationIdOf) as [string, string, string];
    await expectInvariants(database);
    const call = callWithin(patientMs);
    expect((await inventory.confirm(sold, call)).outcome).toBe("confirmed");
    await inventory.settleSales([sold], call);
    expect((await inventory.release(released, call)).outcome).toBe("released");
    const later = createInventory({ ...database, now: () => Date.now() + 2_000 });
    expect((await later.confirm(expired, call)).outcome).toBe("reservation_expired");
    const { stock, reservations } = await expectInvariants(database);
    for (const sku of skus) {
      const found = stock.find((item) => item.sku === sku);
      expect(found).toMatchObject({ onHand: 99, available: 99, reserved: 0 });
    }
    const records = reservations.filter(({ orderId }) => orderId === "large-1");
    for (const record of records) expect(record).not.toHaveProperty("expiryShard");
    expect(records.map(({ status }) => status).toSorted()).toEqual([
      "expired",
      "fulfilled",
      "released",
    ]);
  });

  test("that falls short in its last lines names all of them, and leaves nothing", async () => {
    const short = skusOf("large-short", 3);
    await setStocks(inventory, short, 0);
    const input = {
      lines: [...lines.slice(0, 497), ...short.map(one)],
      idempotencyKey: "large and short",
    };
    expect(await order(input)).toEqual({
      outcome: "insufficient_stock",
      shortages: short.map((sku) => ({ sku, requested: 1, available: 0 })),
    });
    const { stock } = await expectInvariants(database);
    const id = idOfKey(["reservation"], "large and short");
    const marked = stock.filter((row) =>
      markersOf(row).some(({ reservationId }) => reservationId === id),
    );
    expect(marked).toEqual([]);
    await setStocks(inventory, short, 1);
    expect((await order(input)).outcome).toBe("reserved");
    const unknown = ["zzz-unknown-1", "zzz-unknown-2"];
    expect(await order({ lines: [...lines.slice(0, 498), ...unknown.map(one)] })).toEqual({
      outcome: "unknown_sku",
      unknown: unknown.map((sku) => ({ sku })),
    });
    await expectInvariants(database);
  });

  test("is all held or none to whoever looks while it is written", async () => {
    const input = { lines, idempotencyKey: "looked at", orderId: "looked at" };
    let looks = 0;
    proxy.watch(async (_, moment) => {
      const { items } = await inventory.listReservations({ orderId: "looked at" });
      looks += 1;
      if (moment === "before") for (const { status } of items) expect(status).toBe("held");
      return true;
    });
    onTestFinished(() => proxy.watch(undefined));
    const id = reservationIdOf(await order(input, proxied()));
    expect(looks).toBeGreaterThan(20);
    expect(await statusOf(id)).toBe("held");
  });

  test("repeated while it is still written is one reservation", async () => {
    const input = { lines, idempotencyKey: "large and impatient" };
    const results = await Promise.all([order(input), order(input), order(input)]);
    expect(new Set(results.map(reservationIdOf)).size).toBe(1);
    expect(results.filter(({ outcome }) => outcome === "reserved").length).toBeLessThanOrEqual(1);
    await expectInvariants(database);
  });

  test.each(["optimistic", "leased"] as const)(
    "under another key is refused (%s)",
    async (strategy) => {
      const own = { ...database, multiItemStrategy: strategy };
      const input = { lines: lines.slice(0, 120), idempotencyKey: `reused ${strategy}` };
      expect((await order(input, own)).outcome).toBe("reserved");
      const other = await order({ ...input, lines: lines.slice(0, 119) }, own);
      expect(other.outcome).toBe("idempotency_key_reused");
    },
  );

  /*
   * At each request, before it is applied and after: as a function that dies, and as one whose last
   * request was applied and its reply not heard. From then on the proxy passes nothing on, and its call
   * has no time left. Then a repeat holds the order, or the sweep gives its units back: by turns.
   */
  const some = lines.slice(0, 12);
  test("dying at every step is held by a repeat, or given back by the sweep", async () => {
    const own = await createTestDatabase();
    const ownInventory = createInventory(own);
    const mortal = throughEndpoint(own, proxy.endpoint);
    await setStocks(ownInventory, skus.slice(0, some.length), 100);
    onTestFinished(() => proxy.watch(undefined));
    let deaths = 0;
    for (let step = 0; ; step += 1) {
      const [number, moment] = [Math.floor(step / 2), step % 2 === 0 ? "before" : "after"];
      const input: ReserveInput = { lines: some, idempotencyKey: `dying at ${step}` };
      let isDead = false;
      proxy.watch(async (current, now) => {
        isDead ||= current === number && now === moment;
        return !isDead;
      });
      const mortally = { remainingMs: () => (isDead ? 0 : patientMs) };
      const { outcome } = await reserve(mortal, input, mortally).catch(() => ({ outcome: "died" }));
      proxy.watch(undefined);
      expect(outcome).toBe(isDead ? "died" : "reserved");
      if (!isDead) break;
      deaths += 1;
      // The write that was on its way may still be applied, perhaps between two reads.
      await vi.waitFor(() => expectInvariants(own), patientMs);
      if (step % 4 < 2) {
        const repeat = await order(input, own);
        expect(["reserved", "replayed"]).toContain(repeat.outcome);
        await ownInventory.release(reservationIdOf(repeat), callWithin(patientMs));
      } else {
        // As the next sweep finds it: its owner's time is over.
        const later = { ...own, now: () => Date.now() + 60_000 };
        const call = callWithin(patientMs);
        await createInventory(later).sweep(call, { resolvesRows: true });
        const { stock } = await readRecords(own);
        expect(stock.flatMap(markersOf)).toEqual([]);
      }
      await expectInvariants(own);
    }
    // Twelve rows and the record, each twice.
    expect(deaths).toBeGreaterThanOrEqual(20);
  });
});
