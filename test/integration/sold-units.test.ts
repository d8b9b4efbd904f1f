/** The units of a confirmed reservation: fulfilled, cancelled and returned, whole and by lines. */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test } from "vitest";
import {
  labelLengthMax,
  linesMax,
  openMarkersMax,
  recordBytesMax,
  requestsMax,
  skuLengthMax,
} from "../../contract/bounds.ts";
import type { Part } from "../../contract/tables.ts";
import { createInventory } from "../../inventory/inventory.ts";
import type { SoldUnitsInput } from "../../inventory/reservations/sold-units.ts";
import { mergeRows, setShards } from "../../inventory/stock/shards.ts";
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
import { expectInvariants, readRecords } from "../support/invariants.ts";
import { loadOf } from "../support/load-of.ts";
import { countRequests, dieAfter, loseAnswerToPut, tallyOf } from "../support/requests.ts";

const { clock, database, inventory, countsOf, recordOf } = await openShop();
const day = 24 * 60 * 60;

type Change = "fulfill" | "cancel" | "returnUnits";
const changes: Change[] = ["fulfill", "cancel", "returnUnits"];

/** One of the three changes, of these units. */
const change = (kind: Change, input: SoldUnitsInput, on = inventory) =>
  kind === "returnUnits"
    ? on.returnUnits({ lines: [], ...input, reason: "too small" }, patient())
    : on[kind](input, patient());

/** The change of the counts of a SKU by three units. */
const effectsOfThree: Record<Change, number[]> = {
  fulfill: [-3, 0, -3],
  cancel: [0, 3, -3],
  returnUnits: [3, 3, 0],
};

const growthOf = async (sku: string, before: readonly number[]): Promise<number[]> =>
  (await countsOf(sku)).map((units, index) => units - before[index]!);

/** Expects an outcome, and that nothing is different after the call. */
const expectRefusal = async (call: () => Promise<unknown>, outcome: object) => {
  const before = await stateOf(database);
  expect(await call()).toMatchObject(outcome);
  expect(await stateOf(database)).toEqual(before);
};

describe("fulfilling", () => {
  test("takes all sold units off the units on hand, and the reservation is fulfilled", async () => {
    await stock(inventory, { "whole-a": 10, "whole-b": 10 });
    const reservationId = await saleOf(inventory, { "whole-a": 2, "whole-b": 3 });
    expect(await inventory.fulfill({ reservationId })).toMatchObject({
      outcome: "fulfilled",
      reservation: {
        reservationId,
        status: "fulfilled",
        lines: [
          { sku: "whole-a", quantity: 2, fulfilled: 2 },
          { sku: "whole-b", quantity: 3, fulfilled: 3 },
        ],
        version: 3,
      },
    });
    expect(await countsOf("whole-a")).toEqual([8, 8, 0]);
    expect(await countsOf("whole-b")).toEqual([7, 7, 0]);
    expect(await inventory.getReservation(reservationId)).toMatchObject({ status: "fulfilled" });
    await expectInvariants(database);
  });

  test("of some units leaves the others reserved and the reservation confirmed", async () => {
    await stock(inventory, { "some-a": 10, "some-b": 10 });
    const reservationId = await saleOf(inventory, { "some-a": 5, "some-b": 1 });
    const lines = linesOf({ "some-a": 2 });
    expect(await inventory.fulfill({ reservationId, lines })).toMatchObject({
      outcome: "fulfilled",
      reservation: {
        status: "confirmed",
        lines: [
          { sku: "some-a", quantity: 5, fulfilled: 2 },
          { sku: "some-b", quantity: 1 },
        ],
      },
    });
    expect(await countsOf("some-a")).toEqual([8, 5, 3]);
    expect(await countsOf("some-b")).toEqual([10, 9, 1]);
    const rest = await inventory.fulfill({ reservationId });
    expect(rest).toMatchObject({ reservation: { status: "fulfilled" } });
    expect(await countsOf("some-a")).toEqual([5, 5, 0]);
    expect(await countsOf("some-b")).toEqual([9, 9, 0]);
    await expectInvariants(database);
  });

  test("counts lines of one SKU together", async () => {
    await stock(inventory, { merged: 10 });
    const reservationId = await saleOf(inventory, { merged: 5 });
    const lines = [...linesOf({ merged: 1 }), ...linesOf({ merged: 3 })];
    expect(await inventory.fulfill({ reservationId, lines })).toMatchObject({
      reservation: { lines: [{ sku: "merged", quantity: 5, fulfilled: 4 }] },
    });
    expect(await countsOf("merged")).toEqual([6, 5, 1]);
  });
});

