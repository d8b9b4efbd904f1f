/** Events of stock levels that have several rows. */
import { describe, expect, test } from "vitest";
import type { StockItem } from "../../../contract/tables.ts";
import type { Change } from "../../../functions/events/change.ts";
import { eventsOfChanges } from "../../../functions/events/inventory-events.ts";
import type { LevelReader } from "../../../functions/events/level-reading.ts";
import { inventoryEventSchema } from "../../../contract/events.ts";
import { markerKey } from "../../../inventory/stock/marker.ts";
import { startMs, stockItem } from "./stream-images.ts";

const settings = { source: "urn:holdfast:Shop:Holdfast", lowStockThreshold: 0 };

const row = (shard: number, available: number, more: Partial<StockItem> = {}): StockItem =>
  stockItem({
    sku: shard === 0 ? "shirt" : `shirt~${shard}`,
    available,
    ...(shard === 0 ? { shards: 3 } : { startVersion: 1 }),
    ...more,
  });

/** A level as the publisher finds it, and how often it is read. */
const levelOf = (rows: readonly StockItem[] | undefined, departedUnits = 0) => {
  const reads: string[] = [];
  const reader: LevelReader = {
    firstRow: async (levelKey) => {
      reads.push(`first row of ${levelKey}`);
      return rows?.[0];
    },
    level: async (levelKey) => {
      reads.push(`level of ${levelKey}`);
      return rows && { rows, departedUnits };
    },
    atRisk: async ({ levelKey, units, latestIds }) => {
      reads.push(`at risk for ${units} of ${levelKey} after ${latestIds.join(", ")}`);
      return [];
    },
  };
  return { reader, reads };
};

let changes = 0;
const changeOf = (before: StockItem | undefined, after: StockItem): Change => ({
  id: String((changes += 1)),
  table: "stock",
  ...(before && { before }),
  after,
});

/** A change of a row to so many available units, at a version and a time. */
const changeTo = (
  shard: number,
  [had, has]: [number, number],
  { version = 5, atMs = startMs, ...more }: Partial<StockItem> & { atMs?: number } = {},
): Change => {
  const before = row(shard, had, { version: version - 1, updatedAtMs: atMs - 1_000 });
  const lastChange = { kind: has < had ? "hold" : "release" } as const;
  return changeOf(before, row(shard, has, { version, updatedAtMs: atMs, lastChange, ...more }));
};

const collect = async (
  batch: readonly Change[],
  reader: LevelReader,
  lowStockThreshold = settings.lowStockThreshold,
) => {
  const { events: indexed, ...progress } = await eventsOfChanges(
    batch,
    { ...settings, lowStockThreshold },
    reader,
  );
  const events = indexed.map(({ event }) => event);
  for (const event of events) {
    expect(inventoryEventSchema(event.type).parse(event)).toEqual(event);
  }
  return { events, types: events.map(({ type }) => type), indexed, ...progress };
};

/** The types of the events of one change, where the level is found with these rows. */
const typesOf = async (change: Change, rows: readonly StockItem[], threshold = 0, departed = 0) =>
  (await collect([change], levelOf(rows, departed).reader, threshold)).types;

const earlierMs = startMs - 60_000;
const laterMs = startMs + 1;
const untouched = { updatedAtMs: earlierMs };

