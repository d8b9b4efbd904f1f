/** An approach with its connections, in the process of a buyer. */
import { createDynamoDbLocks } from "../../locks/dynamodb/dynamodb-locks.ts";
import type { BackendName, Locks } from "../../locks/locks.ts";
import { createRedisLocks } from "../../locks/redis/redis-locks.ts";
import { createRedissonLocks } from "../../locks/redisson/redisson-locks.ts";
import { createCuratorLocks } from "../../locks/zookeeper/curator-locks.ts";
import { createZooKeeperLocks } from "../../locks/zookeeper/zookeeper-locks.ts";
import { isUnderLock, type Approach } from "./approaches.ts";
import { clockSkewMs, sessionTimeoutMs } from "./bounds.ts";
import {
  fencedReadThenWrite,
  lockedReadThenWrite,
  readThenWrite,
  reserve,
  subtractIfAvailable,
  type Buy,
} from "./buy.ts";
import { tableNames } from "../app/table-names.ts";
import { openDatabase, type DatabaseAccess } from "./shelf.ts";

/** Where the servers are: those that are there. */
export interface Places {
  dynamodb: string;
  /** Of the bridge before the Redis. */
  redis?: { url: string; token: string };
  redisson?: { url: string };
  /** host:port,host:port,… */
  zookeeper?: { servers: string };
}

export interface OpenApproach extends Pick<DatabaseAccess, "countRequests"> {
  buy: Buy;
}

export const openApproach = (approach: Approach, places: Places): OpenApproach => {
  const database = openDatabase(places.dynamodb);
  return {
    buy: buyOf(approach, places, database),
    countRequests: (work) => database.countRequests(work),
  };
};

const buyOf = (approach: Approach, places: Places, database: DatabaseAccess): Buy => {
  const counts = { client: database.once, table: tableNames.stock };
  if (isUnderLock(approach)) {
    const locks = openLocks(approach.name, places, database);
    return approach.fencing === "fenced"
      ? fencedReadThenWrite(counts, locks)
      : lockedReadThenWrite(counts, locks);
  }
  switch (approach.name) {
    case "unguarded":
      return readThenWrite(counts);
    case "case-2":
      return subtractIfAvailable(counts);
    case "reserve":
      return reserve(database.inventory);
  }
};

const openLocks = (name: BackendName, places: Places, { client }: DatabaseAccess): Locks => {
  switch (name) {
    case "dynamodb":
      return createDynamoDbLocks({ client, table: tableNames.locks, clockSkewMs });
    case "redis":
      return createRedisLocks(places.redis!);
    case "redisson":
      return createRedissonLocks(places.redisson!);
    case "zookeeper":
      return createZooKeeperLocks({ ...places.zookeeper!, sessionTimeoutMs });
    case "curator":
      return createCuratorLocks({ ...places.zookeeper!, sessionTimeoutMs });
  }
};
