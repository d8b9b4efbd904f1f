/**
 * What stands in the queues on a real server: that a claim leaves one node or none, whatever replies
 * are lost, and that it is granted only by its own nodes.
 */
import { randomUUID } from "node:crypto";
import { ACL, Id, Permission } from "node-zookeeper-client";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startZooKeeper, type ZooKeeperEnsemble } from "../../lab/servers/zookeeper-server.ts";
import type { LocksOptions } from "../../locks/locks.ts";
import { createZooKeeperLocks } from "../../locks/zookeeper/zookeeper-locks.ts";
import { startTcpProxy, type TcpProxy } from "../../lab/servers/tcp-proxy.ts";
import { connectToZooKeeper, type ZooKeeperClient } from "../support/zookeeper-client.ts";

const patient = { timeout: 60_000, interval: 20 };
const leaseMs = 60_000;
const waitMs = 60_000;

let server: ZooKeeperEnsemble;
let proxy: TcpProxy;
let observer: ZooKeeperClient;
beforeAll(async () => {
  server = await startZooKeeper();
  proxy = await startTcpProxy({ port: server.members[0]!.port });
  observer = await connectToZooKeeper(server.connectionString);
});
afterAll(async () => {
  await observer?.close();
  await proxy?.stop();
  await server?.stop();
});

const open = (options: LocksOptions = {}, servers = server.connectionString) => {
  const locks = createZooKeeperLocks({ servers, sessionTimeoutMs: 20_000, ...options });
  onTestFinished(() => locks.close());
  return locks;
};
/** Connected already, so that the next reply is that to the next request. */
const openProxied = async (options: LocksOptions = {}) => {
  const locks = open(options, `127.0.0.1:${proxy.port}`);
  const lease = await locks.acquire(newName());
  await lease.release();
  return locks;
};
const newName = (): string => randomUUID();
const queueOf = (name: string): string => `/holdfast/locks/${name}`;
const standIn = (name: string, many: number): Promise<void> =>
  expect.poll(() => observer.children(queueOf(name)), patient).toHaveLength(many);

describe("lost replies", () => {
  test("a node whose creation was not answered is found and kept", async () => {
    const locks = await openProxied();
    // The parents are there: the first reply is that to the creation of the node.
    const names = [newName(), newName()];
    for (const name of names) await observer.create(queueOf(name));
    for (const wanted of [names[0]!, names]) {
      proxy.loseNextReply();
      const lease = await locks.acquire(wanted, { leaseMs });
      const queues = await Promise.all(
        [wanted].flat().map((name) => observer.queue(queueOf(name))),
      );
      for (const queue of queues) {
        expect(queue).toHaveLength(1);
        expect(Number(queue[0]!.stat.czxid.readBigInt64BE())).toBe(lease.token);
      }
      await lease.release();
      for (const name of names) expect(await observer.children(queueOf(name))).toEqual([]);
    }
  });

  test("the missing parents are made, even if the reply to that is lost", async () => {
    const locks = await openProxied();
    const name = newName();
    // Refused for lack of a parent: nothing was created, and the next attempt begins again.
    proxy.loseNextReply();
    const lease = await locks.acquire(name, { leaseMs });
    expect(await observer.children(queueOf(name))).toHaveLength(1);
    await lease.release();
  });

  test("a removal that was not answered is found to have happened", async () => {
    const locks = await openProxied();
    const names = [newName(), newName()];
    for (const wanted of [names[0]!, names]) {
      const lease = await locks.acquire(wanted, { leaseMs });
      proxy.loseNextReply();
      await lease.release();
      for (const name of names) expect(await observer.children(queueOf(name))).toEqual([]);
    }
  });

  /*
   *   claim     create ─ gives up ─ all five requests to take it back are given up, too
   *   server    ........... silent ............ create ─ asked by the same session ─ removed
   */
  test("a claim that was given up during a silence leaves nothing after it", async () => {
    const locks = await openProxied({ requestTimeoutMs: 50, random: () => 0 });
    const names = [newName(), newName()];
    for (const name of names) await observer.create(queueOf(name));
    const lease = await locks.acquire(newName(), { leaseMs });
    for (const wanted of [names[0]!, names]) {
      proxy.freeze();
      try {
        const refused = locks.tryAcquire(wanted, { leaseMs });
        await expect(refused).rejects.toMatchObject({ code: "unavailable" });
        // Nothing tells that the engine has given up: it takes back five times, 50 ms each.
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      } finally {
        proxy.thaw();
      }
      // The create is older than this claim, and its removal is behind nothing else.
      const next = await open().acquire(wanted, { leaseMs, waitMs });
      await next.release();
      for (const name of names) expect(await observer.children(queueOf(name))).toEqual([]);
    }
    expect(lease.signal.aborted).toBe(false);
    await lease.release();
  });
});

