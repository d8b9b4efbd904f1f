/** Stock levels in several rows: holds, counts and ends over them, and their number. */
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { beforeAll, describe, expect, test } from "vitest";
import { quietLevelMs } from "../../contract/bounds.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { readRows } from "../../inventory/stock/level.ts";
import { markersOf } from "../../inventory/stock/marker.ts";
import { resolveMarkers } from "../../inventory/stock/resolve.ts";
import { readRow } from "../../inventory/stock/row.ts";
import { mergeRows, setShards, spreadLoad } from "../../inventory/stock/shards.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { patient } from "../support/holds.ts";
import { expectInvariants } from "../support/invariants.ts";

let database: TestDatabase;
let inventory: Inventory;
const call = patient;

beforeAll(async () => {
  database = await createTestDatabase();
  inventory = createInventory(database);
});

interface Sent {
  input: { Key?: { sku?: string } };
}

/** The database, with a client that sends each request by `sending`. */
const sendingBy = (
  sending: (command: Sent, send: () => Promise<unknown>) => Promise<unknown>,
): TestDatabase => ({
  ...database,
  client: Object.assign(Object.create(database.client) as TestDatabase["client"], {
    send: (command: Sent, ...rest: []) =>
      sending(command, () => database.client.send(command as never, ...rest)),
  }),
});

const rowsOf = async (sku: string) => (await readRows(database, sku, call())) ?? [];

const availableOf = async (sku: string) => (await rowsOf(sku)).map(({ available }) => available);

const hold = (sku: string, quantity: number, options = {}) =>
  inventory.reserve({ lines: [{ sku, quantity }], ...options });

const idOf = (result: Awaited<ReturnType<typeof hold>>): string => {
  if (result.outcome !== "reserved") throw new Error(`expected a hold, got ${result.outcome}`);
  return result.reservation.reservationId;
};

describe("the number of rows", () => {
  test("is set with a count, and the units are spread", async () => {
    const result = await inventory.setStock({ sku: "spread", onHand: 103, shards: 4 });
    expect(result).toMatchObject({
      outcome: "created",
      stock: { sku: "spread", onHand: 103, available: 103, reserved: 0, shards: 4 },
    });
    const available = await availableOf("spread");
    expect(available.toSorted((a, b) => a - b)).toEqual([25, 26, 26, 26]);
    expect(await inventory.getStock("spread")).toMatchObject({ onHand: 103, shards: 4 });
    await expectInvariants(database);
  });

  test("is lowered with a count, and every unit is in the first row again", async () => {
    await inventory.setStock({ sku: "lowered", onHand: 40, shards: 8 });
    const held = idOf(await hold("lowered", 3));
    const before = (await inventory.getStock("lowered"))!;
    const result = await inventory.setStock({ sku: "lowered", onHand: 50, shards: 1 });
    expect(result).toMatchObject({ stock: { onHand: 50, available: 47, reserved: 3 } });
    expect("stock" in result && result.stock.shards).toBeUndefined();
    expect("stock" in result && result.stock.version).toBeGreaterThan(before.version);
    expect(await rowsOf("lowered")).toHaveLength(1);
    await inventory.release(held);
    expect(await inventory.getStock("lowered")).toMatchObject({ available: 50, reserved: 0 });
    await expectInvariants(database);
  });

  test("stays where a count does not name it", async () => {
    await inventory.setStock({ sku: "kept", onHand: 10, shards: 2 });
    expect(await inventory.setStock({ sku: "kept", onHand: 12 })).toMatchObject({
      outcome: "replaced",
      stock: { onHand: 12, shards: 2 },
    });
  });

  test("of an unknown SKU is not set", async () => {
    expect(await setShards(database, "unknown", 4, call())).toBe(false);
  });

  test("is doubled under load, at most once a second", async () => {
    await inventory.setStock({ sku: "hot", onHand: 10_000 });
    expect(await spreadLoad(database, "hot", call())).toBe(2);
    expect(await spreadLoad(database, "hot", call())).toBeUndefined();
    expect(await availableOf("hot")).toEqual([5_000, 5_000]);
  });

  test("is not raised for a level with few units", async () => {
    await inventory.setStock({ sku: "few", onHand: 50 });
    expect(await spreadLoad(database, "few", call())).toBeUndefined();
    expect(await rowsOf("few")).toHaveLength(1);
  });
});

