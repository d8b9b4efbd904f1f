import { beforeAll, describe, expect, test } from "vitest";
import { holdLifeMsMax } from "../../contract/bounds.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { loadOf } from "../support/load-of.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { expectInvariants, readRecords } from "../support/invariants.ts";

let database: TestDatabase;
let inventory: Inventory;
const startMs = Date.UTC(2026, 10, 23);
let nowMs = startMs;
const sku = "unit";
const day = 24 * 60 * 60;

beforeAll(async () => {
  database = await createTestDatabase({ now: () => nowMs, retentionDays: 30 });
  inventory = createInventory(database);
  await inventory.setStock({ sku, onHand: 1_000_000 });
});

const hold = async (options: { quantity?: number; ttlSeconds?: number } = {}): Promise<string> => {
  const { quantity = 1, ttlSeconds } = options;
  const result = await inventory.reserve({ lines: [{ sku, quantity }], ttlSeconds });
  if (result.outcome !== "reserved") throw new Error(result.outcome);
  return result.reservation.reservationId;
};

const stockNow = async () => {
  const stock = await inventory.getStock(sku);
  return { onHand: stock!.onHand, available: stock!.available, reserved: stock!.reserved };
};

const recordOf = async (reservationId: string) => {
  const { reservations } = await readRecords(database);
  return reservations.find((record) => record.reservationId === reservationId)!;
};

/** What an operation did to the counts of the SKU. */
const effectOf = async (operation: () => Promise<unknown>) => {
  const before = await stockNow();
  await operation();
  const after = await stockNow();
  return {
    onHand: after.onHand - before.onHand,
    available: after.available - before.available,
    reserved: after.reserved - before.reserved,
  };
};

const nothing = { onHand: 0, available: 0, reserved: 0 };

describe("confirm", () => {
  test("sells the held units, once", async () => {
    const id = await hold({ quantity: 3 });
    expect(await effectOf(() => inventory.confirm(id))).toEqual(nothing);
    const sold = await effectOf(() => inventory.settleSales([id]));
    expect(sold).toEqual({ onHand: -3, available: 0, reserved: -3 });
    expect(await effectOf(() => inventory.settleSales([id]))).toEqual(nothing);
    const again = await effectOf(async () => {
      expect(await inventory.confirm(id)).toMatchObject({
        outcome: "confirmed",
        reservation: { reservationId: id, status: "fulfilled", version: 3 },
      });
    });
    expect(again).toEqual(nothing);
  });

  test("leaves a record that is in no expiry index and that TTL removes after its retention", async () => {
    const id = await hold();
    await inventory.confirm(id);
    // Its units depend on the record until the sale is settled.
    expect(await recordOf(id)).not.toHaveProperty("ttlSeconds");
    await inventory.settleSales([id]);
    const record = await recordOf(id);
    expect(record).not.toHaveProperty("expiryShard");
    expect(record.ttlSeconds).toBe(Math.floor(nowMs / 1000) + 30 * day);
  });

  test("is possible until the last millisecond of the hold, and not from its end on", async () => {
    const [inTime, late] = [await hold({ ttlSeconds: 60 }), await hold({ ttlSeconds: 60 })];
    nowMs += 59_999;
    expect((await inventory.confirm(inTime)).outcome).toBe("confirmed");
    nowMs += 1;
    const effect = await effectOf(async () => {
      expect(await inventory.confirm(late)).toMatchObject({
        outcome: "reservation_expired",
        reservation: { status: "expired" },
      });
    });
    // The dead hold is given back by the very call that found it.
    expect(effect).toEqual({ onHand: 0, available: 1, reserved: -1 });
  });

  test("refuses a released reservation with the state it found", async () => {
    const id = await hold();
    await inventory.release(id);
    const effect = await effectOf(async () => {
      expect(await inventory.confirm(id)).toMatchObject({
        outcome: "reservation_released",
        reservation: { status: "released" },
      });
    });
    expect(effect).toEqual(nothing);
  });
});

describe("release", () => {
  test("gives the units back, once", async () => {
    const id = await hold({ quantity: 2 });
    expect(await effectOf(() => inventory.release(id))).toEqual({
      onHand: 0,
      available: 2,
      reserved: -2,
    });
    const again = await effectOf(async () => {
      expect(await inventory.release(id)).toMatchObject({
        outcome: "released",
        reservation: { status: "released", version: 2 },
      });
    });
    expect(again).toEqual(nothing);
  });

  test("of an expired reservation succeeds and says that it expired", async () => {
    const id = await hold({ ttlSeconds: 1 });
    nowMs += 1000;
    const effect = await effectOf(async () => {
      expect(await inventory.release(id)).toMatchObject({
        outcome: "released",
        reservation: { status: "expired" },
      });
      expect(await inventory.release(id)).toMatchObject({ reservation: { status: "expired" } });
    });
    expect(effect).toEqual({ onHand: 0, available: 1, reserved: -1 });
  });

  test("refuses a confirmed reservation", async () => {
    const id = await hold();
    await inventory.confirm(id);
    expect(await inventory.release(id)).toMatchObject({ outcome: "reservation_confirmed" });
  });
});

