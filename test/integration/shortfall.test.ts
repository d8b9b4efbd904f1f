/** Counts below what is reserved: how they are applied, what is sold meanwhile, and how they end. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { spreadEveryMs } from "../../contract/bounds.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { readRows } from "../../inventory/stock/level.ts";
import { setShards, spreadLoad } from "../../inventory/stock/shards.ts";
import type { SetStockInput } from "../../inventory/stock/set-stock.ts";
import { createTestDatabase, throughEndpoint, type TestDatabase } from "../support/database.ts";
import { startFaultProxy, type FaultProxy } from "../support/fault-proxy.ts";
import { patient } from "../support/holds.ts";
import { expectInvariants } from "../support/invariants.ts";
import { loadOf } from "../support/load-of.ts";

const clock = { aheadMs: 0 };
let database: TestDatabase;
let inventory: Inventory;
let proxy: FaultProxy;
/** The same tables, through the proxy. */
let through: Inventory;
let count = 0;
let sku: string;

beforeAll(async () => {
  database = await createTestDatabase({ now: () => Date.now() + clock.aheadMs });
  inventory = createInventory(database);
  proxy = await startFaultProxy(inject("engineEndpoint"));
  through = createInventory(throughEndpoint(database, proxy.endpoint));
});
afterAll(() => proxy.stop());

beforeEach(() => {
  clock.aheadMs = 0;
  count += 1;
  sku = `short-${count}`;
});
afterEach(async () => {
  proxy.watch(undefined);
  await expectInvariants(database);
});

const call = patient;
const stock = () => inventory.getStock(sku);
const rowsOf = async () => (await readRows(database, sku, call())) ?? [];
const availableInRows = async () => (await rowsOf()).map(({ available }) => available);

const set = (onHand: number, more: Partial<SetStockInput> = {}) =>
  inventory.setStock({ sku, onHand, ...more });

const setShort = (onHand: number, more: Partial<SetStockInput> = {}) =>
  set(onHand, { allowShortfall: true, ...more });

const hold = (quantity: number, options = {}) =>
  inventory.reserve({ lines: [{ sku, quantity }], ...options });

const held = async (quantity: number, options = {}): Promise<string> => {
  const result = await hold(quantity, options);
  if (result.outcome !== "reserved") throw new Error(`expected a hold, got ${result.outcome}`);
  return result.reservation.reservationId;
};

const expectNoneLeft = async (): Promise<void> => {
  expect(await hold(1)).toMatchObject({
    outcome: "insufficient_stock",
    shortages: [{ sku, requested: 1, available: 0 }],
  });
};

describe("a count below what is reserved", () => {
  test.each([undefined, false])(
    "is refused with allowShortfall %s, and changes nothing",
    async (allowShortfall) => {
      await set(10);
      await held(6);
      expect(await set(5, { allowShortfall })).toMatchObject({
        outcome: "below_reserved",
        stock: { onHand: 10, reserved: 6 },
      });
      expect(await stock()).toMatchObject({ onHand: 10, available: 4, version: 2 });
    },
  );

  test("is applied where a shortfall is allowed: the reserved units stay, and fewer than none are available", async () => {
    await set(10);
    await held(6);
    const result = await setShort(2);
    const after = { sku, onHand: 2, available: -4, reserved: 6, version: 3 };
    expect(result).toMatchObject({ outcome: "replaced", stock: after });
    expect(await stock()).toMatchObject(after);
  });

  test("down to none on hand is applied", async () => {
    await set(3);
    await held(3);
    expect(await setShort(0)).toMatchObject({ stock: { onHand: 0, available: -3, reserved: 3 } });
  });

  test("holds to the expected version", async () => {
    await set(10);
    await held(6);
    expect(await setShort(2, { expectedVersion: 1 })).toEqual({
      outcome: "version_mismatch",
      version: 2,
    });
    expect(await setShort(2, { expectedVersion: 2 })).toMatchObject({ outcome: "replaced" });
  });

  test("may be allowed where it leaves none, also of a new SKU", async () => {
    expect(await setShort(10)).toMatchObject({ outcome: "created", stock: { available: 10 } });
    await held(6);
    expect(await setShort(8)).toMatchObject({ stock: { onHand: 8, available: 2 } });
    expect(await hold(2)).toMatchObject({ outcome: "reserved" });
  });

  test("whose reply is lost is applied once", async () => {
    await set(10);
    await held(6);
    proxy.plan("UpdateItem", [{ kind: "loseReply" }]);
    expect(await through.setStock({ sku, onHand: 2, allowShortfall: true })).toMatchObject({
      outcome: "replaced",
      stock: { onHand: 2, available: -4, version: 3 },
    });
    expect(await stock()).toMatchObject({ onHand: 2, version: 3 });
  });
});

