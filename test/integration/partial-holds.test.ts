/** Holds of fewer units than were wanted, where the caller allows that. */
import { expect, test } from "vitest";
import type { ReserveInput } from "../../inventory/reservations/reserve.ts";
import {
  dieAtEachRequest,
  linesOf,
  openShop,
  patient,
  saleOf,
  stateOf,
  stock,
} from "../support/holds.ts";
import { expectInvariants } from "../support/invariants.ts";

const { clock, database, inventory, countsOf } = await openShop();

const holdSome = (
  quantities: Record<string, number>,
  options: Omit<ReserveInput, "lines"> = {},
  on = inventory,
) => on.reserve({ lines: linesOf(quantities), allowPartial: true, ...options }, patient());

test("a partial hold has what there is of each line, and says what is missing", async () => {
  await stock(inventory, { all: 9, some: 2, none: 0 });
  const result = await holdSome({ all: 3, none: 1, some: 5 });
  expect(result).toMatchObject({
    outcome: "reserved",
    reservation: {
      status: "held",
      lines: linesOf({ all: 3, some: 2 }),
      shortages: [
        { sku: "none", requested: 1, available: 0 },
        { sku: "some", requested: 5, available: 2 },
      ],
    },
  });
  expect(await Promise.all(["all", "some", "none"].map(countsOf))).toEqual([
    [9, 6, 3],
    [2, 0, 2],
    [0, 0, 0],
  ]);
  await expectInvariants(database);
});

test("a partial hold of all that was wanted is as any other, without shortages", async () => {
  await stock(inventory, { enough: 9 });
  const result = await holdSome({ enough: 9 });
  expect(result).toMatchObject({
    outcome: "reserved",
    reservation: { lines: linesOf({ enough: 9 }) },
  });
  expect("reservation" in result && result.reservation).not.toHaveProperty("shortages");
});

test("a partial hold of nothing at all is refused with all shortages, and writes nothing", async () => {
  await stock(inventory, { "empty-a": 0, "empty-b": 1 });
  await saleOf(inventory, { "empty-b": 1 });
  const before = await stateOf(database);
  expect(await holdSome({ "empty-b": 2, "empty-a": 1 })).toMatchObject({
    outcome: "insufficient_stock",
    shortages: [
      { sku: "empty-a", requested: 1, available: 0 },
      { sku: "empty-b", requested: 2, available: 0 },
    ],
  });
  expect(await stateOf(database)).toEqual(before);
});

test("a partial hold with an unknown SKU is refused, and holds nothing of the others", async () => {
  await stock(inventory, { known: 9 });
  expect(await holdSome({ known: 3, nobody: 1 })).toEqual({
    outcome: "unknown_sku",
    unknown: [{ sku: "nobody" }],
  });
  expect(await countsOf("known")).toEqual([9, 9, 0]);
});

test("without leave a request of which one line is short holds nothing, as ever", async () => {
  await stock(inventory, { strict: 2 });
  expect(await holdSome({ strict: 3 }, { allowPartial: false })).toMatchObject({
    outcome: "insufficient_stock",
  });
  expect(await countsOf("strict")).toEqual([2, 2, 0]);
});

test("a repeat under the key meets the same hold, with its shortages, also when there is more by then", async () => {
  await stock(inventory, { replayed: 2 });
  const options = { idempotencyKey: "replayed" };
  const first = await holdSome({ replayed: 5 }, options);
  await inventory.setStock({ sku: "replayed", onHand: 50 });
  const repeat = await holdSome({ replayed: 5 }, options);
  expect(repeat).toEqual({ ...first, outcome: "replayed" });
  expect(JSON.stringify("reservation" in repeat && repeat.reservation)).toBe(
    JSON.stringify("reservation" in first && first.reservation),
  );
  expect(repeat).toMatchObject({
    reservation: { shortages: [{ sku: "replayed", requested: 5, available: 2 }] },
  });
  expect(await countsOf("replayed")).toEqual([50, 48, 2]);
});

test.each([true, false])(
  "a key is one request: allowPartial %s and then the other is another one",
  async (allowPartial) => {
    const sku = `reused-${allowPartial}`;
    await stock(inventory, { [sku]: 9 });
    const idempotencyKey = sku;
    const first = await holdSome({ [sku]: 2 }, { idempotencyKey, allowPartial });
    expect(first.outcome).toBe("reserved");
    const other = await holdSome({ [sku]: 2 }, { idempotencyKey, allowPartial: !allowPartial });
    expect(other.outcome).toBe("idempotency_key_reused");
    expect(await countsOf(sku)).toEqual([9, 7, 2]);
  },
);

test("a key that was refused for nothing at all may hold some later", async () => {
  await stock(inventory, { later: 0 });
  const options = { idempotencyKey: "later" };
  expect((await holdSome({ later: 5 }, options)).outcome).toBe("insufficient_stock");
  await inventory.setStock({ sku: "later", onHand: 3 });
  expect(await holdSome({ later: 5 }, options)).toMatchObject({
    outcome: "reserved",
    reservation: { lines: linesOf({ later: 3 }) },
  });
});

