/** What keeps a session alive, and what it is trusted for, against a real server. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startZooKeeper, type ZooKeeperEnsemble } from "../../lab/servers/zookeeper-server.ts";
import { systemClock } from "../../locks/engine/platform.ts";
import type { Clock, LocksOptions } from "../../locks/locks.ts";
import { createSession, type Session } from "../../locks/zookeeper/session.ts";
import { createZooKeeperLocks } from "../../locks/zookeeper/zookeeper-locks.ts";
import { startTcpProxy, type TcpProxy } from "../../lab/servers/tcp-proxy.ts";
import { connectToZooKeeper, type ZooKeeperClient } from "../support/zookeeper-client.ts";

const sessionTimeoutMs = 3_000;
const patient = { timeout: 60_000, interval: 20 };
const never = new AbortController().signal;

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

const proxied = (): string => `127.0.0.1:${proxy.port}`;

const openSession = (servers: string[], clock: Clock = systemClock): Session => {
  const session = createSession({ servers, sessionTimeoutMs, clock, random: () => 0 });
  onTestFinished(() => session.close(1_000));
  session.use({});
  return session;
};

const openLocks = (servers: string, options: LocksOptions = {}) => {
  const locks = createZooKeeperLocks({ servers, sessionTimeoutMs, ...options });
  onTestFinished(() => locks.close());
  return locks;
};

/** A port that accepts connections and never says a word. */
const startSilentServer = async (): Promise<string> => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => sockets.add(socket)).listen(0, "127.0.0.1");
  await once(silent, "listening");
  onTestFinished(() => {
    silent.close();
    for (const socket of sockets) socket.destroy();
  });
  return `127.0.0.1:${(silent.address() as AddressInfo).port}`;
};

/** A port on which nobody listens. */
const findDeadPort = async (): Promise<string> => {
  const gone = createServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  const { port } = gone.address() as AddressInfo;
  gone.close();
  await once(gone, "close");
  return `127.0.0.1:${port}`;
};

