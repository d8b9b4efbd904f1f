/** The holds of a SKU, from all partitions of the index, in pages. */
import { BatchGetCommand, QueryCommand, type QueryCommandInput } from "@aws-sdk/lib-dynamodb";
import { beforeEach, describe, expect, test } from "vitest";
import { databaseRequestTimeoutMs, expiryPartitionsMax } from "../../contract/bounds.ts";
import type { Call, Database } from "../../inventory/dynamodb/database.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { listHolds, type LevelHold } from "../../inventory/reservations/list-holds.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { patient } from "../support/holds.ts";
import { loadOf } from "../support/load-of.ts";
import { plantHolds } from "../support/plant-holds.ts";

const clock = { nowMs: 0 };
let database: TestDatabase;
let inventory: Inventory;

const open = async (options: Parameters<typeof createTestDatabase>[0] = {}): Promise<void> => {
  clock.nowMs = Date.UTC(2026, 10, 24);
  database = await createTestDatabase({ now: () => clock.nowMs, ...options });
  inventory = createInventory(database);
};
beforeEach(() => open());

const sku = "wanted";

const hold = async (quantity: number, ttlSeconds: number, others: string[] = []) => {
  const lines = [{ sku, quantity }, ...others.map((other) => ({ sku: other, quantity: 1 }))];
  const result = await inventory.reserve({ lines, ttlSeconds });
  if (result.outcome !== "reserved") throw new Error(JSON.stringify(result));
  return result.reservation;
};

/** All pages of the SKU's holds. */
const readPages = async (limit: number, newCall: () => Call = patient): Promise<LevelHold[][]> => {
  const pages: LevelHold[][] = [];
  let cursor: string | undefined;
  do {
    const page = await listHolds(database, { sku, limit, cursor }, newCall());
    pages.push(page.items);
    ({ cursor } = page);
  } while (cursor !== undefined);
  return pages;
};

const idsOf = (holds: readonly { reservationId: string }[]) =>
  holds.map(({ reservationId }) => reservationId);

const isInOrder = (holds: readonly LevelHold[]): boolean => {
  const places = holds.map(({ expiresAtMs, reservationId }) => `${expiresAtMs} ${reservationId}`);
  return places.every((place, index) => index === 0 || places[index - 1]! < place);
};

/** The database with a client that passes each command by `watch` first. */
const watched = (watch: (command: unknown) => Promise<void> | void): Database => ({
  ...database,
  client: {
    send: async (command: never, options: never) => {
      await watch(command);
      return database.client.send(command, options);
    },
  } as unknown as Database["client"],
});

