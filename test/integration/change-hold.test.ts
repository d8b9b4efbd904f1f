/** Changes of a hold: more, fewer and other units in one step, or none of it. */
import { beforeEach, describe, expect, test } from "vitest";
import { holdSecondsDefault } from "../../contract/bounds.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import type { ChangeHoldInput } from "../../inventory/reservations/change-hold.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import {
  countsIn,
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
import { countRequests, intercept, loseAnswerToPut, tallyOf } from "../support/requests.ts";

const { clock, database, inventory, countsOf } = await openShop();

type Options = Omit<ChangeHoldInput, "reservationId" | "lines">;

const change = (
  reservationId: string,
  quantities: Record<string, number>,
  options: Options = {},
  on = inventory,
) => on.changeHold({ reservationId, lines: linesOf(quantities), ...options }, patient());

/** The counts of all levels, and the records without what the core alone counts. */
const holdings = async () => {
  const { levels, reservations } = await stateOf(database);
  const held = reservations.map(({ reservationId, status, lines, expiresAtMs }) => ({
    reservationId,
    status,
    lines,
    expiresAtMs,
  }));
  return { levels, held: held.toSorted((a, b) => (a.reservationId < b.reservationId ? -1 : 1)) };
};

/** Expects an outcome, and that every hold and every count is as before. */
const expectRefusal = async (call: () => Promise<unknown>, outcome: object) => {
  const before = await holdings();
  expect(await call()).toMatchObject(outcome);
  expect(await holdings()).toEqual(before);
};

describe("a change", () => {
  test("takes more, fewer and other units in one step", async () => {
    await stock(inventory, { a: 10, b: 10, c: 10, d: 10 });
    const id = await holdOf(inventory, { a: 2, b: 5, c: 1 }, { orderId: "order-1" });
    const before = (await inventory.getReservation(id))!;
    expect(await change(id, { d: 3, a: 4, b: 1 })).toEqual({
      outcome: "changed",
      reservation: { ...before, lines: linesOf({ a: 4, b: 1, d: 3 }), version: 2 },
    });
    expect(await inventory.getReservation(id)).toMatchObject({
      lines: linesOf({ a: 4, b: 1, d: 3 }),
    });
    expect(await Promise.all(["a", "b", "c", "d"].map(countsOf))).toEqual([
      [10, 6, 4],
      [10, 9, 1],
      [10, 10, 0],
      [10, 7, 3],
    ]);
    await expectInvariants(database);
  });

  test("counts lines of one SKU together", async () => {
    await stock(inventory, { twice: 10 });
    const id = await holdOf(inventory, { twice: 2 });
    const lines = [...linesOf({ twice: 3 }), ...linesOf({ twice: 4 })];
    expect(await inventory.changeHold({ reservationId: id, lines })).toMatchObject({
      reservation: { lines: linesOf({ twice: 7 }) },
    });
    expect(await countsOf("twice")).toEqual([10, 3, 7]);
  });

  test("may be made again and again, and a confirm sells the last one", async () => {
    await stock(inventory, { again: 10, other: 10 });
    const id = await holdOf(inventory, { again: 1 });
    const wanted: Record<string, number>[] = [
      { again: 5 },
      { again: 3, other: 2 },
      { other: 9 },
      { again: 10, other: 1 },
      { again: 4 },
    ];
    for (const quantities of wanted) {
      expect((await change(id, quantities)).outcome).toBe("changed");
    }
    await inventory.confirm(id, patient());
    await inventory.fulfill({ reservationId: id });
    expect(await countsOf("again")).toEqual([6, 6, 0]);
    expect(await countsOf("other")).toEqual([10, 10, 0]);
    await expectInvariants(database);
  });

  test("of which a release follows gives every unit back", async () => {
    await stock(inventory, { freed: 10, more: 10 });
    const id = await holdOf(inventory, { freed: 3 });
    await change(id, { freed: 7, more: 2 });
    await change(id, { freed: 6, more: 4 });
    await inventory.release(id, patient());
    expect(await countsOf("freed")).toEqual([10, 10, 0]);
    expect(await countsOf("more")).toEqual([10, 10, 0]);
    await expectInvariants(database);
  });

  test("moves the hold in the expiry index to its new SKUs", async () => {
    // Tries to lose sight of a dead hold, by a search for a SKU that it did not have at first.
    await stock(inventory, { first: 4, second: 4 });
    const id = await holdOf(inventory, { first: 4 }, { ttlSeconds: 60 });
    await change(id, { second: 4 });
    clock.nowMs += 60_000;
    await holdOf(inventory, { second: 4 });
    expect(await inventory.getReservation(id)).toMatchObject({ status: "expired" });
    expect(await countsOf("first")).toEqual([4, 4, 0]);
    await expectInvariants(database);
  });

  test("leaves the end of the hold as it is", async () => {
    await stock(inventory, { ending: 4 });
    const id = await holdOf(inventory, { ending: 1 }, { ttlSeconds: 60 });
    const { expiresAtMs } = (await inventory.getReservation(id))!;
    clock.nowMs += 59_999;
    expect(await change(id, { ending: 2 })).toMatchObject({ reservation: { expiresAtMs } });
    clock.nowMs += 1;
    expect(await change(id, { ending: 3 })).toMatchObject({ outcome: "reservation_expired" });
  });

  test("to the lines that the hold has writes nothing", async () => {
    await stock(inventory, { same: 4, too: 4 });
    const id = await holdOf(inventory, { same: 2, too: 1 });
    const { database: counted, take } = countRequests(database);
    const result = await change(id, { too: 1, same: 2 }, {}, createInventory(counted));
    expect(result).toMatchObject({ outcome: "changed", reservation: { version: 1 } });
    expect(tallyOf(take())).toEqual({ GetItem: 1 });
  });
});

describe("a refusal leaves the hold with what it had", () => {
  test("and a shopper is not blocked by their own hold", async () => {
    await stock(inventory, { own: 10 });
    const id = await holdOf(inventory, { own: 8 });
    await expectRefusal(() => change(id, { own: 11 }), {
      outcome: "insufficient_stock",
      shortages: [{ sku: "own" }],
    });
    expect(await change(id, { own: 10 })).toMatchObject({ outcome: "changed" });
    expect(await countsOf("own")).toEqual([10, 0, 10]);
    await expectInvariants(database);
  });

  test("also where other lines had what was wanted", async () => {
    await stock(inventory, { plenty: 9, little: 2, none: 0, given: 5 });
    const id = await holdOf(inventory, { plenty: 1, given: 4 });
    const quantities = { plenty: 5, little: 3, none: 1, given: 1 };
    await expectRefusal(() => change(id, quantities), {
      outcome: "insufficient_stock",
      shortages: [
        { sku: "little", requested: 3, available: 2 },
        { sku: "none", requested: 1, available: 0 },
      ],
    });
    await expectInvariants(database);
    // Nothing of the refused change is in the way of the next one.
    expect(await change(id, { plenty: 9, little: 2, given: 5 })).toMatchObject({
      outcome: "changed",
    });
    await expectInvariants(database);
  });

  test("where a SKU is unknown, and names all such", async () => {
    await stock(inventory, { known: 9 });
    const id = await holdOf(inventory, { known: 2 });
    await expectRefusal(() => change(id, { known: 1, "nobody-b": 1, "nobody-a": 1 }), {
      outcome: "unknown_sku",
      unknown: [{ sku: "nobody-a" }, { sku: "nobody-b" }],
    });
    await expectRefusal(() => change(id, { known: 5, "nobody-a": 1 }), { outcome: "unknown_sku" });
  });

  test("and no marker of it is left in any row", async () => {
    await stock(inventory, { tidy: 9, short: 1 });
    const id = await holdOf(inventory, { tidy: 2 });
    await inventory.sweep(patient(), { resolvesRows: true });
    await change(id, { tidy: 5, short: 2 });
    await change(id, { tidy: 1, short: 2 });
    const { stock: rows } = await expectInvariants(database);
    const own = rows.filter(({ sku }) => sku === "tidy" || sku === "short");
    expect(own.flatMap(({ open }) => Object.keys(open))).toEqual([]);
  });

  test.each([
    ["no line", [], "lines must have at least 1 entry"],
    ["half a unit", linesOf({ known: 0.5 }), "lines[0].quantity must be a whole"],
  ])("and so do lines out of their bounds: %s", async (_, lines, message) => {
    await stock(inventory, { known: 9 });
    const reservationId = await holdOf(inventory, { known: 2 });
    const before = await holdings();
    await expect(inventory.changeHold({ reservationId, lines })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(message),
    });
    expect(await holdings()).toEqual(before);
  });
});

