/** DynamoDB on a bad day, and the answers to the calls that meet it. */
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { callWithin, type RetryCause } from "../../inventory/dynamodb/database.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { createTestDatabase, throughEndpoint, type TestDatabase } from "../support/database.ts";
import { startFaultProxy, type Fault, type FaultProxy } from "../support/fault-proxy.ts";
import { expectInvariants, readRecords } from "../support/invariants.ts";
import { intercept } from "../support/requests.ts";

let database: TestDatabase;
let proxy: FaultProxy;
let inventory: Inventory;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await startFaultProxy(inject("engineEndpoint"));
  inventory = createInventory(throughEndpoint(database, proxy.endpoint));
  for (const sku of ["a", "b", "c"]) await inventory.setStock({ sku, onHand: 1000 });
  await inventory.setStock({ sku: "none", onHand: 0 });
});

afterAll(() => proxy.stop());

beforeEach(() => {
  for (const operation of ["UpdateItem", "PutItem", "GetItem"]) proxy.plan(operation, []);
  proxy.takeRequests();
});

const reserve = (skus: string[], options: { budgetMs?: number; key?: string } = {}) => {
  const retries: RetryCause[] = [];
  const call = {
    ...callWithin(options.budgetMs),
    onRetry: (cause: RetryCause) => retries.push(cause),
  };
  const lines = skus.map((sku) => ({ sku, quantity: 1 }));
  const result = inventory.reserve({ lines, idempotencyKey: options.key }, call);
  return { result, retries };
};

const held = async (sku: string): Promise<string> => {
  const result = await reserve([sku]).result;
  if (result.outcome !== "reserved") throw new Error(result.outcome);
  return result.reservation.reservationId;
};

/** Gives up early on requests that are in its way. */
const impatient = () =>
  createInventory({ ...throughEndpoint(database, proxy.endpoint), contentionMsMax: 300 });

const conflict: Fault = { kind: "error", name: "TransactionConflictException" };
const throttle: Fault = { kind: "error", name: "ThrottlingException" };

test("a reserve of one line is two requests, and no read", async () => {
  await reserve(["a"]).result;
  expect(proxy.takeRequests()).toEqual(["UpdateItem", "PutItem"]);
});

test("a confirm is one request", async () => {
  const id = await held("a");
  proxy.takeRequests();
  await inventory.confirm(id);
  expect(proxy.takeRequests()).toEqual(["UpdateItem"]);
});

describe("a conflict of a single write", () => {
  test.each(["UpdateItem", "PutItem"])("is retried: %s", async (operation) => {
    proxy.plan(operation, [conflict, conflict]);
    const { result, retries } = reserve(["a"]);
    expect((await result).outcome).toBe("reserved");
    expect(retries).toEqual(["conflict", "conflict"]);
    await expectInvariants(database);
  });

  test("that lasts is answered with busy, and holds nothing", async () => {
    proxy.plan("UpdateItem", Array(1000).fill(conflict));
    const before = await readRecords(database);
    const lines = [{ sku: "a", quantity: 1 }];
    await expect(impatient().reserve({ lines })).rejects.toMatchObject({ code: "busy" });
    expect(await readRecords(database)).toEqual(before);
  });

  test("that lasts is answered with busy after 1.5 s, however late the deadline is", async () => {
    proxy.plan("UpdateItem", Array(1000).fill(conflict));
    let waitedMs = 0;
    const counted = createInventory({
      ...throughEndpoint(database, proxy.endpoint),
      contentionMsMax: 1_500,
      monotonicMs: () => waitedMs,
      sleep: async (durationMs) => void (waitedMs += durationMs),
    });
    const call = { remainingMs: () => 60_000 };
    const lines = [{ sku: "a", quantity: 1 }];
    await expect(counted.reserve({ lines }, call)).rejects.toMatchObject({ code: "busy" });
    expect(waitedMs).toBeLessThanOrEqual(1_500);
    expect(waitedMs).toBeGreaterThan(750);
  });

  test("on a confirm that lasts past the hold's end leaves nothing to confirm", async () => {
    let nowMs = Date.now();
    const clocked = createInventory({
      ...throughEndpoint(database, proxy.endpoint),
      now: () => nowMs,
      random: () => {
        nowMs += 60_000;
        return 0;
      },
    });
    const result = await clocked.reserve({ lines: [{ sku: "c", quantity: 1 }], ttlSeconds: 60 });
    if (result.outcome !== "reserved") throw new Error(result.outcome);
    proxy.plan("UpdateItem", [conflict]);
    expect(await clocked.confirm(result.reservation.reservationId)).toMatchObject({
      outcome: "reservation_expired",
    });
    await expectInvariants(database);
  });
});

