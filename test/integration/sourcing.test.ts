/** Orders by channel: the rule chooses the locations, and a refusal means that no allowed choice had the units. */
import { beforeAll, describe, expect, test } from "vitest";
import { forEach, mapEach } from "../../inventory/for-each.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import type { ReserveInput } from "../../inventory/reservations/reserve.ts";
import type { SetChannelInput } from "../../inventory/sourcing/channels.ts";
import type { TestDatabase } from "../support/database.ts";
import { dieAtEachRequest, openShop, patient } from "../support/holds.ts";
import { expectInvariants } from "../support/invariants.ts";
import { loadOf } from "../support/load-of.ts";
import { countRequests, intercept, tallyOf } from "../support/requests.ts";

let database: TestDatabase;
let inventory: Inventory;
let clock: { nowMs: number };
let count = 0;

beforeAll(async () => {
  ({ database, inventory, clock } = await openShop());
});

const locations = ["ams1", "rtm", "utr"];

/** A channel over three locations. */
const channelBy = async (
  rule: SetChannelInput["rule"],
  more: Partial<SetChannelInput> = {},
): Promise<string> => {
  const channel = `channel-${(count += 1)}`;
  await inventory.setChannel({ channel, locations, rule, ...more });
  return channel;
};

/** A SKU with the given units at each of the locations, in their order; no level where undefined. */
const stocked = async (...units: (number | undefined)[]): Promise<string> => {
  const sku = `sourced-${(count += 1)}`;
  await forEach([...units.entries()], 3, async ([index, onHand]) => {
    if (onHand === undefined) return;
    await inventory.setStock({ sku, location: locations[index]!, onHand });
  });
  return sku;
};

const reserve = (channel: string, lines: [string, number][], more: Partial<ReserveInput> = {}) =>
  inventory.reserve(
    { channel, lines: lines.map(([sku, quantity]) => ({ sku, quantity })), ...more },
    patient(),
  );

/** The units of each line by location, or the outcome of a refusal. */
const sources = async (...request: Parameters<typeof reserve>) => {
  const result = await reserve(...request);
  if (!("reservation" in result)) return result;
  return result.reservation.lines.map(({ sku, location, quantity }) => [sku, location, quantity]);
};

describe("the rule priority", () => {
  test("takes from the first location that has units, and the rest from the next", async () => {
    const channel = await channelBy("priority");
    const sku = await stocked(3, 2, 9);
    expect(await sources(channel, [[sku, 2]])).toEqual([[sku, "ams1", 2]]);
    expect(await sources(channel, [[sku, 4]])).toEqual([
      [sku, "ams1", 1],
      [sku, "rtm", 2],
      [sku, "utr", 1],
    ]);
    expect(await sources(channel, [[sku, 1]])).toEqual([[sku, "utr", 1]]);
    await expectInvariants(database);
  });

  test("goes back to the first location as soon as that has units again", async () => {
    const channel = await channelBy("priority");
    const sku = await stocked(1, 5);
    await reserve(channel, [[sku, 1]]);
    expect(await sources(channel, [[sku, 1]])).toEqual([[sku, "rtm", 1]]);
    await inventory.adjustStock({ sku, location: "ams1", delta: 2, reason: "delivery" });
    expect(await sources(channel, [[sku, 1]])).toEqual([[sku, "ams1", 1]]);
  });

  test("takes the fewest locations where its own choice takes too many", async () => {
    const channel = await channelBy("priority", { maxSplits: 2 });
    const sku = await stocked(1, 1, 4);
    expect(await sources(channel, [[sku, 4]])).toEqual([[sku, "utr", 4]]);
    expect(await sources(channel, [[sku, 2]])).toEqual([
      [sku, "ams1", 1],
      [sku, "rtm", 1],
    ]);
  });
});

describe("the rule fewest-splits", () => {
  test("takes all lines from one location that has them all", async () => {
    const channel = await channelBy("fewest-splits");
    const [first, second] = [await stocked(5, 1, 5), await stocked(0, 5, 5)];
    expect(
      await sources(channel, [
        [first, 3],
        [second, 3],
      ]),
    ).toEqual([
      [first, "utr", 3],
      [second, "utr", 3],
    ]);
  });

  test("takes from the first of several choices with as few locations", async () => {
    const channel = await channelBy("fewest-splits");
    const sku = await stocked(2, 4, 4);
    expect(await sources(channel, [[sku, 2]])).toEqual([[sku, "ams1", 2]]);
    expect(await sources(channel, [[sku, 3]])).toEqual([[sku, "rtm", 3]]);
    expect(await sources(channel, [[sku, 5]])).toEqual([
      [sku, "rtm", 1],
      [sku, "utr", 4],
    ]);
  });
});