describe("a reservation that is no hold any more", () => {
  test.each(["confirmed", "fulfilled", "cancelled", "released", "expired"] as const)(
    "is not changed when it was %s",
    async (status) => {
      const sku = `was-${status}`;
      await stock(inventory, { [sku]: 9 });
      const id = await holdOf(inventory, { [sku]: 2 }, { ttlSeconds: 60 });
      if (status === "released") await inventory.release(id);
      else if (status === "expired") clock.nowMs += 60_000;
      else await inventory.confirm(id);
      if (status === "expired") await inventory.sweep(patient());
      if (status === "fulfilled") await inventory.fulfill({ reservationId: id });
      if (status === "cancelled") await inventory.cancel({ reservationId: id });
      const isSold = !["released", "expired"].includes(status);
      const outcome = isSold ? "reservation_confirmed" : `reservation_${status}`;
      await expectRefusal(() => change(id, { [sku]: 3 }), { outcome, reservation: { status } });
      await expectRefusal(() => change(id, { [sku]: 2 }), { outcome });
    },
  );

  test("is expired by the change that finds it due, and its units are back", async () => {
    await stock(inventory, { due: 9, wanted: 9 });
    const id = await holdOf(inventory, { due: 2 }, { ttlSeconds: 60 });
    clock.nowMs += 60_000;
    expect(await change(id, { due: 3, wanted: 1 })).toMatchObject({
      outcome: "reservation_expired",
      reservation: { status: "expired", lines: linesOf({ due: 2 }) },
    });
    expect(await countsOf("due")).toEqual([9, 9, 0]);
    expect(await countsOf("wanted")).toEqual([9, 9, 0]);
  });

  test("keeps nothing of a change during which it became due", async () => {
    // Tries to leave units with a hold that ends between the look at it and the write of its record.
    await stock(inventory, { during: 9, beside: 9 });
    const id = await holdOf(inventory, { during: 4 }, { ttlSeconds: 60 });
    const slow = intercept(database, async ({ key, operation }, next) => {
      const answer = await next();
      if (operation === "UpdateItem" && key === "beside") clock.nowMs += 60_000;
      return answer;
    });
    const result = await change(id, { during: 1, beside: 3 }, {}, createInventory(slow));
    expect(result).toMatchObject({ outcome: "reservation_expired" });
    expect(await countsOf("during")).toEqual([9, 9, 0]);
    expect(await countsOf("beside")).toEqual([9, 9, 0]);
    await expectInvariants(database);
  });

  test.each(["", "nope", "00000000-0000-8000-8000-000000000000"])(
    "or never was one is unknown: %j",
    async (reservationId) => {
      expect(await change(reservationId, { any: 1 })).toEqual({ outcome: "unknown_reservation" });
    },
  );
});

