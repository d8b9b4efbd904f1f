/**
 * Each backend on its real server, with a bare round trip by the same client beside it: the smallest
 * write that the server knows, since no lock is acquired without one.
 */
import { CreateTableCommand, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { createClient } from "@redis/client";
import { Redis } from "@upstash/redis";
import { createClient as createZooKeeper } from "node-zookeeper-client";
import { locksTable } from "../../contract/tables.ts";
import { connect } from "../../inventory/dynamodb/database.ts";
import { startEngine, defaultEngine } from "../../local/engines/start-engine.ts";
import { createDynamoDbLocks } from "../../locks/dynamodb/dynamodb-locks.ts";
import type { BackendName, Locks, LocksOptions } from "../../locks/locks.ts";
import { createRedisLocks } from "../../locks/redis/redis-locks.ts";
import { createRedissonLocks } from "../../locks/redisson/redisson-locks.ts";
import { createCuratorLocks } from "../../locks/zookeeper/curator-locks.ts";
import { createZooKeeperLocks } from "../../locks/zookeeper/zookeeper-locks.ts";
import { startRedisServer } from "../../local/redis/redis-server.ts";
import { startUpstashBridge } from "../../local/redis/upstash-bridge.ts";
import { localAccess } from "../app/access.ts";
import { startZooKeeper } from "../servers/zookeeper-server.ts";

export interface LockContender {
  /** A client of its own. */
  open: (options?: LocksOptions) => Locks;
  bareRoundTrip: () => Promise<void>;
}

/** Resolves with the port of another way to the server at this one. */
export type Way = (port: number) => Promise<number>;

/** Starts the server of one backend, and leaves it on the stack. */
type StartContender = (resources: AsyncDisposableStack, way: Way) => Promise<LockContender>;

const portOf = (url: string): number => Number(new URL(url).port);

const startDynamoDb: StartContender = async (resources, way) => {
  const engine = await startEngine(defaultEngine());
  resources.defer(() => engine.stop());
  const endpoint = `http://127.0.0.1:${await way(portOf(engine.endpoint))}`;
  const client = connect({ ...localAccess, endpoint });
  resources.defer(() => client.destroy());
  const table = "locks";
  const key = locksTable.partitionKey;
  await client.send(
    new CreateTableCommand({
      TableName: table,
      KeySchema: [{ AttributeName: key, KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: key, AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 0.05 }, { TableName: table });
  const bare = new UpdateCommand({
    TableName: table,
    Key: { [key]: "bare" },
    UpdateExpression: "SET leaseUntilMs = :until",
    ExpressionAttributeValues: { ":until": 0 },
  });
  return {
    open: (options) => createDynamoDbLocks({ ...options, client, table }),
    bareRoundTrip: async () => void (await client.send(bare)),
  };
};

const startRedis: StartContender = async (resources, way) => {
  const server = await startRedisServer();
  resources.defer(() => server.stop());
  const bridge = await startUpstashBridge({ redisUrl: server.url });
  resources.defer(() => bridge.stop());
  const { token } = bridge;
  const url = `http://127.0.0.1:${await way(portOf(bridge.url))}`;
  const redis = new Redis({ url, token, enableTelemetry: false, enableAutoPipelining: false });
  return {
    open: (options) => createRedisLocks({ ...options, url, token }),
    bareRoundTrip: async () => void (await redis.set("bare", "0")),
  };
};

const startRedisson: StartContender = async (resources, way) => {
  const server = await startRedisServer();
  resources.defer(() => server.stop());
  const url = `redis://127.0.0.1:${await way(server.port)}`;
  const redis = createClient({ url });
  await redis.connect();
  resources.defer(() => redis.destroy());
  return {
    open: (options) => createRedissonLocks({ ...options, url }),
    bareRoundTrip: async () => void (await redis.set("bare", "0")),
  };
};

const startOnZooKeeper =
  (create: typeof createCuratorLocks): StartContender =>
  async (resources, way) => {
    const ensemble = await startZooKeeper({ servers: 1 });
    resources.defer(() => ensemble.stop());
    const servers = `127.0.0.1:${await way(ensemble.members[0]!.port)}`;
    const client = createZooKeeper(servers);
    client.connect();
    resources.defer(() => client.close());
    await settled((done) => client.create("/bare", done));
    return {
      open: (options) => create({ ...options, servers }),
      bareRoundTrip: () => settled((done) => client.setData("/bare", Buffer.from("0"), done)),
    };
  };

const settled = (call: (done: (error: unknown) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    call((error) => (error instanceof Error ? reject(error) : resolve()));
  });

export const startContender: Record<BackendName, StartContender> = {
  dynamodb: startDynamoDb,
  redis: startRedis,
  redisson: startRedisson,
  zookeeper: startOnZooKeeper(createZooKeeperLocks),
  curator: startOnZooKeeper(createCuratorLocks),
};