test("a throttled write is retried", async () => {
  proxy.plan("UpdateItem", [
    throttle,
    { kind: "error", name: "ProvisionedThroughputExceededException" },
  ]);
  const { result, retries } = reserve(["a"]);
  expect((await result).outcome).toBe("reserved");
  expect(retries).toEqual(["throttle", "throttle"]);
});

test.each(["ThrottlingException", "ProvisionedThroughputExceededException"])(
  "%s for good is answered with busy",
  async (name) => {
    proxy.plan("UpdateItem", Array(1000).fill({ kind: "error", name }));
    const lines = [{ sku: "a", quantity: 1 }];
    await expect(impatient().reserve({ lines })).rejects.toMatchObject({ code: "busy" });
  },
);

test.each(["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])(
  "%s is answered with rejected, with its cause",
  async (name) => {
    proxy.plan("UpdateItem", [{ kind: "error", name }]);
    const { result } = reserve(["a"]);
    await expect(result).rejects.toMatchObject({ code: "rejected", cause: { name } });
  },
);

test("an inner error for good is answered with unavailable", async () => {
  const fault = { kind: "error", name: "InternalServerError", status: 500 } as const;
  proxy.plan("UpdateItem", Array(20).fill(fault));
  await expect(reserve(["a"]).result).rejects.toMatchObject({ code: "unavailable" });
});

describe("a lost reply", () => {
  test.each(["UpdateItem", "PutItem"])("to %s does not reserve twice", async (operation) => {
    const before = await inventory.getStock("a");
    proxy.plan(operation, [{ kind: "loseReply" }]);
    expect((await reserve(["a"]).result).outcome).toBe("reserved");
    expect(await inventory.getStock("a")).toMatchObject({ reserved: before!.reserved + 1 });
    await expectInvariants(database);
  });

  test("to a confirm does not change its outcome", async () => {
    const id = await held("b");
    proxy.plan("UpdateItem", [{ kind: "loseReply" }]);
    expect(await inventory.confirm(id)).toMatchObject({
      outcome: "confirmed",
      reservation: { version: 2 },
    });
  });

  test("to an extension does not extend twice", async () => {
    const id = await held("b");
    proxy.plan("UpdateItem", [{ kind: "loseReply" }]);
    expect(await inventory.extend({ reservationId: id, ttlSeconds: 60 })).toMatchObject({
      outcome: "extended",
      reservation: { version: 2 },
    });
  });

  test("to an extension does not extend twice, though the hold is changed meanwhile", async () => {
    const id = await held("b");
    let writes = 0;
    const losing = intercept(database, async (_request, next) => {
      writes += 1;
      if (writes > 1) return next();
      await next();
      await inventory.changeHold({ reservationId: id, lines: [{ sku: "b", quantity: 2 }] });
      throw new Error("The connection was reset.");
    });
    const result = await createInventory(losing).extend({ reservationId: id, ttlSeconds: 60 });
    expect(writes).toBe(2);
    expect(result).toMatchObject({ outcome: "extended", reservation: { version: 3 } });
    const { expiresAtMs } = (await inventory.getReservation(id))!;
    expect(result).toMatchObject({ reservation: { expiresAtMs } });
    await expectInvariants(database);
  });

  test.each<[string, string, (Fault | undefined)[]]>([
    ["the marker", "UpdateItem", [{ kind: "loseReply" }]],
    ["the record", "PutItem", [{ kind: "loseReply" }]],
    ["the return", "UpdateItem", [undefined, { kind: "loseReply" }]],
  ])("to %s of a release gives the units back once", async (_, operation, faults) => {
    const before = await inventory.getStock("c");
    const id = await held("c");
    proxy.plan(operation, faults);
    expect(await inventory.release(id)).toMatchObject({ outcome: "released" });
    const { available, reserved } = before!;
    expect(await inventory.getStock("c")).toMatchObject({ available, reserved });
    await expectInvariants(database);
  });
});

describe("no reply at all", () => {
  test("is answered with unavailable at the deadline, not later", async () => {
    proxy.plan("UpdateItem", Array(20).fill({ kind: "silence" }));
    await expect(reserve(["a"], { budgetMs: 200 }).result).rejects.toMatchObject({
      code: "unavailable",
    });
  });

  test("from an address without a listener is answered with unavailable", async () => {
    const gone = await startFaultProxy(inject("engineEndpoint"));
    await gone.stop();
    const nowhere = createInventory(throughEndpoint(database, gone.endpoint));
    await expect(nowhere.getStock("a")).rejects.toMatchObject({ code: "unavailable" });
  });
});

test("a call whose deadline has passed sends nothing", async () => {
  await expect(reserve(["a"], { budgetMs: 0 }).result).rejects.toMatchObject({ code: "busy" });
  expect(proxy.takeRequests()).toEqual([]);
});
