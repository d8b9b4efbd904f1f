import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { unitsMax } from "../../contract/bounds.ts";
import { readRow } from "../../inventory/stock/row.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { createTestDatabase, throughEndpoint, type TestDatabase } from "../support/database.ts";
import { startFaultProxy, type Fault, type FaultProxy } from "../support/fault-proxy.ts";
import { patient } from "../support/holds.ts";
import { expectInvariants } from "../support/invariants.ts";
import { loadOf } from "../support/load-of.ts";

let database: TestDatabase;
let inventory: Inventory;
const nowMs = Date.UTC(2026, 10, 23);

beforeAll(async () => {
  database = await createTestDatabase({ now: () => nowMs });
  inventory = createInventory(database);
});

const hold = (sku: string, quantity: number) => inventory.reserve({ lines: [{ sku, quantity }] });

describe("setting stock", () => {
  test("creates a record, then replaces it and keeps what is held", async () => {
    const always = { sku: "a", updatedAtMs: nowMs };
    expect(await inventory.setStock({ sku: "a", onHand: 10 })).toMatchObject({
      outcome: "created",
      stock: { ...always, onHand: 10, available: 10, reserved: 0, version: 1 },
    });
    await hold("a", 4);
    expect(await inventory.setStock({ sku: "a", onHand: 7 })).toMatchObject({
      outcome: "replaced",
      stock: { ...always, onHand: 7, available: 3, reserved: 4, version: 3 },
    });
    expect(await inventory.setStock({ sku: "a", onHand: 4 })).toMatchObject({
      stock: { available: 0, reserved: 4 },
    });
  });

  test("never goes below what is held", async () => {
    await inventory.setStock({ sku: "below", onHand: 5 });
    await hold("below", 5);
    expect(await inventory.setStock({ sku: "below", onHand: 4 })).toMatchObject({
      outcome: "below_reserved",
      stock: { reserved: 5 },
    });
    expect(await inventory.getStock("below")).toMatchObject({ onHand: 5, version: 2 });
  });

  test("holds to the expected version", async () => {
    await inventory.setStock({ sku: "versioned", onHand: 1 });
    const set = (expectedVersion: number) =>
      inventory.setStock({ sku: "versioned", onHand: 2, expectedVersion });
    expect(await set(2)).toEqual({ outcome: "version_mismatch", version: 1 });
    expect(await set(0)).toEqual({ outcome: "version_mismatch", version: 1 });
    expect(await set(1)).toMatchObject({ outcome: "replaced", stock: { version: 2 } });
    expect(await set(1)).toEqual({ outcome: "version_mismatch", version: 2 });
  });

  test("with an expected version does not create, but with 0 does nothing else", async () => {
    const set = (expectedVersion: number) =>
      inventory.setStock({ sku: "fresh", onHand: 2, expectedVersion });
    expect(await set(3)).toEqual({ outcome: "version_mismatch", version: 0 });
    expect(await inventory.getStock("fresh")).toBeUndefined();
    expect(await set(0)).toMatchObject({ outcome: "created" });
  });

  test("to a wrong version below the held units tells of the version", async () => {
    await inventory.setStock({ sku: "both", onHand: 5 });
    await hold("both", 5);
    const result = await inventory.setStock({ sku: "both", onHand: 1, expectedVersion: 1 });
    expect(result).toEqual({ outcome: "version_mismatch", version: 2 });
  });

  test("of a level that another caller has made meanwhile keeps what is held", async () => {
    await inventory.setStock({ sku: "made", onHand: 5 });
    await hold("made", 3);
    const set = (onHand: number) => inventory.setStock({ sku: "made", onHand, isNew: true });
    expect(await set(2)).toMatchObject({ outcome: "below_reserved", stock: { reserved: 3 } });
    expect(await set(9)).toMatchObject({
      outcome: "replaced",
      stock: { onHand: 9, available: 6, reserved: 3 },
    });
  });

  test("under the id of the last count changes nothing", async () => {
    const set = (onHand: number, countId: string) =>
      inventory.setStock({ sku: "numbered", onHand, countId });
    await set(5, "first");
    await inventory.adjustStock({ sku: "numbered", delta: -2, reason: "damaged" });
    expect(await set(5, "first")).toMatchObject({ outcome: "replaced", stock: { onHand: 3 } });
    expect(await set(5, "second")).toMatchObject({ outcome: "replaced", stock: { onHand: 5 } });
  });

  test("at once by many callers creates one record", async () => {
    const callers = loadOf(50);
    const results = await Promise.all(
      Array.from({ length: callers }, () => inventory.setStock({ sku: "once", onHand: 1 })),
    );
    expect(results.filter((result) => result.outcome === "created")).toHaveLength(1);
    expect(await inventory.getStock("once")).toMatchObject({ onHand: 1, version: callers });
  });
});

