/** The sale of a hold: of some of its lines, at once with the handover, and after its end. */
import { describe, expect, test } from "vitest";
import { createInventory } from "../../inventory/inventory.ts";
import type { ConfirmOptions } from "../../inventory/reservations/confirm.ts";
import {
  dieAtEachRequest,
  holdOf,
  linesOf,
  openShop,
  patient,
  saleOf,
  stateOf,
  stock,
} from "../support/holds.ts";
import { expectInvariants } from "../support/invariants.ts";
import { loadOf } from "../support/load-of.ts";
import { countRequests, tallyOf } from "../support/requests.ts";

const { clock, database, inventory, countsOf, recordOf } = await openShop();

const confirm = (reservationId: string, options?: ConfirmOptions, on = inventory) =>
  on.confirm(reservationId, patient(), options);

describe("a confirm with lines", () => {
  test("sells these units and releases the rest", async () => {
    await stock(inventory, { a: 10, b: 10, c: 10 });
    const id = await holdOf(inventory, { a: 5, b: 2, c: 1 });
    expect(await confirm(id, { lines: linesOf({ c: 1, a: 3 }) })).toMatchObject({
      outcome: "confirmed",
      reservation: { status: "confirmed", lines: linesOf({ a: 3, c: 1 }), version: 2 },
    });
    expect(await Promise.all(["a", "b", "c"].map(countsOf))).toEqual([
      [10, 7, 3],
      [10, 10, 0],
      [10, 9, 1],
    ]);
    // Units that were released are not there to be fulfilled.
    const lines = linesOf({ a: 4 });
    expect(await inventory.fulfill({ reservationId: id, lines })).toMatchObject({
      outcome: "exceeds_reservation",
      excess: [{ sku: "a", requested: 4, possible: 3 }],
    });
    await inventory.fulfill({ reservationId: id });
    expect(await Promise.all(["a", "b", "c"].map(countsOf))).toEqual([
      [7, 7, 0],
      [10, 10, 0],
      [9, 9, 0],
    ]);
    await expectInvariants(database);
  });

  test("that name all that is held is as one without lines", async () => {
    await stock(inventory, { all: 10 });
    const id = await holdOf(inventory, { all: 5 });
    await confirm(id, { lines: linesOf({ all: 5 }) });
    const record = await recordOf(id);
    expect(record).toMatchObject({ status: "confirmed", lines: linesOf({ all: 5 }) });
    for (const attribute of ["expiryShard", "skus", "ttlSeconds"]) {
      expect(record).not.toHaveProperty(attribute);
    }
    expect(await countsOf("all")).toEqual([10, 5, 5]);
  });

  test("that name more than is held is refused, and holds on to everything", async () => {
    await stock(inventory, { more: 10, less: 10 });
    const id = await holdOf(inventory, { more: 2, less: 2 });
    const before = await stateOf(database);
    const lines = linesOf({ less: 1, more: 3, other: 1 });
    expect(await confirm(id, { lines })).toMatchObject({
      outcome: "exceeds_reservation",
      excess: [
        { sku: "more", requested: 3, possible: 2 },
        { sku: "other", requested: 1, possible: 0 },
      ],
      reservation: { status: "held" },
    });
    expect(await stateOf(database)).toEqual(before);
  });

  test("that is repeated changes nothing, and says what was sold", async () => {
    await stock(inventory, { repeated: 10 });
    const id = await holdOf(inventory, { repeated: 5 });
    const first = await confirm(id, { lines: linesOf({ repeated: 2 }) });
    const before = await stateOf(database);
    for (const lines of [linesOf({ repeated: 2 }), linesOf({ repeated: 4 }), undefined]) {
      expect(await confirm(id, { lines })).toEqual(first);
    }
    expect(await stateOf(database)).toEqual(before);
  });

  test("of a level in several rows gives units of each back", async () => {
    await inventory.setStock({ sku: "rows", onHand: 20, shards: 4 });
    const id = await holdOf(inventory, { rows: 18 });
    await confirm(id, { lines: linesOf({ rows: 7 }) });
    expect(await countsOf("rows")).toEqual([20, 13, 7]);
    await saleOf(inventory, { rows: 13 });
    await expectInvariants(database);
  });

  test("of a hold that is due is refused, and its units are back", async () => {
    await stock(inventory, { due: 10 });
    const id = await holdOf(inventory, { due: 5 }, { ttlSeconds: 60 });
    clock.nowMs += 60_000;
    expect(await confirm(id, { lines: linesOf({ due: 2 }) })).toMatchObject({
      outcome: "reservation_expired",
      reservation: { status: "expired" },
    });
    expect(await countsOf("due")).toEqual([10, 10, 0]);
  });

  test("that name more than a due hold had is refused because it is over", async () => {
    await stock(inventory, { over: 10 });
    const id = await holdOf(inventory, { over: 5 }, { ttlSeconds: 60 });
    clock.nowMs += 60_000;
    expect(await confirm(id, { lines: linesOf({ over: 6 }) })).toMatchObject({
      outcome: "reservation_expired",
      reservation: { status: "expired" },
    });
    expect(await countsOf("over")).toEqual([10, 10, 0]);
  });

  test("that dies between its steps sells them or does not, and leaves nothing for ever", async () => {
    // Tries to leave units with nobody, by a process that dies before each of its requests.
    await dieAtEachRequest({
      database,
      clock,
      prepare: async (run) => {
        const skus = [`dying-${run}-a`, `dying-${run}-b`];
        await stock(inventory, Object.fromEntries(skus.map((sku) => [sku, 9])));
        const id = await holdOf(inventory, Object.fromEntries(skus.map((sku) => [sku, 5])));
        return { id, skus, lines: linesOf({ [skus[0]!]: 2 }) };
      },
      operate: (dying, { id, lines }) => confirm(id, { lines }, dying),
      check: async ({ id, skus, lines }) => {
        const isSold = (await inventory.getReservation(id))!.status === "confirmed";
        const after = [
          [9, 7, 2],
          [9, 9, 0],
        ];
        const before = [
          [9, 4, 5],
          [9, 4, 5],
        ];
        expect(await Promise.all(skus.map(countsOf))).toEqual(isSold ? after : before);
        expect((await confirm(id, { lines })).outcome).toBe("confirmed");
        expect(await Promise.all(skus.map(countsOf))).toEqual(after);
      },
    });
  });
});

