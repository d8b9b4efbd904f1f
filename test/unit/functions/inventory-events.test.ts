import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import {
  type InventoryEvent,
  inventoryEventSchema,
  inventoryEventTypes,
} from "../../../contract/events.ts";
import {
  publicMovementKinds,
  type MovementKind,
  type Part,
  type ReservationItem,
  type StockItem,
} from "../../../contract/tables.ts";
import { eventsOf } from "../../../functions/events/inventory-events.ts";
import { reservationIn } from "../../../inventory/reservations/reservation.ts";
import { reservationItem, startMs, stockItem } from "./stream-images.ts";

const settings = { source: "urn:holdfast:Shop:Holdfast", lowStockThreshold: 0 };

/** What is published, checked against the schema of its type. */
const checked = (events: InventoryEvent[]): InventoryEvent[] => {
  for (const event of events) {
    const result = z.safeParse(z.strictObject(inventoryEventSchema(event.type).shape), event);
    expect(result.error?.issues).toBeUndefined();
    // What the schema does not know is passed over by readers: nothing of it may be needed.
    expect(inventoryEventSchema(event.type).parse(event)).toEqual(event);
  }
  return events;
};

const published = (
  before: ReservationItem | undefined,
  after: ReservationItem | undefined,
): InventoryEvent[] =>
  checked(
    eventsOf(
      { id: "change", table: "reservations", ...(before && { before }), ...(after && { after }) },
      settings,
    ),
  );

const eventsOfStock = (
  before: StockItem | undefined,
  after: StockItem | undefined,
  lowStockThreshold = 0,
): InventoryEvent[] =>
  checked(
    eventsOf(
      { id: "change", table: "stock", ...(before && { before }), ...(after && { after }) },
      { ...settings, lowStockThreshold },
    ),
  );

const types = (events: InventoryEvent[]) => events.map(({ type }) => type);

const held = reservationItem();
const ended = (status: ReservationItem["status"], more: Partial<ReservationItem> = {}) => {
  const { expiryShard: _shard, skus: _skus, ...item } = reservationItem({ version: 2, ...more });
  return { ...item, status, updatedAtMs: startMs + 60_000, ttlSeconds: 1 };
};
const abandoned = ended("abandoned", { version: 1, lines: [], parts: [] });
/** A confirmed reservation whose parts are as given, in the given version. */
const sold = (
  version: number,
  parts: Part[],
  status: "confirmed" | "fulfilled" | "cancelled" = "confirmed",
) => ended(status, { version, parts });
const units = (quantity: number, more: Partial<Part> = {}): Part => ({
  row: "shirt",
  quantity,
  version: 9,
  ...more,
});
const fulfilled = { ended: { by: "fulfilment", base: 2, version: 12 } } as const;
const cancelled = { ended: { by: "cancellation", base: 3, version: 13 } } as const;
const returned = {
  ...fulfilled,
  returned: { base: 4, version: 14, row: "shirt", reason: "too small" },
} as const;
const rejected = ended("rejected", {
  version: 1,
  shortages: [{ sku: "hat", requested: 1, available: 0 }],
});