describe("holds of a level in several rows", () => {
  test("get every unit, and not one more", async () => {
    await inventory.setStock({ sku: "all", onHand: 40, shards: 4 });
    const results = await Promise.all(Array.from({ length: 60 }, () => hold("all", 1)));
    expect(results.filter(({ outcome }) => outcome === "reserved")).toHaveLength(40);
    for (const result of results.filter(({ outcome }) => outcome !== "reserved")) {
      expect(result).toMatchObject({
        outcome: "insufficient_stock",
        shortages: [{ sku: "all", requested: 1, available: 0 }],
      });
    }
    await expectInvariants(database);
  });

  test("take parts from several rows where no row has enough", async () => {
    await inventory.setStock({ sku: "parts", onHand: 20, shards: 4 });
    const id = idOf(await hold("parts", 18));
    expect(await inventory.getStock("parts")).toMatchObject({ available: 2, reserved: 18 });
    expect(await hold("parts", 3)).toMatchObject({
      outcome: "insufficient_stock",
      shortages: [{ requested: 3, available: 2 }],
    });
    await inventory.release(id);
    expect(await inventory.getStock("parts")).toMatchObject({ available: 20, reserved: 0 });
    expect(await hold("parts", 20)).toMatchObject({ outcome: "reserved" });
    await expectInvariants(database);
  });

  // Tries to have a refusal count units twice: as taken by its request, and as available again.
  test("are refused with the units that others have given back counted once", async () => {
    const sku = "given-back";
    await inventory.setStock({ sku, onHand: 8, shards: 2 });
    const own = async () => markersOf((await readRow(database, sku, call()))!);
    const giveBackAndBuy = async () => {
      while ((await own()).length === 0) await database.sleep(1);
      const row = (await readRow(database, sku, call()))!;
      await resolveMarkers(database, row, await own(), call(), { isPatient: false });
      for (let times = 0; times < 2; times += 1) {
        expect(await hold(sku, 3)).toMatchObject({ outcome: "reserved" });
      }
    };
    let isFirst = true;
    const slow = sendingBy(async ({ input }, send) => {
      if (isFirst && input.Key?.sku === `${sku}~1`) {
        isFirst = false;
        await giveBackAndBuy();
      }
      return send();
    });
    const lines = [{ sku, quantity: 8 }];
    expect(await createInventory(slow).reserve({ lines })).toMatchObject({
      outcome: "insufficient_stock",
      shortages: [{ sku, requested: 8, available: 2 }],
    });
    await expectInvariants(database);
  });

  test("are repeated under their key, also when the level is empty", async () => {
    await inventory.setStock({ sku: "repeated", onHand: 6, shards: 3 });
    const id = idOf(await hold("repeated", 5, { idempotencyKey: "repeated" }));
    expect(await hold("repeated", 5, { idempotencyKey: "repeated" })).toMatchObject({
      outcome: "replayed",
      reservation: { reservationId: id },
    });
    await expectInvariants(database);
  });

  test("that are dead give their units to a request that meets a shortage", async () => {
    let nowMs = Date.now();
    const slow = await createTestDatabase({ now: () => nowMs });
    const shop = createInventory(slow);
    await shop.setStock({ sku: "dead", onHand: 8, shards: 4 });
    await shop.reserve({ lines: [{ sku: "dead", quantity: 8 }], ttlSeconds: 1 });
    nowMs += 2_000;
    expect(await shop.reserve({ lines: [{ sku: "dead", quantity: 7 }] })).toMatchObject({
      outcome: "reserved",
    });
    await expectInvariants(slow);
  });
});

describe("a quiet level", () => {
  test("is one row again, where the core has spread it", async () => {
    let nowMs = Date.now();
    const quiet = await createTestDatabase({ now: () => nowMs });
    const shop = createInventory(quiet);
    await shop.setStock({ sku: "spread", onHand: 1_000 });
    await shop.setStock({ sku: "set", onHand: 1_000, shards: 2 });
    await spreadLoad(quiet, "spread", call());
    const sweep = () => shop.sweep(call(), { resolvesRows: true });
    const shardsNow = async () => [
      (await shop.getStock("spread"))!.shards,
      (await shop.getStock("set"))!.shards,
    ];
    await sweep();
    expect(await shardsNow()).toEqual([2, 2]);
    nowMs += quietLevelMs;
    expect(await sweep()).toMatchObject({ failed: 0 });
    expect(await shardsNow()).toEqual([undefined, 2]);
    await expectInvariants(quiet);
  });
});