describe("a level of several rows", () => {
  test("is depleted when a row is empty and no other has units", async () => {
    const change = changeTo(1, [1, 0]);
    expect(await typesOf(change, [row(0, 0), row(1, 0), row(2, 0)])).toEqual(["stock.depleted"]);
    expect(await typesOf(change, [row(0, 0), row(1, 0), row(2, 1)])).toEqual([]);
  });

  test("is not depleted while units are on their way between its rows", async () => {
    const change = changeTo(1, [1, 0]);
    expect(await typesOf(change, [row(0, 0), row(1, 0), row(2, 0)], 0, 4)).toEqual([]);
  });

  test("is replenished when a row has units again and no other had any", async () => {
    const change = changeTo(1, [0, 2]);
    const rest = [row(0, 0, untouched), row(1, 2)];
    expect(await typesOf(change, [...rest, row(2, 0)])).toEqual(["stock.replenished"]);
    expect(await typesOf(change, [...rest, row(2, 1, untouched)])).toEqual([]);
    // The units of the other row may have come after those of this one.
    const later = row(2, 1, { updatedAtMs: laterMs });
    expect(await typesOf(change, [...rest, later])).toEqual(["stock.replenished"]);
    // It is empty again: the change that emptied it has an event.
    expect(await typesOf(change, [row(0, 0), row(1, 0), row(2, 0)])).toEqual([]);
  });

  test("is replenished when its first row has made up a shortfall", async () => {
    const rows = (available: number) => [row(0, available), row(1, 0), row(2, 0)];
    expect(await typesOf(changeTo(0, [-3, 2]), rows(2))).toEqual(["stock.replenished"]);
    expect(await typesOf(changeTo(0, [-3, 0]), rows(0))).toEqual([]);
    expect(await typesOf(changeTo(0, [-3, -1]), rows(-1))).toEqual([]);
  });

  test("is depleted also where a count has left a shortfall since", async () => {
    const change = changeTo(1, [1, 0]);
    expect(await typesOf(change, [row(0, -2), row(1, 0), row(2, 0)])).toEqual(["stock.depleted"]);
  });

  test("is low when the sum comes down to the threshold", async () => {
    const rows = (available: number) => [row(0, 2, untouched), row(1, available), row(2, 0)];
    expect(await typesOf(changeTo(1, [4, 3]), rows(3), 5)).toEqual(["stock.low"]);
    expect(await typesOf(changeTo(1, [5, 4]), rows(4), 5)).toEqual([]);
    const quiet = [row(0, 2, untouched), row(1, 2), row(2, 0, untouched)];
    expect(await typesOf(changeTo(1, [3, 2]), quiet, 5)).toEqual([]);
  });

  test("is low at its own threshold, which its first row has", async () => {
    const rows = [row(0, 1, { ...untouched, lowStockThreshold: 3 }), row(1, 2), row(2, 0)];
    const { events } = await collect([changeTo(1, [3, 2])], levelOf(rows).reader, 50);
    expect(events).toMatchObject([
      { type: "stock.low", data: { available: 3, lowStockThreshold: 3, shards: 3 } },
    ]);
  });

  test("is not missed as low where other rows have changed in the meantime", async () => {
    // Six units; each row sells one before the level is read. The first of these crossed 5.
    const rows = [row(0, 2, { updatedAtMs: laterMs }), row(1, 2), row(2, 0, untouched)];
    expect(await typesOf(changeTo(1, [3, 2]), rows, 5)).toEqual(["stock.low"]);
    const last = changeTo(0, [3, 2], { atMs: laterMs });
    expect(await typesOf(last, rows, 5)).toEqual([]);
  });

  test("is low when its threshold is raised to what there is", async () => {
    const lastChange = { kind: "count" } as const;
    const raised = row(0, 4, { version: 5, lowStockThreshold: 10, lastChange });
    const change = changeOf(row(0, 4, { version: 4 }), raised);
    const rows = [raised, row(1, 4, untouched), row(2, 1, untouched)];
    expect(await typesOf(change, rows)).toEqual(["stock.adjusted", "stock.low"]);
  });

  test("is published with its sums, under an id that its row and version give", async () => {
    const lastChange = { kind: "adjustment", reason: "found" } as const;
    const change = changeTo(2, [1, 4], { version: 9, lastChange });
    const rows = [row(0, 2, { version: 30 }), row(1, 3, { version: 4 }), row(2, 4, { version: 9 })];
    const { events } = await collect([change], levelOf(rows).reader);
    expect(events).toMatchObject([
      {
        id: "stock.adjusted/shirt~2/9",
        subject: "shirt",
        sequence: "0000000000000041",
        data: {
          sku: "shirt",
          onHand: 9,
          available: 9,
          version: 41,
          shards: 3,
          change: { kind: "adjustment", availableDelta: 3, reason: "found" },
        },
      },
    ]);
    expect(events[0]?.data).not.toHaveProperty("startVersion");
    const again = await collect([change], levelOf([row(0, 9, { version: 77 })]).reader);
    expect(again.events[0]?.id).toBe(events[0]?.id);
  });

  test("has no event where its first row is gone", async () => {
    const { types } = await collect([changeTo(1, [1, 0])], levelOf(undefined).reader);
    expect(types).toEqual([]);
  });
});

describe("units that move between rows have no event", () => {
  test.each<[string, StockItem | undefined, StockItem]>([
    ["a row that begins", undefined, row(1, 0, { lastChange: { kind: "move" } })],
    [
      "units that leave a row",
      row(1, 4, { version: 4 }),
      row(1, 0, { version: 5, lastChange: { kind: "move" } }),
    ],
    [
      "units that reach a row",
      row(1, 0, { version: 4 }),
      row(1, 4, { version: 5, lastChange: { kind: "move" } }),
    ],
    [
      "a level that is one row again",
      row(0, 0, { shards: 2, version: 4 }),
      stockItem({ available: 3, version: 9, lastChange: { kind: "move" } }),
    ],
  ])("%s", async (_, before, after) => {
    const { reader, reads } = levelOf([row(0, 0), row(1, 0), row(2, 0)]);
    expect((await collect([changeOf(before, after)], reader, 50)).types).toEqual([]);
    expect(reads).toEqual([]);
  });
});

