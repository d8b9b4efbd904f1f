import { createDynamoDbLocks } from "../../locks/dynamodb/dynamodb-locks.ts";
import type { Locks, LocksOptions } from "../../locks/locks.ts";
import { createRedisLocks } from "../../locks/redis/redis-locks.ts";
import { createRedissonLocks } from "../../locks/redisson/redisson-locks.ts";
import { createCuratorLocks } from "../../locks/zookeeper/curator-locks.ts";
import { createZooKeeperLocks } from "../../locks/zookeeper/zookeeper-locks.ts";
import { connect } from "../../inventory/dynamodb/database.ts";
import { localAccess } from "./local-access.ts";
import type { LocksConfig } from "./lock-server.ts";

/** Opens the locks of a server, in whatever process. */
export const openLocks = (config: LocksConfig, options: LocksOptions = {}): Locks => {
  switch (config.backend) {
    case "dynamodb": {
      const { endpoint, table } = config;
      const client = connect({ ...localAccess, endpoint });
      return createDynamoDbLocks({ ...options, client, table });
    }
    case "redis":
      return createRedisLocks({ ...options, url: config.url, token: config.token });
    case "redisson":
      return createRedissonLocks({ ...options, url: config.url });
    case "zookeeper":
      return createZooKeeperLocks({ ...options, ...zooKeeper(config) });
    case "curator":
      return createCuratorLocks({ ...options, ...zooKeeper(config) });
  }
};

const zooKeeper = (config: Extract<LocksConfig, { servers: string }>) => ({
  servers: config.servers,
  sessionTimeoutMs: config.sessionTimeoutMs,
});