describe("while fewer units than none are available", () => {
  let ids: string[];
  beforeEach(async () => {
    await set(10);
    ids = [await held(3), await held(3)];
    await setShort(2);
  });

  test("no hold gets a unit, and the refusal shows none", async () => {
    await expectNoneLeft();
    await set(5, { sku: `${sku}-other` });
    const lines = [
      { sku, quantity: 1 },
      { sku: `${sku}-other`, quantity: 1 },
    ];
    expect(await inventory.reserve({ lines })).toMatchObject({
      outcome: "insufficient_stock",
      shortages: [{ sku, requested: 1, available: 0 }],
    });
    expect(await inventory.getStock(`${sku}-other`)).toMatchObject({ available: 5 });
  });

  test("units that return are not sold as long as others are missing", async () => {
    await inventory.release(ids[0]!);
    expect(await stock()).toMatchObject({ onHand: 2, available: -1, reserved: 3 });
    await expectNoneLeft();
    await inventory.release(ids[1]!);
    expect(await stock()).toMatchObject({ available: 2 });
    expect(await hold(2)).toMatchObject({ outcome: "reserved" });
  });

  test("a sale of more units than were counted is settled, and leaves the shortfall as it is", async () => {
    await inventory.confirm(ids[0]!);
    await inventory.settleSales([ids[0]!]);
    expect(await stock()).toMatchObject({ onHand: -1, available: -4, reserved: 3 });
    expect(await set(3)).toMatchObject({ stock: { onHand: 3, available: 0, reserved: 3 } });
  });

  test("no unit can be taken away by an adjustment", async () => {
    const removal = { sku, delta: -1, reason: "damaged" };
    expect(await inventory.adjustStock(removal)).toMatchObject({
      outcome: "insufficient_stock",
      stock: { available: -4 },
    });
  });

  test("another count has to allow the shortfall that it leaves", async () => {
    expect(await set(5)).toMatchObject({ outcome: "below_reserved" });
    expect(await setShort(1)).toMatchObject({ stock: { available: -5 } });
    expect(await setShort(5)).toMatchObject({ stock: { available: -1 } });
    expect(await set(6)).toMatchObject({ outcome: "replaced", stock: { available: 0 } });
    await expectNoneLeft();
  });

  test.each<[string, () => Promise<unknown>]>([
    ["an addition", () => inventory.adjustStock({ sku, delta: 5, reason: "found" })],
    ["a count", () => set(7)],
    ["a count that may leave a shortfall", () => setShort(7)],
  ])("%s makes units available again", async (_, raise) => {
    await raise();
    expect(await stock()).toMatchObject({ onHand: 7, available: 1 });
    expect(await hold(1)).toMatchObject({ outcome: "reserved" });
    await expectNoneLeft();
  });

  test("dead holds are ended by a request, also for what is missing", async () => {
    await setShort(6);
    await inventory.extend({ reservationId: ids[0]!, ttlSeconds: 1 });
    await inventory.extend({ reservationId: ids[1]!, ttlSeconds: 1 });
    await setShort(4);
    clock.aheadMs = 5_000;
    expect(await hold(4)).toMatchObject({ outcome: "reserved" });
    expect(await stock()).toMatchObject({ onHand: 4, available: 0, reserved: 4 });
  });
});