describe("the holds of a SKU", () => {
  test("are listed next to expire first, each with its units of the SKU", async () => {
    await inventory.setStock({ sku, onHand: 100 });
    await inventory.setStock({ sku: "other", onHand: 100 });
    const [late, soon, middle] = [
      await hold(5, 300),
      await hold(1, 60),
      await hold(2, 90, ["other"]),
    ];
    await inventory.reserve({ lines: [{ sku: "other", quantity: 7 }] });
    expect(await inventory.listHolds({ sku })).toEqual({
      items: [
        { ...soon, quantity: 1 },
        { ...middle, quantity: 2 },
        { ...late, quantity: 5 },
      ],
    });
  });

  test.each([1, 4])("add up to what is reserved, in a level of %d rows", async (shards) => {
    await inventory.setStock({ sku, onHand: 200, shards });
    for (let index = 0; index < 25; index += 1) await hold(1 + (index % 5), 60 + index);
    const holds = (await readPages(10)).flat();
    const { reserved } = (await inventory.getStock(sku))!;
    expect(holds.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(reserved);
    expect(reserved).toBe(75);
  });

  test("are those that are held now: none that was sold, released or has expired", async () => {
    await inventory.setStock({ sku, onHand: 100 });
    const [sold, released, due, kept] = [
      await hold(1, 60),
      await hold(1, 60),
      await hold(1, 60),
      await hold(1, 61),
    ];
    await inventory.confirm(sold.reservationId);
    await inventory.release(released.reservationId);
    expect(idsOf((await inventory.listHolds({ sku })).items)).toEqual(idsOf([due, kept]));
    clock.nowMs = due.expiresAtMs;
    expect(idsOf((await inventory.listHolds({ sku })).items)).toEqual(idsOf([kept]));
    clock.nowMs = kept.expiresAtMs;
    expect(await inventory.listHolds({ sku })).toEqual({ items: [] });
  });

  test("are at their new end after they were extended", async () => {
    await inventory.setStock({ sku, onHand: 100 });
    const [first, second] = [await hold(1, 60), await hold(1, 90)];
    await inventory.extend({ reservationId: first.reservationId, ttlSeconds: 600 });
    expect(idsOf((await inventory.listHolds({ sku })).items)).toEqual(idsOf([second, first]));
  });

  test("are none for an unknown SKU", async () => {
    expect(await inventory.listHolds({ sku: "unknown" })).toEqual({ items: [] });
  });
});

describe("records decide, not the index:", () => {
  /** Lists in pages of 2, and does the work between the first reads of the index and of the records. */
  const listAround = (work: () => Promise<unknown>) => {
    let isDone = false;
    const between = watched(async (command) => {
      if (isDone || !(command instanceof BatchGetCommand)) return;
      isDone = true;
      await work();
    });
    return listHolds(between, { sku, limit: 2 }, patient());
  };
  const release = async (...holds: { reservationId: string }[]) => {
    for (const { reservationId } of holds) await inventory.release(reservationId);
  };

  test("a hold that ends while the page is read is left out, and the cursor goes on", async () => {
    await inventory.setStock({ sku, onHand: 100 });
    const [first, second, third] = [await hold(1, 60), await hold(1, 70), await hold(1, 80)];
    const page = await listAround(() => release(second));
    expect(idsOf(page.items)).toEqual(idsOf([first]));
    const rest = await inventory.listHolds({ sku, cursor: page.cursor });
    expect(idsOf(rest.items)).toEqual(idsOf([third]));
  });

  test("a hold that is due when its record is read is left out", async () => {
    await inventory.setStock({ sku, onHand: 100 });
    const [first, second] = [await hold(1, 60), await hold(1, 61)];
    const page = await listAround(async () => (clock.nowMs = first.expiresAtMs));
    expect(page).toEqual({ items: [{ ...second, quantity: 1 }] });
  });

  test("a hold that is extended while the page is read is shown with its new end", async () => {
    await inventory.setStock({ sku, onHand: 100 });
    const [first, second] = [await hold(1, 60), await hold(1, 61)];
    const { reservationId } = first;
    const page = await listAround(() => inventory.extend({ reservationId, ttlSeconds: 90 }));
    expect(idsOf(page.items)).toEqual(idsOf([second, first]));
    expect(page.items[1]).toMatchObject({ expiresAtMs: clock.nowMs + 90_000, version: 2 });
  });

  test("a page whose holds have all ended is replaced by the next one", async () => {
    await inventory.setStock({ sku, onHand: 100 });
    const [first, second, third] = [await hold(1, 60), await hold(1, 70), await hold(1, 80)];
    const page = await listAround(() => release(first, second));
    expect(idsOf(page.items)).toEqual(idsOf([third]));
    expect(page).not.toHaveProperty("cursor");
  });
});

describe.each([1, 16])("pages, with %d partitions,", (expiryPartitions) => {
  beforeEach(() => open({ expiryPartitions }));

  // Tries to lose or to repeat holds at the seams of pages, where many end at one millisecond.
  test.each([1, 2, 7, 100])("of %d have each hold once, also of one millisecond", async (limit) => {
    const count = 60;
    // 20 end together, then 10 by twos, then 20 together.
    const endOf = (index: number) => 60_000 + (index < 20 ? 0 : index < 40 ? index >> 1 : 40);
    await plantHolds(database, count, (index) => ({
      sku: index % 3 === 2 ? "other" : sku,
      expiresAtMs: clock.nowMs + endOf(index),
    }));
    const pages = await readPages(limit);
    const holds = pages.flat();
    expect(new Set(idsOf(holds)).size).toBe(40);
    expect(holds).toHaveLength(40);
    expect(isInOrder(holds)).toBe(true);
    for (const page of pages.slice(0, -1)) expect(page).toHaveLength(limit);
  });

  test("find the few holds of a SKU among many of others", async () => {
    const count = loadOf(3_000);
    const wanted = new Set([0, Math.floor(count / 2), count - 1]);
    await plantHolds(database, count, (index) => ({
      sku: wanted.has(index) ? sku : `other-${index % 10}`,
      expiresAtMs: clock.nowMs + 60_000 + index,
    }));
    const queries: QueryCommandInput[] = [];
    const counted = watched((command) => {
      if (command instanceof QueryCommand) queries.push(command.input);
    });
    const page = await listHolds(counted, { sku, limit: 2 }, patient());
    expect(page.items.map(({ expiresAtMs }) => expiresAtMs - clock.nowMs - 60_000)).toEqual(
      [...wanted].slice(0, 2),
    );
    const rest = await listHolds(counted, { sku, cursor: page.cursor }, patient());
    expect(rest.items.map(({ expiresAtMs }) => expiresAtMs - clock.nowMs - 60_000)).toEqual(
      [...wanted].slice(2),
    );
    // Large reads after the first ones, each of 1,000 entries.
    const reads = expiryPartitions + Math.ceil(count / 1_000);
    expect(queries.length).toBeLessThanOrEqual(2 * (reads + expiryPartitions));
  });

  test("end early when the time of the call is up, and none is lost", async () => {
    const count = 1_200;
    await plantHolds(database, count, (index) => ({
      sku: index % 100 === 99 ? sku : "other",
      expiresAtMs: clock.nowMs + 60_000 + (index >> 1),
    }));
    const late = (): Call => ({ remainingMs: () => databaseRequestTimeoutMs - 1 });
    const pages = await readPages(50, late);
    expect(pages.length).toBeGreaterThan(1);
    const ends = pages.flat().map(({ expiresAtMs }) => expiresAtMs - clock.nowMs - 60_000);
    expect(ends).toEqual(Array.from({ length: 12 }, (_, index) => 49 + 50 * index));
  });

  test("of a SKU with many holds read about as many entries as they list", async () => {
    await plantHolds(database, loadOf(4_000), (index) => ({
      sku,
      expiresAtMs: clock.nowMs + 60_000 + index,
    }));
    const commands: string[] = [];
    let entries = 0;
    const counted = watched((command) => {
      commands.push((command as object).constructor.name);
      if (command instanceof QueryCommand) entries += command.input.Limit!;
    });
    const page = await listHolds(counted, { sku, limit: 50 }, patient());
    expect(page.items.map(({ expiresAtMs }) => expiresAtMs - clock.nowMs - 60_000)).toEqual(
      Array.from({ length: 50 }, (_, index) => index),
    );
    const queries = Array<string>(expiryPartitions).fill("QueryCommand");
    expect(commands).toEqual([...queries, "BatchGetCommand"]);
    expect(entries).toBeLessThanOrEqual(2 * 50 + 17 * expiryPartitions);
  });
});

test("a page ends at its bound of entries, with a cursor to the rest", async () => {
  await open({ expiryPartitions: expiryPartitionsMax });
  const others = 1_500;
  await plantHolds(database, others + 2, (index) => ({
    sku: index === 0 || index > others ? sku : "other",
    expiresAtMs: clock.nowMs + 60_000 + index,
    expiryShard: 7,
  }));
  const pages = await readPages(50);
  const ends = pages.map((page) => page.map(({ expiresAtMs }) => expiresAtMs - clock.nowMs));
  expect(ends).toEqual([[60_000], [60_000 + others + 1]]);
});

describe("a cursor", () => {
  test("of another SKU, or of another list, is refused", async () => {
    await inventory.setStock({ sku, onHand: 100 });
    for (let index = 0; index < 3; index += 1) await hold(1, 60);
    const { cursor } = await inventory.listHolds({ sku, limit: 2 });
    expect(cursor).toBeDefined();
    const refused = expect.objectContaining({ code: "invalid_cursor" }) as unknown;
    await expect(inventory.listHolds({ sku: "other", cursor })).rejects.toEqual(refused);
    await expect(inventory.listMovements({ sku, cursor })).rejects.toEqual(refused);
  });
});