describe("an expected version", () => {
  test("that is the record's lets the change pass, and another one refuses it", async () => {
    await stock(inventory, { versioned: 9 });
    const id = await holdOf(inventory, { versioned: 2 });
    await expectRefusal(() => change(id, { versioned: 3 }, { expectedVersion: 2 }), {
      outcome: "version_mismatch",
      version: 1,
    });
    const first = await change(id, { versioned: 3 }, { expectedVersion: 1 });
    expect(first).toMatchObject({ outcome: "changed", reservation: { version: 2 } });
    await expectRefusal(() => change(id, { versioned: 4 }, { expectedVersion: 1 }), {
      outcome: "version_mismatch",
      version: 2,
    });
    // Also for lines that the hold has.
    await expectRefusal(() => change(id, { versioned: 3 }, { expectedVersion: 1 }), {
      outcome: "version_mismatch",
    });
  });

  test("lets one of several changes pass that are made at once", async () => {
    // Tries to apply two changes that were both made from what the hold was at first.
    await stock(inventory, { once: 99 });
    const id = await holdOf(inventory, { once: 1 });
    const outcomes = await Promise.all(
      [2, 3, 4, 5].map(
        async (units) => (await change(id, { once: units }, { expectedVersion: 1 })).outcome,
      ),
    );
    expect(outcomes.toSorted()).toEqual([
      "changed",
      "version_mismatch",
      "version_mismatch",
      "version_mismatch",
    ]);
    await expectInvariants(database);
  });
});