describe("a confirm that fulfils", () => {
  test("takes the units off the units on hand at once, and its repeat changes nothing", async () => {
    await stock(inventory, { handed: 10, across: 10 });
    const id = await holdOf(inventory, { handed: 2, across: 3 });
    const sold = {
      outcome: "confirmed",
      reservation: {
        status: "fulfilled",
        lines: [
          { sku: "across", quantity: 3, fulfilled: 3 },
          { sku: "handed", quantity: 2, fulfilled: 2 },
        ],
        version: 3,
      },
    };
    for (let times = 0; times < 2; times += 1) {
      expect(await confirm(id, { fulfills: true })).toMatchObject(sold);
      expect(await countsOf("handed")).toEqual([8, 8, 0]);
      expect(await countsOf("across")).toEqual([7, 7, 0]);
    }
    expect(await confirm(id)).toMatchObject(sold);
    await expectInvariants(database);
  });

  test("some lines releases the rest", async () => {
    await stock(inventory, { some: 10 });
    const id = await holdOf(inventory, { some: 5 });
    expect(await confirm(id, { fulfills: true, lines: linesOf({ some: 2 }) })).toMatchObject({
      reservation: { status: "fulfilled", lines: [{ sku: "some", quantity: 2, fulfilled: 2 }] },
    });
    expect(await countsOf("some")).toEqual([8, 8, 0]);
  });

  test("finishes one that was confirmed before", async () => {
    await stock(inventory, { before: 10 });
    const id = await holdOf(inventory, { before: 5 });
    await confirm(id);
    expect(await confirm(id, { fulfills: true })).toMatchObject({
      outcome: "confirmed",
      reservation: { status: "fulfilled" },
    });
    expect(await countsOf("before")).toEqual([5, 5, 0]);
  });

  test("takes off no unit of a reservation that was cancelled", async () => {
    await stock(inventory, { dropped: 10 });
    const id = await saleOf(inventory, { dropped: 5 });
    await inventory.cancel({ reservationId: id });
    expect(await confirm(id, { fulfills: true })).toMatchObject({
      outcome: "confirmed",
      reservation: { status: "cancelled" },
    });
    expect(await countsOf("dropped")).toEqual([10, 10, 0]);
  });
});

