/** Stock at several locations: each is a level of its own, and the totals are their sums. */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { beforeAll, describe, expect, test } from "vitest";
import { locationsPerSkuMax } from "../../contract/bounds.ts";
import { mapEach } from "../../inventory/for-each.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { levelKeyOf } from "../../inventory/stock/level-key.ts";
import { repairedFindings } from "../support/audit-findings.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { patient } from "../support/holds.ts";
import { expectInvariants } from "../support/invariants.ts";
import { loadOf } from "../support/load-of.ts";

let database: TestDatabase;
let inventory: Inventory;
let count = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  inventory = createInventory(database);
});

const newSku = () => `located-${(count += 1)}`;

/** A SKU with so many units at each location; the default one has the name "". */
const stocked = async (onHand: Record<string, number>): Promise<string> => {
  const sku = newSku();
  for (const [name, units] of Object.entries(onHand)) {
    await inventory.setStock({ sku, location: name === "" ? undefined : name, onHand: units });
  }
  return sku;
};

const countsAt = async (sku: string, location?: string) => {
  const { onHand, available, reserved } = (await inventory.getLevel({ sku, location }))!;
  return [onHand, available, reserved];
};

describe("stock at a location", () => {
  test("is a level of its own: what is held there leaves the others alone", async () => {
    const sku = await stocked({ "": 5, ams1: 3, rtm: 4 });
    const held = await inventory.reserve({
      lines: [
        { sku, location: "ams1", quantity: 2 },
        { sku, quantity: 1 },
      ],
    });
    expect(held).toMatchObject({
      outcome: "reserved",
      reservation: {
        lines: [
          { sku, quantity: 1 },
          { sku, location: "ams1", quantity: 2 },
        ],
      },
    });
    expect(await countsAt(sku)).toEqual([5, 4, 1]);
    expect(await countsAt(sku, "ams1")).toEqual([3, 1, 2]);
    expect(await countsAt(sku, "rtm")).toEqual([4, 4, 0]);
    await expectInvariants(database);
  });

  test("is refused by its own units, whatever the other locations have", async () => {
    const sku = await stocked({ "": 100, ams1: 1 });
    const lines = [{ sku, location: "ams1", quantity: 2 }];
    expect(await inventory.reserve({ lines })).toMatchObject({
      outcome: "insufficient_stock",
      shortages: [{ sku, location: "ams1", requested: 2, available: 1 }],
    });
    expect(await inventory.reserve({ lines, allowPartial: true })).toMatchObject({
      outcome: "reserved",
      reservation: {
        lines: [{ sku, location: "ams1", quantity: 1 }],
        shortages: [{ sku, location: "ams1", requested: 2, available: 1 }],
      },
    });
    expect(await countsAt(sku)).toEqual([100, 100, 0]);
  });

  test("that was never set is unknown, and nothing is held", async () => {
    const sku = await stocked({ ams1: 5 });
    const lines = [
      { sku, location: "ams1", quantity: 1 },
      { sku, location: "nowhere", quantity: 1 },
      { sku, quantity: 1 },
    ];
    expect(await inventory.reserve({ lines })).toEqual({
      outcome: "unknown_sku",
      unknown: [{ sku }, { sku, location: "nowhere" }],
    });
    expect(await countsAt(sku, "ams1")).toEqual([5, 5, 0]);
    expect(await inventory.getLevel({ sku, location: "nowhere" })).toBeUndefined();
    const delta = { sku, location: "nowhere", delta: 1, reason: "found" };
    expect(await inventory.adjustStock(delta)).toEqual({ outcome: "unknown_sku" });
  });

  test("lines of one SKU at two locations are not merged; those of one location are", async () => {
    const sku = await stocked({ ams1: 5, rtm: 5 });
    const lines = [
      { sku, location: "rtm", quantity: 1 },
      { sku, location: "ams1", quantity: 1 },
      { sku, location: "rtm", quantity: 2 },
    ];
    expect(await inventory.reserve({ lines, idempotencyKey: sku })).toMatchObject({
      outcome: "reserved",
      reservation: {
        lines: [
          { sku, location: "ams1", quantity: 1 },
          { sku, location: "rtm", quantity: 3 },
        ],
      },
    });
    const elsewhere = lines.map((line) => ({ ...line, location: "ams1" }));
    expect((await inventory.reserve({ lines: elsewhere, idempotencyKey: sku })).outcome).toBe(
      "idempotency_key_reused",
    );
  });

  test("is fulfilled, cancelled and returned there", async () => {
    const sku = await stocked({ "": 9, ams1: 9 });
    const lines = (quantity: number) => [{ sku, location: "ams1", quantity }];
    const held = await inventory.reserve({
      lines: [...lines(5), { sku, quantity: 1 }],
    });
    if (held.outcome !== "reserved") throw new Error(held.outcome);
    const { reservationId } = held.reservation;
    await inventory.confirm(reservationId);
    await inventory.fulfill({ reservationId, lines: lines(3) });
    await inventory.cancel({ reservationId, lines: lines(2) });
    expect(await inventory.cancel({ reservationId, lines: lines(1) })).toMatchObject({
      outcome: "exceeds_reservation",
      excess: [{ sku, location: "ams1", requested: 1, possible: 0 }],
    });
    await inventory.returnUnits({ reservationId, lines: lines(1), reason: "too small" });
    await inventory.sweep(patient(), { resolvesRows: true });
    expect(await countsAt(sku, "ams1")).toEqual([7, 7, 0]);
    expect(await countsAt(sku)).toEqual([9, 8, 1]);
    expect((await inventory.getReservation(reservationId))!.lines).toEqual([
      { sku, quantity: 1 },
      { sku, location: "ams1", quantity: 5, fulfilled: 3, cancelled: 2, returned: 1 },
    ]);
    await expectInvariants(database);
  });

  test("a hold moves to another location by a change of its lines", async () => {
    const sku = await stocked({ ams1: 2, rtm: 2 });
    const held = await inventory.reserve({ lines: [{ sku, location: "ams1", quantity: 2 }] });
    if (held.outcome !== "reserved") throw new Error(held.outcome);
    const { reservationId } = held.reservation;
    const lines = [{ sku, location: "rtm", quantity: 2 }];
    expect(await inventory.changeHold({ reservationId, lines })).toMatchObject({
      outcome: "changed",
      reservation: { lines },
    });
    expect(await countsAt(sku, "ams1")).toEqual([2, 2, 0]);
    expect(await countsAt(sku, "rtm")).toEqual([2, 0, 2]);
  });

  test("has its own version, and its own keys of adjustments", async () => {
    const sku = await stocked({ "": 1, ams1: 1 });
    const adjust = (location?: string) =>
      inventory.adjustStock({ sku, location, delta: 2, reason: "found", idempotencyKey: "found" });
    expect((await adjust()).outcome).toBe("adjusted");
    expect((await adjust("ams1")).outcome).toBe("adjusted");
    expect((await adjust("ams1")).outcome).toBe("replayed");
    expect(await countsAt(sku, "ams1")).toEqual([3, 3, 0]);
    const set = { sku, location: "ams1", onHand: 8 };
    expect(await inventory.setStock({ ...set, expectedVersion: 1 })).toEqual({
      outcome: "version_mismatch",
      version: 2,
    });
    expect((await inventory.setStock({ ...set, expectedVersion: 2 })).outcome).toBe("replaced");
    expect(await countsAt(sku)).toEqual([3, 3, 0]);
  });

  test("in several rows sells to the last unit, and counts as one", async () => {
    const units = loadOf(60);
    const sku = await stocked({ "": 5, ams1: units });
    await inventory.setStock({ sku, location: "ams1", onHand: units, shards: 4 });
    const lines = [{ sku, location: "ams1", quantity: 1 }];
    const results = await mapEach(Array.from({ length: units + 10 }), 20, () =>
      inventory.reserve({ lines }),
    );
    expect(results.filter(({ outcome }) => outcome === "reserved")).toHaveLength(units);
    expect(await countsAt(sku, "ams1")).toEqual([units, 0, units]);
    expect(await countsAt(sku)).toEqual([5, 5, 0]);
    await expectInvariants(database);
  });

  test("gives a dead hold back to the next request for it", async () => {
    const sku = await stocked({ "": 1, ams1: 1 });
    const lines = [{ sku, location: "ams1", quantity: 1 }];
    expect((await inventory.reserve({ lines, ttlSeconds: 1 })).outcome).toBe("reserved");
    const later = createInventory({ ...database, now: () => Date.now() + 2_000 });
    expect((await later.reserve({ lines })).outcome).toBe("reserved");
    expect(await countsAt(sku)).toEqual([1, 1, 0]);
  });
});