describe("own nodes", () => {
  test("a node of our name that is not of our session gives us nothing", async () => {
    const [holder, waiter] = [open(), open()];
    const name = newName();
    const lease = await holder.acquire(name, { leaseMs });
    const waiting = waiter.acquire(name, { leaseMs, waitMs });
    await standIn(name, 2);
    const [, ours] = await observer.queue(queueOf(name));
    await observer.remove(ours!.path);
    await observer.create(ours!.path, { ephemeral: true });
    await lease.release();
    // The waiter sees that it is first by name, and joins again behind the other session's node.
    await expect
      .poll(async () => (await observer.queue(queueOf(name))).map(({ path }) => path), patient)
      .toEqual([ours!.path, expect.not.stringContaining(ours!.path)]);
    await observer.remove(ours!.path);
    const next = await waiting;
    expect(next.token).toBeGreaterThan(lease.token);
    await next.release();
  });

  test("a renewal is refused when the node is another session's", async () => {
    const locks = open();
    const name = newName();
    const lease = await locks.acquire(name, { leaseMs });
    await lease.renew();
    const [ours] = await observer.queue(queueOf(name));
    await observer.remove(ours!.path);
    await observer.create(ours!.path, { ephemeral: true });
    await expect(lease.renew()).rejects.toMatchObject({ code: "lost", loss: "stolen" });
    await observer.remove(ours!.path);
  });

  test("of several names, one that was stolen is a loss of all, and the others are freed", async () => {
    const locks = open();
    const names = [newName(), newName(), newName()];
    for (const ends of ["renew", "release"] as const) {
      const lease = await locks.acquire(names, { leaseMs: 5_000 });
      const [stolen] = await observer.queue(queueOf(names[1]!));
      await observer.remove(stolen!.path);
      await expect(lease[ends]()).rejects.toMatchObject({ code: "lost", loss: "stolen" });
      for (const name of names) await standIn(name, 0);
    }
  });

  test("a waiter that was removed from one of its queues joins all of them again", async () => {
    const [holder, waiter] = [open(), open()];
    const names = [newName(), newName()].toSorted();
    const lease = await holder.acquire(names[0]!, { leaseMs });
    const waiting = waiter.acquire(names, { leaseMs, waitMs });
    await standIn(names[1]!, 1);
    const [removed] = await observer.queue(queueOf(names[1]!));
    await observer.remove(removed!.path);
    await lease.release();
    const next = await waiting;
    for (const name of names) {
      const queue = await observer.queue(queueOf(name));
      expect(queue).toHaveLength(1);
      expect(Number(queue[0]!.stat.czxid.readBigInt64BE())).toBe(next.token);
    }
    await next.release();
  });
});

describe("several queues", () => {
  test("are entered in one transaction, so that they agree on who is first", async () => {
    const [a, b, c] = [newName(), newName(), newName()];
    const holder = open();
    const lease = await holder.acquire([a, b, c], { leaseMs });
    const crossing = [
      [a, b],
      [b, a, c],
      [c, b],
      [c, a],
    ].map((names) => open().acquire(names, { leaseMs, waitMs }));
    for (const [name, many] of [
      [a, 4],
      [b, 4],
      [c, 4],
    ] as const)
      await standIn(name, many);
    const orders = await Promise.all(
      [a, b, c].map(async (name) =>
        (await observer.queue(queueOf(name))).map(({ path, stat }) => [
          path.slice(queueOf(name).length + 1).slice(0, 39),
          stat.czxid.toString("hex"),
        ]),
      ),
    );
    // One claim's nodes, told by their prefix, were made by one transaction in all queues.
    const transactionOf = new Map(orders.flat() as [string, string][]);
    for (const [prefix, czxid] of orders.flat()) expect(transactionOf.get(prefix!)).toBe(czxid);
    expect(new Set(transactionOf.values()).size).toBe(5);
    await lease.release();
    for (const next of await Promise.all(crossing.map(async (one) => (await one).release()))) {
      expect(next).toBeUndefined();
    }
  });

  test("being first in one of them only is no hold, but keeps its place", async () => {
    const [a, b] = [newName(), newName()];
    const first = await open().acquire(a, { leaseMs });
    const both = open().acquire([a, b], { leaseMs, waitMs });
    await standIn(b, 1);
    expect(await open().tryAcquire(b)).toBeUndefined();
    await first.release();
    await (await both).release();
    const last = await open().tryAcquire(b);
    await last!.release();
  });
});

