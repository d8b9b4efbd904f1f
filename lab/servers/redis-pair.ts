/**
 * A Redis with a replica, behind an address that moves with the primary, as a name or a balancer
 * does for a Redis that somebody runs for you.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@redis/client";
import { startRedisServer, type RedisServer } from "../../local/redis/redis-server.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

export interface RedisPair {
  /** Of the first primary itself. */
  url: string;
  /** Of whoever is the primary. */
  movingUrl: string;
  /** Commands and scripts that clients have asked the first primary for. */
  requests(): Promise<number>;
  /** Kills the primary, and makes the replica the primary at once, whatever it has not heard of. */
  failOver(): Promise<void>;
  /** Starts the one that was killed as the replica of the other. Resolves when it has all its data. */
  repair(): Promise<void>;
  stop(): Promise<void>;
}

const repairTimeoutMs = 30_000;
const pauseMs = 20;

const command = async (url: string, words: readonly string[]): Promise<string> => {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on("error", () => {});
  try {
    await client.connect();
    return await client.sendCommand<string>([...words]);
  } finally {
    client.destroy();
  }
};

const follow = async (replica: RedisServer, primary: RedisServer): Promise<void> => {
  // Or it waits 5 s for others who might want to follow too.
  await command(primary.url, ["CONFIG", "SET", "repl-diskless-sync-delay", "0"]);
  await command(replica.url, ["REPLICAOF", "127.0.0.1", String(primary.port)]);
  const deadlineMs = performance.now() + repairTimeoutMs;
  while (performance.now() < deadlineMs) {
    if (/^master_link_status:up/m.test(await command(replica.url, ["INFO", "replication"]))) return;
    await sleep(pauseMs);
  }
  throw new Error(`A replica has not come up within ${repairTimeoutMs} ms.`);
};

/**
 * What clients ask for by themselves. Redis counts what a script does inside as commands too, and
 * nobody asks for those.
 */
const askedFor = ["eval", "evalsha", "subscribe", "unsubscribe"];

const countRequests = (commandStats: string): number => {
  let requests = 0;
  for (const [, name, calls] of commandStats.matchAll(/^cmdstat_(\w+):calls=(\d+)/gm)) {
    if (askedFor.includes(name!)) requests += Number(calls);
  }
  return requests;
};

export const startRedisPair = async (): Promise<RedisPair> => {
  const resources = new AsyncDisposableStack();
  try {
    const start = async (): Promise<RedisServer> => {
      const server = await startRedisServer();
      resources.defer(() => server.stop());
      return server;
    };
    let primary = await start();
    let replica = await start();
    const proxy = await startTcpProxy({ port: primary.port });
    resources.defer(() => proxy.stop());
    await follow(replica, primary);
    const { url } = primary;
    return {
      url,
      movingUrl: `redis://127.0.0.1:${proxy.port}`,
      requests: async () => countRequests(await command(url, ["INFO", "commandstats"])),
      failOver: async () => {
        await primary.kill();
        await command(replica.url, ["REPLICAOF", "NO", "ONE"]);
        proxy.passTo(replica.port);
        proxy.cutAll();
        [primary, replica] = [replica, primary];
      },
      repair: async () => {
        await replica.restart();
        await follow(replica, primary);
      },
      stop: () => resources.disposeAsync(),
    };
  } catch (error) {
    await resources.disposeAsync();
    throw error;
  }
};