describe("a reservation is told of", () => {
  test.each<[string, ReservationItem | undefined, ReservationItem, string]>([
    ["when it is held", undefined, held, "reservation.held"],
    ["when it is held under an abandoned id", abandoned, held, "reservation.held"],
    [
      "when it is extended",
      held,
      { ...held, version: 2, expiresAtMs: startMs + 1_800_000 },
      "reservation.extended",
    ],
    ["when it is confirmed", held, ended("confirmed"), "reservation.confirmed"],
    ["when it is released", held, ended("released"), "reservation.released"],
    [
      "when it is cancelled before it came",
      undefined,
      ended("released", { version: 1, lines: [] }),
      "reservation.released",
    ],
    ["when it is expired", held, ended("expired"), "reservation.expired"],
    ["when it is rejected", undefined, rejected, "reservation.rejected"],
    ["when it is rejected under an abandoned id", abandoned, rejected, "reservation.rejected"],
    [
      "when its lines are changed",
      held,
      { ...held, version: 2, lines: [{ sku: "shirt", quantity: 1 }] },
      "reservation.changed",
    ],
    [
      "when its lines are changed and it holds another SKU",
      held,
      { ...held, version: 2, lines: [...held.lines, { sku: "sock", quantity: 1 }] },
      "reservation.changed",
    ],
    [
      "when some of it is confirmed and the rest released",
      held,
      ended("confirmed", {
        lines: [{ sku: "shirt", quantity: 1 }],
        parts: [
          units(1),
          units(1, { ended: { by: "release", base: 1, version: 11 } }),
          { row: "hat", quantity: 1, version: 7, ended: { by: "release", base: 1, version: 8 } },
        ],
      }),
      "reservation.confirmed",
    ],
    [
      "when units of an expired hold are taken again",
      ended("expired"),
      ended("confirmed", { version: 3 }),
      "reservation.confirmed",
    ],
    [
      "when all of it is fulfilled",
      sold(2, [units(2)]),
      sold(3, [units(2, fulfilled)], "fulfilled"),
      "reservation.fulfilled",
    ],
    [
      "when some of it is fulfilled",
      sold(2, [units(2)]),
      sold(3, [units(1, fulfilled), units(1)]),
      "reservation.fulfilled",
    ],
    [
      "when all of it is cancelled",
      sold(2, [units(2)]),
      sold(3, [units(2, cancelled)], "cancelled"),
      "reservation.cancelled",
    ],
    [
      "when some of it is cancelled",
      sold(2, [units(2)]),
      sold(3, [units(1, cancelled), units(1)]),
      "reservation.cancelled",
    ],
    [
      "as cancelled when its last units are, and it is fulfilled by that",
      sold(3, [units(1, fulfilled), units(1)]),
      sold(4, [units(1, fulfilled), units(1, cancelled)], "fulfilled"),
      "reservation.cancelled",
    ],
    [
      "when all of it is returned",
      sold(4, [units(2, fulfilled)], "fulfilled"),
      sold(5, [units(2, returned)], "fulfilled"),
      "reservation.returned",
    ],
    [
      "when some of it is returned before the rest is fulfilled",
      sold(4, [units(1, fulfilled), units(1)]),
      sold(5, [units(1, returned), units(1)]),
      "reservation.returned",
    ],
  ])("%s", (_, before, after, type) => {
    expect(types(published(before, after))).toEqual([type]);
  });

  test("with the units of each line that were fulfilled, cancelled and returned", () => {
    const before = sold(4, [units(1, fulfilled), units(1)]);
    const after = sold(5, [units(1, returned), units(1, cancelled)], "fulfilled");
    const [event] = published(before, { ...after, lines: [{ sku: "shirt", quantity: 2 }] });
    expect(event).toMatchObject({
      data: {
        status: "fulfilled",
        lines: [{ sku: "shirt", quantity: 2, fulfilled: 1, cancelled: 1, returned: 1 }],
      },
    });
  });

  test("with the lines of which it holds fewer units than were requested", () => {
    const shortages = [{ sku: "shirt", requested: 5, available: 2 }];
    expect(published(undefined, { ...held, shortages })).toMatchObject([
      { type: "reservation.held", data: { shortages } },
    ]);
  });

  test("once for each version of its life", () => {
    const life: ReservationItem[] = [
      held,
      { ...held, version: 2, lines: [{ sku: "shirt", quantity: 3 }] },
      sold(3, [units(3)]),
      sold(4, [units(1, fulfilled), units(2)]),
      sold(5, [units(1, fulfilled), units(1, cancelled), units(1)]),
      sold(6, [units(1, returned), units(1, cancelled), units(1)]),
      sold(7, [units(1, returned), units(1, cancelled), units(1, fulfilled)], "fulfilled"),
    ];
    const events = life.map((after, index) => published(life[index - 1], after));
    expect(events.map(types)).toEqual([
      ["reservation.held"],
      ["reservation.changed"],
      ["reservation.confirmed"],
      ["reservation.fulfilled"],
      ["reservation.cancelled"],
      ["reservation.returned"],
      ["reservation.fulfilled"],
    ]);
    const ids = events.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(life.length);
  });

  test("with its whole record, when it was written, and which version it is", () => {
    expect(published(held, ended("confirmed"))).toEqual([
      {
        specversion: "1.0",
        id: `reservation.confirmed/r1/${startMs}/2`,
        source: "urn:holdfast:Shop:Holdfast",
        type: "reservation.confirmed",
        subject: "r1",
        time: "2026-01-02T03:05:05.678Z",
        datacontenttype: "application/json",
        sequence: "0000000000000002",
        data: {
          reservationId: "r1",
          status: "confirmed",
          lines: [
            { sku: "hat", quantity: 1 },
            { sku: "shirt", quantity: 2 },
          ],
          orderId: "order-1",
          createdAt: "2026-01-02T03:04:05.678Z",
          expiresAt: "2026-01-02T03:19:05.678Z",
          version: 2,
        },
      },
    ]);
  });

  test("with its metadata, in one order of the names at every delivery", () => {
    const noted = { ...held, metadata: { till: "7", note: "" } };
    for (const after of [noted, { ...rejected, metadata: noted.metadata }]) {
      const [event] = published(undefined, after);
      expect(event).toHaveProperty("data.metadata", noted.metadata);
      expect(JSON.stringify(event)).toContain('"metadata":{"note":"","till":"7"}');
    }
    expect(published(undefined, held)[0]!.data).not.toHaveProperty("metadata");
  });

  test("as rejected with what was short and for which order", () => {
    expect(published(undefined, rejected)[0]).toMatchObject({
      data: {
        reservationId: "r1",
        orderId: "order-1",
        lines: [
          { sku: "hat", quantity: 1 },
          { sku: "shirt", quantity: 2 },
        ],
        shortages: [{ sku: "hat", requested: 1, available: 0 }],
        rejectedAt: "2026-01-02T03:04:05.678Z",
      },
    });
  });
});

