/** What DynamoDB does on a bad day, and what becomes of the calls that meet it. */
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { callWithin, type RetryCause } from "../../inventory/dynamodb/database.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { createTestDatabase, throughEndpoint, type TestDatabase } from "../support/database.ts";
import { startFaultProxy, type FaultProxy } from "../support/fault-proxy.ts";
import { expectInvariants, readRecords } from "../support/invariants.ts";

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
  proxy.plan("TransactWriteItems", []);
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

const conflict = (...reasons: string[]) => ({ kind: "cancel" as const, reasons });

test("a reserve of one line is one request, and no read before it", async () => {
  await reserve(["a"]).result;
  await reserve(["none"]).result;
  expect(proxy.takeRequests()).toEqual(Array(2).fill("TransactWriteItems"));
});

describe("a conflict", () => {
  test("on a line is retried, and never told as a shortage", async () => {
    proxy.plan("TransactWriteItems", [
      conflict("None", "TransactionConflict"),
      conflict("None", "TransactionConflict"),
    ]);
    const { result, retries } = reserve(["a"]);
    expect((await result).outcome).toBe("reserved");
    expect(retries).toEqual(["conflict", "conflict"]);
    expect(proxy.takeRequests()).toHaveLength(3);
  });

  test("on the reservation is retried although a line fell short: it may be a repeat", async () => {
    await reserve(["b"], { key: "repeat" }).result;
    proxy.takeRequests();
    proxy.plan("TransactWriteItems", [conflict("TransactionConflict", "ConditionalCheckFailed")]);
    const { result } = reserve(["b"], { key: "repeat" });
    expect((await result).outcome).toBe("replayed");
    expect(proxy.takeRequests()).toHaveLength(2);
  });

  test("on one line does not take back the shortage of another, which is not retried", async () => {
    proxy.plan("TransactWriteItems", [
      conflict("None", "TransactionConflict", "ConditionalCheckFailed"),
    ]);
    const { result, retries } = reserve(["a", "unknown"]);
    expect(await result).toEqual({ outcome: "unknown_sku", skus: ["unknown"] });
    expect(retries).toEqual([]);
  });

  test("that lasts is told as busy at the deadline, and holds nothing", async () => {
    proxy.plan("TransactWriteItems", Array(1000).fill(conflict("None", "TransactionConflict")));
    const before = await readRecords(database);
    await expect(reserve(["a"], { budgetMs: 300 }).result).rejects.toMatchObject({ code: "busy" });
    expect(await readRecords(database)).toEqual(before);
  });

  test("on a confirm is retried, and the units are sold once", async () => {
    const held = await reserve(["c"]).result;
    if (held.outcome !== "reserved") throw new Error(held.outcome);
    proxy.plan("TransactWriteItems", [conflict("TransactionConflict", "None")]);
    const { reservationId } = held.reservation;
    expect((await inventory.confirm(reservationId)).outcome).toBe("confirmed");
    await expectInvariants(database);
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
    const held = await clocked.reserve({ lines: [{ sku: "c", quantity: 1 }], ttlSeconds: 60 });
    if (held.outcome !== "reserved") throw new Error(held.outcome);
    proxy.plan("TransactWriteItems", [conflict("None", "TransactionConflict")]);
    const result = await clocked.confirm(held.reservation.reservationId);
    expect(result).toMatchObject({ outcome: "reservation_expired" });
    await expectInvariants(database);
  });

  test("on an adjustment is retried, and the adjustment made once", async () => {
    const before = await inventory.getStock("a");
    proxy.plan("TransactWriteItems", [conflict("None", "TransactionConflict")]);
    await inventory.adjustStock({ sku: "a", delta: 5, reason: "delivery" });
    expect(await inventory.getStock("a")).toMatchObject({ onHand: before!.onHand + 5 });
  });
});

test("a throttled transaction is retried", async () => {
  proxy.plan("TransactWriteItems", [
    conflict("None", "ThrottlingError"),
    conflict("None", "ProvisionedThroughputExceeded"),
  ]);
  const { result, retries } = reserve(["a"]);
  expect((await result).outcome).toBe("reserved");
  expect(retries).toEqual(["throttle", "throttle"]);
});

test.each([
  ["ThrottlingException", "busy"],
  ["ProvisionedThroughputExceededException", "busy"],
  ["ValidationException", "rejected"],
  ["AccessDeniedException", "rejected"],
  ["ResourceNotFoundException", "rejected"],
] as const)("%s for good is told as %s, with its cause", async (name, code) => {
  proxy.plan("TransactWriteItems", Array(20).fill({ kind: "error", name }));
  await expect(reserve(["a"]).result).rejects.toMatchObject({ code, cause: { name } });
});

test("an inner error for good is told as unavailable", async () => {
  const fault = { kind: "error", name: "InternalServerError", status: 500 };
  proxy.plan("TransactWriteItems", Array(20).fill(fault));
  await expect(reserve(["a"]).result).rejects.toMatchObject({ code: "unavailable" });
});

test("a cancellation for a reason of another kind is told as rejected", async () => {
  proxy.plan("TransactWriteItems", [conflict("None", "ValidationError")]);
  await expect(reserve(["a"]).result).rejects.toMatchObject({ code: "rejected" });
});

describe("a lost reply", () => {
  test("does not reserve twice, with no key to tell a repeat by", async () => {
    const before = await inventory.getStock("a");
    proxy.plan("TransactWriteItems", [{ kind: "loseReply" }]);
    expect((await reserve(["a"]).result).outcome).toBe("reserved");
    expect(await inventory.getStock("a")).toMatchObject({ reserved: before!.reserved + 1 });
    await expectInvariants(database);
  });

  test("does not adjust twice", async () => {
    const before = await inventory.getStock("b");
    proxy.plan("TransactWriteItems", [{ kind: "loseReply" }]);
    await inventory.adjustStock({ sku: "b", delta: 7, reason: "delivery" });
    expect(await inventory.getStock("b")).toMatchObject({ onHand: before!.onHand + 7 });
  });

  test("of a confirm does not sell twice", async () => {
    const held = await reserve(["b"]).result;
    if (held.outcome !== "reserved") throw new Error(held.outcome);
    const before = await inventory.getStock("b");
    proxy.plan("TransactWriteItems", [{ kind: "loseReply" }]);
    const result = await inventory.confirm(held.reservation.reservationId);
    expect(result).toMatchObject({ outcome: "confirmed" });
    expect(await inventory.getStock("b")).toMatchObject({ onHand: before!.onHand - 1 });
  });
});

describe("no reply at all", () => {
  test("is told as unavailable at the deadline, not later", async () => {
    proxy.plan("TransactWriteItems", Array(20).fill({ kind: "silence" }));
    await expect(reserve(["a"], { budgetMs: 200 }).result).rejects.toMatchObject({
      code: "unavailable",
    });
  });

  test("from an address where nobody listens is told as unavailable", async () => {
    const gone = await startFaultProxy(inject("engineEndpoint"));
    await gone.stop();
    const nowhere = createInventory(throughEndpoint(database, gone.endpoint));
    await expect(nowhere.getStock("a")).rejects.toMatchObject({ code: "unavailable" });
  });
});

test("a call whose deadline has passed asks nothing", async () => {
  await expect(reserve(["a"], { budgetMs: 0 }).result).rejects.toMatchObject({ code: "busy" });
  expect(proxy.takeRequests()).toEqual([]);
});