describe("extend", () => {
  test("moves the end to ttlSeconds from now, later or sooner", async () => {
    const id = await hold({ ttlSeconds: 60 });
    nowMs += 59_999;
    expect(await inventory.extend({ reservationId: id, ttlSeconds: 600 })).toMatchObject({
      outcome: "extended",
      reservation: { status: "held", expiresAtMs: nowMs + 600_000, version: 2 },
    });
    expect(await inventory.extend({ reservationId: id, ttlSeconds: 1 })).toMatchObject({
      reservation: { expiresAtMs: nowMs + 1000, version: 3 },
    });
    nowMs += 1000;
    expect((await inventory.confirm(id)).outcome).toBe("reservation_expired");
  });

  test("of a due hold is refused, and gives its units back", async () => {
    const id = await hold({ ttlSeconds: 60 });
    nowMs += 60_000;
    const effect = await effectOf(async () => {
      expect(await inventory.extend({ reservationId: id, ttlSeconds: 60 })).toMatchObject({
        outcome: "reservation_expired",
        reservation: { status: "expired" },
      });
    });
    expect(effect).toEqual({ onHand: 0, available: 1, reserved: -1 });
  });

  test("is refused once confirmed or released", async () => {
    const [confirmed, released] = [await hold(), await hold()];
    await inventory.confirm(confirmed);
    await inventory.release(released);
    expect(await inventory.extend({ reservationId: confirmed, ttlSeconds: 60 })).toMatchObject({
      outcome: "reservation_confirmed",
    });
    expect(await inventory.extend({ reservationId: released, ttlSeconds: 60 })).toMatchObject({
      outcome: "reservation_released",
    });
  });

  test("holds for 7 days in all, to the millisecond", async () => {
    const id = await hold({ ttlSeconds: day });
    const createdAtMs = nowMs;
    for (let days = 1; days < 7; days += 1) {
      nowMs = createdAtMs + days * (day * 1000 - 10);
      const result = await inventory.extend({ reservationId: id, ttlSeconds: day });
      expect(result.outcome).toBe("extended");
    }
    nowMs = createdAtMs + 6 * day * 1000;
    expect(await inventory.extend({ reservationId: id, ttlSeconds: day })).toMatchObject({
      outcome: "extended",
      reservation: { expiresAtMs: createdAtMs + holdLifeMsMax },
    });
    nowMs += 1;
    expect(await inventory.extend({ reservationId: id, ttlSeconds: day })).toMatchObject({
      outcome: "hold_limit_reached",
      latestExpiresAtMs: createdAtMs + holdLifeMsMax,
    });
  });
});

test.each(["confirm", "release"] as const)(
  "%s tells an id that was never given out",
  async (op) => {
    for (const id of [
      "",
      "nope",
      "a/b",
      "x".repeat(5000),
      "00000000-0000-8000-8000-000000000000",
    ]) {
      expect(await inventory[op](id)).toEqual({ outcome: "unknown_reservation" });
      expect(await inventory.extend({ reservationId: id, ttlSeconds: 1 })).toEqual({
        outcome: "unknown_reservation",
      });
      expect(await inventory.getReservation(id)).toBeUndefined();
    }
  },
);

test("a due hold is shown as expired from its last millisecond on", async () => {
  const id = await hold({ ttlSeconds: 60 });
  nowMs += 59_999;
  expect(await inventory.getReservation(id)).toMatchObject({ status: "held" });
  nowMs += 1;
  expect(await inventory.getReservation(id)).toMatchObject({ status: "expired" });
});

const races = loadOf(300);

test(
  `confirm, release and extend raced ${races} times have one winner each`,
  { timeout: 300_000 },
  async () => {
    // Tries to sell and give back the same unit by ending one hold in two ways at once.
    const abreast = 20;
    for (let round = 0; round < races; round += abreast) {
      await Promise.all(
        Array.from({ length: abreast }, async () => {
          const id = await hold();
          const [confirmed, released, extended] = await Promise.all([
            inventory.confirm(id),
            inventory.release(id),
            inventory.extend({ reservationId: id, ttlSeconds: 600 }),
          ]);
          const { status } = (await inventory.getReservation(id))!;
          expect(confirmed.outcome === "confirmed").toBe(status === "confirmed");
          expect(released.outcome === "released").toBe(status === "released");
          expect(["confirmed", "released"]).toContain(status);
          expect(["extended", `reservation_${status}`]).toContain(extended.outcome);
        }),
      );
    }
    const { reservations } = await expectInvariants(database);
    expect(reservations.length).toBeGreaterThanOrEqual(races);
  },
);
