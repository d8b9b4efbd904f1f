/** Units that go to another location, or out of sale and back: once, all or none, and never lost. */
import { beforeAll, describe, expect, test } from "vitest";
import { unitsMax } from "../../contract/bounds.ts";
import { mapEach } from "../../inventory/for-each.ts";
import type { Inventory } from "../../inventory/inventory.ts";
import type { TestDatabase } from "../support/database.ts";
import { dieAtEachRequest, openShop, patient } from "../support/holds.ts";
import { expectInvariants } from "../support/invariants.ts";
import { loadOf } from "../support/load-of.ts";

let database: TestDatabase;
let inventory: Inventory;
let clock: { nowMs: number };
let count = 0;

beforeAll(async () => {
  ({ database, inventory, clock } = await openShop());
});

const newSku = () => `moved-${(count += 1)}`;
const reason = "for the shop window";

/** A SKU with so many units at each location; the default one has the name "". */
const stocked = async (onHand: Record<string, number>, shards?: number): Promise<string> => {
  const sku = newSku();
  for (const [name, units] of Object.entries(onHand)) {
    const location = name === "" ? undefined : name;
    await inventory.setStock({ sku, location, onHand: units, shards });
  }
  return sku;
};

/** On hand, available, reserved, unavailable. */
const countsAt = async (sku: string, location?: string) => {
  const level = (await inventory.getLevel({ sku, location }))!;
  return [level.onHand, level.available, level.reserved, level.unavailable ?? 0];
};

const held = async (sku: string, quantity: number, location?: string) => {
  const result = await inventory.reserve({ lines: [{ sku, location, quantity }] });
  if (result.outcome !== "reserved") throw new Error(`expected a hold, got ${result.outcome}`);
};

describe("units that are set aside", () => {
  test("stay on hand and are not sold, until they are put back", async () => {
    const sku = await stocked({ "": 10 });
    await held(sku, 2);
    const aside = { sku, quantity: 3, reason };
    expect(await inventory.setAside({ ...aside, to: "unavailable" })).toMatchObject({
      outcome: "moved",
      stock: { onHand: 10, available: 5, reserved: 2, unavailable: 3 },
    });
    expect(await inventory.reserve({ lines: [{ sku, quantity: 6 }] })).toMatchObject({
      outcome: "insufficient_stock",
      shortages: [{ requested: 6, available: 5 }],
    });
    expect(await inventory.setAside({ ...aside, quantity: 2, to: "available" })).toMatchObject({
      outcome: "moved",
      stock: { onHand: 10, available: 7, reserved: 2, unavailable: 1 },
    });
    expect(await inventory.setStock({ sku, onHand: 8, safetyStock: 2 })).toMatchObject({
      stock: { onHand: 8, available: 3, unavailable: 1, safetyStock: 2 },
    });
    await expectInvariants(database);
  });

  test("are no more than there are on either side, and a refusal changes nothing", async () => {
    const sku = await stocked({ "": 5 });
    await held(sku, 3);
    const move = (quantity: number, to: "available" | "unavailable") =>
      inventory.setAside({ sku, quantity, reason, to });
    expect(await move(3, "unavailable")).toMatchObject({
      outcome: "insufficient_stock",
      stock: { available: 2 },
    });
    expect(await move(1, "available")).toMatchObject({ outcome: "insufficient_stock" });
    expect((await move(2, "unavailable")).outcome).toBe("moved");
    expect(await move(3, "available")).toMatchObject({
      outcome: "insufficient_stock",
      stock: { unavailable: 2 },
    });
    expect(await countsAt(sku)).toEqual([5, 0, 3, 2]);
    await expectInvariants(database);
  });

  test("are those of their location, and come from all rows of its level", async () => {
    const sku = await stocked({ ams1: 200 }, 4);
    const aside = { sku, location: "ams1", quantity: 150, reason, to: "unavailable" as const };
    expect((await inventory.setAside(aside)).outcome).toBe("moved");
    expect(await countsAt(sku, "ams1")).toEqual([200, 50, 0, 150]);
    await held(sku, 50, "ams1");
    expect(await inventory.getStock(sku)).toMatchObject({ available: 0, unavailable: 150 });
    await expectInvariants(database);
  });

  test("are put back once, by however many callers", async () => {
    const sku = await stocked({ "": 40 });
    await inventory.setAside({ sku, quantity: 10, reason, to: "unavailable" });
    const results = await mapEach(Array.from({ length: loadOf(40) }), 10, () =>
      inventory.setAside({ sku, quantity: 2, reason, to: "available" }, patient()),
    );
    expect(results.filter(({ outcome }) => outcome === "moved")).toHaveLength(5);
    expect(await countsAt(sku)).toEqual([40, 40, 0, 0]);
    await expectInvariants(database);
  });
});