test("a partial hold takes what all rows of a level have", async () => {
  await inventory.setStock({ sku: "rows", onHand: 23, shards: 4 });
  await saleOf(inventory, { rows: 4 });
  expect(await holdSome({ rows: 40 })).toMatchObject({
    outcome: "reserved",
    reservation: {
      lines: linesOf({ rows: 19 }),
      shortages: [{ sku: "rows", requested: 40, available: 19 }],
    },
  });
  expect(await countsOf("rows")).toEqual([23, 0, 23]);
  await expectInvariants(database);
});

test.each([9, 99])(
  "a partial hold of %d gets the units of dead holds before it takes less",
  async (wanted) => {
    const sku = `dead-${wanted}`;
    await stock(inventory, { [sku]: 10 });
    await holdSome({ [sku]: 6 }, { ttlSeconds: 60 });
    clock.nowMs += 60_000;
    expect(await holdSome({ [sku]: wanted })).toMatchObject({
      reservation: { lines: linesOf({ [sku]: Math.min(wanted, 10) }) },
    });
  },
);

test("a partial hold is confirmed, changed and released by what it has", async () => {
  await stock(inventory, { had: 4, rest: 9 });
  const held = await holdSome({ had: 6, rest: 1 });
  const reservationId = "reservation" in held ? held.reservation.reservationId : "";
  const changed = await inventory.changeHold({
    reservationId,
    lines: linesOf({ had: 3, rest: 2 }),
  });
  expect(changed).toMatchObject({ outcome: "changed" });
  // The lines are those that were asked for last: nothing is missing.
  expect("reservation" in changed && changed.reservation).not.toHaveProperty("shortages");
  await inventory.confirm(reservationId);
  await inventory.fulfill({ reservationId });
  expect(await countsOf("had")).toEqual([1, 1, 0]);
  expect(await countsOf("rest")).toEqual([7, 7, 0]);
  await expectInvariants(database);
});

test.each([1, 4])("a crowd of partial buyers over %d rows sells exactly all", async (shards) => {
  // Tries to oversell, or to leave units, by buyers that all take the rest at once.
  const sku = `crowd-${shards}`;
  await inventory.setStock({ sku, onHand: 50, shards });
  const results = await Promise.all(Array.from({ length: 30 }, () => holdSome({ [sku]: 3 })));
  const held = results.flatMap((result) => ("reservation" in result ? [result.reservation] : []));
  const units = held.map(({ lines }) => lines[0]!.quantity);
  expect(units.reduce((sum, one) => sum + one, 0)).toBe(50);
  for (const { lines, shortages = [] } of held) {
    const missing = shortages.map(({ requested, available }) => requested - available);
    expect([lines[0]!.quantity + (missing[0] ?? 0), missing.length < 2]).toEqual([3, true]);
  }
  const refused = results.filter(({ outcome }) => outcome !== "reserved");
  for (const result of refused) expect(result).toMatchObject({ outcome: "insufficient_stock" });
  expect(await countsOf(sku)).toEqual([50, 0, 50]);
  await expectInvariants(database);
});

test("a crowd of partial buyers of several lines holds no unit twice and leaves none that was wanted", async () => {
  // Tries to have orders that get in each other's way give up units that both could have had.
  await stock(inventory, { "pair-a": 20, "pair-b": 10 });
  const results = await Promise.all(
    Array.from({ length: 15 }, () => holdSome({ "pair-a": 2, "pair-b": 2 })),
  );
  expect(results.every(({ outcome }) => outcome !== "unknown_sku")).toBe(true);
  expect(await countsOf("pair-a")).toEqual([20, 0, 20]);
  expect(await countsOf("pair-b")).toEqual([10, 0, 10]);
  await expectInvariants(database);
});

test("a partial hold that dies between its steps holds or does not, and leaves nothing for ever", async () => {
  // Tries to leave units with nobody, by a process that dies before each of its requests.
  await dieAtEachRequest({
    database,
    clock,
    prepare: async (run) => {
      const [few, many] = [`dying-${run}-few`, `dying-${run}-many`];
      await stock(inventory, { [few]: 2, [many]: 9 });
      return { few, many };
    },
    operate: (dying, { few, many }) =>
      holdSome({ [few]: 5, [many]: 3 }, { idempotencyKey: few }, dying),
    check: async ({ few, many }) => {
      const isHeld = (await countsOf(few))[2] === 2;
      expect(await countsOf(many)).toEqual(isHeld ? [9, 6, 3] : [9, 9, 0]);
      const repeat = await holdSome({ [few]: 5, [many]: 3 }, { idempotencyKey: few });
      expect(repeat.outcome).toBe(isHeld ? "replayed" : "reserved");
      expect(await countsOf(few)).toEqual([2, 0, 2]);
    },
  });
});