describe("a late confirm that takes the units again", () => {
  /** A hold that has ended; with its units back unless a sweep was not there yet. */
  const expired = async (quantities: Record<string, number>, options = { isSwept: true }) => {
    const id = await holdOf(inventory, quantities, { ttlSeconds: 60 });
    clock.nowMs += 60_000;
    if (options.isSwept) await inventory.sweep(patient());
    return id;
  };
  const late = (id: string, lines?: Record<string, number>) =>
    confirm(id, { reacquires: true, ...(lines && { lines: linesOf(lines) }) });

  test("sells them where they are still there, and the record stays", async () => {
    await stock(inventory, { there: 10, too: 10 });
    const id = await expired({ there: 4, too: 1 });
    expect(await recordOf(id)).toHaveProperty("ttlSeconds");
    expect(await late(id)).toMatchObject({
      outcome: "confirmed",
      reservation: { status: "confirmed", lines: linesOf({ there: 4, too: 1 }) },
    });
    expect(await countsOf("there")).toEqual([10, 6, 4]);
    expect(await countsOf("too")).toEqual([10, 9, 1]);
    const record = await recordOf(id);
    for (const attribute of ["ttlSeconds", "expiryShard", "skus"]) {
      expect(record).not.toHaveProperty(attribute);
    }
    const before = await stateOf(database);
    expect((await late(id)).outcome).toBe("confirmed");
    expect(await stateOf(database)).toEqual(before);
    await inventory.fulfill({ reservationId: id });
    expect(await countsOf("there")).toEqual([6, 6, 0]);
    await expectInvariants(database);
  });

  test("is refused without the option, as ever", async () => {
    await stock(inventory, { ever: 10 });
    const id = await expired({ ever: 4 });
    const before = await stateOf(database);
    expect(await confirm(id)).toMatchObject({ outcome: "reservation_expired" });
    expect(await confirm(id, { lines: linesOf({ ever: 1 }) })).toMatchObject({
      outcome: "reservation_expired",
    });
    expect(await stateOf(database)).toEqual(before);
  });

  test("is refused where they are gone, and changes nothing", async () => {
    await stock(inventory, { gone: 5 });
    const id = await expired({ gone: 4 });
    await saleOf(inventory, { gone: 3 });
    const before = await stateOf(database);
    expect(await late(id)).toMatchObject({
      outcome: "reservation_expired",
      reservation: { reservationId: id, status: "expired" },
    });
    expect(await stateOf(database)).toEqual(before);
  });

  test("is all or nothing: one line that is short refuses all", async () => {
    await stock(inventory, { full: 9, short: 2, empty: 9 });
    const id = await expired({ full: 4, short: 2, empty: 1 });
    await saleOf(inventory, { short: 1 });
    const counts = () => Promise.all(["full", "short", "empty"].map(countsOf));
    const before = await counts();
    expect((await late(id)).outcome).toBe("reservation_expired");
    expect(await counts()).toEqual(before);
    expect(await recordOf(id)).toMatchObject({ status: "expired", ttlSeconds: expect.any(Number) });
    await expectInvariants(database);
    // The lines that are there may be sold without the other.
    expect(await late(id, { full: 4, empty: 1 })).toMatchObject({
      outcome: "confirmed",
      reservation: { lines: linesOf({ empty: 1, full: 4 }) },
    });
    expect(await counts()).toEqual([
      [9, 5, 4],
      [2, 1, 1],
      [9, 8, 1],
    ]);
    await expectInvariants(database);
  });

  test("may sell some units of a line", async () => {
    await stock(inventory, { part: 5 });
    const id = await expired({ part: 4 });
    await saleOf(inventory, { part: 3 });
    expect(await late(id, { part: 2 })).toMatchObject({
      outcome: "confirmed",
      reservation: { lines: linesOf({ part: 2 }) },
    });
    expect(await countsOf("part")).toEqual([5, 0, 5]);
    expect(await late(id, { part: 9 })).toMatchObject({ outcome: "confirmed" });
  });

  test("takes no more than the reservation had", async () => {
    await stock(inventory, { had: 50 });
    for (const isSwept of [true, false]) {
      const id = await expired({ had: 4 }, { isSwept });
      expect(await late(id, { had: 5 })).toMatchObject({
        outcome: "exceeds_reservation",
        reservation: { status: "expired" },
        excess: [{ sku: "had", requested: 5, possible: 4 }],
      });
      expect(await countsOf("had")).toEqual(isSwept ? [50, 50, 0] : [50, 46, 4]);
    }
  });

  test("of a hold that is due and has its units yet sells these", async () => {
    await stock(inventory, { yet: 4, part: 9 });
    const id = await expired({ yet: 4, part: 3 }, { isSwept: false });
    expect(await late(id, { yet: 4, part: 1 })).toMatchObject({
      outcome: "confirmed",
      reservation: { status: "confirmed", lines: linesOf({ part: 1, yet: 4 }) },
    });
    expect(await countsOf("yet")).toEqual([4, 0, 4]);
    await expectInvariants(database);
  });

  test("of a released reservation is refused: its shopper has given it up", async () => {
    await stock(inventory, { released: 4 });
    const id = await holdOf(inventory, { released: 4 });
    await inventory.release(id);
    expect((await late(id)).outcome).toBe("reservation_released");
    expect(await countsOf("released")).toEqual([4, 4, 0]);
  });

  test("takes the units from the rows that have them now", async () => {
    await inventory.setStock({ sku: "late-rows", onHand: 20, shards: 4 });
    const id = await expired({ "late-rows": 15 });
    await saleOf(inventory, { "late-rows": 5 });
    expect((await late(id)).outcome).toBe("confirmed");
    expect(await countsOf("late-rows")).toEqual([20, 0, 20]);
    await inventory.cancel({ reservationId: id });
    expect(await countsOf("late-rows")).toEqual([20, 15, 5]);
    await expectInvariants(database);
  });

  test("of a hold in time is one read and one write", async () => {
    await stock(inventory, { timely: 4 });
    const id = await holdOf(inventory, { timely: 2 });
    const { database: counted, take } = countRequests(database);
    await confirm(id, { reacquires: true }, createInventory(counted));
    expect(tallyOf(take())).toEqual({ GetItem: 1, PutItem: 1 });
  });

  test("raced by its own repeats takes the units once", async () => {
    // Tries to take the units of one reservation twice, by late payments that are delivered twice.
    const rounds = loadOf(10);
    await stock(inventory, { twice: 4 * rounds });
    const ids = await Promise.all(
      Array.from({ length: rounds }, () => holdOf(inventory, { twice: 2 }, { ttlSeconds: 60 })),
    );
    clock.nowMs += 60_000;
    await inventory.sweep(patient());
    const results = await Promise.all(
      ids.flatMap((id) => [late(id), late(id), late(id, { twice: 1 })]),
    );
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(["confirmed"]));
    const sold = await Promise.all(ids.map((id) => inventory.getReservation(id)));
    const units = sold.reduce((sum, one) => sum + one!.lines[0]!.quantity, 0);
    expect(await countsOf("twice")).toEqual([4 * rounds, 4 * rounds - units, units]);
    await expectInvariants(database);
  });

  test("raced by others sells each unit once", async () => {
    // Tries to oversell by late payments of more units than there are.
    await stock(inventory, { rush: 20 });
    const ids: string[] = [];
    for (let index = 0; index < 10; index += 1) {
      ids.push(await holdOf(inventory, { rush: 4 }, { ttlSeconds: 60 }));
      if (index % 5 === 4) {
        clock.nowMs += 60_000;
        await inventory.sweep(patient());
      }
    }
    const results = await Promise.all(ids.map((id) => late(id)));
    const sold = results.filter(({ outcome }) => outcome === "confirmed");
    expect(sold).toHaveLength(5);
    expect(await countsOf("rush")).toEqual([20, 0, 20]);
    await expectInvariants(database);
  });

  test("that dies between its steps takes them or does not, and leaves nothing for ever", async () => {
    // Tries to leave units with nobody, by a process that dies before each of its requests.
    await dieAtEachRequest({
      database,
      clock,
      prepare: async (run) => {
        const skus = [`late-${run}-a`, `late-${run}-b`];
        await stock(inventory, Object.fromEntries(skus.map((sku) => [sku, 9])));
        const id = await expired(Object.fromEntries(skus.map((sku) => [sku, 5])));
        return { id, skus };
      },
      operate: (dying, { id }) => confirm(id, { reacquires: true }, dying),
      check: async ({ id, skus }) => {
        const isSold = (await inventory.getReservation(id))!.status === "confirmed";
        for (const sku of skus) expect(await countsOf(sku)).toEqual(isSold ? [9, 4, 5] : [9, 9, 0]);
        expect((await late(id)).outcome).toBe("confirmed");
        for (const sku of skus) expect(await countsOf(sku)).toEqual([9, 4, 5]);
      },
    });
  });
});