describe("cancelling", () => {
  test("makes all sold units available again, and the reservation is cancelled", async () => {
    await stock(inventory, { "off-a": 10, "off-b": 10 });
    const reservationId = await saleOf(inventory, { "off-a": 2, "off-b": 3 });
    expect(await inventory.cancel({ reservationId })).toMatchObject({
      outcome: "cancelled",
      reservation: {
        status: "cancelled",
        lines: [
          { sku: "off-a", quantity: 2, cancelled: 2 },
          { sku: "off-b", quantity: 3, cancelled: 3 },
        ],
      },
    });
    expect(await countsOf("off-a")).toEqual([10, 10, 0]);
    expect(await countsOf("off-b")).toEqual([10, 10, 0]);
    await expectInvariants(database);
  });

  test("of some units sells them to others at once", async () => {
    await stock(inventory, { resold: 5 });
    const reservationId = await saleOf(inventory, { resold: 5 });
    await inventory.cancel({ reservationId, lines: linesOf({ resold: 2 }) });
    expect(await countsOf("resold")).toEqual([5, 2, 3]);
    await saleOf(inventory, { resold: 2 });
    expect(await countsOf("resold")).toEqual([5, 0, 5]);
  });

  test("of the rest of a reservation leaves it fulfilled, since some units were", async () => {
    await stock(inventory, { rest: 10 });
    const reservationId = await saleOf(inventory, { rest: 5 });
    await inventory.fulfill({ reservationId, lines: linesOf({ rest: 3 }) });
    expect(await inventory.cancel({ reservationId })).toMatchObject({
      outcome: "cancelled",
      reservation: {
        status: "fulfilled",
        lines: [{ sku: "rest", quantity: 5, fulfilled: 3, cancelled: 2 }],
      },
    });
    expect(await countsOf("rest")).toEqual([7, 7, 0]);
  });

  test("of some units leaves the reservation confirmed until nothing is left", async () => {
    await stock(inventory, { slow: 3 });
    const reservationId = await saleOf(inventory, { slow: 3 });
    const lines = linesOf({ slow: 1 });
    const statuses: string[] = [];
    for (let times = 0; times < 3; times += 1) {
      const result = await inventory.cancel({ reservationId, lines });
      statuses.push("reservation" in result ? result.reservation.status : result.outcome);
    }
    expect(statuses).toEqual(["confirmed", "confirmed", "cancelled"]);
    expect(await countsOf("slow")).toEqual([3, 3, 0]);
  });
});

describe("returning", () => {
  const returned = (reservationId: string, quantities: Record<string, number>) =>
    inventory.returnUnits({ reservationId, lines: linesOf(quantities), reason: "too small" });

  test("puts fulfilled units back on hand, available, and leaves the status", async () => {
    await stock(inventory, { back: 10 });
    const reservationId = await saleOf(inventory, { back: 4 });
    await inventory.fulfill({ reservationId });
    expect(await returned(reservationId, { back: 3 })).toMatchObject({
      outcome: "returned",
      reservation: {
        status: "fulfilled",
        lines: [{ sku: "back", quantity: 4, fulfilled: 4, returned: 3 }],
      },
    });
    expect(await countsOf("back")).toEqual([9, 9, 0]);
    await returned(reservationId, { back: 1 });
    expect(await countsOf("back")).toEqual([10, 10, 0]);
    expect(await inventory.getReservation(reservationId)).toMatchObject({ status: "fulfilled" });
    await expectInvariants(database);
  });

  test("is possible while other units are still to be shipped", async () => {
    await stock(inventory, { early: 10 });
    const reservationId = await saleOf(inventory, { early: 6 });
    await inventory.fulfill({ reservationId, lines: linesOf({ early: 2 }) });
    expect(await returned(reservationId, { early: 1 })).toMatchObject({
      reservation: {
        status: "confirmed",
        lines: [{ quantity: 6, fulfilled: 2, returned: 1 }],
      },
    });
    expect(await countsOf("early")).toEqual([9, 5, 4]);
    await inventory.cancel({ reservationId, lines: linesOf({ early: 1 }) });
    expect(await inventory.fulfill({ reservationId })).toMatchObject({
      reservation: {
        status: "fulfilled",
        lines: [{ quantity: 6, fulfilled: 5, cancelled: 1, returned: 1 }],
      },
    });
    expect(await countsOf("early")).toEqual([6, 6, 0]);
    await expectInvariants(database);
  });
});