describe("a change whose answer is lost", () => {
  test.each<[string, (id: string) => Promise<unknown>, object]>([
    [
      "extended",
      (id) => inventory.extend({ reservationId: id, ttlSeconds: 60 }),
      { "lost-from": 1, "lost-to": 3 },
    ],
    ["changed", (id) => change(id, { "lost-to": 4 }), { "lost-to": 4 }],
    ["confirmed", (id) => inventory.confirm(id, patient()), { "lost-from": 1, "lost-to": 3 }],
    ["released", (id) => inventory.release(id, patient()), { "lost-from": 1, "lost-to": 3 }],
  ])("was made, also where the hold is %s before it is sent again", async (_name, then, left) => {
    // Tries to refuse a change that was made, since another request has changed the record after it.
    await stock(inventory, { "lost-from": 90, "lost-to": 90 });
    const id = await holdOf(inventory, { "lost-from": 2 });
    const losing = createInventory(loseAnswerToPut(database, () => then(id)));
    const lines = { "lost-from": 1, "lost-to": 3 };
    expect(await change(id, lines, { expectedVersion: 1 }, losing)).toMatchObject({
      outcome: "changed",
      reservation: { lines: linesOf(lines), version: 2 },
    });
    const now = (await inventory.getReservation(id, patient()))!;
    expect(now.lines).toEqual(linesOf(left as Record<string, number>));
    expect(now.version).toBeGreaterThan(2);
    await expectInvariants(database);
  });

  test("was made by another request, where that one was there before", async () => {
    // Tries to take the change of another request from the same version for one's own.
    await stock(inventory, { "other-to": 9 });
    const id = await holdOf(inventory, { "other-to": 1 });
    const wanted = { "other-to": 2 };
    let isFirst = true;
    const late = intercept(database, async ({ operation }, next) => {
      if (operation !== "PutItem" || !isFirst) return next();
      isFirst = false;
      await change(id, { "other-to": 5 });
      await change(id, wanted);
      throw new Error("The connection was reset.");
    });
    const on = createInventory({ ...late, sleep: async () => {} });
    expect(await change(id, wanted, { expectedVersion: 1 }, on)).toMatchObject({
      outcome: "version_mismatch",
      version: 3,
    });
    expect(await countsOf("other-to")).toEqual([9, 7, 2]);
    await expectInvariants(database);
  });
});

describe("a repeat", () => {
  test("under a key changes nothing, also when the hold was changed since", async () => {
    await stock(inventory, { keyed: 9 });
    const id = await holdOf(inventory, { keyed: 2 });
    const first = await change(id, { keyed: 4 }, { idempotencyKey: "k" });
    const reservation = "reservation" in first ? first.reservation : undefined;
    const repeat = () => change(id, { keyed: 4 }, { idempotencyKey: "k" });
    await expectRefusal(repeat, { outcome: "replayed", reservation });
    await change(id, { keyed: 1 });
    await expectRefusal(repeat, {
      outcome: "replayed",
      reservation: { lines: linesOf({ keyed: 1 }) },
    });
    // The version that it once expected has passed.
    await expectRefusal(
      () => change(id, { keyed: 4 }, { idempotencyKey: "k", expectedVersion: 1 }),
      { outcome: "replayed" },
    );
    await inventory.confirm(id);
    await expectRefusal(repeat, { outcome: "replayed", reservation: { status: "confirmed" } });
  });

  test("shows a hold that is due as expired", async () => {
    await stock(inventory, { lapsed: 9 });
    const id = await holdOf(inventory, { lapsed: 2 });
    const repeat = () => change(id, { lapsed: 3 }, { idempotencyKey: "k" });
    await repeat();
    clock.nowMs += holdSecondsDefault * 1_000;
    await expectRefusal(repeat, { outcome: "replayed", reservation: { status: "expired" } });
  });

  test("under the key of another change is refused", async () => {
    await stock(inventory, { reused: 9 });
    const id = await holdOf(inventory, { reused: 2 });
    await change(id, { reused: 4 }, { idempotencyKey: "k" });
    await expectRefusal(() => change(id, { reused: 5 }, { idempotencyKey: "k" }), {
      outcome: "idempotency_key_reused",
      reservationId: id,
    });
  });

  test("of a change that was refused may succeed later", async () => {
    await stock(inventory, { later: 2 });
    const id = await holdOf(inventory, { later: 2 });
    const repeat = () => change(id, { later: 3 }, { idempotencyKey: "k" });
    expect((await repeat()).outcome).toBe("insufficient_stock");
    await inventory.setStock({ sku: "later", onHand: 3 });
    expect((await repeat()).outcome).toBe("changed");
  });

  test("sent ten times at once is one change", async () => {
    // Tries to take the units of one change twice by repeats that overtake each other.
    await stock(inventory, { ten: 50, out: 50 });
    const id = await holdOf(inventory, { ten: 2, out: 2 });
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, async () => {
        return (await change(id, { ten: 9 }, { idempotencyKey: "ten" })).outcome;
      }),
    );
    expect(outcomes.filter((outcome) => outcome === "replayed")).toHaveLength(9);
    expect(await countsOf("ten")).toEqual([50, 41, 9]);
    expect(await countsOf("out")).toEqual([50, 50, 0]);
    await expectInvariants(database);
  });
});