describe("a level is read", () => {
  const rows = [row(0, 20), row(1, 20), row(2, 20)];

  test("never where it has one row", async () => {
    const { reader, reads } = levelOf(rows);
    const change = changeOf(stockItem({ version: 4 }), stockItem({ available: 0, version: 5 }));
    expect((await collect([change], reader, 5)).types).toEqual(["stock.low", "stock.depleted"]);
    expect(reads).toEqual([]);
  });

  test("only where the change of a row may be due an event", async () => {
    const readsOf = async (change: Change, threshold: number) => {
      const { reader, reads } = levelOf(rows);
      await collect([change], reader, threshold);
      return reads;
    };
    expect(await readsOf(changeTo(1, [21, 20]), 0)).toEqual(["first row of shirt"]);
    expect(await readsOf(changeTo(1, [21, 20]), 19)).toEqual(["first row of shirt"]);
    expect(await readsOf(changeTo(0, [21, 20]), 19)).toEqual([]);
    expect(await readsOf(changeTo(0, [21, 20]), 20)).toEqual(["level of shirt"]);
    expect(await readsOf(changeTo(1, [20, 21]), 50)).toEqual([]);
    expect(await readsOf(changeTo(1, [1, 0]), 0)).toEqual(["level of shirt"]);
    const count = changeTo(1, [20, 30], { lastChange: { kind: "count" } });
    expect(await readsOf(count, 0)).toEqual(["level of shirt"]);
  });
});

describe("the reservations at risk are read", () => {
  const short = (version: number, more: Partial<StockItem> = {}): StockItem =>
    stockItem({ available: -3, reserved: 8, version, lastChange: { kind: "count" }, ...more });

  test("for a count that left a shortfall, with the holds whose markers are in the row", async () => {
    const ids = [1, 2, 3].map((index) => `0000000${index}-0000-8000-8000-000000000000`);
    const kinds = ["hold", "release", "hold"] as const;
    const open = Object.fromEntries(
      ids.map((reservationId, index) => {
        const kind = kinds[index]!;
        return [markerKey({ reservationId, kind, base: 0, quantity: 1 }), 4];
      }),
    );
    const { reader, reads } = levelOf(undefined);
    await collect([changeOf(stockItem({ version: 4 }), short(5, { open }))], reader);
    expect(reads).toEqual([`at risk for 3 of shirt after ${ids[0]}, ${ids[2]}`]);
  });

  test("for each such count of a batch, and for no other change", async () => {
    const { reader, reads } = levelOf(undefined);
    const released = short(7, { available: -2, lastChange: { kind: "release" } });
    const batch = [
      changeOf(short(4), short(5)),
      changeOf(short(5), { ...short(5), open: {} }),
      changeOf(short(5), short(6)),
      changeOf(short(6), released),
    ];
    const { types } = await collect(batch, reader);
    const each = ["stock.adjusted", "stock.shortfall"];
    expect(types).toEqual([...each, ...each]);
    expect(reads).toHaveLength(2);
  });

  test("or no event of the count is published", async () => {
    const failure = new Error("The ledger does not answer.");
    const reader: LevelReader = {
      ...levelOf(undefined).reader,
      atRisk: () => Promise.reject(failure),
    };
    const result = await collect([changeOf(stockItem({ version: 4 }), short(5))], reader);
    expect(result).toMatchObject({ events: [], done: 0, failure });
  });
});

describe("in one batch", () => {
  const empty = [row(0, 0), row(1, 0), row(2, 0)];

  test("a level is depleted once, however many of its rows are empty by then", async () => {
    const batch = [changeTo(0, [1, 0]), changeTo(1, [1, 0]), changeTo(2, [2, 0])];
    const { indexed } = await collect(batch, levelOf(empty).reader);
    expect(indexed).toMatchObject([{ event: { type: "stock.depleted" }, index: 0 }]);
  });

  test("each adjustment is published", async () => {
    const lastChange = { kind: "adjustment" } as const;
    const batch = [1, 2].map((shard) => changeTo(shard, [1, 0], { lastChange }));
    const { types } = await collect(batch, levelOf(empty).reader);
    expect(types).toEqual(["stock.adjusted", "stock.depleted", "stock.adjusted"]);
  });

  test("a level that cannot be read stops at the change that needs it", async () => {
    const failure = new Error("The table does not answer.");
    const reader: LevelReader = {
      firstRow: () => Promise.reject(failure),
      level: () => Promise.reject(failure),
      atRisk: () => Promise.reject(failure),
    };
    const ofOneRow = changeOf(
      stockItem({ sku: "hat" }),
      stockItem({ sku: "hat", available: 0, version: 2 }),
    );
    const {
      types,
      done,
      failure: reported,
    } = await collect([ofOneRow, changeTo(1, [1, 0]), ofOneRow], reader);
    expect([types, done, reported]).toEqual([["stock.depleted"], 1, failure]);
  });
});