describe("the stock of a SKU", () => {
  test("is the totals of all its locations, and each of them, the default one first", async () => {
    const sku = await stocked({ rtm: 4, "": 5, ams1: 3 });
    await inventory.reserve({ lines: [{ sku, location: "rtm", quantity: 1 }] });
    expect(await inventory.getStock(sku)).toMatchObject({
      sku,
      onHand: 12,
      available: 11,
      reserved: 1,
      version: 4,
      locations: [
        { sku, onHand: 5, available: 5, version: 1 },
        { sku, location: "ams1", onHand: 3, available: 3, version: 1 },
        { sku, location: "rtm", onHand: 4, available: 3, reserved: 1, version: 2 },
      ],
    });
  });

  test("without other locations it is that of the default one alone", async () => {
    const sku = await stocked({ "": 5 });
    expect(await inventory.getStock(sku)).not.toHaveProperty("locations");
    expect(await inventory.getStock(newSku())).toBeUndefined();
  });

  test("needs none at the default location", async () => {
    const sku = await stocked({ ams1: 3 });
    expect(await inventory.getStock(sku)).toMatchObject({
      onHand: 3,
      locations: [{ location: "ams1", onHand: 3 }],
    });
    expect(await inventory.getLevel({ sku })).toBeUndefined();
  });

  test("passes over a location whose level was never made", async () => {
    const sku = await stocked({ ams1: 3 });
    const add = new UpdateCommand({
      TableName: database.tables.stock,
      Key: { sku: `${sku}@` },
      UpdateExpression: "ADD locations :more",
      ExpressionAttributeValues: { ":more": new Set(["begun"]) },
    });
    await database.client.send(add);
    const { locations } = (await inventory.getStock(sku))!;
    expect(locations!.map(({ location }) => location)).toEqual(["ams1"]);
  });

  test("has so many locations and no more, and a count at a known one is taken", async () => {
    const sku = newSku();
    const names = Array.from({ length: locationsPerSkuMax }, (_, index) => `at-${index}`);
    const fill = new UpdateCommand({
      TableName: database.tables.stock,
      Key: { sku: `${sku}@` },
      UpdateExpression: "ADD locations :names",
      ExpressionAttributeValues: { ":names": new Set(names) },
    });
    await database.client.send(fill);
    const more = inventory.setStock({ sku, location: "one-more", onHand: 1 });
    await expect(more).rejects.toMatchObject({
      code: "invalid_argument",
      issues: [{ path: "location", message: expect.stringContaining("1000 locations") }],
    });
    expect(await inventory.getLevel({ sku, location: "one-more" })).toBeUndefined();
    const known = await inventory.setStock({ sku, location: "at-7", onHand: 1 });
    expect(known.outcome).toBe("created");
  });

  test("is listed level by level, without the record of its locations", async () => {
    const own = createInventory(await createTestDatabase());
    for (const location of [undefined, "ams1", "rtm"]) {
      await own.setStock({ sku: "listed", location, onHand: 2 });
    }
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await own.listStock({ limit: 1, cursor });
      listed.push(...page.items.map(levelKeyOf));
      ({ cursor } = page);
    } while (cursor !== undefined);
    expect(listed.toSorted()).toEqual(["listed", "listed@ams1", "listed@rtm"]);
  });
});