describe("the threshold at which a SKU is low", () => {
  test("stays when a later call does not name it, and can be taken back", async () => {
    const thresholdAfter = async (lowStockThreshold?: number) => {
      const result = await inventory.setStock({ sku: "low", onHand: 9, lowStockThreshold });
      return "stock" in result ? result.stock.lowStockThreshold : result;
    };
    expect(await thresholdAfter()).toBeUndefined();
    expect(await thresholdAfter(5)).toBe(5);
    expect(await thresholdAfter()).toBe(5);
    await inventory.adjustStock({ sku: "low", delta: 1, reason: "found" });
    expect(await thresholdAfter()).toBe(5);
    expect(await thresholdAfter(0)).toBe(0);
  });
});

describe("adjusting stock", () => {
  test("changes the count, and leaves the reason for the ledger", async () => {
    await inventory.setStock({ sku: "adjusted", onHand: 10 });
    const result = await inventory.adjustStock({
      sku: "adjusted",
      delta: -3,
      reason: "damaged",
      reference: "inspection 7",
    });
    expect(result).toMatchObject({
      outcome: "adjusted",
      stock: {
        sku: "adjusted",
        onHand: 7,
        available: 7,
        reserved: 0,
        version: 2,
        updatedAtMs: nowMs,
      },
    });
    expect(await readRow(database, "adjusted", patient())).toMatchObject({
      lastChange: { kind: "adjustment", reason: "damaged", reference: "inspection 7" },
    });
    expect(await inventory.getStock("adjusted")).toEqual(
      (result as Extract<typeof result, { stock: unknown }>).stock,
    );
  });

  test("under one key, sent 20 times at once, is made once", async () => {
    // Tries to apply one delivery twice by repeats that overtake each other.
    await inventory.setStock({ sku: "keyed", onHand: 0 });
    const input = { sku: "keyed", delta: 5, reason: "delivery", idempotencyKey: "delivery 1" };
    const results = await Promise.all(
      Array.from({ length: 20 }, () => inventory.adjustStock(input)),
    );
    expect(results.filter((result) => result.outcome === "adjusted")).toHaveLength(1);
    expect(results.filter((result) => result.outcome === "replayed")).toHaveLength(19);
    expect(await inventory.getStock("keyed")).toMatchObject({ onHand: 5, version: 2 });
  });

  test("under a used key is replayed also when it would no longer be possible", async () => {
    await inventory.setStock({ sku: "spent", onHand: 3 });
    const input = { sku: "spent", delta: -3, reason: "lost", idempotencyKey: "loss 1" };
    await inventory.adjustStock(input);
    expect(await inventory.adjustStock(input)).toMatchObject({
      outcome: "replayed",
      stock: { onHand: 0 },
    });
  });

  test("under a used key with another request is refused", async () => {
    await inventory.setStock({ sku: "reused", onHand: 3 });
    const input = { sku: "reused", delta: 1, reason: "found", idempotencyKey: "find 1" };
    await inventory.adjustStock(input);
    expect(await inventory.adjustStock({ ...input, delta: 2 })).toEqual({
      outcome: "idempotency_key_reused",
    });
    expect(await inventory.adjustStock({ ...input, delta: -9 })).toEqual({
      outcome: "idempotency_key_reused",
    });
    expect(await inventory.getStock("reused")).toMatchObject({ onHand: 4 });
  });

  test("keeps the keys of different SKUs apart", async () => {
    for (const sku of ["apart-a", "apart-b"]) {
      await inventory.setStock({ sku, onHand: 0 });
      const input = { sku, delta: 1, reason: "delivery", idempotencyKey: "shared" };
      expect((await inventory.adjustStock(input)).outcome).toBe("adjusted");
    }
  });

  test("never takes units that are held", async () => {
    await inventory.setStock({ sku: "held", onHand: 5 });
    await hold("held", 4);
    expect(await inventory.adjustStock({ sku: "held", delta: -2, reason: "lost" })).toMatchObject({
      outcome: "insufficient_stock",
      stock: { available: 1 },
    });
    await expectInvariants(database);
  });

  test("refuses to pass the most that a record may have", async () => {
    await inventory.setStock({ sku: "full", onHand: unitsMax });
    expect(await inventory.adjustStock({ sku: "full", delta: 1, reason: "found" })).toMatchObject({
      outcome: "above_units_max",
      stock: { onHand: unitsMax },
    });
  });

  test("of an unknown SKU is refused", async () => {
    const input = { sku: "nobody", delta: 1, reason: "found", idempotencyKey: "k" };
    expect(await inventory.adjustStock(input)).toEqual({ outcome: "unknown_sku" });
  });

  test("keeps up with reservations on the same SKU, and loses none of either", async () => {
    // Tries to lose an adjustment, or a hold, that falls between the read and the write.
    await inventory.setStock({ sku: "busy", onHand: 100 });
    const adjust = async () => {
      for (let count = 0; count < 10; count += 1) {
        const result = await inventory.adjustStock({ sku: "busy", delta: 1, reason: "found" });
        expect(result.outcome).toBe("adjusted");
      }
    };
    const reserve = async () => {
      for (let count = 0; count < 20; count += 1) {
        expect((await hold("busy", 1)).outcome).toBe("reserved");
      }
    };
    await Promise.all([adjust(), adjust(), reserve(), reserve()]);
    expect(await inventory.getStock("busy")).toMatchObject({ onHand: 120, reserved: 40 });
    await expectInvariants(database);
  });
});

