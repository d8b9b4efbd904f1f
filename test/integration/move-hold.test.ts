/** A hold, or part of it, moves to another location: checked there, all or nothing. */
import { beforeAll, describe, expect, test } from "vitest";
import { forEach } from "../../inventory/for-each.ts";
import type { Inventory } from "../../inventory/inventory.ts";
import type { MoveHoldInput } from "../../inventory/reservations/change-hold.ts";
import type { Line } from "../../contract/tables.ts";
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

/** A SKU with 10 units at ams1 and as many at rtm, but for those that are given. */
const stocked = async (onHand: { ams1?: number; rtm?: number } = {}): Promise<string> => {
  count += 1;
  const sku = `held-${count}`;
  await forEach(["ams1", "rtm"] as const, 2, async (location) => {
    await inventory.setStock({ sku, location, onHand: onHand[location] ?? 10 });
  });
  return sku;
};

const held = async (lines: Line[]): Promise<string> => {
  const result = await inventory.reserve({ lines });
  if (result.outcome !== "reserved") throw new Error(`expected a hold, got ${result.outcome}`);
  return result.reservation.reservationId;
};

const at = (sku: string, location: string, quantity: number): Line => ({ sku, location, quantity });

const move = (reservationId: string, lines: Line[], more: Partial<MoveHoldInput> = {}) =>
  inventory.moveHold({ reservationId, lines, toLocation: "rtm", ...more }, patient());

const reservedAt = async (sku: string) => {
  const { locations } = (await inventory.getStock(sku))!;
  return Object.fromEntries(locations!.map(({ location, reserved }) => [location, reserved]));
};

describe("a move of a hold", () => {
  test("holds the units at the other location, all or some of them", async () => {
    const sku = await stocked();
    const id = await held([at(sku, "ams1", 4)]);
    expect(await move(id, [at(sku, "ams1", 1)])).toMatchObject({
      outcome: "changed",
      reservation: { version: 2, lines: [at(sku, "ams1", 3), at(sku, "rtm", 1)] },
    });
    expect(await reservedAt(sku)).toEqual({ ams1: 3, rtm: 1 });
    expect(await move(id, [at(sku, "ams1", 3)])).toMatchObject({
      reservation: { lines: [at(sku, "rtm", 4)] },
    });
    expect(await reservedAt(sku)).toEqual({ ams1: 0, rtm: 4 });
    await expectInvariants(database);
  });

  test("leaves the other lines, and merges those that meet", async () => {
    const [sku, other] = [await stocked(), await stocked()];
    const id = await held([at(sku, "ams1", 2), at(sku, "rtm", 1), at(other, "ams1", 5)]);
    expect(await move(id, [at(sku, "ams1", 2)])).toMatchObject({
      reservation: { lines: [at(sku, "rtm", 3), at(other, "ams1", 5)] },
    });
    expect(await reservedAt(other)).toEqual({ ams1: 5, rtm: 0 });
  });

  test("goes to the default location where none is named", async () => {
    const sku = await stocked();
    await inventory.setStock({ sku, onHand: 1 });
    const id = await held([at(sku, "ams1", 1)]);
    expect(await move(id, [at(sku, "ams1", 1)], { toLocation: undefined })).toMatchObject({
      outcome: "changed",
      reservation: { lines: [{ sku, quantity: 1 }] },
    });
  });

  test("is refused where the other location has too few, and the hold stays", async () => {
    const sku = await stocked({ rtm: 1 });
    const id = await held([at(sku, "ams1", 4)]);
    expect(await move(id, [at(sku, "ams1", 2)])).toMatchObject({
      outcome: "insufficient_stock",
      shortages: [{ sku, location: "rtm", requested: 2, available: 1 }],
    });
    expect(await move(id, [at(sku, "ams1", 2)], { toLocation: "nowhere" })).toEqual({
      outcome: "unknown_sku",
      unknown: [{ sku, location: "nowhere" }],
    });
    expect(await reservedAt(sku)).toEqual({ ams1: 4, rtm: 0 });
    expect(await inventory.getReservation(id)).toMatchObject({ lines: [at(sku, "ams1", 4)] });
    await expectInvariants(database);
  });

  test("names no more units than the hold has there", async () => {
    const sku = await stocked();
    const id = await held([at(sku, "ams1", 2)]);
    for (const [location, possible] of [
      ["ams1", 2],
      ["rtm", 0],
    ] as const) {
      expect(await move(id, [at(sku, location, 3)])).toMatchObject({
        outcome: "exceeds_reservation",
        excess: [{ sku, location, requested: 3, possible }],
      });
    }
    expect(await reservedAt(sku)).toEqual({ ams1: 2, rtm: 0 });
  });

  test("happens once for its key, at the version that was expected, and only while it is held", async () => {
    const sku = await stocked();
    const id = await held([at(sku, "ams1", 4)]);
    const lines = [at(sku, "ams1", 1)];
    expect(await move(id, lines, { expectedVersion: 7 })).toEqual({
      outcome: "version_mismatch",
      version: 1,
    });
    const keyed = { idempotencyKey: "move it", expectedVersion: 1 };
    expect((await move(id, lines, keyed)).outcome).toBe("changed");
    expect((await move(id, lines, keyed)).outcome).toBe("replayed");
    expect((await move(id, [at(sku, "ams1", 2)], keyed)).outcome).toBe("idempotency_key_reused");
    expect(await reservedAt(sku)).toEqual({ ams1: 3, rtm: 1 });
    await inventory.confirm(id);
    expect((await move(id, lines)).outcome).toBe("reservation_confirmed");
    const unknown = "00000000-0000-8000-8000-000000000000";
    expect((await move(unknown, lines)).outcome).toBe("unknown_reservation");
  });

  test("of many callers at once moves each unit once", async () => {
    const units = loadOf(20);
    const sku = await stocked({ ams1: units, rtm: units });
    const id = await held([at(sku, "ams1", units)]);
    await forEach(Array.from({ length: units }), 8, async () => {
      expect((await move(id, [at(sku, "ams1", 1)])).outcome).toBe("changed");
    });
    expect(await reservedAt(sku)).toEqual({ ams1: 0, rtm: units });
    await expectInvariants(database);
  });

  test("that dies at each of its requests leaves the hold here or there", async () => {
    await dieAtEachRequest({
      database,
      clock,
      prepare: async () => {
        const sku = await stocked();
        const lines = [at(sku, "ams1", 3)];
        return { sku, lines, reservationId: await held(lines) };
      },
      operate: (dying, { lines, reservationId }) =>
        dying.moveHold({ reservationId, lines, toLocation: "rtm" }, patient()),
      check: async ({ sku }) => {
        expect([
          { ams1: 3, rtm: 0 },
          { ams1: 0, rtm: 3 },
        ]).toContainEqual(await reservedAt(sku));
      },
    });
  });
});