test("the holds of a location are those of its units", async () => {
  const sku = await stocked({ "": 5, ams1: 5 });
  await inventory.reserve({ lines: [{ sku, quantity: 1 }] });
  const both = [
    { sku, quantity: 2 },
    { sku, location: "ams1", quantity: 3 },
  ];
  await inventory.reserve({ lines: both });
  const quantities = async (location?: string) =>
    (await inventory.listHolds({ sku, location })).items.map(({ quantity }) => quantity);
  expect((await quantities()).toSorted()).toEqual([1, 2]);
  expect(await quantities("ams1")).toEqual([3]);
  expect(await quantities("rtm")).toEqual([]);
});

test("counts of one location, and orders for two, do not disturb each other", async () => {
  const sku = await stocked({ ams1: 200, rtm: 200 });
  const orders = loadOf(60);
  const [sold] = await Promise.all([
    mapEach(Array.from({ length: orders }), 10, () =>
      inventory.reserve({
        lines: [
          { sku, location: "ams1", quantity: 1 },
          { sku, location: "rtm", quantity: 1 },
        ],
      }),
    ),
    mapEach(
      Array.from({ length: 10 }, (_, index) => index),
      1,
      (index) => inventory.setStock({ sku, location: "ams1", onHand: 190 + index }),
    ),
  ]);
  expect(sold.every(({ outcome }) => outcome === "reserved")).toBe(true);
  expect(await countsAt(sku, "ams1")).toEqual([199, 199 - orders, orders]);
  expect(await countsAt(sku, "rtm")).toEqual([200, 200 - orders, orders]);
  await expectInvariants(database);
});

test("the audit finds damage at a location, and repairs it", async () => {
  const own = await createTestDatabase();
  const shop = createInventory(own);
  await shop.setStock({ sku: "a", onHand: 5 });
  await shop.setStock({ sku: "a", location: "ams1", onHand: 5 });
  await shop.reserve({ lines: [{ sku: "a", location: "ams1", quantity: 2 }] });
  const damage = new UpdateCommand({
    TableName: own.tables.stock,
    Key: { sku: "a@ams1" },
    UpdateExpression: "SET available = :five, reserved = :none",
    ExpressionAttributeValues: { ":five": 5, ":none": 0 },
  });
  await own.client.send(damage);
  expect(await repairedFindings(own)).toMatchObject([
    { damage: "reserved_drift", subject: "a@ams1" },
  ]);
  expect(await repairedFindings(own)).toEqual([]);
  await expectInvariants(own);
});