describe("queues", () => {
  test("tokens grow although the sequence begins again with a new queue", async () => {
    const locks = open();
    const name = newName();
    const tokens: number[] = [];
    const sequences: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const lease = await locks.acquire(name, { leaseMs });
      const [node] = await observer.queue(queueOf(name));
      tokens.push(lease.token);
      sequences.push(node!.path.slice(-10));
      await lease.release();
      await observer.remove(queueOf(name));
    }
    expect(sequences).toEqual(["0000000000", "0000000000", "0000000000"]);
    expect(tokens).toEqual(tokens.toSorted((one, other) => one - other));
    expect(new Set(tokens).size).toBe(3);
  });

  test("each waiter watches the one before it, and those who leave pile up nothing", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): unknown => warnings.push(warning);
    process.on("warning", onWarning);
    onTestFinished(() => void process.off("warning", onWarning));
    const [holder, waiters] = [open(), open()];
    const name = newName();
    const lease = await holder.acquire(name, { leaseMs });
    for (let turn = 0; turn < 15; turn += 1) {
      const refused = waiters.acquire(name, { waitMs: 10 });
      await expect(refused).rejects.toMatchObject({ code: "not_acquired" });
    }
    const waiting = Array.from({ length: 15 }, () => waiters.acquire(name, { leaseMs, waitMs }));
    await standIn(name, 16);
    await lease.release();
    for (const one of waiting) await (await one).release();
    expect(warnings).toEqual([]);
  });

  test("a change of the data that a waiter watches lets it look again, not in", async () => {
    const [holder, waiter] = [open(), open()];
    const name = newName();
    const lease = await holder.acquire(name, { leaseMs });
    const waiting = waiter.acquire(name, { leaseMs, waitMs });
    await standIn(name, 2);
    const [first] = await observer.queue(queueOf(name));
    await new Promise((resolve) => {
      observer.client.setData(first!.path, Buffer.from("__REVOKE__"), resolve);
    });
    expect(await open().tryAcquire(name)).toBeUndefined();
    await lease.release();
    await (await waiting).release();
  });

  test("nodes say whose they are", async () => {
    const name = newName();
    const lease = await open().acquire(name, { leaseMs });
    const [node] = await observer.queue(queueOf(name));
    expect(await observer.data(node!.path)).toMatch(/^[0-9a-f-]{36}:1$/);
    await lease.release();
  });

  test("below the path of the connection string, which is created when it is missing", async () => {
    const root = `/${randomUUID()}`;
    const locks = open({}, `${server.connectionString}${root}/app`);
    const lease = await locks.acquire("name", { leaseMs });
    expect(await observer.children(`${root}/app/holdfast/locks/name`)).toHaveLength(1);
    await lease.release();
  });
});

describe("permissions", () => {
  const readOnly = [new ACL(Permission.READ, new Id("world", "anyone"))];
  const noRead = [new ACL(Permission.ALL & ~Permission.READ, new Id("world", "anyone"))];
  const noAuth = { code: "unavailable", cause: { code: -102 } };

  test("a queue that may not be entered is a final answer", async () => {
    const name = newName();
    await observer.create(queueOf(name), { acls: readOnly });
    const refused = open().acquire(name, { waitMs });
    await expect(refused).rejects.toMatchObject(noAuth);
  });

  test("so is a queue that may not be created", async () => {
    const root = `/${randomUUID()}`;
    await observer.create(root, { acls: readOnly });
    const locks = open({}, `${server.connectionString}${root}`);
    await expect(locks.acquire("name", { waitMs })).rejects.toMatchObject(noAuth);
  });

  test("parents that are there need no right to create them", async () => {
    const root = `/${randomUUID()}`;
    await observer.create(`${root}/holdfast/locks/name`);
    await new Promise((resolve) => observer.client.setACL(root, readOnly, -1, resolve));
    const locks = open({}, `${server.connectionString}${root}`);
    const lease = await locks.acquire("name", { leaseMs });
    await lease.release();
    const other = await locks.acquire("other", { leaseMs });
    await other.release();
  });

  test("a holder that may not be watched ends the wait with that answer", async () => {
    const name = newName();
    const foreign = `${queueOf(name)}/_c_${randomUUID()}-lock-0000000000`;
    await observer.create(foreign, { ephemeral: true, acls: noRead });
    // It takes the sequence number that the server would give to the first.
    const second = open().acquire(name, { waitMs });
    await expect(second).rejects.toMatchObject(noAuth);
    await observer.remove(foreign);
  });
});