describe("rows that were merged", () => {
  // Tries to have the first row be read before the merge, and the other one after it.
  test("are not missing in a level that is read meanwhile", async () => {
    const sku = "merged-meanwhile";
    await inventory.setStock({ sku, onHand: 20, shards: 2 });
    let isFirst = true;
    const slow = sendingBy(async (_command, send) => {
      const result = (await send()) as { Responses?: Record<string, { sku: string }[]> };
      if (!isFirst || result.Responses === undefined) return result;
      isFirst = false;
      await setShards(database, sku, 1, call());
      const { stock } = database.tables;
      const rows = result.Responses[stock]!.filter((row) => row.sku === sku);
      return { ...result, Responses: { [stock]: rows } };
    });
    expect(await createInventory(slow).getStock(sku)).toMatchObject({ onHand: 20, available: 20 });
  });

  test("give their sales, releases and later rows right counts", async () => {
    await inventory.setStock({ sku: "merged", onHand: 40, shards: 4 });
    const ids = await Promise.all(
      [7, 8, 9].map(async (units) => idOf(await hold("merged", units))),
    );
    await mergeRows(database, "merged", 1, call());
    expect(await inventory.getStock("merged")).toMatchObject({ onHand: 40, reserved: 24 });
    // The keys have rows again, which began later than the units were taken.
    await setShards(database, "merged", 3, call());
    await inventory.confirm(ids[0]!);
    await inventory.settleSales([ids[0]!]);
    await inventory.release(ids[1]!);
    expect(await inventory.getStock("merged")).toMatchObject({
      onHand: 33,
      available: 24,
      reserved: 9,
      shards: 3,
    });
    for (const row of await rowsOf("merged")) expect(row.reserved).toBeGreaterThanOrEqual(0);
    await inventory.release(ids[2]!);
    await expectInvariants(database);
  });
});

describe("a late copy of a request", () => {
  test("that added a row does not make it again after it was merged", async () => {
    const sent: PutCommand[] = [];
    const client = Object.create(database.client) as typeof database.client;
    client.send = ((command: PutCommand, options: object) => {
      if (command instanceof PutCommand) sent.push(command);
      return database.client.send(command, options);
    }) as typeof client.send;
    await inventory.setStock({ sku: "copied", onHand: 40 });
    await setShards({ ...database, client }, "copied", 2, call());
    const adding = sent.find(({ input }) => input.Item?.["sku"] === "copied~1")!;
    await mergeRows(database, "copied", 1, call());
    const repeated = database.client.send(adding);
    await expect(repeated).rejects.toThrow(ConditionalCheckFailedException);
    expect(await readRow(database, "copied~1", call())).toBeUndefined();
    // The core adds it, and it has units again.
    await setShards(database, "copied", 2, call());
    expect(await availableOf("copied")).toEqual([20, 20]);
    await expectInvariants(database);
  });
});

describe("adjustments and counts of a level in several rows", () => {
  test("take units from all rows, and no held ones", async () => {
    await inventory.setStock({ sku: "adjusted", onHand: 40, shards: 4 });
    await hold("adjusted", 5);
    const adjust = (delta: number) =>
      inventory.adjustStock({ sku: "adjusted", delta, reason: "inspection" });
    expect(await adjust(-36)).toMatchObject({
      outcome: "insufficient_stock",
      stock: { available: 35 },
    });
    expect(await adjust(-33)).toMatchObject({ outcome: "adjusted", stock: { onHand: 7 } });
    expect(await inventory.setStock({ sku: "adjusted", onHand: 4 })).toMatchObject({
      outcome: "below_reserved",
      stock: { reserved: 5 },
    });
    expect(await inventory.setStock({ sku: "adjusted", onHand: 5 })).toMatchObject({
      outcome: "replaced",
      stock: { onHand: 5, available: 0 },
    });
    await expectInvariants(database);
  });

  test("hold to the version of the level", async () => {
    const created = await inventory.setStock({ sku: "versioned", onHand: 40, shards: 4 });
    const { version } = "stock" in created ? created.stock : { version: -1 };
    await hold("versioned", 1);
    const set = (expectedVersion: number) =>
      inventory.setStock({ sku: "versioned", onHand: 30, expectedVersion });
    expect(await set(version)).toEqual({ outcome: "version_mismatch", version: version + 1 });
    expect(await set(version + 1)).toMatchObject({ outcome: "replaced", stock: { onHand: 30 } });
  });

  test("are listed once, with the sums of the rows", async () => {
    const alone = await createTestDatabase();
    const shop = createInventory(alone);
    await shop.setStock({ sku: "listed", onHand: 40, shards: 4 });
    const { items } = await shop.listStock();
    expect(items).toMatchObject([{ sku: "listed", onHand: 40, available: 40, shards: 4 }]);
  });
});