describe("the rule most-stock", () => {
  test("takes from the location that has most of the SKU", async () => {
    const channel = await channelBy("most-stock");
    const sku = await stocked(1, 5, 4);
    expect(await sources(channel, [[sku, 3]])).toEqual([[sku, "rtm", 3]]);
    expect(await sources(channel, [[sku, 5]])).toEqual([
      [sku, "rtm", 1],
      [sku, "utr", 4],
    ]);
  });
});

describe("a refusal by channel", () => {
  test("names the units that all locations have together", async () => {
    const channel = await channelBy("priority");
    const sku = await stocked(2, undefined, 3);
    expect(await sources(channel, [[sku, 6]])).toEqual({
      outcome: "insufficient_stock",
      shortages: [{ sku, requested: 6, available: 5 }],
    });
    expect(await sources(channel, [[sku, 6]], { allowPartial: true })).toEqual([
      [sku, "ams1", 2],
      [sku, "utr", 3],
    ]);
    await expectInvariants(database);
  });

  test("counts what the allowed locations have, where an order may not be split further", async () => {
    const channel = await channelBy("fewest-splits", { maxSplits: 1 });
    const sku = await stocked(2, 4, 3);
    expect(await sources(channel, [[sku, 5]])).toEqual({
      outcome: "insufficient_stock",
      shortages: [{ sku, requested: 5, available: 4 }],
    });
    const [first, second] = [await stocked(1, 0, 0), await stocked(0, 1, 0)];
    const lines: [string, number][] = [
      [first, 1],
      [second, 1],
    ];
    expect(await sources(channel, lines)).toEqual({
      outcome: "insufficient_stock",
      shortages: [{ sku: second, requested: 1, available: 0 }],
    });
    expect(await sources(channel, lines, { allowPartial: true })).toEqual([[first, "ams1", 1]]);
  });

  test("names a SKU that no location of the channel has, and the channel that there is not", async () => {
    const channel = await channelBy("priority", { locations: ["ams1"] });
    const sku = await stocked(undefined, 4);
    expect(await sources(channel, [[sku, 1]])).toEqual({
      outcome: "unknown_sku",
      unknown: [{ sku }],
    });
    expect(await sources("none", [[sku, 1]])).toEqual({
      outcome: "unknown_channel",
      channel: "none",
    });
  });

  test("takes no unit of a dead hold for a reason to refuse", async () => {
    const channel = await channelBy("priority");
    const sku = await stocked(2, 2);
    await reserve(channel, [[sku, 4]], { ttlSeconds: 1 });
    clock.nowMs += 5_000;
    expect(await sources(channel, [[sku, 4]])).toEqual([
      [sku, "ams1", 2],
      [sku, "rtm", 2],
    ]);
    await expectInvariants(database);
  });
});

test("a partial hold gets units that arrive in a row which it has taken from", async () => {
  const channel = await channelBy("priority");
  const sku = await stocked(1, 1);
  let hasLooked = false;
  let isOvertaken = false;
  const raced = intercept(database, async ({ operation, key }, next) => {
    hasLooked ||= operation === "BatchGetItem";
    // The order is about to take the one unit of each location, which is all that there is.
    if (hasLooked && !isOvertaken && operation === "UpdateItem" && key === `${sku}@ams1`) {
      isOvertaken = true;
      const lines = [{ sku, location: "ams1", quantity: 1 }];
      await inventory.reserve({ lines }, patient());
      await inventory.adjustStock({ sku, location: "rtm", delta: 5, reason: "delivery" });
    }
    return next();
  });
  const lines = [{ sku, quantity: 9 }];
  const order = { channel, lines, allowPartial: true };
  const result = await createInventory(raced).reserve(order, patient());
  expect(isOvertaken).toBe(true);
  expect(result).toMatchObject({
    outcome: "reserved",
    reservation: { lines: [{ sku, location: "rtm", quantity: 6 }] },
  });
  await expectInvariants(database);
});

describe("a line with a location in an order by channel", () => {
  test("gets its own units first", async () => {
    const channel = await channelBy("priority");
    const sku = await stocked(3, 3);
    const lines = [
      { sku, quantity: 3 },
      { sku, location: "ams1", quantity: 2 },
    ];
    const result = await inventory.reserve({ channel, lines });
    expect(result).toMatchObject({
      outcome: "reserved",
      reservation: {
        lines: [
          { sku, location: "ams1", quantity: 3 },
          { sku, location: "rtm", quantity: 2 },
        ],
      },
    });
  });

  test("is refused where that is no location of the channel", async () => {
    const channel = await channelBy("priority", { locations: ["ams1"] });
    const sku = await stocked(3, 3);
    const lines = [{ sku, location: "rtm", quantity: 2 }];
    await expect(inventory.reserve({ channel, lines })).rejects.toMatchObject({
      code: "invalid_argument",
      issues: [
        {
          path: "lines",
          message: `must be at a location of the channel ${channel} (ams1), not ${sku} at rtm`,
        },
      ],
    });
  });
});