describe("nothing is told of", () => {
  test.each<[string, ReservationItem | undefined, ReservationItem | undefined]>([
    ["a request that is abandoned", undefined, abandoned],
    ["a tombstone that is removed with time", abandoned, undefined],
    ["a hold that is written again under the next version", held, { ...held, version: 2 }],
    [
      "a confirmed reservation that is written again under the next version",
      ended("confirmed"),
      ended("confirmed", { version: 3 }),
    ],
    [
      "a fulfilled reservation that is written again under the next version",
      sold(3, [units(2, fulfilled)], "fulfilled"),
      sold(4, [units(2, fulfilled)], "fulfilled"),
    ],
    ["an adjustment", undefined, ended("adjustment", { version: 1 })],
    ["the record of a shop order", undefined, ended("order", { version: 1, lines: [] })],
    ["an ended reservation that is removed with time", ended("confirmed"), undefined],
    ["a record that is written again as it was", held, held],
  ])("%s", (_, before, after) => {
    expect(published(before, after)).toEqual([]);
  });

  test.each<[string, StockItem | undefined, StockItem | undefined]>([
    ["stock that is written again as it was", stockItem(), stockItem()],
    ["stock whose markers alone have changed", stockItem(), stockItem({ open: { marker: 7 } })],
    ["stock that is removed", stockItem(), undefined],
    [
      "units that are held while others are left",
      stockItem(),
      stockItem({ available: 8, reserved: 2, version: 2 }),
    ],
  ])("%s", (_, before, after) => {
    expect(eventsOfStock(before, after)).toEqual([]);
  });
});

/** The record with so many available units, in the given version. */
const left = (available: number, version: number, more: Partial<StockItem> = {}): StockItem =>
  stockItem({ available, version, ...more });

