/** Damage that is planted directly in the tables is found and repaired; a busy shop is not accused. */
import { PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { beforeEach, describe, expect, test } from "vitest";
import { overdueMs } from "../../contract/bounds.ts";
import type { ReservationItem, StockItem } from "../../contract/tables.ts";
import { audit, type AuditOptions } from "../../inventory/audit/audit.ts";
import type { Damage, Finding } from "../../inventory/audit/finding.ts";
import { callWithin } from "../../inventory/dynamodb/database.ts";
import { readItem } from "../../inventory/dynamodb/read-item.ts";
import { idOfKey } from "../../inventory/identity.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { reserve } from "../../inventory/reservations/reserve.ts";
import { markerKey, markerTerm, type NewMarker } from "../../inventory/stock/marker.ts";
import { changeRow } from "../../inventory/stock/row.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { linesOf, patient } from "../support/holds.ts";
import { expectInvariants } from "../support/invariants.ts";
import { isDefaultEngine, loadOf } from "../support/load-of.ts";

const clock = { aheadMs: 0 };
let database: TestDatabase;
let inventory: Inventory;
beforeEach(async () => {
  clock.aheadMs = 0;
  database = await createTestDatabase({
    now: () => Date.now() + clock.aheadMs,
    fulfillsOnConfirm: true,
  });
  inventory = createInventory(database);
  for (const sku of ["a", "b", "c"]) await inventory.setStock({ sku, onHand: 100 });
});

const runAudit = async (options: Partial<AuditOptions> = {}) => {
  const findings: Finding[] = [];
  const report = await audit(
    database,
    {
      locksTable: database.locksTable,
      // Nobody reads the streams here: ledger.test.ts has the ledger.
      checksLedger: false,
      onFinding: (finding) => findings.push(finding),
      apartMs: 10,
      ...options,
    },
    callWithin(200_000),
  );
  return { report, findings };
};

/** Removes the markers of committed holds, as a sweep does within minutes. */
const resolveRows = () => inventory.sweep(patient(), { resolvesRows: true });

const set = (table: string, key: Record<string, string>, values: Record<string, unknown>) => {
  const names = Object.keys(values);
  return database.client.send(
    new UpdateCommand({
      TableName: table,
      Key: key,
      UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(", ")}`,
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(
        names.map((name) => [`:${name}`, values[name]]),
      ),
    }),
  );
};

const remove = (table: string, key: Record<string, string>, names: readonly string[]) =>
  database.client.send(
    new UpdateCommand({
      TableName: table,
      Key: key,
      UpdateExpression: `REMOVE ${names.map((name) => `#${name}`).join(", ")}`,
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    }),
  );

const hold = async (sku: string, quantity: number, ttlSeconds = 900): Promise<string> => {
  const lines = [{ sku, quantity }];
  const result = await inventory.reserve({ lines, ttlSeconds });
  if (result.outcome !== "reserved") throw new Error(result.outcome);
  return result.reservation.reservationId;
};

const putLock = (row: Record<string, unknown>) =>
  database.client.send(new PutCommand({ TableName: database.locksTable, Item: row }));

/** A row of a level, as the core writes it. */
const putRow = async (
  sku: string,
  [available, reserved]: [number, number],
  more: Partial<StockItem> = {},
): Promise<void> => {
  const item: StockItem = {
    sku,
    onHand: available + reserved,
    available,
    reserved,
    version: 9,
    updatedAtMs: Date.now(),
    open: {},
    onHandVersion: 9,
    lastChange: { kind: "move" },
    ...more,
  };
  await database.client.send(new PutCommand({ TableName: database.tables.stock, Item: item }));
};

/** A record whose parts are in these rows, three minutes before its end. */
const putRecord = async (
  name: string,
  parts: ReservationItem["parts"],
  more: Partial<ReservationItem> = {},
): Promise<string> => {
  const reservationId = idOfKey([], name);
  const nowMs = Date.now();
  const item: ReservationItem = {
    reservationId,
    status: "held",
    lines: parts.map(({ row, quantity }) => ({ sku: row.split("~")[0]!, quantity })),
    parts,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + 180_000,
    updatedAtMs: nowMs,
    fingerprint: name,
    version: 1,
    expiryShard: 3,
    skus: new Set(parts.map(({ row }) => row.split("~")[0]!)),
    ...more,
  };
  const { reservations } = database.tables;
  await database.client.send(new PutCommand({ TableName: reservations, Item: item }));
  return reservationId;
};

/** Of a record that is not in the index of holds; `ended` is removed with time. */
const kept = { expiryShard: undefined, skus: undefined } as unknown as Partial<ReservationItem>;
const ended = { ...kept, ttlSeconds: Math.ceil(Date.now() / 1000) + 86_400 };

const markerIn = (marker: NewMarker, version: number, nowMs = Date.now()) => {
  const placedAt = version - (marker.kind === "departure" ? 1 : 0);
  return { [markerKey(marker)]: placedAt + markerTerm(marker, nowMs) };
};

/** A level of three rows, with holds in two of them. */
const putLevel = async (
  rows: readonly (readonly [number, number])[] = [
    [5, 2],
    [0, 3],
    [4, 0],
  ],
): Promise<void> => {
  for (const [shard, [available, reserved]] of rows.entries()) {
    const more = shard === 0 ? { shards: 3 } : { startVersion: 4 };
    await putRow(shard === 0 ? "wide" : `wide~${shard}`, [available, reserved], more);
  }
  await putRecord("one", [{ row: "wide", quantity: 2, version: 8 }]);
  // The row has had another holder of its name: its units were taken elsewhere.
  await putRecord("other", [{ row: "wide~2", quantity: 3, version: 3 }]);
};

/** What each kind of damage needs, and the subject that the finding has to name. */
const plants: [Damage, () => Promise<string>, "repairable" | "reported"][] = [
  [
    "reserved_drift",
    async () => {
      await hold("a", 3);
      // A hold that was leaked: units reserved for nobody.
      await set(database.tables.stock, { sku: "a" }, { available: 90, reserved: 10 });
      return "a";
    },
    "repairable",
  ],
  [
    "available_drift",
    async () => {
      await hold("a", 3);
      await set(database.tables.stock, { sku: "a" }, { available: 100 });
      return "a";
    },
    "repairable",
  ],
  [
    "negative_count",
    async () => {
      await set(database.tables.stock, { sku: "b" }, { available: -2, reserved: 102 });
      return "b";
    },
    "repairable",
  ],
  [
    "malformed_stock",
    async () => {
      await remove(database.tables.stock, { sku: "b" }, ["available"]);
      return "b";
    },
    "repairable",
  ],
  [
    "oversold",
    async () => {
      await hold("c", 5);
      await set(database.tables.stock, { sku: "c" }, { onHand: 4, available: 0, reserved: 4 });
      return "c";
    },
    "reported",
  ],
  [
    "stock_missing",
    async () => {
      const id = await hold("a", 1);
      const lines = [
        { sku: "a", quantity: 1 },
        { sku: "gone", quantity: 2 },
      ];
      const parts = lines.map(({ sku, quantity }) => ({ row: sku, quantity, version: 2 }));
      await set(
        database.tables.reservations,
        { reservationId: id },
        { lines, parts, skus: new Set(["a", "gone"]) },
      );
      return "gone";
    },
    "reported",
  ],
  [
    "first_row_missing",
    async () => {
      await putRow("torn~1", [2, 0]);
      return "torn";
    },
    "reported",
  ],
  [
    "row_past_level",
    async () => {
      await putRow("cut", [2, 0], { shards: 2 });
      await putRow("cut~1", [2, 0]);
      await putRow("cut~2", [1, 0]);
      return "cut~2";
    },
    "reported",
  ],
  [
    "hold_not_indexed",
    async () => {
      const id = await hold("a", 2);
      await remove(database.tables.reservations, { reservationId: id }, ["expiryShard"]);
      return id;
    },
    "repairable",
  ],
  [
    "hold_overdue",
    async () => {
      const id = await hold("a", 2, 1);
      await resolveRows();
      clock.aheadMs = overdueMs + 5_000;
      return id;
    },
    "repairable",
  ],
  [
    "sale_overdue",
    async () => {
      const id = await hold("a", 2);
      await inventory.confirm(id);
      await resolveRows();
      clock.aheadMs = overdueMs + 5_000;
      return id;
    },
    "repairable",
  ],
  [
    "marker_overdue",
    async () => {
      // A request took units and died.
      const marker = { reservationId: idOfKey([], "dead"), kind: "hold", base: 0, quantity: 2 };
      const change = { place: [marker as NewMarker], lastChange: { kind: "hold" } as const };
      await changeRow(database, "a", change, patient());
      clock.aheadMs = overdueMs + 5_000;
      return "a";
    },
    "repairable",
  ],
  [
    "ended_indexed",
    async () => {
      const id = await hold("a", 2);
      await inventory.confirm(id);
      await inventory.settleSales([id]);
      await set(database.tables.reservations, { reservationId: id }, { expiryShard: 3 });
      return id;
    },
    "repairable",
  ],
  [
    "ended_without_ttl",
    async () => {
      const id = await hold("a", 2);
      await inventory.release(id);
      await remove(database.tables.reservations, { reservationId: id }, ["ttlSeconds"]);
      return id;
    },
    "repairable",
  ],
  [
    "malformed_reservation",
    async () => {
      const id = await hold("a", 2);
      await inventory.release(id);
      await set(database.tables.reservations, { reservationId: id }, { status: "sold" });
      return id;
    },
    "reported",
  ],
  [
    "lease_too_long",
    async () => {
      const leaseUntilMs = Date.now() + 3_600_000;
      const ttlSeconds = Math.ceil(leaseUntilMs / 1000);
      await putLock({ lockName: "lock#a", owner: "dead:1", token: 7, leaseUntilMs, ttlSeconds });
      return "lock#a";
    },
    "repairable",
  ],
  [
    "lease_ttl_wrong",
    async () => {
      await putLock({ lockName: "lock#b", token: 7, leaseUntilMs: 0, ttlSeconds: Date.now() });
      return "lock#b";
    },
    "repairable",
  ],
];

test("reservations at every point of their lives are right", async () => {
  const lines = (units: number) => ({ lines: linesOf({ a: units }) });
  const ids = await Promise.all([5, 5, 5, 5, 5].map((quantity) => hold("a", quantity)));
  const [partly, returned, cancelled, changed, late] = ids;
  for (const id of [partly, returned, cancelled]) await inventory.confirm(id!);
  await inventory.fulfill({ reservationId: partly!, ...lines(2) });
  await inventory.cancel({ reservationId: partly!, ...lines(1) });
  await inventory.fulfill({ reservationId: returned! });
  await inventory.returnUnits({ reservationId: returned!, ...lines(4), reason: "too small" });
  await inventory.cancel({ reservationId: cancelled! });
  await inventory.changeHold({ reservationId: changed!, lines: linesOf({ a: 2, b: 3 }) });
  await inventory.reserve({ lines: linesOf({ c: 200 }), allowPartial: true });
  await inventory.extend({ reservationId: late!, ttlSeconds: 1 });
  clock.aheadMs += 2_000;
  await resolveRows();
  await inventory.confirm(late!, undefined, { ...lines(3), reacquires: true });
  await resolveRows();
  expect((await runAudit()).findings).toEqual([]);
  await expectInvariants(database);
});

test("a sale that waits for its shipment is right, where sales are not fulfilled at once", async () => {
  const id = await hold("a", 2);
  await inventory.confirm(id);
  await resolveRows();
  clock.aheadMs = 30 * 24 * 60 * 60_000;
  database = { ...database, fulfillsOnConfirm: false };
  expect((await runAudit()).findings).toEqual([]);
});

describe("planted damage", () => {
  test.each(plants)(
    "%s is found, by its subject, and repaired where that can be",
    async (...plant) => {
      const [damage, make, kind] = plant;
      const subject = await make();
      const found = await runAudit();
      expect(found.findings).toEqual([
        expect.objectContaining({ damage, subject, detail: expect.any(String) }),
      ]);
      expect(found.report).toMatchObject({ findings: 1, repaired: 0, inMotion: [] });
      const [finding] = found.findings;
      expect(finding).not.toHaveProperty("result");
      expect(finding!.repair === undefined).toBe(kind === "reported");

      const repaired = await runAudit({ apply: true });
      expect(repaired.report.repaired).toBe(kind === "reported" ? 0 : 1);
      const after = await runAudit();
      expect(after.report.findings).toBe(kind === "reported" ? 1 : 0);
      if (kind === "repairable") await expectInvariants(database);
    },
  );

  test("every kind has been planted", () => {
    expect(new Set(plants.map(([damage]) => damage)).size).toBe(plants.length);
    expect(plants.length).toBeGreaterThanOrEqual(10);
  });

  test("of all kinds at once is found whole, with the reservations involved", async () => {
    const ids = [await hold("a", 1), await hold("a", 1)];
    await set(database.tables.stock, { sku: "a" }, { available: 90, reserved: 10 });
    await set(database.tables.stock, { sku: "b" }, { available: 99 });
    await remove(database.tables.reservations, { reservationId: ids[0]! }, ["expiryShard"]);
    const { findings } = await runAudit({ levelsAtOnceMax: 1 });
    expect(findings.map(({ damage, subject }) => `${damage} ${subject}`).toSorted()).toEqual([
      "available_drift b",
      `hold_not_indexed ${ids[0]}`,
      "reserved_drift a",
    ]);
    const drift = findings.find(({ subject }) => subject === "a");
    expect(drift?.reservationIds.toSorted()).toEqual(ids.toSorted());
  });

  test("is not repaired over a record that has moved", async () => {
    await set(database.tables.stock, { sku: "b" }, { available: 90, reserved: 10 });
    // Between what was seen and the repair, somebody reserves.
    const moving: TestDatabase = {
      ...database,
      client: Object.assign(Object.create(database.client) as TestDatabase["client"], {
        send: async (command: { input: object }, ...rest: []) => {
          const isRepair = JSON.stringify(command.input).includes(":onHand");
          if (isRepair) await hold("b", 1);
          return database.client.send(command as never, ...rest);
        },
      }),
    };
    const told: Finding[] = [];
    const report = await audit(
      moving,
      {
        locksTable: database.locksTable,
        apply: true,
        apartMs: 10,
        onFinding: (finding) => told.push(finding),
      },
      patient(),
    );
    expect(told).toEqual([expect.objectContaining({ subject: "b", result: "moved" })]);
    expect(report.repaired).toBe(0);
  });
});

describe("a level of several rows", () => {
  const rowOf = (sku: string) =>
    readItem<StockItem>(database, database.tables.stock, { sku }, patient());

  test("is right where its rows add up, and its units are those of its reservations", async () => {
    await putLevel();
    const { report, findings } = await runAudit();
    expect([findings, report.inMotion]).toEqual([[], []]);
    expect(report.stockRecords).toBe(6);
  });

  test("is right with a row that has fewer reserved units than none, and with an empty row past its last", async () => {
    await putLevel([
      [5, 6],
      [3, -1],
      [4, 0],
    ]);
    await putRow("wide~3", [0, 0]);
    await putRow("wide~4", [0, 0]);
    expect((await runAudit()).findings).toEqual([]);
  });

  test("is right while units are on their way between its rows", async () => {
    await putLevel();
    const reservationId = await putRecord(
      "move",
      [
        { row: "wide", quantity: 2, version: 9 },
        { row: "wide~1", quantity: 2, version: 9, arrives: true },
      ],
      { status: "move", lines: [], ...ended },
    );
    const marker = { reservationId, base: 0, quantity: 2 };
    const departure = markerIn({ ...marker, kind: "departure" }, 9);
    await putRow("wide", [3, 2], { shards: 3, open: departure });
    await putRow("wide~1", [0, 3], { open: markerIn({ ...marker, kind: "arrival" }, 9) });
    const { report, findings } = await runAudit({ levelsAtOnceMax: 1 });
    expect([findings, report.inMotion]).toEqual([[], []]);
  });

  test("has its reserved units repaired in a row that has as many", async () => {
    // Four units are missing, and the first row has three.
    await putLevel([
      [3, 0],
      [0, 1],
      [9, 0],
    ]);
    const { findings } = await runAudit({ apply: true });
    expect(findings).toMatchObject([
      {
        damage: "reserved_drift",
        subject: "wide",
        detail: "onHand 13, available 12, reserved 1; 5 are accounted for in 3 rows",
        repair: "set available to 5, reserved to 4 in wide~2",
        result: "repaired",
      },
    ]);
    expect(findings[0]?.reservationIds).toHaveLength(2);
    expect(await rowOf("wide~2")).toMatchObject({ onHand: 9, available: 5, reserved: 4 });
    expect(await rowOf("wide")).toMatchObject({ available: 3, reserved: 0, version: 9 });
    expect((await runAudit()).findings).toEqual([]);
  });

  test("is repaired in the row that does not add up", async () => {
    await putLevel();
    await set(database.tables.stock, { sku: "wide~1" }, { available: 3 });
    const { findings } = await runAudit({ apply: true });
    expect(findings).toMatchObject([
      { damage: "available_drift", subject: "wide~1", result: "repaired" },
    ]);
    expect(await rowOf("wide~1")).toMatchObject({ onHand: 3, available: 0, reserved: 3 });
    expect((await runAudit()).findings).toEqual([]);
  });

  test("is left to people where two rows do not add up", async () => {
    await putLevel();
    for (const sku of ["wide", "wide~1"]) {
      await set(database.tables.stock, { sku }, { available: 9 });
    }
    const { findings } = await runAudit({ apply: true });
    expect(findings).toHaveLength(1);
    expect(findings[0]).not.toHaveProperty("repair");
  });

  test("has the markers of a move resolved that no request has resolved", async () => {
    await putLevel();
    const reservationId = idOfKey([], "dead move");
    const marker = { reservationId, kind: "departure", base: 0, quantity: 2 } as const;
    await putRow("wide~2", [2, 0], { open: markerIn(marker, 9) });
    clock.aheadMs = overdueMs + 5_000;
    const { findings } = await runAudit({ apply: true });
    expect(findings.find(({ damage }) => damage === "marker_overdue")).toMatchObject({
      subject: "wide~2",
      reservationIds: [reservationId],
      result: "repaired",
    });
    expect(await rowOf("wide~2")).toMatchObject({ available: 4, open: {} });
  });

  test("has a record of a move kept for ever found as that of an adjustment", async () => {
    await putLevel();
    const parts = [
      { row: "wide", quantity: 1, version: 5 },
      { row: "wide~1", quantity: 1, version: 5, arrives: true as const },
    ];
    const id = await putRecord("kept", parts, { status: "move", lines: [], ...kept });
    const { findings } = await runAudit({ apply: true });
    expect(findings).toMatchObject([
      { damage: "ended_without_ttl", subject: id, result: "repaired" },
    ]);
    expect((await runAudit()).findings).toEqual([]);
  });
});

describe("a shortfall that a count was allowed to leave", () => {
  /** Of SKU `a`, with 8 units reserved and 5 counted. */
  const countShort = async (shards?: number): Promise<string> => {
    const id = await hold("a", 8);
    await inventory.setStock({ sku: "a", onHand: 5, allowShortfall: true, shards });
    await resolveRows();
    return id;
  };
  const setRow = (sku: string, values: Record<string, unknown>) =>
    set(database.tables.stock, { sku }, values);

  test.each([
    ["one row", 1],
    ["several rows", 3],
  ])(
    "in a level of %s is right, also after more units were sold than counted",
    async (_, shards) => {
      const id = await countShort(shards);
      expect(await inventory.getStock("a")).toMatchObject({
        onHand: 5,
        available: -3,
        reserved: 8,
      });
      expect((await runAudit()).findings).toEqual([]);
      await inventory.confirm(id);
      await inventory.settleSales([id]);
      expect(await inventory.getStock("a")).toMatchObject({ onHand: -3, available: -3 });
      expect((await runAudit()).findings).toEqual([]);
    },
  );

  test.each<[Damage, string, () => Promise<unknown>]>([
    [
      "negative_count",
      "that has grown without a count",
      () => setRow("a", { available: -4, reserved: 9 }),
    ],
    [
      "oversold",
      "with units that records own and no row reserves",
      async () => {
        await putRecord("unnoticed", [{ row: "a", quantity: 1, version: 2 }]);
      },
    ],
    ["available_drift", "in a row that does not add up", () => setRow("a", { available: -1 })],
    [
      "reserved_drift",
      "with units reserved for no record",
      () => setRow("a", { available: -4, reserved: 9, leastAvailable: -4 }),
    ],
    [
      "negative_count",
      "beside a row with units",
      async () => {
        await setRow("a", { shards: 2 });
        await putRow("a~1", [1, 0], { startVersion: 4 });
      },
    ],
  ])("is found as %s where it is one %s", async (damage, _, spoil) => {
    await countShort();
    await spoil();
    const { findings } = await runAudit();
    expect(findings).toMatchObject([{ damage, subject: "a" }]);
  });

  test("is repaired as far as it was allowed", async () => {
    await countShort();
    await setRow("a", { available: -1, reserved: 6 });
    const repair = "set available to -3, reserved to 8";
    expect((await runAudit({ apply: true })).findings).toMatchObject([
      { damage: "oversold", repair, result: "repaired" },
    ]);
    expect((await runAudit()).findings).toEqual([]);
  });
});

describe("a shop that is busy", () => {
  test("is not accused, however much it is in motion", { timeout: 240_000 }, async () => {
    const skus = Array.from({ length: 20 }, (_, index) => `busy-${index}`);
    for (const sku of skus) await inventory.setStock({ sku, onHand: 1_000_000 });
    const many = Array.from({ length: loadOf(60) }, (_, index) => `large-${index}`);
    await Promise.all(many.map((sku) => inventory.setStock({ sku, onHand: 1_000 })));
    const over = new AbortController();
    const shop = async (seed: number): Promise<void> => {
      for (let turn = seed; !over.signal.aborted; turn += 1) {
        const names = turn % 10 === 0 ? many : skus.slice(turn % 17, (turn % 17) + 1 + (turn % 3));
        const lines = names.map((sku) => ({ sku, quantity: 1 }));
        const result = await reserve(database, { lines, ttlSeconds: 60 }, patient());
        if (result.outcome !== "reserved") throw new Error(result.outcome);
        const { reservationId } = result.reservation;
        if (turn % 3 === 0) await inventory.confirm(reservationId);
        if (turn % 3 === 1) await inventory.release(reservationId);
      }
    };
    const shops = [0, 3].map(shop);
    // The shops add records until the last audit, which are the more the slower an engine is.
    const audits = isDefaultEngine ? 2 : 1;
    for (let turn = 0; turn < audits; turn += 1) {
      const { findings } = await runAudit({ apartMs: 50 });
      expect(findings).toEqual([]);
    }
    over.abort();
    await Promise.all(shops);
    const { report, findings } = await runAudit();
    expect(findings).toEqual([]);
    expect(report.inMotion).toEqual([]);
    await expectInvariants(database);
  });

  test("is read in pages, and more SKUs than are remembered at once in several passes", async () => {
    for (let index = 0; index < 60; index += 1) {
      const sku = `many-${index}`;
      await inventory.setStock({ sku, onHand: 5 });
      await hold(sku, 1);
    }
    await set(database.tables.stock, { sku: "many-17" }, { available: 5 });
    const { report, findings } = await runAudit({ levelsAtOnceMax: 7 });
    expect(findings).toEqual([expect.objectContaining({ subject: "many-17" })]);
    expect(report).toMatchObject({ stockRecords: 63, reservations: 60 });
  });
});
