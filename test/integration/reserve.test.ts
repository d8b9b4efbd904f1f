import { beforeAll, describe, expect, test } from "vitest";
import { holdSecondsDefault } from "../../contract/bounds.ts";
import { callWithin } from "../../inventory/dynamodb/database.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { fingerprintOf, type ReserveInput } from "../../inventory/reservations/reserve.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { expectInvariants, readRecords } from "../support/invariants.ts";
import { loadOf } from "../support/load-of.ts";

let database: TestDatabase;
let inventory: Inventory;
let nowMs = Date.UTC(2026, 10, 23);

beforeAll(async () => {
  database = await createTestDatabase({ now: () => nowMs });
  inventory = createInventory(database);
});

const stocked = async (sku: string, onHand: number) => {
  await inventory.setStock({ sku, onHand });
  return sku;
};

describe("reserving", () => {
  test("holds the units and writes the reservation in one version step", async () => {
    const sku = await stocked("one", 10);
    const result = await inventory.reserve({ lines: [{ sku, quantity: 4 }], orderId: "order-1" });
    expect(result).toEqual({
      outcome: "reserved",
      reservation: {
        reservationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        status: "held",
        lines: [{ sku, quantity: 4 }],
        orderId: "order-1",
        createdAtMs: nowMs,
        expiresAtMs: nowMs + holdSecondsDefault * 1000,
        version: 1,
      },
    });
    const row = await inventory.getStock(sku);
    expect(row).toMatchObject({ onHand: 10, available: 6, reserved: 4, version: 2 });
    expect(row).toMatchObject({ updatedAtMs: nowMs });
    const { reservations } = await readRecords(database);
    expect(reservations.find(({ orderId }) => orderId === "order-1")?.parts).toEqual([
      { row: sku, quantity: 4, version: 2 },
    ]);
    await expectInvariants(database);
  });

  test("takes the last unit, and not one more", async () => {
    const sku = await stocked("last", 1);
    const held = await inventory.reserve({ lines: [{ sku, quantity: 1 }] });
    if (held.outcome !== "reserved") throw new Error(held.outcome);
    const nextExpiryAtMs = held.reservation.expiresAtMs;
    expect(await inventory.reserve({ lines: [{ sku, quantity: 1 }] })).toEqual({
      outcome: "insufficient_stock",
      shortages: [{ sku, requested: 1, available: 0, nextExpiryAtMs }],
    });
  });

  test("merges lines of one SKU before it asks for them, so that they cannot oversell", async () => {
    const sku = await stocked("twice", 5);
    const lines = [
      { sku, quantity: 3 },
      { sku, quantity: 3 },
    ];
    expect(await inventory.reserve({ lines })).toEqual({
      outcome: "insufficient_stock",
      shortages: [{ sku, requested: 6, available: 5 }],
    });
    const fits = await inventory.reserve({ lines: [lines[0]!, { sku, quantity: 2 }] });
    expect(fits).toMatchObject({ reservation: { lines: [{ sku, quantity: 5 }] } });
  });

  test("names every short line with what there is, and holds nothing of the others", async () => {
    const [plenty, few, none] = [
      await stocked("plenty", 100),
      await stocked("few", 2),
      await stocked("none", 0),
    ];
    const countsOf = async () =>
      (await readRecords(database)).stock.map(({ sku, onHand, available, reserved, open }) => ({
        sku,
        onHand,
        available,
        reserved,
        open,
      }));
    const before = await countsOf();
    const result = await inventory.reserve({
      lines: [
        { sku: plenty, quantity: 1 },
        { sku: none, quantity: 1 },
        { sku: few, quantity: 3 },
      ],
    });
    expect(result).toEqual({
      outcome: "insufficient_stock",
      shortages: [
        { sku: few, requested: 3, available: 2 },
        { sku: none, requested: 1, available: 0 },
      ],
    });
    expect(await countsOf()).toEqual(before);
    await expectInvariants(database);
  });

  test("names every unknown SKU, before any shortage", async () => {
    const few = await stocked("few-of-these", 1);
    const result = await inventory.reserve({
      lines: [
        { sku: "nobody-b", quantity: 1 },
        { sku: few, quantity: 2 },
        { sku: "nobody-a", quantity: 1 },
      ],
    });
    expect(result).toEqual({
      outcome: "unknown_sku",
      unknown: [{ sku: "nobody-a" }, { sku: "nobody-b" }],
    });
  });

  test("takes 99 SKUs in one order", async () => {
    const skus = Array.from({ length: 99 }, (_, index) => `many-${index}`);
    await Promise.all(skus.map((sku) => stocked(sku, 1)));
    const result = await inventory.reserve({ lines: skus.map((sku) => ({ sku, quantity: 1 })) });
    expect(result.outcome).toBe("reserved");
    await expectInvariants(database);
  });

  test("takes the largest quantity that a record can have", async () => {
    const sku = await stocked("huge", 1_000_000_000);
    const result = await inventory.reserve({ lines: [{ sku, quantity: 1_000_000_000 }] });
    expect(result.outcome).toBe("reserved");
    expect(await inventory.getStock(sku)).toMatchObject({ available: 0, reserved: 1_000_000_000 });
  });
});