describe("stock that is counted, corrected, moved or repaired publishes stock.adjusted", () => {
  test.each(["count", "adjustment", "transfer", "repair"] as const)("by a %s", (kind) => {
    const after = left(12, 2, { lastChange: { kind } });
    expect(types(eventsOfStock(left(10, 1), after))).toEqual(["stock.adjusted"]);
  });

  test("with the change and why it was made", () => {
    const lastChange = {
      kind: "adjustment",
      reason: "found",
      reference: "tour-7",
      actor: "ann",
    } as const;
    const before = stockItem({ available: 8, reserved: 2 });
    const after = stockItem({ available: 11, reserved: 2, version: 2, lastChange });
    expect(eventsOfStock(before, after)).toMatchObject([
      {
        type: "stock.adjusted",
        id: "stock.adjusted/shirt/2",
        subject: "shirt",
        data: {
          onHand: 13,
          available: 11,
          reserved: 2,
          version: 2,
          change: {
            kind: "adjustment",
            onHandDelta: 3,
            availableDelta: 3,
            reservedDelta: 0,
            reason: "found",
            reference: "tour-7",
            actor: "ann",
          },
        },
      },
    ]);
  });

  test("the first count is a change from nothing", () => {
    const after = left(10, 1, { lastChange: { kind: "count" } });
    const [event, ...others] = eventsOfStock(undefined, after);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ data: { change: { onHandDelta: 10, availableDelta: 10 } } });
  });

  const others = publicMovementKinds.filter(
    (kind) => !["count", "adjustment", "transfer", "repair", "opening", "edit"].includes(kind),
  );

  test.each(others)("not by a %s", (kind) => {
    const after = left(9, 2, { lastChange: { kind } });
    expect(eventsOfStock(left(10, 1), after)).toEqual([]);
  });
});

describe("stock is low", () => {
  /** The events of a SKU whose available units were so many after each change. */
  const walk = (amounts: number[], threshold: number, more: Partial<StockItem> = {}) =>
    amounts
      .slice(1)
      .map((amount, index) =>
        types(
          eventsOfStock(
            left(amounts[index]!, index + 1, more),
            left(amount, index + 2, more),
            threshold,
          ),
        ).filter((type) => type === "stock.low"),
      )
      .map((events) => events.length);

  test("once when it comes down to the threshold, and again when it does so again", () => {
    expect(walk([10, 6, 5, 4, 1, 0, 5, 6, 5], 5)).toEqual([0, 1, 0, 0, 0, 0, 0, 1]);
  });

  test("never without a threshold", () => {
    expect(walk([10, 1, 0], 0)).toEqual([0, 0]);
  });

  test("at its own threshold, not at the stack's", () => {
    expect(walk([10, 5, 3, 2], 5, { lowStockThreshold: 2 })).toEqual([0, 0, 1]);
    expect(walk([10, 5, 3], 0, { lowStockThreshold: 5 })).toEqual([1, 0]);
  });

  test("never where its own threshold is 0", () => {
    expect(walk([10, 5, 0], 5, { lowStockThreshold: 0 })).toEqual([0, 0]);
  });

  test("when it is new with no more than the threshold", () => {
    expect(types(eventsOfStock(undefined, left(3, 1), 5))).toEqual(["stock.low"]);
  });

  test("when its threshold is raised to what there is, with that threshold", () => {
    const lastChange = { kind: "count" } as const;
    const raised = left(10, 2, { lowStockThreshold: 10, lastChange });
    const events = eventsOfStock(left(10, 1), raised, 5);
    expect(types(events)).toEqual(["stock.adjusted", "stock.low"]);
    expect(events[1]).toMatchObject({ data: { available: 10, lowStockThreshold: 10 } });
  });

  test("no more when its threshold is lowered", () => {
    const before = left(4, 1, { lowStockThreshold: 5 });
    expect(types(eventsOfStock(before, left(4, 2, { lowStockThreshold: 2 })))).toEqual([]);
  });
});

test("units that are kept from sale are no shortfall", () => {
  const lastChange = { kind: "count" } as const;
  const before = stockItem({ reserved: 6, available: 4 });
  const kept = { ...before, safetyStock: 7, available: -3, version: 2, lastChange };
  expect(types(eventsOfStock(before, kept))).toEqual(["stock.adjusted", "stock.depleted"]);
  const short = { ...kept, onHand: 5, available: -8, version: 3 };
  expect(eventsOfStock(kept, short)).toMatchObject([
    { type: "stock.adjusted" },
    { type: "stock.shortfall", data: { safetyStock: 7, available: -8, shortfall: 1 } },
  ]);
});