describe("the number of requests", () => {
  const skus = Array.from({ length: 20 }, (_, index) => `line-${String(index).padStart(2, "0")}`);
  const each = (units: number) => Object.fromEntries(skus.map((sku) => [sku, units]));

  test("of a change of one line of 20 is one read, its row and the record", async () => {
    await stock(inventory, each(50));
    const id = await holdOf(inventory, each(2));
    const { database: counted, take } = countRequests(database);
    const shop = createInventory(counted);
    expect((await change(id, { ...each(2), "line-07": 5 }, {}, shop)).outcome).toBe("changed");
    const more = take();
    expect(tallyOf(more)).toEqual({ GetItem: 1, UpdateItem: 1, PutItem: 1 });
    expect(more.requests.map(({ key }) => key)).toEqual([id, "line-07", id]);
    // A row that gives units up has a marker before the record is written, and loses it after.
    expect((await change(id, { ...each(2), "line-07": 1 }, {}, shop)).outcome).toBe("changed");
    const fewer = take();
    expect(fewer.requests.map(({ key }) => key)).toEqual([id, "line-07", id, "line-07"]);
  });

  test("of a change of all 20 lines is one read, the rows side by side, and the record", async () => {
    await stock(inventory, each(50));
    const id = await holdOf(inventory, each(2));
    const { database: counted, take } = countRequests(database);
    const shop = createInventory(counted);
    expect((await change(id, each(5), {}, shop)).outcome).toBe("changed");
    const count = take();
    expect(tallyOf(count)).toEqual({ GetItem: 1, UpdateItem: 20, PutItem: 1 });
    expect(count.rounds).toBe(3);
    // Half of the lines with more, half with fewer: the rows that gave units are written once more.
    const mixed = Object.fromEntries(skus.map((sku, index) => [sku, index % 2 === 0 ? 8 : 1]));
    expect((await change(id, mixed, {}, shop)).outcome).toBe("changed");
    const second = take();
    expect(tallyOf(second)).toEqual({ GetItem: 1, UpdateItem: 30, PutItem: 1 });
    expect(second.rounds).toBe(4);
    await expectInvariants(database);
  });
});

describe("a level in several rows", () => {
  test("gives and takes units of all of them, and a refusal leaves each as it was", async () => {
    await inventory.setStock({ sku: "rows", onHand: 20, shards: 4 });
    await stock(inventory, { beside: 3 });
    const id = await holdOf(inventory, { rows: 8, beside: 1 });
    expect((await change(id, { rows: 18 })).outcome).toBe("changed");
    expect(await countsOf("rows")).toEqual([20, 2, 18]);
    await expectRefusal(() => change(id, { rows: 21, beside: 1 }), {
      outcome: "insufficient_stock",
    });
    await expectRefusal(() => change(id, { rows: 20, beside: 4 }), {
      outcome: "insufficient_stock",
    });
    await expectRefusal(() => change(id, { rows: 3, beside: 4 }), {
      outcome: "insufficient_stock",
    });
    expect((await change(id, { rows: 20, beside: 3 })).outcome).toBe("changed");
    expect((await change(id, { rows: 5, beside: 3 })).outcome).toBe("changed");
    expect(await countsOf("rows")).toEqual([20, 15, 5]);
    await saleOf(inventory, { rows: 15 });
    await expectInvariants(database);
  });
});