describe("lines out of their bounds", () => {
  test.each([
    ["no line", [], "lines must have at least 1 entry, not 0"],
    ["a negative quantity", [{ sku: "one", quantity: -1 }], "lines[0].quantity must be a whole"],
    ["half a unit", [{ sku: "one", quantity: 0.5 }], "lines[0].quantity must be a whole"],
    [
      "a sum over the bound",
      [
        { sku: "one", quantity: 600_000_000 },
        { sku: "one", quantity: 600_000_000 },
      ],
      "lines ask for 1200000000 units of one in all, more than 1000000000",
    ],
    [
      "501 lines",
      Array.from({ length: 501 }, () => ({ sku: "one", quantity: 1 })),
      "lines must have at most 500 entries, not 501",
    ],
  ])("%s is refused and changes nothing", async (_, lines, message) => {
    const before = await readRecords(database);
    await expect(inventory.reserve({ lines })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(message),
      issues: [{ path: expect.stringContaining("lines"), message: expect.any(String) }],
    });
    expect(await readRecords(database)).toEqual(before);
  });
});

describe("an idempotency key", () => {
  test("meets the same reservation again, as it is by then", async () => {
    const sku = await stocked("keyed", 10);
    const input = { lines: [{ sku, quantity: 1 }], idempotencyKey: "key-1" };
    const first = await inventory.reserve(input);
    expect(await inventory.reserve(input)).toEqual({ ...first, outcome: "replayed" });
    if (first.outcome !== "reserved") throw new Error(first.outcome);
    await inventory.confirm(first.reservation.reservationId);
    expect(await inventory.reserve(input)).toMatchObject({
      outcome: "replayed",
      reservation: { status: "confirmed" },
    });
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 10, available: 9, reserved: 1 });
  });

  test("is replayed although its own hold took the last unit", async () => {
    const sku = await stocked("keyed-last", 1);
    const input = { lines: [{ sku, quantity: 1 }], idempotencyKey: "key-last" };
    await inventory.reserve(input);
    expect(await inventory.reserve(input)).toMatchObject({ outcome: "replayed" });
  });

  test("sees the same request in lines that merge to the same", async () => {
    const [a, b] = [await stocked("same-a", 10), await stocked("same-b", 10)];
    const idempotencyKey = "key-same";
    await inventory.reserve({
      lines: [
        { sku: b, quantity: 2 },
        { sku: a, quantity: 1 },
        { sku: a, quantity: 1 },
      ],
      idempotencyKey,
    });
    const repeat = await inventory.reserve({
      lines: [
        { sku: a, quantity: 2 },
        { sku: b, quantity: 2 },
      ],
      idempotencyKey,
    });
    expect(repeat.outcome).toBe("replayed");
  });

  test.each([
    ["quantity", { lines: [{ sku: "reused", quantity: 2 }] }],
    ["order", { lines: [{ sku: "reused", quantity: 1 }], orderId: "another" }],
    ["hold", { lines: [{ sku: "reused", quantity: 1 }], ttlSeconds: 60 }],
    ["metadata", { lines: [{ sku: "reused", quantity: 1 }], metadata: {} }],
  ])("refuses another %s", async (_, other) => {
    const sku = await stocked("reused", 10);
    const idempotencyKey = "key-reused";
    await inventory.reserve({ lines: [{ sku, quantity: 1 }], idempotencyKey });
    expect(await inventory.reserve({ ...other, idempotencyKey })).toMatchObject({
      outcome: "idempotency_key_reused",
    });
  });

  test("succeeds later when it was refused at first: a refusal leaves nothing behind", async () => {
    const sku = await stocked("later", 0);
    const input = { lines: [{ sku, quantity: 1 }], idempotencyKey: "key-later" };
    expect((await inventory.reserve(input)).outcome).toBe("insufficient_stock");
    await inventory.setStock({ sku, onHand: 1 });
    expect((await inventory.reserve(input)).outcome).toBe("reserved");
  });
});