describe("listing stock", () => {
  test("shows every SKU once, page by page, and no empty page at the end", async () => {
    const own = await createTestDatabase();
    const listed = createInventory(own);
    const skus = Array.from({ length: 10 }, (_, index) => `listed-${index}`);
    await Promise.all(skus.map((sku) => listed.setStock({ sku, onHand: 1 })));
    const seen: string[] = [];
    const sizes: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await listed.listStock({ limit: 5, cursor });
      seen.push(...page.items.map((item) => item.sku));
      sizes.push(page.items.length);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen.toSorted()).toEqual(skus.toSorted());
    expect(sizes).toEqual([5, 5]);
    expect((await listed.listStock()).items).toHaveLength(10);
  });

  test.each([
    ["of another list", Buffer.from('[["reservations","o"],["x"]]').toString("base64url")],
    ["of no list", Buffer.from('["x"]').toString("base64url")],
    ["with a key of another type", Buffer.from('[["stock"],[7]]').toString("base64url")],
    ["with an empty key", Buffer.from('[["stock"],[""]]').toString("base64url")],
    ["with a huge key", Buffer.from(`[["stock"],["${"x".repeat(3000)}"]]`).toString("base64url")],
    ["that is no base64", "%%%"],
    ["that is null", Buffer.from("null").toString("base64url")],
  ])("refuses a cursor %s", async (_, cursor) => {
    await expect(inventory.listStock({ cursor })).rejects.toMatchObject({ code: "invalid_cursor" });
  });
});

describe("a count or an adjustment of a SKU that sells", () => {
  let proxy: FaultProxy;
  beforeAll(async () => {
    proxy = await startFaultProxy(inject("engineEndpoint"));
  });
  afterAll(() => proxy.stop());

  /** Sells one unit before each request through the proxy. */
  const sellMeanwhile = (sku: string) =>
    proxy.watch(async (_, moment) => {
      if (moment === "before") expect((await hold(sku, 1)).outcome).toBe("reserved");
      return true;
    });

  test.each([
    [
      "adjustment",
      (on: Inventory, sku: string) => on.adjustStock({ sku, delta: 3, reason: "new" }),
    ],
    ["count", (on: Inventory, sku: string) => on.setStock({ sku, onHand: 103 })],
  ])("an %s needs no quiet moment", async (name, work) => {
    const sku = `sells-${name}`;
    await inventory.setStock({ sku, onHand: 100 });
    sellMeanwhile(sku);
    try {
      await work(createInventory(throughEndpoint(database, proxy.endpoint)), sku);
    } finally {
      proxy.watch(undefined);
    }
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 103 });
    await expectInvariants(database);
  });

  test.each<[string, string, (Fault | undefined)[]]>([
    ["the marker", "UpdateItem", [{ kind: "loseReply" }]],
    ["the record", "PutItem", [{ kind: "loseReply" }]],
    ["the addition", "UpdateItem", [undefined, { kind: "loseReply" }]],
  ])("an adjustment whose reply to %s is lost is made once", async (name, operation, faults) => {
    const sku = `lost-${name.replaceAll(" ", "-")}`;
    await inventory.setStock({ sku, onHand: 100 });
    proxy.plan(operation, faults);
    const through = createInventory(throughEndpoint(database, proxy.endpoint));
    expect(await through.adjustStock({ sku, delta: 3, reason: "new" })).toMatchObject({
      outcome: "adjusted",
    });
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 103, available: 103 });
    await expectInvariants(database);
  });

  test("a count whose reply is lost is not applied again over a later one", async () => {
    const sku = "counted-once";
    await inventory.setStock({ sku, onHand: 100 });
    proxy.plan("UpdateItem", [{ kind: "loseReply" }]);
    const through = createInventory(throughEndpoint(database, proxy.endpoint));
    expect(await through.setStock({ sku, onHand: 90 })).toMatchObject({ outcome: "replaced" });
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 90, version: 2 });
  });
});