describe("a change races", () => {
  const rounds = loadOf(15);

  /** Runs a race on a hold of its own, several at a time: 2 of one SKU, to become 1 and 3 of another. */
  const race = async (name: string, run: (id: string, shop: Inventory) => Promise<void>) => {
    const [from, to] = [`${name}-from`, `${name}-to`];
    await stock(inventory, { [from]: 100, [to]: 100 });
    await Promise.all(
      Array.from({ length: rounds }, async () => {
        await run(await holdOf(inventory, { [from]: 2 }), inventory);
      }),
    );
    const { reservations } = await expectInvariants(database);
    const own = reservations.filter(({ parts }) => parts.some(({ row }) => row === from));
    const held = (sku: string) =>
      own
        .filter(({ status }) => status === "held" || status === "confirmed")
        .flatMap(({ lines }) => lines)
        .reduce((sum, line) => sum + (line.sku === sku ? line.quantity : 0), 0);
    for (const sku of [from, to]) {
      expect(await countsOf(sku)).toEqual([100, 100 - held(sku), held(sku)]);
    }
    return { from, to };
  };

  const linesNow = async (id: string) => (await inventory.getReservation(id, patient()))!.lines;

  test("against another one, and the hold has the lines of one of them", async () => {
    // Tries to mix two changes that both begin from the same version of the record.
    await race("two", async (id) => {
      const [some, others] = [{ "two-from": 1, "two-to": 3 }, { "two-from": 5 }];
      const results = await Promise.all([change(id, some), change(id, others)]);
      expect(results.map(({ outcome }) => outcome)).toEqual(["changed", "changed"]);
      expect([linesOf(some), linesOf(others)]).toContainEqual(await linesNow(id));
    });
  });

  test("against a confirm, which sells the lines of before or of after", async () => {
    // Tries to sell lines that the hold gives up, or to change a hold that is sold.
    await race("confirm", async (id) => {
      const wanted = { "confirm-from": 1, "confirm-to": 3 };
      const [changed, confirmed] = await Promise.all([
        change(id, wanted),
        inventory.confirm(id, patient()),
      ]);
      expect(confirmed.outcome).toBe("confirmed");
      expect(["changed", "reservation_confirmed"]).toContain(changed.outcome);
      const isChanged = changed.outcome === "changed";
      expect(await linesNow(id)).toEqual(linesOf(isChanged ? wanted : { "confirm-from": 2 }));
    });
  });

  test("against a release, which gives back all that the hold has", async () => {
    // Tries to take units for a hold that is being released.
    const { from, to } = await race("release", async (id) => {
      const [changed, released] = await Promise.all([
        change(id, { "release-from": 1, "release-to": 3 }),
        inventory.release(id, patient()),
      ]);
      expect(released.outcome).toBe("released");
      expect(["changed", "reservation_released"]).toContain(changed.outcome);
    });
    expect(await countsOf(from)).toEqual([100, 100, 0]);
    expect(await countsOf(to)).toEqual([100, 100, 0]);
  });

  test("against the sweep that expires the hold, and either the change was in time or it is refused", async () => {
    // Tries to change holds in the millisecond of their end, while a sweep gives their units back.
    await stock(inventory, { "sweep-from": 100, "sweep-to": 100 });
    const ids = await Promise.all(
      Array.from({ length: rounds }, () =>
        holdOf(inventory, { "sweep-from": 2 }, { ttlSeconds: 60 }),
      ),
    );
    let requests = 0;
    const ending = intercept(database, async (_request, next) => {
      requests += 1;
      // The time comes when some have begun, and none is done.
      if (requests === rounds + 3) clock.nowMs += 60_000;
      return next();
    });
    const shop = createInventory(ending);
    const [, ...results] = await Promise.all([
      shop.sweep(patient()),
      ...ids.map((id) => change(id, { "sweep-from": 1, "sweep-to": 3 }, {}, shop)),
    ]);
    for (const { outcome } of results)
      expect(["changed", "reservation_expired"]).toContain(outcome);
    await inventory.sweep(patient());
    expect(await countsOf("sweep-from")).toEqual([100, 100, 0]);
    expect(await countsOf("sweep-to")).toEqual([100, 100, 0]);
    await expectInvariants(database);
  });
});