test("the events of stock at a location have its SKU and its location as subject and in the data", () => {
  const before = stockItem({ sku: "shirt@ams1" });
  const after = stockItem({ sku: "shirt@ams1", available: 0, reserved: 10, version: 2 });
  expect(eventsOfStock(before, after)).toMatchObject([
    {
      type: "stock.depleted",
      id: "stock.depleted/shirt@ams1/2",
      subject: "shirt@ams1",
      data: { sku: "shirt", location: "ams1", available: 0 },
    },
  ]);
});

describe("stock is depleted and replenished", () => {
  test("depleted when its last available unit is gone, once", () => {
    const allHeld = stockItem({ available: 0, reserved: 10, version: 2 });
    expect(types(eventsOfStock(left(10, 1), allHeld))).toEqual(["stock.depleted"]);
    const fewer = stockItem({ available: 0, reserved: 8, version: 3 });
    expect(eventsOfStock(allHeld, fewer)).toEqual([]);
  });

  test("replenished when there is one again, once", () => {
    expect(types(eventsOfStock(left(0, 1), left(1, 2)))).toEqual(["stock.replenished"]);
    expect(eventsOfStock(left(1, 2), left(2, 3))).toEqual([]);
  });

  test("neither when it is new", () => {
    expect(eventsOfStock(undefined, left(0, 1))).toEqual([]);
    expect(eventsOfStock(undefined, left(5, 1))).toEqual([]);
  });

  test("low before depleted, where it comes to both at once", () => {
    expect(types(eventsOfStock(left(10, 1), left(0, 2), 5))).toEqual([
      "stock.low",
      "stock.depleted",
    ]);
  });
});

describe("a shortfall", () => {
  /** Eight reserved units, and so many available ones. */
  const short = (available: number, version: number, kind: MovementKind): StockItem =>
    left(available, version, { reserved: 8, lastChange: { kind } });
  const typesBetween = (from: number, to: number, kind: MovementKind, threshold = 0) =>
    types(eventsOfStock(short(from, 1, kind), short(to, 2, kind), threshold));

  test("is published at each count that leaves one, and at nothing else", () => {
    expect(typesBetween(0, -3, "count")).toEqual(["stock.adjusted", "stock.shortfall"]);
    expect(typesBetween(-3, -3, "count")).toEqual(["stock.adjusted", "stock.shortfall"]);
    expect(typesBetween(-3, -1, "count")).toEqual(["stock.adjusted", "stock.shortfall"]);
    expect(typesBetween(-1, 0, "count")).toEqual(["stock.adjusted"]);
    expect(typesBetween(-3, -1, "adjustment")).toEqual(["stock.adjusted"]);
    expect(typesBetween(-3, -1, "release")).toEqual([]);
    expect(typesBetween(-3, -3, "fulfilment")).toEqual([]);
    const counted = short(-3, 2, "count");
    expect(eventsOfStock(counted, { ...counted, open: {}, shards: 4 })).toEqual([]);
  });

  test("depletes stock that had units, and is low stock", () => {
    const all = ["stock.adjusted", "stock.shortfall", "stock.low", "stock.depleted"];
    expect(typesBetween(10, -3, "count", 5)).toEqual(all);
    expect(typesBetween(3, -3, "count", 5)).toEqual(all.filter((type) => type !== "stock.low"));
  });

  test("ends as replenished stock when a unit is available again, and not before", () => {
    expect(typesBetween(-3, 0, "release")).toEqual([]);
    expect(typesBetween(-3, 1, "release")).toEqual(["stock.replenished"]);
    expect(typesBetween(-3, 2, "count")).toEqual(["stock.adjusted", "stock.replenished"]);
  });

  test("comes with the units that are missing and the reservations at risk, as they are given", () => {
    const before = short(2, 11, "hold");
    const after = short(-3, 12, "count");
    const atRisk = (["held", "confirmed"] as const).map((status, index) => ({
      reservation: reservationIn(status, reservationItem({ reservationId: `r${index}` })),
      quantity: 2 - index,
    }));
    delete atRisk[1]!.reservation.orderId;
    const change = { id: "change", table: "stock", before, after } as const;
    const [, event] = checked(eventsOf(change, settings, undefined, atRisk));
    const createdAt = "2026-01-02T03:04:05.678Z";
    expect(event).toMatchObject({
      id: "stock.shortfall/shirt/12",
      subject: "shirt",
      sequence: "0000000000000012",
      data: { onHand: 5, available: -3, reserved: 8, shortfall: 3 },
    });
    expect(event).toHaveProperty("data.reservations", [
      { reservationId: "r0", orderId: "order-1", status: "held", quantity: 2, createdAt },
      { reservationId: "r1", status: "confirmed", quantity: 1, createdAt },
    ]);
  });
});

