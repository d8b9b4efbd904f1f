/** The five backends on their real servers, each behind a proxy that can lose what it passes. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { createClient } from "@redis/client";
import { connect } from "../../inventory/dynamodb/database.ts";
import { startRedisServer } from "../../local/redis/redis-server.ts";
import { startUpstashBridge } from "../../local/redis/upstash-bridge.ts";
import { startZooKeeper } from "../../lab/servers/zookeeper-server.ts";
import { startEngine, type EngineChoice } from "../../local/engines/start-engine.ts";
import { createLocksTable } from "./database.ts";
import { localAccess } from "./local-access.ts";
import type { LockServer } from "./lock-server.ts";
import { processesWith } from "./processes.ts";
import { startTcpProxy } from "../../lab/servers/tcp-proxy.ts";
import { connectToZooKeeper } from "./zookeeper-client.ts";

const portOf = (url: string): number => Number(new URL(url).port);

export const startDynamoDbLockServer = async (): Promise<LockServer> => {
  const choice = (process.env["HOLDFAST_ENGINE"] ?? "dynoxide") as EngineChoice;
  const dataDirectory = await mkdtemp(join(tmpdir(), "holdfast-locks-"));
  let engine = await startEngine(choice, { dataDirectory });
  const proxy = await startTcpProxy({ port: portOf(engine.endpoint) });
  const table = await createLocksTable(engine.endpoint);
  const signal = async (name: NodeJS.Signals): Promise<void> => {
    const processes = await processesWith(dataDirectory);
    // The guard is left as it is: it must see our end.
    for (const { pid, command } of processes) if (command !== "sh") process.kill(pid, name);
  };
  return {
    backend: "dynamodb",
    get config() {
      return { backend: "dynamodb", endpoint: engine.endpoint, table } as const;
    },
    proxied: { backend: "dynamodb", endpoint: `http://127.0.0.1:${proxy.port}`, table },
    proxy,
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    restart: async () => {
      await engine.stop();
      engine = await startEngine(choice, { dataDirectory });
      proxy.passTo(portOf(engine.endpoint));
    },
    removeRecord: (name) => removeRow(engine.endpoint, table, `lock#${name}`),
    removeRun: (key) => removeRow(engine.endpoint, table, `once#${key}`),
    stop: async () => {
      await proxy.stop();
      await engine.stop();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
};

const removeRow = async (endpoint: string, table: string, lockName: string): Promise<void> => {
  const client = connect({ ...localAccess, endpoint });
  await client.send(new DeleteCommand({ TableName: table, Key: { lockName } }));
  client.destroy();
};

const removeKey = async (url: string, key: string): Promise<void> => {
  const client = createClient({ url });
  await client.connect();
  await client.del(key);
  await client.close();
};

/** Redis keeps its data over a restart here; what it gives up without is in docs/locks.md. */
const durable = { appendOnly: true };

export const startRedisLockServer = async (): Promise<LockServer> => {
  const server = await startRedisServer(durable);
  const bridge = await startUpstashBridge({ redisUrl: server.url });
  const { token } = bridge;
  const proxy = await startTcpProxy({ port: portOf(bridge.url) });
  return {
    backend: "redis",
    config: { backend: "redis", url: bridge.url, token },
    proxied: { backend: "redis", url: `http://127.0.0.1:${proxy.port}`, token },
    proxy,
    freeze: async () => server.freeze(),
    thaw: async () => server.thaw(),
    restart: () => server.restart(),
    removeRecord: (name) => removeKey(server.url, `lock:${name}`),
    removeRun: (key) => removeKey(server.url, `once:${key}`),
    stop: async () => {
      await proxy.stop();
      await bridge.stop();
      await server.stop();
    },
  };
};

export const startRedissonLockServer = async (): Promise<LockServer> => {
  const server = await startRedisServer(durable);
  const proxy = await startTcpProxy({ port: server.port });
  return {
    backend: "redisson",
    config: { backend: "redisson", url: server.url },
    proxied: { backend: "redisson", url: `redis://127.0.0.1:${proxy.port}` },
    proxy,
    freeze: async () => server.freeze(),
    thaw: async () => server.thaw(),
    restart: () => server.restart(),
    removeRecord: (name) => removeKey(server.url, name),
    stop: async () => {
      await proxy.stop();
      await server.stop();
    },
  };
};

/** Short, so that a dead holder's session ends while a test waits for it. */
const sessionTimeoutMs = 2_000;

const startZooKeeperServer = async (
  backend: "zookeeper" | "curator",
  pathOf: (name: string) => string,
): Promise<LockServer> => {
  const ensemble = await startZooKeeper({ servers: 1 });
  const [member] = ensemble.members;
  const proxy = await startTcpProxy({ port: member!.port });
  return {
    backend,
    config: { backend, servers: ensemble.connectionString, sessionTimeoutMs },
    proxied: { backend, servers: `127.0.0.1:${proxy.port}`, sessionTimeoutMs },
    proxy,
    freeze: async () => member!.freeze(),
    thaw: async () => member!.thaw(),
    restart: () => member!.restart(),
    removeRecord: (name) => removeNode(ensemble.connectionString, pathOf(name)),
    stop: async () => {
      await proxy.stop();
      await ensemble.stop();
    },
  };
};

export const startZooKeeperLockServer = (): Promise<LockServer> =>
  startZooKeeperServer("zookeeper", (name) => `/holdfast/locks/${encodeURIComponent(name)}`);

export const startCuratorLockServer = (): Promise<LockServer> =>
  startZooKeeperServer("curator", (name) => `/${name}`);

/** Removes a lock's queue with all that stand in it. */
const removeNode = async (servers: string, path: string): Promise<void> => {
  const client = await connectToZooKeeper(servers);
  try {
    for (const child of await client.children(path)) await client.remove(`${path}/${child}`);
    await client.remove(path);
  } finally {
    await client.close();
  }
};
