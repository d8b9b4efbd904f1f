import { createDynamoDbOnce } from "../../locks/dynamodb/dynamodb-once.ts";
import type { Once, OnceSettings } from "../../locks/once.ts";
import { createRedisOnce } from "../../locks/redis/redis-once.ts";
import { connect } from "../../inventory/dynamodb/database.ts";
import { localAccess } from "./local-access.ts";
import type { LocksConfig } from "./lock-server.ts";

/** Opens the once-only runs of a server that has them, in whatever process. */
export const openOnce = (config: LocksConfig, settings: OnceSettings = {}): Once => {
  switch (config.backend) {
    case "dynamodb": {
      const { endpoint, table } = config;
      return createDynamoDbOnce({
        ...settings,
        client: connect({ ...localAccess, endpoint }),
        table,
      });
    }
    case "redis":
      return createRedisOnce({ ...settings, url: config.url, token: config.token });
    case "redisson":
    case "zookeeper":
    case "curator":
      throw new Error(`There are no once-only runs on ${config.backend}.`);
  }
};