describe("the record", () => {
  test("has a time after which it may be removed only when none of its units is open", async () => {
    await stock(inventory, { kept: 10 });
    const reservationId = await saleOf(inventory, { kept: 3 });
    const lines = linesOf({ kept: 1 });
    for (const kind of ["fulfill", "cancel", "returnUnits"] as const) {
      await change(kind, { reservationId, lines });
      expect(await recordOf(reservationId), kind).not.toHaveProperty("ttlSeconds");
    }
    await inventory.fulfill({ reservationId });
    expect((await recordOf(reservationId)).ttlSeconds).toBe(clock.nowMs / 1000 + 30 * day);
    // A return needs the record for as long again.
    clock.nowMs += 1000 * day;
    await change("returnUnits", { reservationId, lines });
    expect((await recordOf(reservationId)).ttlSeconds).toBe(clock.nowMs / 1000 + 30 * day);
  });
});

describe("a repeat", () => {
  test.each(["fulfill", "cancel"] as const)(
    "of a whole %s changes nothing, with or without a key",
    async (kind) => {
      const sku = `repeat-${kind}`;
      await stock(inventory, { [sku]: 5 });
      const reservationId = await saleOf(inventory, { [sku]: 2 });
      const first = await change(kind, { reservationId, idempotencyKey: "k" });
      const reservation = "reservation" in first ? first.reservation : undefined;
      await expectRefusal(() => change(kind, { reservationId }), { ...first });
      await expectRefusal(() => change(kind, { reservationId, idempotencyKey: "k" }), {
        outcome: "replayed",
        reservation,
      });
    },
  );

  test.each(changes)("of a partial %s under its key changes nothing", async (kind) => {
    const sku = `keyed-${kind}`;
    await stock(inventory, { [sku]: 9 });
    const reservationId = await saleOf(inventory, { [sku]: 6 });
    if (kind === "returnUnits") await inventory.fulfill({ reservationId });
    const input = { reservationId, lines: linesOf({ [sku]: 2 }), idempotencyKey: "k" };
    const first = await change(kind, input);
    const reservation = "reservation" in first ? first.reservation : undefined;
    await expectRefusal(() => change(kind, input), { outcome: "replayed", reservation });
    // The same lines in other words.
    const apart = [...linesOf({ [sku]: 1 }), ...linesOf({ [sku]: 1 })];
    await expectRefusal(() => change(kind, { ...input, lines: apart }), { outcome: "replayed" });
  });

  test("of a partial fulfilment without a key is another one", async () => {
    await stock(inventory, { unkeyed: 9 });
    const reservationId = await saleOf(inventory, { unkeyed: 6 });
    for (let times = 0; times < 2; times += 1) {
      await inventory.fulfill({ reservationId, lines: linesOf({ unkeyed: 2 }) });
    }
    expect(await countsOf("unkeyed")).toEqual([5, 3, 2]);
  });

  test("under its key says what the reservation is by then", async () => {
    await stock(inventory, { "by-then": 9 });
    const reservationId = await saleOf(inventory, { "by-then": 6 });
    const input = { reservationId, lines: linesOf({ "by-then": 2 }), idempotencyKey: "k" };
    await inventory.fulfill(input);
    await inventory.cancel({ reservationId });
    expect(await inventory.fulfill(input)).toMatchObject({
      outcome: "replayed",
      reservation: { status: "fulfilled", lines: [{ fulfilled: 2, cancelled: 4 }] },
    });
  });

  test("under the key of another request of the reservation is refused", async () => {
    await stock(inventory, { reused: 9 });
    const reservationId = await saleOf(inventory, { reused: 6 });
    const input = { reservationId, lines: linesOf({ reused: 2 }), idempotencyKey: "k" };
    await inventory.fulfill(input);
    const outcome = { outcome: "idempotency_key_reused", reservationId };
    const others: [Change, Partial<SoldUnitsInput>][] = [
      ["fulfill", { lines: linesOf({ reused: 3 }) }],
      ["fulfill", { lines: undefined }],
      ["cancel", {}],
      ["returnUnits", {}],
    ];
    for (const [kind, other] of others) {
      await expectRefusal(() => change(kind, { ...input, ...other }), outcome);
    }
    // A return for another reason is another return.
    const returning = { ...input, idempotencyKey: "r", reason: "too small" };
    await inventory.returnUnits(returning);
    await expectRefusal(
      () => inventory.returnUnits({ ...returning, reason: "too large" }),
      outcome,
    );
  });

  test("under a key that another reservation has used is a request of its own", async () => {
    await stock(inventory, { two: 9 });
    for (const quantity of [2, 3]) {
      const reservationId = await saleOf(inventory, { two: quantity });
      expect(await inventory.fulfill({ reservationId, idempotencyKey: "k" })).toMatchObject({
        outcome: "fulfilled",
      });
    }
    expect(await countsOf("two")).toEqual([4, 4, 0]);
  });
});