describe("trust", () => {
  test("lasts while the server answers, ends with its silence, and returns with it", async () => {
    const session = openSession([server.connectionString]);
    const { sessionId } = await session.connected(never);
    expect(session.trustedForMs()).toBeGreaterThan(0);
    server.members[0]!.freeze();
    try {
      await expect.poll(() => session.trustedForMs(), patient).toBe(0);
    } finally {
      server.members[0]!.thaw();
    }
    await expect.poll(() => session.trustedForMs(), patient).toBeGreaterThan(0);
    expect(session.expired.aborted).toBe(false);
    expect((await session.connected(never)).sessionId).toEqual(sessionId);
  });

  test("outlasts the session's timeout without any request of a user", async () => {
    const session = openSession([server.connectionString]);
    await session.connected(never);
    const untilMs = performance.now() + 2 * sessionTimeoutMs;
    let leastTrustMs = Infinity;
    while (performance.now() < untilMs) {
      leastTrustMs = Math.min(leastTrustMs, session.trustedForMs());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(leastTrustMs).toBeGreaterThan(0);
  });

  // As after a machine was suspended: only the wall clock went on.
  test("counts on the clock that has gone further", async () => {
    let suspendedMs = 0;
    const wallMs = (): number => Date.now() + suspendedMs;
    const session = openSession([server.connectionString], { ...systemClock, wallMs });
    await session.connected(never);
    expect(session.trustedForMs()).toBeGreaterThan(0);
    suspendedMs = sessionTimeoutMs;
    expect(session.trustedForMs()).toBe(0);
    await expect.poll(() => session.trustedForMs(), patient).toBeGreaterThan(0);
  });

  test("is none before the first connection", () => {
    expect(openSession([server.connectionString]).trustedForMs()).toBe(0);
  });
});

describe("connections", () => {
  test("a lost connection is replaced within the session", async () => {
    const session = openSession([proxied()]);
    const first = await session.connected(never);
    first.drop(new Error("by the test"));
    const second = await session.connected(never);
    expect(second.sessionId).toEqual(first.sessionId);
    expect(session.expired.aborted).toBe(false);
  });

  test("a server that accepts and stays silent is passed over for the next", async () => {
    const session = openSession([await startSilentServer(), server.connectionString]);
    await session.connected(never);
    expect(session.trustedForMs()).toBeGreaterThan(0);
  });

  test("a silent server alone is told as the failure", async () => {
    const session = openSession([await startSilentServer()]);
    await expect(session.connected(never)).rejects.toThrow(/did not let us in within \d+ ms/);
  });

  test("servers that are down are told with their address, not as a silence", async () => {
    const port = await findDeadPort();
    const locks = openLocks(port, { requestTimeoutMs: 500 });
    const refused = locks.tryAcquire("name");
    await expect(refused).rejects.toMatchObject({
      code: "unavailable",
      cause: { message: `connect ECONNREFUSED ${port}` },
    });
  });

  test("whoever waits for a connection may give up", async () => {
    const session = openSession([await startSilentServer()]);
    const controller = new AbortController();
    const connected = session.connected(controller.signal);
    controller.abort(new Error("by the test"));
    await expect(connected).rejects.toThrow("by the test");
    await expect(session.connected(controller.signal)).rejects.toThrow("by the test");
  });
});

describe("expiry", () => {
  /** Ends the session of whoever is behind the proxy, as the server sees it. */
  const silenceUntilGone = async (queue: string): Promise<void> => {
    proxy.freeze();
    try {
      await expect.poll(() => observer.children(queue), patient).toEqual([]);
    } finally {
      proxy.thaw();
    }
  };

  test("is told by the server, to the lease too, and later claims get a new session", async () => {
    // Its clock stands still, so nothing but the server's word can end the lease.
    const locks = openLocks(proxied(), { clock: { monotonicMs: () => 0, wallMs: () => 0 } });
    const lease = await locks.acquire("expiry");
    const lost = once(lease.signal, "abort");
    await silenceUntilGone("/holdfast/locks/expiry");
    await lost;
    expect(lease.signal.reason).toMatchObject({ code: "lost", loss: "expired" });
    const next = await locks.acquire("expiry");
    expect(next.token).toBeGreaterThan(lease.token);
    await next.release();
  });

  test("of a session that nobody used is not even noticed by the next claim", async () => {
    const locks = openLocks(proxied(), { requestTimeoutMs: 10_000 });
    const lease = await locks.acquire("unused");
    await lease.release();
    // A node of the idle session would be gone with it; the server has no other way to tell.
    const witness = openSession([proxied()]);
    const connection = await witness.connected(never);
    await observer.create("/witness/node");
    await connection.createSequential(["/witness/node/of-"], Buffer.alloc(0), never);
    await silenceUntilGone("/witness/node");
    await expect.poll(() => witness.expired.aborted, patient).toBe(true);
    const next = await locks.tryAcquire("unused");
    expect(next!.token).toBeGreaterThan(lease.token);
    await next!.release();
  });

  test("a waiter whose session has expired stands in line again", async () => {
    const [holder, waiter] = [openLocks(server.connectionString), openLocks(proxied())];
    const lease = await holder.acquire("line", { leaseMs: 60_000 });
    const waiting = waiter.acquire("line", { waitMs: 60_000 });
    await expect.poll(() => observer.children("/holdfast/locks/line"), patient).toHaveLength(2);
    proxy.freeze();
    try {
      await expect.poll(() => observer.children("/holdfast/locks/line"), patient).toHaveLength(1);
    } finally {
      proxy.thaw();
    }
    await expect.poll(() => observer.children("/holdfast/locks/line"), patient).toHaveLength(2);
    await lease.release();
    const next = await waiting;
    expect(next.token).toBeGreaterThan(lease.token);
    await next.release();
  });
});

describe("the end", () => {
  test("closing ends the session on the server, and what it has there", async () => {
    const locks = openLocks(server.connectionString);
    await locks.acquire("closed", { leaseMs: 60_000 });
    const [node] = await observer.queue("/holdfast/locks/closed");
    expect(node!.stat.ephemeralOwner).not.toEqual(Buffer.alloc(8));
    await locks.close();
    expect(await observer.children("/holdfast/locks/closed")).toEqual([]);
  });

  test("closing does not wait for a silent server", async () => {
    const locks = openLocks(proxied(), { requestTimeoutMs: 200 });
    const lease = await locks.acquire("silent close");
    await lease.release();
    proxy.freeze();
    try {
      await locks.close();
    } finally {
      proxy.thaw();
    }
  });

  test("a closed session connects no more", async () => {
    const session = openSession([server.connectionString]);
    await session.connected(never);
    await session.close(1_000);
    await expect(session.connected(never)).rejects.toThrow("closed");
    session.use({});
    await expect(session.connected(never)).rejects.toThrow("closed");
  });

  test("a process that holds and awaits nothing ends by itself, closed or not", async () => {
    const module = new URL("../../locks/zookeeper/zookeeper-locks.ts", import.meta.url).href;
    const program = `
      import { createZooKeeperLocks } from ${JSON.stringify(module)};
      const locks = createZooKeeperLocks({ servers: ${JSON.stringify(server.connectionString)} });
      const lease = await locks.acquire("alone");
      await lease.release();
      console.log("released");
    `;
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program]);
    expect(stdout).toBe("released\n");
  });
});