describe("metadata", () => {
  const metadata = { till: "7", note: "", ["2nd"]: "gift" };

  test("is kept with the reservation, and returned by every call", async () => {
    const sku = await stocked("with-metadata", 10);
    const input = { lines: [{ sku, quantity: 1 }], orderId: "noted", metadata };
    const held = await inventory.reserve({ ...input, idempotencyKey: "key-noted" });
    if (held.outcome !== "reserved") throw new Error(held.outcome);
    const { reservationId } = held.reservation;
    for (const result of [
      held,
      await inventory.reserve({ ...input, idempotencyKey: "key-noted" }),
      { reservation: await inventory.getReservation(reservationId) },
      { reservation: (await inventory.listReservations({ orderId: "noted" })).items[0] },
      await inventory.extend({ reservationId, ttlSeconds: 60 }),
      await inventory.confirm(reservationId),
      await inventory.release(reservationId),
    ]) {
      expect(result).toMatchObject({ reservation: { metadata } });
    }
    const released = await inventory.reserve({ ...input, metadata: {} });
    if (released.outcome !== "reserved") throw new Error(released.outcome);
    expect(await inventory.release(released.reservation.reservationId)).toMatchObject({
      reservation: { status: "released", metadata: {} },
    });
  });

  test("in another order of its names is the same request, with the same answer", async () => {
    const sku = await stocked("same-metadata", 10);
    const input = { lines: [{ sku, quantity: 1 }], idempotencyKey: "key-metadata" };
    const first = await inventory.reserve({ ...input, metadata: { a: "1", b: "2", c: "3" } });
    const repeat = await inventory.reserve({ ...input, metadata: { c: "3", b: "2", a: "1" } });
    expect(JSON.stringify(repeat)).toBe(JSON.stringify({ ...first, outcome: "replayed" }));
    const other = await inventory.reserve({ ...input, metadata: { a: "1", b: "2", c: "4" } });
    expect(other.outcome).toBe("idempotency_key_reused");
  });

  test("that is absent leaves fingerprints as earlier versions wrote them", () => {
    const lines = [{ sku: "shirt", quantity: 2 }];
    const request = { orderId: "order-1", ttlSeconds: 60 };
    const written = "Ye0z8HRhCi_lrJmx9eGBwdAEwyyzzD_rPVnD2uCLXis";
    expect(fingerprintOf(request, lines)).toBe(written);
    expect(fingerprintOf({ ...request, metadata: {} }, lines)).not.toBe(written);
  });
});

describe("a stampede", () => {
  const reserveAtOnce = (inputs: ReserveInput[]) =>
    Promise.all(inputs.map((input) => inventory.reserve(input, callWithin(60_000))));

  const [buyers, units] = [loadOf(500), loadOf(100)];

  test(`${buyers} buyers for ${units} units: each unit is held once, and the others are refused`, async () => {
    // Tries to sell a unit twice by conditional writes on one record, all at once.
    const sku = await stocked("stampede", units);
    const outcomes = await reserveAtOnce(
      Array.from({ length: buyers }, () => ({ lines: [{ sku, quantity: 1 }] })),
    );
    const count = (outcome: string) => outcomes.filter((one) => one.outcome === outcome).length;
    expect([count("reserved"), count("insufficient_stock")]).toEqual([units, buyers - units]);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 0, reserved: units });
    await expectInvariants(database);
  });

  const crossing = loadOf(100);

  test(`${crossing} orders of three lines over 5 SKUs: nothing oversold, nobody refused too early`, async () => {
    // Tries to lose or double units of crossed orders, and to refuse one that would have fitted.
    const skus = await Promise.all(
      Array.from({ length: 5 }, (_, index) => stocked(`crossed-${index}`, loadOf(30))),
    );
    const orders = Array.from({ length: crossing }, (_, index) =>
      [0, 1, 2].map((line) => ({ sku: skus[(index + line * 2) % 5]!, quantity: 1 + (index % 2) })),
    );
    const outcomes = await reserveAtOnce(orders.map((lines) => ({ lines })));
    const { stock } = await expectInvariants(database);
    const left = new Map(stock.map((item) => [item.sku, item.available]));
    for (const result of outcomes) {
      if (result.outcome === "reserved") continue;
      if (result.outcome !== "insufficient_stock") throw new Error(result.outcome);
      for (const { sku, requested, available } of result.shortages) {
        // Nothing comes back in this test: what fell short then falls short at the end.
        expect(available).toBeLessThan(requested);
        expect(left.get(sku)).toBeLessThanOrEqual(available);
      }
    }
    expect(outcomes.some((result) => result.outcome === "reserved")).toBe(true);
  });

  test("one key sent 50 times at once: one reservation, 49 replays of it", async () => {
    // Tries to reserve twice by repeats that overtake each other.
    const sku = await stocked("fifty", 100);
    const input = { lines: [{ sku, quantity: 1 }], idempotencyKey: "key-fifty" };
    const outcomes = await reserveAtOnce(Array.from({ length: 50 }, () => input));
    expect(outcomes.filter((result) => result.outcome === "reserved")).toHaveLength(1);
    expect(outcomes.filter((result) => result.outcome === "replayed")).toHaveLength(49);
    const bodies = new Set(
      outcomes.map((result) => "reservation" in result && JSON.stringify(result.reservation)),
    );
    expect(bodies.size).toBe(1);
    expect(await inventory.getStock(sku)).toMatchObject({ available: 99, reserved: 1 });
    nowMs += 1;
  });
});