describe("a refusal changes nothing", () => {
  test.each(changes)("%s of a reservation that was not confirmed", async (kind) => {
    const sku = `unsold-${kind}`;
    await stock(inventory, { [sku]: 9 });
    const released = await holdOf(inventory, { [sku]: 1 });
    await inventory.release(released);
    const expired = await holdOf(inventory, { [sku]: 1 }, { ttlSeconds: 1 });
    clock.nowMs += 1_000;
    await inventory.sweep(patient());
    const due = await holdOf(inventory, { [sku]: 1 }, { ttlSeconds: 1 });
    clock.nowMs += 1_000;
    const held = await holdOf(inventory, { [sku]: 1 });
    const statuses = { held, released, expired };
    const lines = linesOf({ [sku]: 1 });
    for (const [status, reservationId] of [
      ...Object.entries(statuses),
      ["expired", due] as const,
    ]) {
      const outcome = { outcome: "reservation_not_confirmed", reservation: { status } };
      await expectRefusal(() => change(kind, { reservationId, lines }), outcome);
    }
  });

  /** A sale of 5 units of which 2 are fulfilled, 1 of these returned, and 1 is cancelled; 2 are open. */
  const mixed = async (sku: string) => {
    await stock(inventory, { [sku]: 9 });
    const reservationId = await saleOf(inventory, { [sku]: 5 });
    await inventory.fulfill({ reservationId, lines: linesOf({ [sku]: 2 }) });
    await change("returnUnits", { reservationId, lines: linesOf({ [sku]: 1 }) });
    await inventory.cancel({ reservationId, lines: linesOf({ [sku]: 1 }) });
    return reservationId;
  };

  test.each<[Change, number]>([
    ["fulfill", 2],
    ["cancel", 2],
    ["returnUnits", 1],
  ])(
    "%s of more units than the %d there are names the line, and both numbers",
    async (kind, possible) => {
      const sku = `mixed-${kind}`;
      const reservationId = await mixed(sku);
      const requested = possible + 1;
      await expectRefusal(
        () => change(kind, { reservationId, lines: linesOf({ [sku]: requested }) }),
        {
          outcome: "exceeds_reservation",
          excess: [{ sku, requested, possible }],
          reservation: { status: "confirmed" },
        },
      );
      const lines = linesOf({ [sku]: possible });
      expect((await change(kind, { reservationId, lines })).outcome).not.toBe(
        "exceeds_reservation",
      );
      await expectInvariants(database);
    },
  );

  test.each(changes)(
    "%s of a SKU that the reservation has not, also beside one that it has",
    async (kind) => {
      const sku = `other-${kind}`;
      const reservationId = await mixed(sku);
      const lines = linesOf({ [sku]: 1, "other-z": 2, "other-0": 1 });
      await expectRefusal(() => change(kind, { reservationId, lines }), {
        outcome: "exceeds_reservation",
        excess: [
          { sku: "other-0", requested: 1, possible: 0 },
          { sku: "other-z", requested: 2, possible: 0 },
        ],
      });
    },
  );

  test("a cancellation of what was fulfilled, and a fulfilment of what was cancelled", async () => {
    await stock(inventory, { gone: 9 });
    const [shipped, dropped] = [
      await saleOf(inventory, { gone: 2 }),
      await saleOf(inventory, { gone: 2 }),
    ];
    await inventory.fulfill({ reservationId: shipped });
    await inventory.cancel({ reservationId: dropped });
    const excess = [{ sku: "gone", requested: 1, possible: 0 }];
    const lines = linesOf({ gone: 1 });
    for (const [kind, reservationId] of [
      ["cancel", shipped],
      ["fulfill", dropped],
    ] as const) {
      const outcome = "exceeds_reservation";
      await expectRefusal(() => change(kind, { reservationId, lines }), { outcome, excess });
      await expectRefusal(() => change(kind, { reservationId }), { outcome, excess: [] });
    }
    await expectRefusal(() => change("returnUnits", { reservationId: dropped, lines }), {
      outcome: "exceeds_reservation",
      excess,
    });
  });

  test.each(changes)("%s under an id that was never given out", async (kind) => {
    for (const reservationId of ["", "nope", "a/b", "00000000-0000-8000-8000-000000000000"]) {
      const input = { reservationId, lines: linesOf({ any: 1 }) };
      expect(await change(kind, input)).toEqual({ outcome: "unknown_reservation" });
    }
  });

  test.each([
    ["no line", [], "lines must have at least 1 entry"],
    ["a negative quantity", linesOf({ any: -1 }), "lines[0].quantity must be a whole"],
  ])("%s", async (_, lines, message) => {
    await stock(inventory, { any: 3 });
    const reservationId = await saleOf(inventory, { any: 1 });
    const before = await stateOf(database);
    for (const kind of changes) {
      await expect(change(kind, { reservationId, lines })).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringContaining(message),
      });
    }
    expect(await stateOf(database)).toEqual(before);
  });
});

