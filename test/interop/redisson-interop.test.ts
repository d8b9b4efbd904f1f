import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { describeInterop } from "../conformance/interop-suite.ts";
import { startJavaPeer, type JavaPeer } from "../support/java-peer.ts";
import type { LockServer } from "../support/lock-server.ts";
import { openLocks } from "../support/open-locks.ts";
import { startRedissonLockServer } from "../support/start-lock-server.ts";

/** Noted by .ci/fetch-redisson. */
const noted = new URL("../../node_modules/.cache/holdfast/redisson.classpath", import.meta.url);
/** How long Redisson's watchdog lets a lock outlive its holder. */
const watchdogMs = 2_000;

let server: LockServer;
let classPath: string;
beforeAll(async () => {
  classPath = await readFile(fileURLToPath(noted), "utf8");
  server = await startRedissonLockServer();
});
afterAll(() => server?.stop());

const startPeer = (): Promise<JavaPeer> =>
  startJavaPeer({
    source: "interop/redisson/RedissonPeer.java",
    classPath,
    args: [(server.config as { url: string }).url, String(watchdogMs)],
  });

describeInterop({ serverOf: () => server, startPeer, javaName: (name) => name });

describe("with Redisson's own", () => {
  test("fenced lock, tokens grow together", async () => {
    const java = await startPeer();
    const locks = openLocks(server.config);
    onTestFinished(() => locks.close());
    const name = `order-${randomUUID()}`;
    let last = 0;
    for (let turn = 0; turn < 5; turn += 1) {
      const javas = Number(await java.ask(`acquireFenced ${name} 0`));
      expect(javas).toBeGreaterThan(last);
      expect(await java.ask(`release ${name}`)).toBe("released");
      const lease = await locks.acquire(name);
      expect(lease.token).toBeGreaterThan(javas);
      last = lease.token;
      await lease.release();
    }
  });

  test("watchdog, a lock that it renews is not taken, nor one that we renew", async () => {
    const java = await startPeer();
    const locks = openLocks(server.config);
    onTestFinished(() => locks.close());
    const [javas, ours] = [`order-${randomUUID()}`, `order-${randomUUID()}`];
    expect(await java.ask(`acquire ${javas} 0`)).toBe("true");
    const lease = await locks.acquire(ours, { leaseMs: watchdogMs, renew: true });
    const waitMs = 2 * watchdogMs;
    const [mine, yours] = await Promise.all([
      locks.acquire(javas, { waitMs }).catch((error: { code: string }) => error.code),
      java.ask(`acquire ${ours} ${waitMs}`),
    ]);
    expect(mine).toBe("not_acquired");
    expect(yours).toBe("false");
    expect(lease.signal.aborted).toBe(false);
    await lease.release();
  });
});
