/**
 * What the curator backend writes, in the terms of Curator's own sources. That the real Curator
 * respects it, and is respected, is tried in curator-interop.test.ts.
 */
import { randomUUID } from "node:crypto";
import { isIPv4 } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startZooKeeper, type ZooKeeperEnsemble } from "../../lab/servers/zookeeper-server.ts";
import { createCuratorLocks } from "../../locks/zookeeper/curator-locks.ts";
import { createZooKeeperLocks } from "../../locks/zookeeper/zookeeper-locks.ts";
import { connectToZooKeeper, type ZooKeeperClient } from "../support/zookeeper-client.ts";

const patient = { timeout: 60_000, interval: 20 };
const leaseMs = 60_000;

let server: ZooKeeperEnsemble;
let observer: ZooKeeperClient;
beforeAll(async () => {
  server = await startZooKeeper();
  observer = await connectToZooKeeper(server.connectionString);
});
afterAll(async () => {
  await observer?.close();
  await server?.stop();
});

const open = (basePath?: string) => {
  const locks = createCuratorLocks({
    servers: server.connectionString,
    sessionTimeoutMs: 10_000,
    ...(basePath === undefined ? {} : { basePath }),
  });
  onTestFinished(() => locks.close());
  return locks;
};

describe("the curator backend", () => {
  test("stands in the queue at the path of its name, as a protected node of Curator's", async () => {
    const path = `/${randomUUID()}/orders/7`;
    const lease = await open().acquire(path, { leaseMs });
    const [node, ...others] = await observer.queue(path);
    expect(others).toEqual([]);
    expect(node!.path).toMatch(/\/_c_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-lock-0000000000$/);
    expect(isIPv4(await observer.data(node!.path))).toBe(true);
    expect(node!.stat.ephemeralOwner).not.toEqual(Buffer.alloc(8));
    await lease.release();
    expect(await observer.children(path)).toEqual([]);
  });

  test("a name is the same with and without its first slash, below a base path too", async () => {
    const name = randomUUID();
    for (const basePath of [undefined, "/base/of"]) {
      const [one, other] = [open(basePath), open(basePath)];
      const lease = await one.acquire(name, { leaseMs });
      expect(await other.tryAcquire(`/${name}`)).toBeUndefined();
      expect(await observer.children(`${basePath ?? ""}/${name}`)).toHaveLength(1);
      await lease.release();
      const both = await one.acquire([name, `/${name}`], { leaseMs });
      expect(await observer.children(`${basePath ?? ""}/${name}`)).toHaveLength(1);
      await both.release();
    }
  });

  test("waits for a node of Curator's that came first, and not for one that came later", async () => {
    const path = `/${randomUUID()}`;
    const foreign = (sequence: string): string => `${path}/_c_${randomUUID()}-lock-${sequence}`;
    const first = await observer.create(foreign("0000000000"), { ephemeral: true });
    await observer.create(foreign("0000009999"), { ephemeral: true });
    const waiting = open().acquire(path, { leaseMs, waitMs: 60_000 });
    await expect.poll(() => observer.children(path), patient).toHaveLength(3);
    expect(await open().tryAcquire(path)).toBeUndefined();
    await observer.remove(first);
    await (await waiting).release();
  });

  test("children that are no lock nodes, such as locks below it, are in nobody's way", async () => {
    const path = `/${randomUUID()}`;
    for (const child of ["0", "config", "lock-7"]) await observer.create(`${path}/${child}`);
    const locks = open();
    const inner = await locks.acquire(`${path}/lock-7`, { leaseMs });
    const outer = await locks.acquire(path, { leaseMs });
    await outer.release();
    await inner.release();
  });

  test("shares the queues that the zookeeper backend has at the same path", async () => {
    const name = randomUUID();
    const locks = createZooKeeperLocks({ servers: server.connectionString, basePath: "/" });
    onTestFinished(() => locks.close());
    const lease = await locks.acquire(name, { leaseMs });
    expect(await open().tryAcquire(name)).toBeUndefined();
    await lease.release();
    const next = await open().tryAcquire(name);
    expect(next!.token).toBeGreaterThan(lease.token);
    await next!.release();
  });
});