describe("a reservation by channel", () => {
  const hold = async (...request: Parameters<typeof reserve>) => {
    const result = await reserve(...request);
    if (result.outcome !== "reserved") throw new Error(`expected a hold, got ${result.outcome}`);
    return result.reservation;
  };

  test("is replayed for a repeat, also when the channel is gone", async () => {
    const channel = await channelBy("priority");
    const sku = await stocked(3, 3);
    const key = { idempotencyKey: `repeat-${channel}` };
    const reservation = await hold(channel, [[sku, 4]], key);
    await inventory.deleteChannel(channel);
    clock.nowMs += 5_000;
    expect(await reserve(channel, [[sku, 4]], key)).toEqual({ outcome: "replayed", reservation });
    expect(await reserve(channel, [[sku, 5]], key)).toMatchObject({
      outcome: "idempotency_key_reused",
    });
  });

  test("is sold, fulfilled, cancelled and returned by SKU", async () => {
    const channel = await channelBy("priority");
    const sku = await stocked(2, 2, 2);
    const { reservationId } = await hold(channel, [[sku, 6]]);
    await inventory.confirm(reservationId, undefined, { lines: [{ sku, quantity: 5 }] });
    const lines = (quantity: number) => [{ sku, quantity }];
    await inventory.fulfill({ reservationId, lines: lines(3) });
    await inventory.cancel({ reservationId, lines: lines(1) });
    expect(
      await inventory.returnUnits({ reservationId, lines: lines(3), reason: "unwanted" }),
    ).toMatchObject({
      outcome: "returned",
      reservation: {
        lines: [
          { location: "ams1", quantity: 2, fulfilled: 2, returned: 2 },
          { location: "rtm", quantity: 2, fulfilled: 1, cancelled: 1, returned: 1 },
          { location: "utr", quantity: 1 },
        ],
      },
    });
    expect(await inventory.fulfill({ reservationId, lines: lines(2) })).toMatchObject({
      outcome: "exceeds_reservation",
      excess: [{ sku, requested: 2, possible: 1 }],
    });
    await expectInvariants(database);
  });

  test("grows and shrinks by the channel", async () => {
    const channel = await channelBy("priority");
    const sku = await stocked(2, 2, 2);
    const { reservationId } = await hold(channel, [[sku, 1]]);
    const change = async (quantity: number) => {
      const result = await inventory.changeHold({ reservationId, lines: [{ sku, quantity }] });
      if (!("reservation" in result)) return result;
      return result.reservation.lines.map((line) => [line.location, line.quantity]);
    };
    expect(await change(5)).toEqual([
      ["ams1", 2],
      ["rtm", 2],
      ["utr", 1],
    ]);
    expect(await change(7)).toMatchObject({
      outcome: "insufficient_stock",
      shortages: [{ sku, requested: 2, available: 1 }],
    });
    expect(await change(3)).toEqual([
      ["ams1", 2],
      ["rtm", 1],
    ]);
    await expectInvariants(database);
  });

  test("keeps to its number of locations as it grows", async () => {
    const channel = await channelBy("priority", { maxSplits: 2 });
    const sku = await stocked(2, 2, 2);
    const { reservationId } = await hold(channel, [[sku, 3]]);
    const result = await inventory.changeHold({ reservationId, lines: [{ sku, quantity: 5 }] });
    expect(result).toMatchObject({ outcome: "insufficient_stock" });
    expect(await inventory.getReservation(reservationId)).toMatchObject({
      lines: [
        { location: "ams1", quantity: 2 },
        { location: "rtm", quantity: 1 },
      ],
    });
    await expectInvariants(database);
  });

  test("grows where it has units already, once its channel allows fewer locations", async () => {
    const channel = await channelBy("priority");
    const [sku, other] = [await stocked(1, 2), await stocked(0, 3)];
    const { reservationId } = await hold(channel, [[sku, 2]]);
    await inventory.setChannel({ channel, locations: ["rtm"], rule: "priority", maxSplits: 1 });
    const later = createInventory({ ...database });
    const grow = (quantity: number) => {
      const lines = [
        { sku, quantity: 2 },
        { sku: other, quantity },
      ];
      return later.changeHold({ reservationId, lines });
    };
    expect(await grow(4)).toMatchObject({
      outcome: "insufficient_stock",
      shortages: [{ sku: other, requested: 4, available: 3 }],
    });
    expect(await grow(1)).toMatchObject({
      outcome: "changed",
      reservation: {
        lines: [
          { sku, location: "ams1", quantity: 1 },
          { sku, location: "rtm", quantity: 1 },
          { sku: other, location: "rtm", quantity: 1 },
        ],
      },
    });
    await expectInvariants(database);
  });

  test("grows at the locations that its channel has by then", async () => {
    const channel = await channelBy("priority", { locations: ["ams1"] });
    const sku = await stocked(1, 3);
    const { reservationId } = await hold(channel, [[sku, 1]]);
    await inventory.setChannel({ channel, locations: ["rtm"], rule: "fewest-splits" });
    // Another function, since each remembers a channel for a second.
    const other = createInventory({ ...database });
    const result = await other.changeHold({ reservationId, lines: [{ sku, quantity: 3 }] });
    expect(result).toMatchObject({
      outcome: "changed",
      reservation: {
        lines: [
          { location: "ams1", quantity: 1 },
          { location: "rtm", quantity: 2 },
        ],
      },
    });
  });

  test("moves by SKU to a location that is named", async () => {
    const channel = await channelBy("priority");
    const sku = await stocked(2, 2, 5);
    const { reservationId } = await hold(channel, [[sku, 4]]);
    const move = { reservationId, lines: [{ sku, quantity: 3 }] };
    await expect(inventory.moveHold(move)).rejects.toMatchObject({
      issues: [{ path: "toLocation" }],
    });
    expect(await inventory.moveHold({ ...move, toLocation: "utr" })).toMatchObject({
      outcome: "changed",
      reservation: {
        lines: [
          { location: "rtm", quantity: 1 },
          { location: "utr", quantity: 3 },
        ],
      },
    });
    await expectInvariants(database);
  });

  test("that has expired is taken again from locations that have the units by then", async () => {
    const channel = await channelBy("priority");
    const sku = await stocked(2, 2, 5);
    const { reservationId } = await hold(channel, [[sku, 3]], { ttlSeconds: 1 });
    clock.nowMs += 5_000;
    await inventory.sweep();
    await hold(channel, [[sku, 6]]);
    expect(await inventory.confirm(reservationId, undefined, { reacquires: true })).toMatchObject({
      outcome: "confirmed",
      reservation: {
        lines: [{ location: "utr", quantity: 3 }],
      },
    });
    await expectInvariants(database);
  });
});

