/** What only Redis over HTTP does: its keys, its scripts, its errors. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startRedisServer, type RedisServer } from "../../local/redis/redis-server.ts";
import { startUpstashBridge, type UpstashBridge } from "../../local/redis/upstash-bridge.ts";
import type { Locks } from "../../locks/locks.ts";
import { createRedisLocks, type RedisLocksOptions } from "../../locks/redis/redis-locks.ts";
import { connectToRedis } from "../support/redis-client.ts";
import { startTcpProxy } from "../../lab/servers/tcp-proxy.ts";

let server: RedisServer;
let bridge: UpstashBridge;
beforeAll(async () => {
  server = await startRedisServer();
  bridge = await startUpstashBridge({ redisUrl: server.url });
});
afterAll(async () => {
  await bridge.stop();
  await server.stop();
});

const open = (options: Partial<RedisLocksOptions> = {}): Locks => {
  const { url, token } = bridge;
  const locks = createRedisLocks({ url, token, ...options });
  onTestFinished(() => locks.close());
  return locks;
};

const leaseMs = 30_000;
const dayMs = 24 * 60 * 60 * 1_000;

describe("locks on Redis", () => {
  test("keep the holder under the lock's key, and the token beside it for a day longer", async () => {
    const redis = await connectToRedis(server.url);
    const locks = open({ keyPrefix: "shop:" });
    const name = randomUUID();
    const lease = await locks.acquire(name, { leaseMs });
    expect(await redis.get(`shop:lock:${name}`)).toMatch(/^[0-9a-f-]{36}:1$/);
    expect(await redis.get(`shop:token:${name}`)).toBe(String(lease.token));
    expect(await redis.pTTL(`shop:lock:${name}`)).toBeGreaterThan(leaseMs / 2);
    expect(await redis.pTTL(`shop:token:${name}`)).toBeGreaterThan(dayMs);
    await lease.release();
    expect(await redis.exists(`shop:lock:${name}`)).toBe(0);
    expect(await redis.get(`shop:token:${name}`)).toBe(String(lease.token));
  });

  test("have tokens that grow though the server forgets all, also while it is held", async () => {
    const redis = await connectToRedis(server.url);
    const [one, other] = [open(), open()];
    const name = randomUUID();
    const before = await one.acquire(name, { leaseMs });
    await redis.flushAll();
    const after = await other.acquire(name, { leaseMs });
    expect(after.token).toBeGreaterThan(before.token);
    await expect(before.release()).rejects.toMatchObject({ code: "lost", loss: "stolen" });
    await after.release();
  });

  test("have tokens that grow though the server's clock was ahead before", async () => {
    const redis = await connectToRedis(server.url);
    const locks = open();
    const name = randomUUID();
    const aheadMs = Date.now() + dayMs;
    await redis.set(`token:${name}`, aheadMs);
    const lease = await locks.acquire(name, { leaseMs });
    expect(lease.token).toBe(aheadMs + 1);
    await lease.release();
  });

  test("go on when the server has forgotten their scripts", async () => {
    const redis = await connectToRedis(server.url);
    const locks = open();
    for (let turn = 0; turn < 2; turn += 1) {
      await redis.scriptFlush();
      const lease = await locks.acquire(randomUUID(), { leaseMs });
      await redis.scriptFlush();
      await lease.renew();
      await redis.scriptFlush();
      await lease.release();
    }
  });

  test("are never shortened by a renewal, which may be run after a longer one", async () => {
    const redis = await connectToRedis(server.url);
    const name = randomUUID();
    const lease = await open().acquire(name, { leaseMs: 1_000 });
    await lease.renew(2 * leaseMs);
    await lease.renew(1_000);
    expect(await redis.pTTL(`lock:${name}`)).toBeGreaterThan(leaseMs);
    expect(lease.expiresAtMs).toBeLessThan(Date.now() + leaseMs);
    await lease.release();
  });

  test("keep the token of an attempt whose reply was lost, and leave nothing of it", async () => {
    const redis = await connectToRedis(server.url);
    const proxy = await startTcpProxy({ port: Number(new URL(bridge.url).port) });
    onTestFinished(() => proxy.stop());
    const locks = open({ url: `http://127.0.0.1:${proxy.port}` });
    await (await locks.acquire(randomUUID())).release();
    const name = randomUUID();
    proxy.loseNextReply();
    const lease = await locks.acquire(name, { leaseMs });
    expect(await redis.get(`token:${name}`)).toBe(String(lease.token));
    await lease.release();
    expect(await redis.exists(`lock:${name}`)).toBe(0);
  });

  test("take one request to acquire and one to release, however many names", async () => {
    const redis = await connectToRedis(server.url);
    const locks = open();
    const names = [randomUUID(), randomUUID(), randomUUID()];
    await (await locks.acquire(names)).release();
    await redis.configResetStat();
    await (await locks.acquire(names, { leaseMs })).release();
    const stats = await redis.info("commandstats");
    expect(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]).toBe("2");
    expect(stats).not.toContain("cmdstat_eval:");
  });

  test("ask nothing more of the server when they were refused", async () => {
    const redis = await connectToRedis(server.url);
    const [one, other] = [open(), open()];
    const name = randomUUID();
    const lease = await one.acquire(name, { leaseMs });
    await redis.configResetStat();
    expect(await other.tryAcquire(name)).toBeUndefined();
    await other.close();
    const stats = await redis.info("commandstats");
    expect(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]).toBe("1");
    await lease.release();
  });

  test("say at once what no repeat can help: a wrong token, a key of another type", async () => {
    const redis = await connectToRedis(server.url);
    const name = randomUUID();
    await expect(open({ token: "guess" }).acquire(name)).rejects.toMatchObject({
      code: "unavailable",
      cause: { message: expect.stringMatching(/^WRONGPASS/) },
    });
    await redis.lPush(`lock:${name}`, "in the way");
    await expect(open().acquire(name)).rejects.toMatchObject({
      code: "unavailable",
      cause: { message: expect.stringMatching(/^WRONGTYPE/) },
    });
    expect(await redis.lRange(`lock:${name}`, 0, -1)).toEqual(["in the way"]);
  });

  test("wait for a server that is not there for as long as they were told to", async () => {
    const another = await startRedisServer();
    const down = await startUpstashBridge({ redisUrl: another.url });
    onTestFinished(async () => {
      await down.stop();
      await another.stop();
    });
    const locks = open({ url: down.url, requestTimeoutMs: 500 });
    await another.kill();
    await expect(locks.acquire("a", { waitMs: 100 })).rejects.toMatchObject({
      code: "unavailable",
      cause: { message: expect.stringContaining("Redis cannot be asked") },
    });
    const waiting = locks.acquire("a", { waitMs: 60_000 });
    await another.restart();
    await (await waiting).release();
  });
});
