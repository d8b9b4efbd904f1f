/** Orders of several lines: under leases and without, past one transaction, killed and frozen. */
import { DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import { beforeAll, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { multiItemStrategies, type ReservationItem } from "../../contract/tables.ts";
import { callWithin } from "../../inventory/dynamodb/database.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import type { LeasingDatabase } from "../../inventory/reservations/leases.ts";
import {
  reserve,
  type ReserveInput,
  type ReserveOutcome,
} from "../../inventory/reservations/reserve.ts";
import { settle } from "../../inventory/reservations/settle.ts";
import { startConflictProxy } from "../../lab/servers/conflict-proxy.ts";
import { createDynamoDbLocks } from "../../locks/dynamodb/dynamodb-locks.ts";
import { isDefaultEngine, loadOf } from "../support/load-of.ts";
import {
  createLocksTable,
  createTestDatabase,
  throughEndpoint,
  type TestDatabase,
} from "../support/database.ts";
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
  database = await createTestDatabase();
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

/** Those of the requests that ask for the lock table say so by being the first or the last. */
const requestsOf = async (input: ReserveInput, from: LeasingDatabase): Promise<string[]> => {
  proxy.takeRequests();
  expect((await order(input, from)).outcome).toBe("reserved");
  return proxy.takeRequests();
};

describe("the requests of an order", () => {
  test.each([2, 5, 30, 49])("of %d lines are two under leases, one without", async (count) => {
    const lines = skusOf(`requests-${count}`, count).map(one);
    await setStocks(inventory, skusOf(`requests-${count}`, count), 10);
    const transactions = Array.from({ length: 2 }, () => "TransactWriteItems");
    expect(await requestsOf({ lines }, proxied())).toEqual(transactions);
    const optimistic = proxied({ multiItemStrategy: "optimistic" });
    expect(await requestsOf({ lines }, optimistic)).toEqual(["TransactWriteItems"]);
  });

  test("of 50 to 99 lines are one more, to release what does not fit beside them", async () => {
    const skus = skusOf("requests-99", 99);
    await setStocks(inventory, skus, 10);
    const requests = await requestsOf({ lines: skus.map(one) }, proxied());
    expect(requests).toEqual(Array.from({ length: 3 }, () => "TransactWriteItems"));
  });

  test("of one line are one, and never for a lease", async () => {
    await setStocks(inventory, ["alone"], 10);
    const nowhere = createDynamoDbLocks({ client: database.client, table: "nowhere" });
    const lines = [one("alone"), one("alone")];
    const requests = await requestsOf({ lines }, proxied({ locks: nowhere }));
    expect(requests).toEqual(["TransactWriteItems"]);
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
      const own = { ...database, multiItemStrategy, orderWaitMs: patientMs };
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
  test("of others are waited for as long as was said, then it is busy, and nothing held", async () => {
    const skus = skusOf("leased-by-others", 2);
    await setStocks(inventory, skus, 10);
    const lease = await database.locks.acquire(skus[1]!, { leaseMs: 60_000 });
    const before = await readRecords(database);
    const impatient = { ...database, orderWaitMs: 100 };
    await expect(order({ lines: skus.map(one) }, impatient)).rejects.toMatchObject({
      code: "busy",
    });
    await expect(order({ lines: skus.map(one) }, database, 4_200)).rejects.toMatchObject({
      code: "busy",
    });
    expect(await readRecords(database)).toEqual(before);
    const waiting = order({ lines: skus.map(one) });
    await lease.release();
    expect((await waiting).outcome).toBe("reserved");
  });

  test("that are all taken do not keep a repeat from its reservation", async () => {
    const skus = skusOf("repeat", 3);
    await setStocks(inventory, skus, 10);
    const input = { lines: skus.map(one), idempotencyKey: "repeat-under-leases" };
    const first = await order(input);
    const lease = await database.locks.acquire(skus, { leaseMs: 60_000 });
    const repeat = await order(input, { ...database, orderWaitMs: 50 });
    expect(repeat.outcome).toBe("replayed");
    expect(reservationIdOf(repeat)).toBe(reservationIdOf(first));
    await lease.release();
  });

  test("that cannot be had, for want of their table, are a fault, and nothing is held", async () => {
    const own = await createTestDatabase();
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

  // Tries to keep a large cart out: by small ones that take one or two of its SKUs all the time, on a
  // database that refuses whoever meets another transaction, as AWS does.
  test("let a cart of 40 lines in among a stream of small ones", async () => {
    const skus = skusOf("hot", 40);
    await setStocks(inventory, skus, 100_000);
    const { stock, reservations } = database.tables;
    const keys: [string, string][] = [
      [stock, "sku"],
      [reservations, "reservationId"],
      [database.locksTable, "lockName"],
    ];
    const aws = await startConflictProxy(inject("engineEndpoint"), new Map(keys), 2);
    onTestFinished(() => aws[Symbol.asyncDispose]());
    const crowded = throughEndpoint(database, aws.endpoint);
    const over = new AbortController();
    const stream = async (seed: number): Promise<void> => {
      for (let turn = seed; !over.signal.aborted; turn += 1) {
        const two = [skus[(turn * 7) % 40]!, skus[(turn * 11 + 3) % 40]!];
        await order({ lines: two.map(one) }, crowded);
      }
    };
    const streams = [0, 1, 2, 3, 4, 5, 6, 7].map((seed) => stream(seed * 5));
    for (let turn = 0; turn < 10; turn += 1) {
      const large = { ...throughEndpoint(database, aws.endpoint), orderWaitMs: 30_000 };
      expect((await order({ lines: skus.map(one) }, large)).outcome).toBe("reserved");
    }
    over.abort();
    await Promise.all(streams);
    expect(aws.conflicts()).toBeGreaterThan(0);
    await expectInvariants(database);
  });

  /*
   *   frozen   leases, token 7 ── SIGSTOP ······································ SIGCONT ── write
   *   other                        waits ··· lease ends ── token 8 ── write        fence 8: refused
   */
  test("a holder that was frozen past them has its late write refused by the fence", async () => {
    const skus = skusOf("frozen", 2);
    await setStocks(inventory, skus, 10);
    const { tables, locksTable } = database;
    const frozen = startOrderProcess({
      endpoint: inject("engineEndpoint"),
      tables: { ...tables },
      locksTable,
      input: { lines: skus.map(one) },
      stopsBeforeWrite: true,
    });
    onTestFinished(() => frozen.kill());
    expect(await frozen.next()).toEqual({ told: "stopping" });
    expect((await order({ lines: skus.map(one) })).outcome).toBe("reserved");
    const before = await readRecords(database);
    frozen.goOn();
    // The record, two lines by their fence, two leases by their owner.
    const refused = "ConditionalCheckFailed";
    expect(await frozen.next()).toEqual({
      told: "refused",
      reasons: ["None", refused, refused, refused, refused],
    });
    expect(before.stock.find(({ sku }) => sku === skus[0])).toMatchObject({ available: 9 });
    // It begins anew, under a lease of its own.
    expect(await frozen.next()).toEqual({ told: "answered", outcome: "reserved" });
    await expectInvariants(database);
  });
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
    expect((await inventory.confirm(sold)).outcome).toBe("confirmed");
    expect((await inventory.release(released)).outcome).toBe("released");
    const later = createInventory({ ...database, now: () => Date.now() + 2_000 });
    expect((await later.confirm(expired)).outcome).toBe("reservation_expired");
    const { stock, reservations } = await expectInvariants(database);
    for (const sku of skus) {
      const found = stock.find((item) => item.sku === sku);
      expect(found).toMatchObject({ onHand: 99, available: 99, reserved: 0 });
    }
    const records = reservations.filter(({ orderId }) => orderId === "large-1");
    for (const record of records) {
      expect(record).not.toHaveProperty("remaining");
      expect(record).not.toHaveProperty("expiryShard");
    }
    expect(records.map(({ status }) => status).toSorted()).toEqual([
      "confirmed",
      "expired",
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
    const before = await readRecords(database);
    expect(await order(input)).toEqual({
      outcome: "insufficient_stock",
      shortages: short.map((sku) => ({ sku, requested: 1, available: 0 })),
    });
    const after = await expectInvariants(database);
    expect(after.reservations).toEqual(before.reservations);
    await setStocks(inventory, short, 1);
    expect((await order(input)).outcome).toBe("reserved");
    const unknown = ["zzz-unknown-1", "zzz-unknown-2"];
    expect(await order({ lines: [...lines.slice(0, 498), ...unknown.map(one)] })).toEqual({
      outcome: "unknown_sku",
      skus: unknown,
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
   *   order A   lines 0-98 ── falls short, is returned ·································· writes late
   *   order B                                  same key, other lines: lines 0-98 ── in between ── held
   */
  test("is not taken for an earlier one under its key by a write that comes late", async () => {
    const [short] = skusOf("large-late", 1);
    await setStocks(inventory, [short!], 0);
    const idempotencyKey = "once short, once not";
    /** Makes an order by way of the proxy, and looks in when its first chunk is written. */
    const orderAndLookIn = async (
      last: string,
      look: (begun: ReservationItem) => Promise<void>,
    ) => {
      let hasLooked = false;
      proxy.watch(async (_, moment) => {
        if (hasLooked || moment === "before") return true;
        const { reservations } = await readRecords(database);
        const begun = reservations.find(({ status }) => status === "reserving");
        if (begun === undefined) return true;
        hasLooked = true;
        await look(begun);
        return true;
      });
      const wanted = [...lines.slice(0, 200), one(last)];
      const result = await order({ lines: wanted, idempotencyKey }, proxied());
      proxy.watch(undefined);
      expect(hasLooked).toBe(true);
      return result.outcome;
    };
    let first: ReservationItem | undefined;
    const outcome = await orderAndLookIn(short!, async (begun) => void (first = begun));
    expect(outcome).toBe("insufficient_stock");
    const second = await orderAndLookIn(skus[499]!, async (begun) => {
      expect(begun.reservationId).toBe(first!.reservationId);
      const late = await settle(database, first!, callWithin(patientMs));
      expect(late).toEqual({ item: undefined, shortages: [] });
    });
    expect(second).toBe("reserved");
    await expectInvariants(database);
  });

  /*
   * The process that makes the order is killed (SIGKILL) before each of its requests, and again when
   * the request was applied and its reply not heard. Then a repeat finishes the order at once, or
   * the sweeper takes it back: by turns. On another engine at every third step: three is odd, so that
   * both moments and both ends are among them. Three chunks are a first, a middle and a last one.
   */
  const threeChunks = lines.slice(0, 250);
  const stride = isDefaultEngine ? 1 : 3;
  test("killed at every step is finished by a repeat, or returned by the sweeper", async () => {
    const endpoint = inject("engineEndpoint");
    // Read whole after each step, and therefore not with the records of the tests before.
    const own = await createTestDatabase();
    const ownInventory = createInventory(own);
    await setStocks(ownInventory, skus.slice(0, threeChunks.length), 100);
    let kills = 0;
    for (let step = 0; ; step += stride) {
      // Of its own, so that nobody waits for leases of the last step's dead.
      const locksTable = await createLocksTable(endpoint);
      const locks = createDynamoDbLocks({ client: own.client, table: locksTable });
      const [number, moment] = [Math.floor(step / 2), step % 2 === 0 ? "before" : "after"];
      const input: ReserveInput = { lines: threeChunks, idempotencyKey: `killed at ${step}` };
      const process = startOrderProcess({
        endpoint: proxy.endpoint,
        tables: { ...own.tables },
        locksTable,
        input,
      });
      let wasKilled = false;
      proxy.watch(async (current, now) => {
        if (current !== number || now !== moment) return true;
        wasKilled = true;
        process.kill();
        return false;
      });
      await process.ended;
      proxy.watch(undefined);
      if (!wasKilled) break;
      kills += 1;
      // A renewal or a repeat by the SDK may be the request at which it was killed: the write that was
      // on its way then is still applied, perhaps between our two looks.
      await vi.waitFor(() => expectInvariants(own), patientMs);
      if (step % 4 < 2) {
        const repeat = await order(input, { ...own, locks });
        expect(["reserved", "replayed"]).toContain(repeat.outcome);
        await ownInventory.release(reservationIdOf(repeat));
      } else {
        // As the next sweep finds it: nobody is at it any more.
        const later = { ...own, now: () => Date.now() + 60_000 };
        await createInventory(later).sweep(callWithin(patientMs));
        const { reservations } = await readRecords(own);
        const left = reservations.filter(({ remaining }) => remaining !== undefined);
        expect(left).toEqual([]);
      }
      await expectInvariants(own);
    }
    // One to look for the key, three to lease, three to write, three to release; each twice.
    expect(kills).toBeGreaterThanOrEqual(Math.floor(20 / stride));
  });
});