describe("the id of an event", () => {
  const ids = (events: InventoryEvent[]) => events.map(({ id }) => id);

  test("is the same whenever the same images are told of", () => {
    const copy = structuredClone({ before: held, after: ended("confirmed") });
    expect(ids(published(copy.before, copy.after))).toEqual(
      ids(published(held, ended("confirmed"))),
    );
  });

  test("is another one for each version, each type and each record", () => {
    const extended = (version: number) =>
      published(
        { ...held, version: version - 1 },
        { ...held, version, expiresAtMs: held.expiresAtMs + version },
      );
    const all = [
      ...published(undefined, held),
      ...extended(2),
      ...extended(3),
      ...published(held, ended("confirmed")),
      ...published(held, ended("released")),
      ...published(undefined, { ...held, reservationId: "r2" }),
      // Long after the first one was removed, under the same idempotency key.
      ...published(undefined, { ...held, createdAtMs: startMs + 86_400_000 }),
      ...eventsOfStock(left(1, 1), left(0, 2), 5),
      ...eventsOfStock(left(1, 3), left(0, 4), 5),
      ...eventsOfStock(left(1, 1, { sku: "hat" }), left(0, 2, { sku: "hat" }), 5),
    ];
    expect(all).toHaveLength(10);
    expect(new Set(ids(all)).size).toBe(all.length);
  });

  test("comes with a sequence that grows as text, as the versions do as numbers", () => {
    const versions = [1, 2, 9, 10, 99, 1_000_000_000, Number.MAX_SAFE_INTEGER];
    const sequences = versions.map(
      (version) => eventsOfStock(left(1, 0), left(0, version))[0]!.sequence,
    );
    expect(sequences.toSorted()).toEqual(sequences);
    expect(new Set(sequences).size).toBe(versions.length);
  });
});

test("every type of the contract is told of by these changes", () => {
  const all = [
    ...published(undefined, held),
    ...published(held, { ...held, version: 2, expiresAtMs: held.expiresAtMs + 1 }),
    ...published(held, { ...held, version: 2, lines: [{ sku: "shirt", quantity: 1 }] }),
    ...published(
      { ...held, lines: [{ ...held.lines[0]!, isBackorder: true }] },
      { ...held, version: 2, lines: [held.lines[0]!] },
    ),
    ...(["confirmed", "released", "expired"] as const).flatMap((status) =>
      published(held, ended(status)),
    ),
    ...published(sold(2, [units(2)]), sold(3, [units(2, fulfilled)], "fulfilled")),
    ...published(sold(2, [units(2)]), sold(3, [units(2, cancelled)], "cancelled")),
    ...published(sold(3, [units(2, fulfilled)]), sold(4, [units(2, returned)], "fulfilled")),
    ...published(undefined, rejected),
    ...eventsOfStock(left(10, 1), left(5, 2, { lastChange: { kind: "count" } }), 5),
    ...eventsOfStock(left(10, 1), left(0, 2)),
    ...eventsOfStock(left(0, 1), left(10, 2)),
    ...eventsOfStock(left(0, 1), left(-1, 2, { reserved: 3, lastChange: { kind: "count" } })),
  ];
  expect(new Set(types(all))).toEqual(new Set(inventoryEventTypes));
});
