/** What only DynamoDB does: its rows, its transactions, its conflicts, its clocks. */
import { randomUUID } from "node:crypto";
import { GetCommand, PutCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { connect } from "../../inventory/dynamodb/database.ts";
import {
  createDynamoDbLocks,
  type DynamoDbLocks,
  type DynamoDbLocksOptions,
} from "../../locks/dynamodb/dynamodb-locks.ts";
import type { TransactionAction } from "../../locks/dynamodb/claim.ts";
import { createDynamoDbOnce } from "../../locks/dynamodb/dynamodb-once.ts";
import { acquireRow, renewRow, type LockRow } from "../../locks/dynamodb/lock-table.ts";
import { writeRows } from "../../locks/dynamodb/write-rows.ts";
import type { LockEvent } from "../../locks/locks.ts";
import { createLocksTable } from "../support/database.ts";
import { startFaultProxy, type Fault, type FaultProxy } from "../support/fault-proxy.ts";
import { localAccess } from "../support/local-access.ts";

const leaseMs = 30_000;
const dayMs = 24 * 60 * 60 * 1_000;
const never = new AbortController().signal;

let endpoint: string;
let table: string;
beforeAll(async () => {
  endpoint = inject("engineEndpoint");
  table = await createLocksTable(endpoint);
});

const connectTo = (address: string) => {
  const client = connect({ ...localAccess, endpoint: address });
  onTestFinished(() => client.destroy());
  return client;
};

const open = (options: Partial<DynamoDbLocksOptions> = {}): DynamoDbLocks => {
  const locks = createDynamoDbLocks({ client: connectTo(endpoint), table, ...options });
  onTestFinished(() => locks.close());
  return locks;
};

const startFaults = async (): Promise<FaultProxy> => {
  const faults = await startFaultProxy(endpoint);
  onTestFinished(() => faults.stop());
  return faults;
};

const openFaulty = (
  faults: FaultProxy,
  options: Partial<DynamoDbLocksOptions> = {},
): DynamoDbLocks => open({ ...options, client: connectTo(faults.endpoint) });

const rowOf = async (name: string): Promise<LockRow | undefined> => {
  const Key = { lockName: `lock#${name}` };
  const command = new GetCommand({ TableName: table, Key, ConsistentRead: true });
  return (await connectTo(endpoint).send(command)).Item as LockRow | undefined;
};

const putRow = async (name: string, row: Omit<LockRow, "lockName" | "ttlSeconds">) => {
  const Item = { lockName: `lock#${name}`, ttlSeconds: 4_000_000_000, ...row };
  await connectTo(endpoint).send(new PutCommand({ TableName: table, Item }));
};

describe("the row of a lock", () => {
  test("says who holds it, under which token, and until when", async () => {
    const name = randomUUID();
    const lease = await open().acquire(name, { leaseMs });
    const row = (await rowOf(name))!;
    expect(row).toEqual({
      lockName: `lock#${name}`,
      owner: expect.stringMatching(/^[0-9a-f-]{36}:1$/),
      token: lease.token,
      leaseUntilMs: expect.any(Number),
      ttlSeconds: Math.ceil((row.leaseUntilMs + dayMs) / 1_000),
    });
    expect(Math.abs(row.leaseUntilMs - lease.expiresAtMs)).toBeLessThan(leaseMs / 2);
    await lease.renew(2 * leaseMs);
    const renewed = (await rowOf(name))!;
    expect(renewed.leaseUntilMs).toBeGreaterThan(row.leaseUntilMs);
    // TTL, which takes seconds, never removes a live lock.
    expect(renewed.ttlSeconds).toBe(Math.ceil((renewed.leaseUntilMs + dayMs) / 1_000));
    await lease.release();
  });

  test("stays for a day after its release, and keeps its token", async () => {
    const name = randomUUID();
    const lease = await open().acquire(name, { leaseMs });
    await lease.release();
    const row = (await rowOf(name))!;
    expect(row).toEqual({
      lockName: `lock#${name}`,
      token: lease.token,
      leaseUntilMs: 0,
      ttlSeconds: expect.any(Number),
    });
    expect(row.ttlSeconds * 1_000).toBeGreaterThan(Date.now() + dayMs / 2);
  });

  test("is another one than that of a once-only run of the same name", async () => {
    const name = randomUUID();
    const lease = await open().acquire(name, { leaseMs });
    const once = createDynamoDbOnce({ client: connectTo(endpoint), table });
    expect(await once(name, { onUnavailable: "fail" }, () => 1)).toMatchObject({ status: "ran" });
    await lease.release();
  });
});

describe("requests", () => {
  test("are one to acquire, to renew and to release, however many names", async () => {
    const faults = await startFaults();
    const locks = openFaulty(faults);
    for (const [names, operation] of [
      [[randomUUID()], "UpdateItem"],
      [[randomUUID(), randomUUID(), randomUUID()], "TransactWriteItems"],
    ] as const) {
      const lease = await locks.acquire(names, { leaseMs });
      await lease.renew();
      await lease.release();
      expect(faults.takeRequests()).toEqual([operation, operation, operation]);
    }
  });

  test("are none after a refusal", async () => {
    const faults = await startFaults();
    const name = randomUUID();
    const lease = await open().acquire(name, { leaseMs });
    const refused = openFaulty(faults);
    expect(await refused.tryAcquire(name)).toBeUndefined();
    await refused.close();
    expect(faults.takeRequests()).toEqual(["UpdateItem"]);
    await lease.release();
  });
});

describe("conflicts with other transactions", () => {
  const conflict: Fault = { kind: "cancel", reasons: ["None", "TransactionConflict"] };
  const conflictOfOne: Fault = { kind: "error", name: "TransactionConflictException" };

  test.each([
    ["of several names", [randomUUID(), randomUUID()], "TransactWriteItems", conflict],
    ["of one name", [randomUUID()], "UpdateItem", conflictOfOne],
  ])("%s are waited out, and never taken for a refusal", async (_, names, operation, fault) => {
    const faults = await startFaults();
    const events: LockEvent["type"][] = [];
    const locks = openFaulty(faults, { onEvent: ({ type }) => events.push(type) });
    faults.plan(operation, [fault, fault]);
    const lease = await locks.acquire(names, { leaseMs });
    faults.plan(operation, [fault]);
    await lease.renew();
    faults.plan(operation, [fault, fault, fault]);
    await lease.release();
    expect(events).toEqual(["contended", "acquired", "released"]);
    const writes = faults.takeRequests().filter((one) => one !== "BatchGetItem");
    expect(writes).toHaveLength(3 + 2 + 4);
    const next = await open().tryAcquire(names);
    await next!.release();
  });

  test("are no reason to wait for longer than was said", async () => {
    const faults = await startFaults();
    const names = [randomUUID(), randomUUID()];
    faults.plan(
      "TransactWriteItems",
      Array.from({ length: 100 }, () => conflict),
    );
    expect(await openFaulty(faults).tryAcquire(names)).toBeUndefined();
    expect(faults.takeRequests()).toHaveLength(1);
  });
});

describe("DynamoDB's other answers", () => {
  test("a throttled request is made again", async () => {
    const faults = await startFaults();
    const locks = openFaulty(faults);
    const throttled: Fault = { kind: "error", name: "ProvisionedThroughputExceededException" };
    faults.plan("UpdateItem", [throttled, throttled]);
    const lease = await locks.acquire(randomUUID(), { leaseMs, waitMs: 20_000 });
    await lease.release();
  });

  test("what no repeat can help is said at once: no such table, no permission", async () => {
    await expect(open({ table: "elsewhere" }).acquire("a")).rejects.toMatchObject({
      code: "unavailable",
      cause: { name: "ResourceNotFoundException" },
    });
    const faults = await startFaults();
    faults.plan("UpdateItem", [{ kind: "error", name: "AccessDeniedException" }]);
    const locks = openFaulty(faults);
    await expect(locks.acquire(randomUUID(), { waitMs: 60_000 })).rejects.toMatchObject({
      code: "unavailable",
      cause: { name: "AccessDeniedException" },
    });
    await locks.close();
    // One to acquire, and one to take back what may be left.
    expect(faults.takeRequests()).toEqual(["UpdateItem", "UpdateItem"]);
  });

  test("a transaction that is refused for another reason is not taken for contention", async () => {
    const faults = await startFaults();
    const fault: Fault = { kind: "cancel", reasons: ["None", "ValidationError"] };
    faults.plan("TransactWriteItems", Array<Fault>(1_000).fill(fault));
    const locks = openFaulty(faults, { requestTimeoutMs: 1_000 });
    await expect(locks.tryAcquire([randomUUID(), randomUUID()])).rejects.toMatchObject({
      code: "unavailable",
      cause: { name: "TransactionCanceledException" },
    });
  });
});

describe("what DynamoDB applies late", () => {
  test("an attempt that was given up is refused by the token of the next holder", async () => {
    const name = randomUUID();
    const lease = await open().acquire(name, { leaseMs });
    await lease.release();
    const late = acquireRow({
      table,
      name,
      owner: "somebody who has given up:1",
      token: lease.token - 1,
      leaseUntilMs: Date.now() + leaseMs,
      freeBeforeMs: Date.now(),
    });
    expect(await writeRows(connectTo(endpoint), [late], never)).toEqual({
      written: false,
      by: "condition",
      refusals: [{ index: 0, row: await rowOf(name) }],
    });
  });

  test("a renewal neither shortens a lease nor revives one that was released", async () => {
    const name = randomUUID();
    const lease = await open().acquire(name, { leaseMs });
    const { owner, token } = (await rowOf(name))!;
    await lease.renew(2 * leaseMs);
    const before = await rowOf(name);
    const leaseUntilMs = before!.leaseUntilMs - leaseMs;
    const late = renewRow({ table, name, owner: owner!, token, leaseUntilMs });
    expect(await writeRows(connectTo(endpoint), [late], never)).toMatchObject({ written: false });
    // A shorter one of the holder's own succeeds, and leaves the row as it is.
    await lease.renew(leaseMs);
    expect(await rowOf(name)).toEqual(before);
    await lease.release();
    const later = renewRow({
      table,
      name,
      owner: owner!,
      token,
      leaseUntilMs: Date.now() + leaseMs,
    });
    expect(await writeRows(connectTo(endpoint), [later], never)).toMatchObject({ written: false });
    await (await open().tryAcquire(name))!.release();
  });
});

describe("a lease that a transaction releases", () => {
  const client = () => connectTo(endpoint);

  /** Writes a record of the caller's own together with the release. */
  const writeWith =
    (key: string) =>
    async (releases: readonly TransactionAction[]): Promise<boolean> => {
      const record = { Put: { TableName: table, Item: { lockName: key } } };
      try {
        await client().send(new TransactWriteCommand({ TransactItems: [record, ...releases] }));
        return true;
      } catch (error) {
        if ((error as Error).name !== "TransactionCanceledException") throw error;
        return false;
      }
    };
  const wasWritten = async (key: string): Promise<boolean> => {
    const command = new GetCommand({ TableName: table, Key: { lockName: key } });
    return (await client().send(command)).Item !== undefined;
  };

  test("costs no request of its own, and is over", async () => {
    const faults = await startFaults();
    const events: LockEvent["type"][] = [];
    const locks = openFaulty(faults, { onEvent: ({ type }) => events.push(type) });
    const names = [randomUUID(), randomUUID()];
    const lease = await locks.acquire(names, { leaseMs });
    const key = randomUUID();
    expect(await lease.releaseWithin(writeWith(key))).toBe(true);
    expect(await wasWritten(key)).toBe(true);
    expect(events).toEqual(["acquired", "released"]);
    await expect(lease.release()).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(lease.releaseWithin(async () => true)).rejects.toThrow("released already");
    await locks.close();
    expect(faults.takeRequests()).toEqual(["TransactWriteItems"]);
    await (await open().tryAcquire(names))!.release();
  });

  test("is held as before when the transaction was not applied, or is not known to be", async () => {
    const name = randomUUID();
    const lease = await open().acquire(name, { leaseMs });
    expect(await lease.releaseWithin(async () => false)).toBe(false);
    expect(await open().tryAcquire(name)).toBeUndefined();
    const key = randomUUID();
    const unheard = lease.releaseWithin(async (releases) => {
      await writeWith(key)(releases);
      throw new Error("no answer");
    });
    await expect(unheard).rejects.toThrow("no answer");
    // Looks, and finds that it was released.
    await lease.release();
  });

  test("refuses the transaction when it is another's by now", async () => {
    const name = randomUUID();
    const lease = await open().acquire(name, { leaseMs });
    await putRow(name, { owner: "thief:1", token: lease.token + 1, leaseUntilMs: Date.now() });
    const key = randomUUID();
    expect(await lease.releaseWithin(writeWith(key))).toBe(false);
    expect(await wasWritten(key)).toBe(false);
    await expect(lease.release()).rejects.toMatchObject({ code: "lost", loss: "stolen" });
  });

  test("writes nothing when it has run out", async () => {
    const lease = await open().acquire(randomUUID(), { leaseMs: 100 });
    await new Promise((resolve) => lease.signal.addEventListener("abort", resolve));
    const key = randomUUID();
    await expect(lease.releaseWithin(writeWith(key))).rejects.toMatchObject({ loss: "expired" });
    expect(await wasWritten(key)).toBe(false);
  });

  test("stays with an outer lease of the same context", async () => {
    const locks = open();
    const name = randomUUID();
    await locks.withLease(name, { leaseMs }, async () => {
      const inner = await locks.acquire(name, { leaseMs });
      let actions: readonly unknown[] = ["unasked"];
      await inner.releaseWithin(async (releases) => {
        actions = releases;
        return true;
      });
      expect(actions).toEqual([]);
      expect(await open().tryAcquire(name)).toBeUndefined();
    });
    await (await open().tryAcquire(name))!.release();
  });
});

describe("clocks", () => {
  test("a token is greater than the row's, though that came from a clock far ahead", async () => {
    const faults = await startFaults();
    const name = randomUUID();
    const token = Date.now() + dayMs;
    await putRow(name, { token, leaseUntilMs: 0 });
    const locks = openFaulty(faults);
    const lease = await locks.acquire(name, { leaseMs });
    expect(lease.token).toBe(token + 1);
    // Refused, it has learnt of the row's; the next name needs no such lesson.
    expect(faults.takeRequests()).toHaveLength(2);
    await lease.release();
  });

  test("a lease that has just ended is free only when all clocks say so", async () => {
    const name = randomUUID();
    const token = Date.now() - 1_000_000;
    await putRow(name, { owner: "dead:1", token, leaseUntilMs: Date.now() - 100 });
    expect(await open({ clockSkewMs: 60_000 }).tryAcquire(name)).toBeUndefined();
    const lease = await open({ clockSkewMs: 0 }).tryAcquire(name);
    expect(lease).toBeDefined();
    await lease!.release();
  });

  test.each([-1, 60_001, 0.5])("a skew of %d ms is refused", (clockSkewMs) => {
    const refused = /clockSkewMs is .*; it must be an integer from 0 to 60000/;
    expect(() => open({ clockSkewMs })).toThrow(refused);
    const client = connectTo(endpoint);
    expect(() => createDynamoDbOnce({ client, table, clockSkewMs })).toThrow(refused);
  });
});

describe("a lease on several names", () => {
  test("of which one was taken away is lost, and leaves none of the others held", async () => {
    const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()];
    const lease = await open().acquire([a, b, c], { leaseMs });
    await putRow(b, { owner: "thief:1", token: lease.token + 1, leaseUntilMs: Date.now() + dayMs });
    await expect(lease.release()).rejects.toMatchObject({ code: "lost", loss: "stolen" });
    await (await open().tryAcquire([a, c]))!.release();
    expect(await rowOf(b)).toMatchObject({ owner: "thief:1" });
  });
});
