/** What only Redisson's protocol has: its hash, its channel, its connections. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startRedisServer, type RedisServer } from "../../local/redis/redis-server.ts";
import type { LockEvent, Locks } from "../../locks/locks.ts";
import {
  createRedissonLocks,
  type RedissonLocksOptions,
} from "../../locks/redisson/redisson-locks.ts";
import { connectToRedis } from "../support/redis-client.ts";
import { startTcpProxy } from "../../lab/servers/tcp-proxy.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedisServer();
});
afterAll(() => server.stop());

const open = (options: Partial<RedissonLocksOptions> = {}): Locks => {
  const locks = createRedissonLocks({ url: server.url, ...options });
  onTestFinished(() => locks.close());
  return locks;
};

/** Opens locks, and resolves when one of their calls waits. */
const openWaiting = (options: Partial<RedissonLocksOptions> = {}) => {
  const { promise: isContended, resolve } = Promise.withResolvers<void>();
  const onEvent = ({ type }: LockEvent): void => {
    if (type === "contended") resolve();
  };
  return { locks: open({ ...options, onEvent }), isContended };
};

const leaseMs = 30_000;
const patient = { timeout: 10_000 };

describe("locks as Redisson's", () => {
  test("are a hash with the holder and a count of 1, however often we hold it", async () => {
    const redis = await connectToRedis(server.url);
    const locks = open();
    const name = randomUUID();
    await locks.withLease(name, { leaseMs }, async (lease) => {
      const inner = await locks.acquire(name, { leaseMs });
      const [[holder, count]] = Object.entries(await redis.hGetAll(name)) as [[string, string]];
      expect(holder).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}:\d+$/);
      expect(count).toBe("1");
      expect(await redis.get(`redisson_lock_token:{${name}}`)).toBe(String(lease.token));
      expect(await redis.pTTL(name)).toBeGreaterThan(leaseMs / 2);
      await inner.release();
    });
    expect(await redis.exists(name)).toBe(0);
  });

  test("are never shortened by a renewal, which may be run after a longer one", async () => {
    const redis = await connectToRedis(server.url);
    const name = randomUUID();
    const lease = await open().acquire(name, { leaseMs: 1_000 });
    await lease.renew(2 * leaseMs);
    await lease.renew(1_000);
    expect(await redis.pTTL(name)).toBeGreaterThan(leaseMs);
    expect(lease.expiresAtMs).toBeLessThan(Date.now() + leaseMs);
    await lease.release();
  });

  test("count a hold once whose reply was lost", async () => {
    const redis = await connectToRedis(server.url);
    const proxy = await startTcpProxy({ port: server.port });
    onTestFinished(() => proxy.stop());
    const locks = open({ url: `redis://127.0.0.1:${proxy.port}` });
    await (await locks.acquire(randomUUID())).release();
    const name = randomUUID();
    proxy.loseNextReply();
    const lease = await locks.acquire(name, { leaseMs });
    expect(Object.values(await redis.hGetAll(name))).toEqual(["1"]);
    await lease.release();
    expect(await redis.exists(name)).toBe(0);
  });

  test.each([
    ["plain", "redisson_lock__channel:{plain}"],
    ["with {tag}", "redisson_lock__channel:with {tag}"],
  ])("tell those who wait for %s of its release by %s", async (stem, channelStem) => {
    const redis = await connectToRedis(server.url);
    const suffix = randomUUID();
    const name = stem.replace("tag", `tag${suffix}`).replace("plain", `plain${suffix}`);
    const channel = channelStem.replace("tag", `tag${suffix}`).replace("plain", `plain${suffix}`);
    const heard: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    await redis.subscribe(channel, (message) => {
      heard.push(message);
      resolve();
    });
    const locks = open();
    await (await locks.acquire(name, { leaseMs })).release();
    await promise;
    expect(heard).toEqual(["0"]);
  });

  test("sleep while they wait, and are woken by a message", async () => {
    const redis = await connectToRedis(server.url);
    const name = randomUUID();
    await redis.hSet(name, "a Java program:1", 1);
    const { locks, isContended } = openWaiting();
    const waiting = locks.acquire(name, { leaseMs, waitMs: 60_000 });
    await isContended;
    const channel = `redisson_lock__channel:{${name}}`;
    await expect.poll(async () => (await redis.pubSubNumSub(channel))[channel], patient).toBe(1);
    await redis.configResetStat();
    await redis.del(name);
    await redis.publish(channel, "0");
    const lease = await waiting;
    // Whoever polls would have asked before; these are the attempt that was woken, and the one
    // that may have been on its way when the statistics were reset.
    const calls = /cmdstat_evalsha:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1];
    expect(Number(calls)).toBeLessThanOrEqual(2);
    await expect.poll(async () => (await redis.pubSubNumSub(channel))[channel], patient).toBe(0);
    await lease.release();
  });

  test("find out by themselves when the message was lost with its connection", async () => {
    const redis = await connectToRedis(server.url);
    const holder = open();
    const name = randomUUID();
    const lease = await holder.acquire(name, { leaseMs });
    const { locks, isContended } = openWaiting();
    const waiting = locks.acquire(name, { leaseMs, waitMs: 60_000 });
    await isContended;
    const channel = `redisson_lock__channel:{${name}}`;
    await expect.poll(async () => (await redis.pubSubNumSub(channel))[channel], patient).toBe(1);
    await redis.sendCommand(["CLIENT", "KILL", "TYPE", "pubsub"]);
    // Joined again, on another connection.
    await expect.poll(async () => (await redis.pubSubNumSub(channel))[channel], patient).toBe(1);
    await lease.release();
    await (await waiting).release();
  });

  test("wait for the end of a lease that nobody releases", async () => {
    const redis = await connectToRedis(server.url);
    const name = randomUUID();
    await redis.hSet(name, "a Java program that died:1", 1);
    await redis.pExpire(name, 500);
    const lease = await open().acquire(name, { leaseMs, waitMs: 60_000 });
    await lease.release();
  });

  test("respect what Java holds twice until its second release", async () => {
    const redis = await connectToRedis(server.url);
    const name = randomUUID();
    await redis.hSet(name, "a Java program:1", 2);
    const locks = open();
    expect(await locks.tryAcquire(name)).toBeUndefined();
    await redis.hIncrBy(name, "a Java program:1", -1);
    expect(await locks.tryAcquire(name)).toBeUndefined();
    expect(await redis.hGet(name, "a Java program:1")).toBe("1");
    await redis.del(name);
    await (await locks.acquire(name)).release();
  });

  test("have tokens greater than those of Java's fenced lock", async () => {
    const redis = await connectToRedis(server.url);
    const name = randomUUID();
    const ahead = Date.now() + 1_000_000;
    await redis.set(`redisson_lock_token:{${name}}`, ahead);
    const lease = await open().acquire(name);
    expect(lease.token).toBe(ahead + 1);
    await lease.release();
  });

  test("say at once what no repeat can help: a key of another type, a wrong password", async () => {
    const redis = await connectToRedis(server.url);
    const name = randomUUID();
    await redis.set(name, "in the way");
    await expect(open().acquire(name)).rejects.toMatchObject({
      code: "unavailable",
      cause: { message: expect.stringMatching(/^WRONGTYPE/) },
    });
    expect(await redis.get(name)).toBe("in the way");
    const url = server.url.replace("//", "//somebody:guess@");
    await expect(open({ url }).acquire(name)).rejects.toMatchObject({
      code: "unavailable",
      cause: { message: expect.stringMatching(/^WRONGPASS/) },
    });
  });

  test("leave a silent connection, and find the server on another one", async () => {
    const proxy = await startTcpProxy({ port: server.port });
    onTestFinished(() => proxy.stop());
    const locks = open({ url: `redis://127.0.0.1:${proxy.port}`, requestTimeoutMs: 200 });
    await (await locks.acquire(randomUUID())).release();
    proxy.freeze();
    await expect(locks.tryAcquire(randomUUID())).rejects.toMatchObject({ code: "unavailable" });
    proxy.thaw();
    await (await locks.acquire(randomUUID())).release();
  });

  test("wait for a server that is not there for as long as they were told to", async () => {
    const another = await startRedisServer();
    onTestFinished(() => another.stop());
    const locks = open({ url: another.url, requestTimeoutMs: 500 });
    await another.kill();
    await expect(locks.acquire("a", { waitMs: 100 })).rejects.toMatchObject({
      code: "unavailable",
    });
    const waiting = locks.acquire("a", { waitMs: 60_000 });
    await another.restart();
    await (await waiting).release();
  });
});