describe("changes that take each other's SKUs crosswise", () => {
  let hasty: TestDatabase;
  let shop: Inventory;

  // Undecided markers are left to their owners for a time, so that this clock runs.
  beforeEach(async () => {
    hasty = await createTestDatabase();
    shop = createInventory(hasty);
  });

  test("both succeed where there are units of both, and change places", async () => {
    // Tries to have two changes wait for each other, each with a marker in the row that the other wants.
    await stock(shop, { x: 2, y: 2 });
    const [one, two] = [await holdOf(shop, { x: 1 }), await holdOf(shop, { y: 1 })];
    const results = await Promise.all([
      change(one, { y: 1 }, {}, shop),
      change(two, { x: 1 }, {}, shop),
    ]);
    expect(results.map(({ outcome }) => outcome)).toEqual(["changed", "changed"]);
    expect(await countsIn(shop)("x")).toEqual([2, 1, 1]);
    expect(await countsIn(shop)("y")).toEqual([2, 1, 1]);
    await expectInvariants(hasty);
  });

  test("are refused in time where there are none to spare, and both keep what they had", async () => {
    // Tries to deadlock: each can have its units only when the other one gives up first.
    await stock(shop, { x: 2, y: 2, z: 9 });
    const [one, two] = [await holdOf(shop, { x: 2, z: 1 }), await holdOf(shop, { y: 2, z: 1 })];
    const results = await Promise.all([
      change(one, { y: 2, z: 2 }, {}, shop),
      change(two, { x: 2, z: 2 }, {}, shop),
    ]);
    expect(results.map(({ outcome }) => outcome)).toEqual([
      "insufficient_stock",
      "insufficient_stock",
    ]);
    expect(await shop.getReservation(one)).toMatchObject({ lines: linesOf({ x: 2, z: 1 }) });
    expect(await shop.getReservation(two)).toMatchObject({ lines: linesOf({ y: 2, z: 1 }) });
    expect(await countsIn(shop)("z")).toEqual([9, 7, 2]);
    await expectInvariants(hasty);
  });

  test("of a crowd end, and no unit is lost or doubled", async () => {
    // Tries to lose units among holds of three SKUs that all turn to the next SKU at once.
    const skus = ["p", "q", "r"];
    await stock(shop, { p: 12, q: 12, r: 12 });
    const ids = await Promise.all(
      Array.from({ length: 12 }, (_, index) => holdOf(shop, { [skus[index % 3]!]: 2 })),
    );
    const outcomes = await Promise.all(
      ids.map(async (id, index) => {
        const wanted = { [skus[(index + 1) % 3]!]: 2, [skus[(index + 2) % 3]!]: 1 };
        const { outcome } = await change(id, wanted, {}, shop);
        const { lines } = (await shop.getReservation(id, patient()))!;
        const had = linesOf({ [skus[index % 3]!]: 2 });
        const now = linesOf(wanted).toSorted((a, b) => (a.sku < b.sku ? -1 : 1));
        expect(lines).toEqual(outcome === "changed" ? now : had);
        return outcome;
      }),
    );
    for (const outcome of outcomes) expect(["changed", "insufficient_stock"]).toContain(outcome);
    const { stock: rows, reservations } = await expectInvariants(hasty);
    const held = reservations.flatMap(({ lines }) => lines);
    for (const { sku, reserved } of rows) {
      const units = held.filter((line) => line.sku === sku).map(({ quantity }) => quantity);
      expect(reserved).toBe(units.reduce((sum, one) => sum + one, 0));
    }
  });
});

test("a change that dies between its steps happens or does not, and leaves nothing for ever", async () => {
  // Tries to leave units with nobody, by a process that dies before each of its requests.
  await dieAtEachRequest({
    database,
    clock,
    prepare: async (run) => {
      const [more, fewer, other] = ["more", "fewer", "other"].map((name) => `dying-${name}-${run}`);
      await stock(inventory, { [more!]: 9, [fewer!]: 9, [other!]: 9 });
      const id = await holdOf(inventory, { [more!]: 2, [fewer!]: 5 });
      return {
        id,
        skus: [more!, fewer!, other!],
        wanted: { [more!]: 4, [fewer!]: 1, [other!]: 3 },
      };
    },
    operate: (dying, { id, wanted }) => change(id, wanted, { idempotencyKey: "k" }, dying),
    check: async ({ id, skus, wanted }) => {
      const counts = await Promise.all(skus.map(countsOf));
      const { outcome } = await change(id, wanted, { idempotencyKey: "k" });
      const after = [
        [9, 5, 4],
        [9, 8, 1],
        [9, 6, 3],
      ];
      const before = [
        [9, 7, 2],
        [9, 4, 5],
        [9, 9, 0],
      ];
      expect(counts).toEqual(outcome === "replayed" ? after : before);
      expect(await Promise.all(skus.map(countsOf))).toEqual(after);
    },
  });
});