describe("an order by channel costs", () => {
  test("what an order at a location costs, while its first choice has the units", async () => {
    const channel = await channelBy("fewest-splits");
    const sku = await stocked(9, 9, 9);
    const { database: counted, take } = countRequests(database);
    const shop = createInventory(counted);
    const order = () => shop.reserve({ channel, lines: [{ sku, quantity: 2 }] }, patient());
    await order();
    const first = take();
    expect(tallyOf(first)).toEqual({ GetItem: 1, PutItem: 1, UpdateItem: 1 });
    // The channel is remembered.
    await order();
    expect(tallyOf(take())).toEqual({ PutItem: 1, UpdateItem: 1 });
  });

  test("one read more where its first choice has too few, and reads it before the next order", async () => {
    const channel = await channelBy("priority");
    const sku = await stocked(1, 9, 9);
    const { database: counted, take } = countRequests(database);
    const shop = createInventory(counted);
    const order = () => shop.reserve({ channel, lines: [{ sku, quantity: 2 }] }, patient());
    await order();
    const { GetItem: channels, ...others } = tallyOf(take());
    expect([channels, others]).toEqual([1, { BatchGetItem: 1, PutItem: 1, UpdateItem: 3 }]);
    await order();
    expect(tallyOf(take())).toEqual({ BatchGetItem: 1, PutItem: 1, UpdateItem: 1 });
  });
});

describe("many orders by channel at once", () => {
  test("get every unit once, and are refused only when none is left", async () => {
    const channel = await channelBy("priority");
    const sku = await stocked(17, 9, 24);
    const results = await mapEach(Array.from({ length: 100 }), loadOf(100), () =>
      reserve(channel, [[sku, 1]]),
    );
    const held = results.filter(({ outcome }) => outcome === "reserved");
    expect(held).toHaveLength(50);
    expect(await inventory.getStock(sku)).toMatchObject({ onHand: 50, available: 0, reserved: 50 });
    await expectInvariants(database);
  });
});

describe("an order by channel that dies", () => {
  test("leaves nothing that the next one does not get", async () => {
    const channel = await channelBy("priority");
    const names: string[] = [];
    await dieAtEachRequest({
      database,
      clock,
      prepare: () => stocked(2, 2, 1),
      operate: (dying, sku) => dying.reserve({ channel, lines: [{ sku, quantity: 5 }] }, patient()),
      check: async (sku) => {
        const { available } = (await inventory.getStock(sku))!;
        expect([0, 5]).toContain(available);
        names.push(sku);
      },
    });
    expect(names.length).toBeGreaterThan(5);
  });
});
