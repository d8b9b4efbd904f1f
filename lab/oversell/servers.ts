/** The servers of all approaches, started together; and how each is made to fail. */
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { mkdir } from "node:fs/promises";
import { ServerMissing } from "../../local/engines/server-process.ts";
import { startUpstashBridge } from "../../local/redis/upstash-bridge.ts";
import { startDynamoDbServer } from "../servers/dynamodb-server.ts";
import { startRedisPair, type RedisPair } from "../servers/redis-pair.ts";
import { startZooKeeper, type ZooKeeperEnsemble } from "../servers/zookeeper-server.ts";
import { serverOf, type ApproachName, type ServerName } from "./approaches.ts";
import type { Places } from "./open-approach.ts";

export interface Servers {
  engine: string;
  places: Places;
  /** By an approach without its server: what is missing, and the command that installs it. */
  missing: ReadonlyMap<ApproachName, string>;
  /** Requests to the approach's own server so far, besides those to DynamoDB. */
  requests(name: ApproachName): Promise<number>;
  /** How the server that the approach relies on most is made to fail. */
  failureOf(name: ApproachName): ServerFailure | undefined;
}

export interface ServerFailure {
  /** Where clients find the server before and after. */
  places: Places;
  /** Resolves when all has been done that somebody beside the clients has to do. */
  fail(): Promise<void>;
  /** Brings back what was lost, for the next one. */
  repair(): Promise<void>;
}

/** Undefined where nobody wants it, and where it is missing: those who want it cannot run then. */
const ifThere = async <Server>(
  wanted: readonly ApproachName[],
  server: ServerName,
  missing: Map<ApproachName, string>,
  start: () => Promise<Server>,
): Promise<Server | undefined> => {
  const affected = wanted.filter((name) => serverOf[name] === server);
  if (affected.length === 0) return undefined;
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof ServerMissing)) throw error;
    for (const name of affected) missing.set(name, error.message);
    return undefined;
  }
};

/** Starts those that the approaches of these names need, and leaves them on the stack. */
export const startServers = async (
  names: readonly ApproachName[],
  folder: string,
  resources: AsyncDisposableStack,
): Promise<Servers> => {
  const missing = new Map<ApproachName, string>();
  const dataDirectory = join(folder, "dynamodb");
  await mkdir(dataDirectory);
  const dynamodb = await startDynamoDbServer(dataDirectory);
  resources.defer(() => dynamodb.stop());
  const redis = await ifThere(names, "redis", missing, startRedisPair);
  if (redis !== undefined) resources.defer(() => redis.stop());
  const bridge = async (redisUrl: string) => {
    const started = await startUpstashBridge({ redisUrl });
    resources.defer(() => started.stop());
    return { url: started.url, token: started.token };
  };
  const zookeeper = await ifThere(names, "zookeeper", missing, () =>
    startZooKeeper({ servers: 3 }),
  );
  if (zookeeper !== undefined) resources.defer(() => zookeeper.stop());

  const places: Places = {
    dynamodb: dynamodb.endpoint,
    ...(redis && { redis: await bridge(redis.url), redisson: { url: redis.url } }),
    ...(zookeeper && { zookeeper: { servers: zookeeper.connectionString } }),
  };
  const movingPlaces: Places = {
    ...places,
    ...(redis && { redis: await bridge(redis.movingUrl), redisson: { url: redis.movingUrl } }),
  };

  return {
    engine: dynamodb.engine,
    places,
    missing,
    requests: async (name) => {
      switch (serverOf[name]) {
        case "redis":
          return redis!.requests();
        case "zookeeper":
          return zookeeper!.requests();
        case "dynamodb":
          return 0;
      }
    },
    failureOf: (name) => {
      switch (serverOf[name]) {
        case "redis":
          return failureOfRedis(redis!, movingPlaces);
        case "zookeeper":
          return failureOfLeader(zookeeper!, places);
        case "dynamodb": {
          const { crash } = dynamodb;
          return crash && { places, fail: crash, repair: async () => {} };
        }
      }
    },
  };
};

const failureOfRedis = (pair: RedisPair, places: Places): ServerFailure => ({
  places,
  fail: () => pair.failOver(),
  repair: () => pair.repair(),
});

const leaderTimeoutMs = 30_000;
const leaderPauseMs = 50;

const failureOfLeader = (ensemble: ZooKeeperEnsemble, places: Places): ServerFailure => {
  let killed: Awaited<ReturnType<ZooKeeperEnsemble["leader"]>> | undefined;
  return {
    places,
    fail: async () => {
      killed = await ensemble.leader();
      await killed.kill();
    },
    repair: async () => {
      await killed!.restart();
      const deadlineMs = performance.now() + leaderTimeoutMs;
      while (performance.now() < deadlineMs) {
        if (await ensemble.leader().catch(() => undefined)) return;
        await sleep(leaderPauseMs);
      }
      throw new Error(`The ensemble has no leader after ${leaderTimeoutMs} ms.`);
    },
  };
};