describe("a count below what is reserved of a level in several rows", () => {
  const shards = 4;

  test("brings it to one row, so that no row sells beside the shortfall", async () => {
    await set(40, { shards });
    const ids = await Promise.all(Array.from({ length: 12 }, () => held(1)));
    const large = await held(22);
    expect(await setShort(30)).toMatchObject({
      outcome: "replaced",
      stock: { onHand: 30, available: -4, reserved: 34 },
    });
    expect(await availableInRows()).toEqual([-4]);
    await expectNoneLeft();
    // Units of rows that are gone return to the first one.
    for (const id of ids.slice(0, 4)) await inventory.release(id);
    expect(await stock()).toMatchObject({ available: 0 });
    await expectNoneLeft();
    await inventory.release(large);
    expect(await stock()).toMatchObject({ available: 22 });
  });

  test("holds to the expected version, by the merges that it needs", async () => {
    await set(40, { shards });
    await held(30);
    const { version } = (await stock())!;
    const expected = (expectedVersion: number) => setShort(5, { expectedVersion });
    expect(await expected(version - 1)).toEqual({ outcome: "version_mismatch", version });
    expect(await rowsOf()).toHaveLength(shards);
    expect(await expected(version)).toMatchObject({ outcome: "replaced", stock: { onHand: 5 } });
  });

  test("leaves the rows as they are where enough units remain", async () => {
    await set(40, { shards });
    await held(30);
    expect(await setShort(31)).toMatchObject({ stock: { available: 1, shards } });
  });

  test("may name rows, which get units when there are some", async () => {
    await set(4_000);
    const id = await held(3_000);
    expect(await setShort(1_000, { shards })).toMatchObject({
      stock: { onHand: 1_000, available: -2_000, shards },
    });
    expect(await availableInRows()).toEqual([-2_000, 0, 0, 0]);
    expect(await spreadLoad(database, sku, call())).toBeUndefined();
    await expectNoneLeft();
    await inventory.adjustStock({ sku, delta: 100, reason: "found" });
    await inventory.release(id);
    clock.aheadMs = 2 * spreadEveryMs;
    expect(await spreadLoad(database, sku, call())).toBe(shards);
    expect(await availableInRows()).toEqual([275, 275, 275, 275]);
  });

  test("is repeated over the rows that were added meanwhile", async () => {
    await set(40, { shards });
    const id = await held(40);
    await setShort(10, { shards });
    expect(await setShort(12, { shards })).toMatchObject({ stock: { available: -28, shards } });
    await inventory.release(id);
    expect(await availableInRows()).toEqual([12, 0, 0, 0]);
    await held(12);
    await expectNoneLeft();
  });
});

describe("a count that may leave a shortfall, in a race", () => {
  /** Runs `work` once, before the count is sent. */
  const beforeTheCount = (work: () => Promise<unknown>): void => {
    let isDone = false;
    proxy.watch(async (_, moment) => {
      const isCount = proxy.takeRequests().includes("UpdateItem");
      if (moment !== "before" || !isCount || isDone) return true;
      isDone = true;
      await work();
      return true;
    });
  };

  test("counts a hold that comes between its read and its write", async () => {
    await set(10);
    await held(6);
    beforeTheCount(() => held(4));
    expect(await through.setStock({ sku, onHand: 7, allowShortfall: true })).toMatchObject({
      stock: { onHand: 7, available: -3, reserved: 10 },
    });
  });

  test("is not applied to a level that has got rows since it was read", async () => {
    // Tries to leave a first row without units beside rows that sell.
    await set(1_000);
    await held(600);
    beforeTheCount(() => setShards(database, sku, 4, call()));
    expect(await through.setStock({ sku, onHand: 100, allowShortfall: true })).toMatchObject({
      stock: { onHand: 100, available: -500, reserved: 600 },
    });
    expect(await availableInRows()).toEqual([-500]);
    await expectNoneLeft();
  });

  test("is not applied to a level that has got rows without units since it was read", async () => {
    await set(10);
    await held(10);
    beforeTheCount(() => setShards(database, sku, 4, call()));
    const shortfall = { sku, onHand: 4, allowShortfall: true };
    expect(await through.setStock(shortfall)).toMatchObject({ stock: { available: -6 } });
    expect(await rowsOf()).toHaveLength(1);
  });

  test.each([1, 4])("with many holds and releases of %i rows ends what is sold", async (shards) => {
    // Tries to sell a unit after the count, in whichever row.
    const units = loadOf(60);
    const counted = Math.floor(units / 6);
    await set(units, { shards });
    let isCounted = false;
    let sold = 0;
    const shop = async (): Promise<void> => {
      for (let round = 0; round < 6; round += 1) {
        const isLate = isCounted;
        const result = await hold(1);
        if (result.outcome !== "reserved") continue;
        const { available } = (await stock())!;
        if (isLate) expect(available, "units after a late hold").toBeGreaterThanOrEqual(0);
        sold += 1;
        if (round % 3 !== 2) continue;
        await inventory.release(result.reservation.reservationId);
        sold -= 1;
      }
    };
    const shoppers = Promise.all(Array.from({ length: units / 4 }, shop));
    const counting = (async () => {
      while (((await stock())?.reserved ?? 0) < units / 3) await database.sleep(1);
      const result = await setShort(counted);
      isCounted = true;
      return result;
    })();
    const result = await counting;
    await shoppers;
    expect(result).toMatchObject({ outcome: "replaced", stock: { onHand: counted } });
    expect(await stock()).toMatchObject({
      onHand: counted,
      reserved: sold,
      available: counted - sold,
    });
    if (counted < sold) await expectNoneLeft();
  });
});