describe("a transfer", () => {
  const transfer = (sku: string, quantity: number, more: object = {}) =>
    inventory.transferStock({ sku, quantity, reason, toLocation: "ams1", ...more }, patient());

  test("brings units from one location to another", async () => {
    const sku = await stocked({ "": 10, ams1: 0, rtm: 1 });
    expect(await transfer(sku, 4)).toMatchObject({
      outcome: "moved",
      stock: {
        onHand: 11,
        available: 11,
        locations: [{ onHand: 6 }, { location: "ams1", onHand: 4 }, { location: "rtm", onHand: 1 }],
      },
    });
    expect((await transfer(sku, 3, { fromLocation: "ams1", toLocation: undefined })).outcome).toBe(
      "moved",
    );
    expect((await transfer(sku, 1, { fromLocation: "ams1", toLocation: "rtm" })).outcome).toBe(
      "moved",
    );
    expect(await countsAt(sku)).toEqual([9, 9, 0, 0]);
    expect(await countsAt(sku, "ams1")).toEqual([0, 0, 0, 0]);
    expect(await countsAt(sku, "rtm")).toEqual([2, 2, 0, 0]);
    await expectInvariants(database);
  });

  test("takes no unit that is reserved or set aside at its source", async () => {
    const sku = await stocked({ "": 10, ams1: 0 });
    await held(sku, 4);
    await inventory.setAside({ sku, quantity: 3, reason, to: "unavailable" });
    expect(await transfer(sku, 4)).toMatchObject({
      outcome: "insufficient_stock",
      stock: { sku, available: 3 },
    });
    expect((await transfer(sku, 3)).outcome).toBe("moved");
    expect(await countsAt(sku)).toEqual([7, 0, 4, 3]);
  });

  test("to or from an unknown location is refused, and no unit is on its way", async () => {
    const sku = await stocked({ "": 10 });
    expect(await transfer(sku, 4)).toEqual({
      outcome: "unknown_sku",
      level: { sku, location: "ams1" },
    });
    expect(await countsAt(sku)).toEqual([10, 10, 0, 0]);
    const from = { fromLocation: "rtm", toLocation: undefined };
    expect(await transfer(sku, 4, from)).toEqual({
      outcome: "unknown_sku",
      level: { sku, location: "rtm" },
    });
    await expectInvariants(database);
  });

  test("to a location with as many units as a row may have is refused, and undone", async () => {
    const sku = await stocked({ "": 10, ams1: unitsMax - 1 });
    expect(await transfer(sku, 2)).toMatchObject({ outcome: "above_units_max" });
    expect(await countsAt(sku)).toEqual([10, 10, 0, 0]);
    expect((await transfer(sku, 1)).outcome).toBe("moved");
    await expectInvariants(database);
  });

  test("happens once for its key, and another one under the key is refused", async () => {
    const sku = await stocked({ "": 10, ams1: 0 });
    const idempotencyKey = `transfer of ${sku}`;
    const results = await mapEach(Array.from({ length: 6 }), 6, () =>
      transfer(sku, 4, { idempotencyKey }),
    );
    const outcomes = results.map(({ outcome }) => outcome).toSorted();
    expect(outcomes.every((outcome) => outcome === "moved" || outcome === "replayed")).toBe(true);
    expect((await transfer(sku, 3, { idempotencyKey })).outcome).toBe("idempotency_key_reused");
    const aside = { sku, quantity: 4, reason, idempotencyKey, to: "unavailable" as const };
    expect((await inventory.setAside(aside)).outcome).toBe("idempotency_key_reused");
    expect(await countsAt(sku)).toEqual([6, 6, 0, 0]);
    expect(await countsAt(sku, "ams1")).toEqual([4, 4, 0, 0]);
  });

  test("loses no unit and makes none, beside holds, counts and transfers back", async () => {
    const sku = await stocked({ "": 60, ams1: 60 }, 2);
    const turns = Array.from({ length: loadOf(40) }, (_, index) => index);
    const back = { fromLocation: "ams1", toLocation: undefined };
    const [holds] = await Promise.all([
      mapEach(turns, 5, (index) =>
        inventory.reserve(
          { lines: [{ sku, location: index % 2 === 0 ? "ams1" : undefined, quantity: 1 }] },
          patient(),
        ),
      ),
      mapEach(turns, 3, () => transfer(sku, 1)),
      mapEach(turns, 3, () => transfer(sku, 2, back)),
    ]);
    const made = holds.filter(({ outcome }) => outcome === "reserved").length;
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 120, reserved: made });
    await expectInvariants(database);
  });

  test("dies at each of its requests: all units are there after that, moved or not", async () => {
    const skus: string[] = [];
    await dieAtEachRequest({
      database,
      clock,
      prepare: async () => {
        const sku = await stocked({ "": 10, ams1: 5 });
        skus.push(sku);
        return sku;
      },
      operate: (dying, sku) =>
        dying.transferStock({ sku, quantity: 4, reason, toLocation: "ams1" }, patient()),
      check: async (sku) => {
        const { onHand, locations } = (await inventory.getStock(sku))!;
        expect(onHand).toBe(15);
        expect([10, 6]).toContain(locations![0]!.onHand);
      },
    });
    expect(skus.length).toBeGreaterThan(4);
  });

  test("and units put back that die at each request are back, or not", async () => {
    await dieAtEachRequest({
      database,
      clock,
      prepare: async () => {
        const sku = await stocked({ "": 10 });
        await inventory.setAside({ sku, quantity: 5, reason, to: "unavailable" });
        return sku;
      },
      operate: (dying, sku) =>
        dying.setAside({ sku, quantity: 3, reason, to: "available" }, patient()),
      check: async (sku) => {
        const [onHand, available, reserved, unavailable] = await countsAt(sku);
        expect([onHand, reserved, available! + unavailable!]).toEqual([10, 0, 10]);
        expect([5, 8]).toContain(available);
      },
    });
  });
});