describe("bounds of a record", () => {
  const plant = async (reservationId: string, attributes: Record<string, unknown>) => {
    const names = Object.keys(attributes);
    await database.client.send(
      new UpdateCommand({
        TableName: database.tables.reservations,
        Key: { reservationId },
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(", ")}`,
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(
          names.map((name) => [`:${name}`, attributes[name]]),
        ),
      }),
    );
  };

  const long = "x".repeat(100);
  const ended: Part = {
    row: long,
    quantity: 1,
    version: 0,
    ended: { by: "release", base: 1, version: 1 },
  };

  test("a change that would divide units into more parts than fit is refused", async () => {
    await stock(inventory, { divided: 9 });
    const reservationId = await saleOf(inventory, { divided: 3 });
    const lines = linesOf({ divided: 1 });
    expect((await inventory.fulfill({ reservationId, lines })).outcome).toBe("fulfilled");
    const { parts } = await recordOf(reservationId);
    const count = Math.ceil(recordBytesMax / JSON.stringify(ended).length);
    await plant(reservationId, { parts: [...parts, ...Array<Part>(count).fill(ended)] });
    const before = await stateOf(database);
    await expect(inventory.fulfill({ reservationId, lines })).rejects.toMatchObject({
      code: "invalid_argument",
      issues: [{ path: "lines", message: expect.stringContaining(`more than ${recordBytesMax}`) }],
    });
    expect(await stateOf(database)).toEqual(before);
    // The end of all that are left divides nothing.
    expect(await inventory.fulfill({ reservationId })).toMatchObject({
      reservation: { status: "fulfilled" },
    });
    expect(await countsOf("divided")).toEqual([6, 6, 0]);
  });

  test("units of a record that is as large as it may be can all be returned", async () => {
    // Tries to outgrow an item of DynamoDB, by the longest names and reasons that there may be.
    const skus = Array.from({ length: loadOf(linesMax) }, (_, index) =>
      `${index}-`.padEnd(skuLengthMax, "s"),
    );
    const ones = Object.fromEntries(skus.map((sku) => [sku, 1]));
    await stock(inventory, ones);
    const reservationId = await saleOf(inventory, ones);
    expect((await change("fulfill", { reservationId })).outcome).toBe("fulfilled");
    const reason = "r".repeat(labelLengthMax);
    const input = { reservationId, lines: linesOf(ones), reason };
    expect((await inventory.returnUnits(input, patient())).outcome).toBe("returned");
    expect(await countsOf(skus[0]!)).toEqual([1, 1, 0]);
  });

  test(`a change under more than ${requestsMax} keys is refused, and one without a key is not`, async () => {
    await stock(inventory, { keys: 9 });
    const reservationId = await saleOf(inventory, { keys: 4 });
    const entries = Array.from({ length: requestsMax - 1 }, (_, index) => [`key-${index}`, "hash"]);
    await plant(reservationId, { requests: Object.fromEntries(entries) as unknown });
    const input = { reservationId, lines: linesOf({ keys: 1 }) };
    const last = { ...input, idempotencyKey: "last" };
    expect((await inventory.fulfill(last)).outcome).toBe("fulfilled");
    const before = await stateOf(database);
    await expect(inventory.fulfill({ ...input, idempotencyKey: "one more" })).rejects.toMatchObject(
      {
        code: "invalid_argument",
        issues: [{ path: "Idempotency-Key", message: expect.stringContaining(`${requestsMax}`) }],
      },
    );
    expect(await stateOf(database)).toEqual(before);
    expect((await inventory.fulfill(last)).outcome).toBe("replayed");
    expect((await inventory.fulfill(input)).outcome).toBe("fulfilled");
  });
});

describe("the number of requests", () => {
  test("of a confirm is one, and of a fulfilment of n rows one read and 2n + 1 writes", async () => {
    const { database: counted, take } = countRequests(database);
    const shop = createInventory(counted);
    const quantities = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [`counted-${index}`, 2]),
    );
    await stock(inventory, Object.fromEntries(Object.keys(quantities).map((sku) => [sku, 5])));
    const reservationId = await holdOf(inventory, quantities);
    await shop.confirm(reservationId);
    expect(tallyOf(take())).toEqual({ UpdateItem: 1 });
    await shop.fulfill({ reservationId });
    const count = take();
    expect(tallyOf(count)).toEqual({ GetItem: 1, UpdateItem: 20, PutItem: 1 });
    // The record is read; then the rows side by side, the record, and the rows again.
    expect(count.rounds).toBe(4);
    // Only rows whose units are concerned are written.
    const lines = linesOf({ "counted-3": 1 });
    await shop.returnUnits({ reservationId, lines, reason: "too small" });
    expect(tallyOf(take())).toEqual({ GetItem: 1, UpdateItem: 2, PutItem: 1 });
  });
});

describe("a level in several rows", () => {
  test("fulfils, cancels and takes returns from all of them", async () => {
    await inventory.setStock({ sku: "rows", onHand: 20, shards: 4 });
    const reservationId = await saleOf(inventory, { rows: 18 });
    const step = (kind: Change, units: number) =>
      change(kind, { reservationId, lines: linesOf({ rows: units }) });
    await step("fulfill", 7);
    expect(await countsOf("rows")).toEqual([13, 2, 11]);
    await step("cancel", 6);
    expect(await countsOf("rows")).toEqual([13, 8, 5]);
    await step("returnUnits", 3);
    expect(await countsOf("rows")).toEqual([16, 11, 5]);
    expect(await inventory.fulfill({ reservationId })).toMatchObject({
      reservation: { status: "fulfilled", lines: [{ fulfilled: 12, cancelled: 6, returned: 3 }] },
    });
    expect(await countsOf("rows")).toEqual([11, 11, 0]);
    // Every unit can be sold again.
    await saleOf(inventory, { rows: 11 });
    await expectInvariants(database);
  });

  test("that was merged in between, and spread anew, has right counts", async () => {
    await inventory.setStock({ sku: "merging", onHand: 40, shards: 4 });
    const reservationId = await saleOf(inventory, { merging: 38 });
    const step = (kind: Change, units: number) =>
      change(kind, { reservationId, lines: linesOf({ merging: units }) });
    await step("fulfill", 7);
    await mergeRows(database, "merging", 1, patient());
    expect(await countsOf("merging")).toEqual([33, 2, 31]);
    await step("fulfill", 11);
    await step("cancel", 5);
    expect(await countsOf("merging")).toEqual([22, 7, 15]);
    // The keys of the rows have rows again, which began later than the units were taken.
    await setShards(database, "merging", 3, patient());
    await step("returnUnits", 18);
    await step("cancel", 4);
    expect(await countsOf("merging")).toEqual([40, 29, 11]);
    await step("fulfill", 11);
    expect(await countsOf("merging")).toEqual([29, 29, 0]);
    await expectInvariants(database);
  });
});

describe("races", () => {
  const sales = loadOf(20);

  test("a cancellation against a fulfilment of the same units has one winner", async () => {
    // Tries to ship units and to sell them again, by ending the same parts in two ways at once.
    await stock(inventory, { both: 2 * sales });
    const results = await Promise.all(
      Array.from({ length: sales }, async () => {
        const reservationId = await saleOf(inventory, { both: 2 });
        const [fulfilled, cancelled] = await Promise.all([
          change("fulfill", { reservationId }),
          change("cancel", { reservationId }),
        ]);
        const { status } = (await inventory.getReservation(reservationId, patient()))!;
        const isFulfilled = status === "fulfilled";
        expect([fulfilled.outcome, cancelled.outcome]).toEqual(
          isFulfilled ? ["fulfilled", "exceeds_reservation"] : ["exceeds_reservation", "cancelled"],
        );
        return isFulfilled;
      }),
    );
    const left = 2 * sales - 2 * results.filter(Boolean).length;
    expect(await countsOf("both")).toEqual([left, left, 0]);
    await expectInvariants(database);
  });

  test("many partial fulfilments and cancellations under keys of their own add up", async () => {
    // Tries to lose or to double units by changes that all begin from one version of the record.
    await stock(inventory, { crowd: 20 });
    const reservationId = await saleOf(inventory, { crowd: 15 });
    const lines = linesOf({ crowd: 1 });
    const outcomes = await Promise.all(
      Array.from({ length: 18 }, async (_, index) => {
        const kind = index % 3 === 0 ? "cancel" : "fulfill";
        const input = { reservationId, lines, idempotencyKey: `crowd-${index}` };
        return (await change(kind, input)).outcome;
      }),
    );
    const count = (outcome: string) => outcomes.filter((one) => one === outcome).length;
    const [fulfilled, cancelled] = [count("fulfilled"), count("cancelled")];
    expect([fulfilled + cancelled, count("exceeds_reservation")]).toEqual([15, 3]);
    expect(await countsOf("crowd")).toEqual([20 - fulfilled, 20 - fulfilled, 0]);
    expect(await inventory.getReservation(reservationId)).toMatchObject({
      status: "fulfilled",
      lines: [{ quantity: 15, fulfilled, cancelled }],
    });
    await expectInvariants(database);
  });

  test.each(changes)("one %s sent ten times at once under one key happens once", async (kind) => {
    // Tries to change the same units twice by repeats that overtake each other.
    const sku = `ten-${kind}`;
    await stock(inventory, { [sku]: 50 });
    const reservationId = await saleOf(inventory, { [sku]: 40 });
    if (kind === "returnUnits") await inventory.fulfill({ reservationId });
    const before = await countsOf(sku);
    const input = { reservationId, lines: linesOf({ [sku]: 3 }), idempotencyKey: "ten" };
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, async () => (await change(kind, input)).outcome),
    );
    expect(outcomes.filter((outcome) => outcome === "replayed")).toHaveLength(9);
    expect(await growthOf(sku, before)).toEqual(effectsOfThree[kind]);
    await expectInvariants(database);
  });
});

describe("a request whose answer is lost", () => {
  test.each(changes)("%s is not made again without a key", async (kind) => {
    // Tries to change units twice for one call, since another request has changed the record after it.
    const [sku, other] = [`lost-${kind}`, `lost-${kind}-other`];
    await stock(inventory, { [sku]: 50, [other]: 50 });
    const reservationId = await saleOf(inventory, { [sku]: 20, [other]: 20 });
    const fulfil = (lines: Record<string, number>) =>
      inventory.fulfill({ reservationId, lines: linesOf(lines) });
    if (kind === "returnUnits") await fulfil({ [sku]: 10, [other]: 10 });
    const before = await countsOf(sku);
    const losing = loseAnswerToPut(database, () => fulfil({ [other]: 1 }));
    const input = { reservationId, lines: linesOf({ [sku]: 3 }) };
    const { outcome } = await change(kind, input, createInventory(losing));
    expect(outcome).toBe(
      { fulfill: "fulfilled", cancel: "cancelled", returnUnits: "returned" }[kind],
    );
    expect(await growthOf(sku, before)).toEqual(effectsOfThree[kind]);
    await expectInvariants(database);
  });
});

describe("a request that dies between its steps", () => {
  const effects: Record<Change, [number, number, number]> = {
    fulfill: [8, 6, 2],
    cancel: [10, 8, 2],
    returnUnits: [7, 7, 0],
  };

  test.each(changes)(
    "%s happens or does not, in all rows, and its repeat under a key finishes it",
    async (kind) => {
      // Tries to leave units half way, by a process that dies before each of its requests.
      const isReturn = kind === "returnUnits";
      const unchanged = isReturn ? [5, 5, 0] : [10, 6, 4];
      await dieAtEachRequest({
        database,
        clock,
        prepare: async (run) => {
          const skus = [`dying-${kind}-${run}-a`, `dying-${kind}-${run}-b`];
          const quantities = Object.fromEntries(skus.map((sku) => [sku, isReturn ? 5 : 4]));
          await stock(inventory, Object.fromEntries(skus.map((sku) => [sku, 10])));
          const reservationId = await saleOf(inventory, quantities);
          if (isReturn) await inventory.fulfill({ reservationId });
          const lines = skus.map((sku) => ({ sku, quantity: 2 }));
          return { skus, input: { reservationId, lines, idempotencyKey: "k" } };
        },
        operate: (dying, { input }) => change(kind, input, dying),
        check: async ({ skus, input }) => {
          const counts = await Promise.all(skus.map(countsOf));
          expect(counts[1]).toEqual(counts[0]);
          const { outcome } = await change(kind, input);
          const [before, after] = [unchanged, effects[kind]];
          expect(counts[0]).toEqual(outcome === "replayed" ? after : before);
          for (const sku of skus) expect(await countsOf(sku)).toEqual(after);
        },
      });
    },
  );

  test("and left before its last step is finished by a repeat without a key, at once", async () => {
    await stock(inventory, { unfinished: 10 });
    const reservationId = await saleOf(inventory, { unfinished: 4 });
    // The record is read, the row has the marker, and the record is written.
    const { database: dying } = dieAfter(database, 3);
    await createInventory(dying).fulfill({ reservationId });
    expect(await countsOf("unfinished")).toEqual([10, 6, 4]);
    expect(await inventory.fulfill({ reservationId })).toMatchObject({ outcome: "fulfilled" });
    expect(await countsOf("unfinished")).toEqual([6, 6, 0]);
    await expectInvariants(database);
  });

  test("in a cancellation costs no sale: the next buyer gets the units", async () => {
    await stock(inventory, { bought: 4 });
    const reservationId = await saleOf(inventory, { bought: 4 });
    const { database: dying } = dieAfter(database, 3);
    await createInventory(dying).cancel({ reservationId });
    expect(await countsOf("bought")).toEqual([4, 0, 4]);
    await saleOf(inventory, { bought: 4 });
    await expectInvariants(database);
  });

  test("often costs no sale either: a row full of what they left is tidied by the next buyer", async () => {
    // Tries to close a row to buyers, by as many unfinished fulfilments as a hold lets a row have.
    await stock(inventory, { full: 100 });
    const ids: string[] = [];
    for (let index = 0; index < openMarkersMax + 2; index += 1) {
      ids.push(await saleOf(inventory, { full: 1 }));
    }
    for (const reservationId of ids) {
      const { database: dying } = dieAfter(database, 3);
      await createInventory(dying).fulfill({ reservationId });
    }
    const left = (await readRecords(database)).stock.find(({ sku }) => sku === "full")!;
    expect(Object.keys(left.open).length).toBeGreaterThan(openMarkersMax);
    await holdOf(inventory, { full: 1 });
    expect((await countsOf("full"))[1]).toBe(100 - ids.length - 1);
    await expectInvariants(database);
  });
});
