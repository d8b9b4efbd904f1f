/**
 * Locks that are shared with Java: a name is what `InterProcessMutex` of Apache Curator makes of the
 * path `basePath/name`. Read from Curator 5.9. All but paths and order is as in zookeeper-locks.ts.
 */
import { networkInterfaces } from "node:os";
import { createLocks } from "../engine/create-locks.ts";
import type { Locks } from "../locks.ts";
import { objectionToPath } from "./paths.ts";
import {
  createQueueBackend,
  type QueueRules,
  type ZooKeeperLocksOptions,
} from "./queue-backend.ts";
import { unfitError } from "./server-error.ts";

/**
 * Curator sorts sequence numbers as texts. Past 2^31 entries, where the server goes on below zero,
 * that puts the last who came first. Its order is then none, and we would rather have no lock.
 */
const compare = (one: string, other: string): number => {
  if (one.startsWith("-") || other.startsWith("-")) {
    throw unfitError(
      "The queue of this lock has had 2^31 entries, and Curator's order ends there. Remove the " +
        "lock's own node while nobody uses it; its sequence numbers then begin again.",
    );
  }
  return one < other ? -1 : Number(one > other);
};

/** What Curator writes into its nodes: the address of the host. */
const localAddress = (): string => {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find((one) => one.family === "IPv4" && !one.internal)?.address ?? "127.0.0.1";
};

export const curatorRules: QueueRules = {
  name: "curator",
  basePathDefault: "",
  pathOf: (name) => (name.startsWith("/") ? name : `/${name}`),
  objectionTo: (_name, queue) => objectionToPath(queue),
  compare,
  dataOf: () => Buffer.from(localAddress()),
};

/**
 * Locks on a ZooKeeper ensemble that Curator's `InterProcessMutex` respects, and that respect it.
 * Names are paths below `basePath`, which is the root when absent; a slash at the begin of a name
 * changes nothing. For the rest see `createZooKeeperLocks`.
 *
 * @throws LockError `invalid_argument`
 */
export const createCuratorLocks = (options: ZooKeeperLocksOptions): Locks =>
  createLocks(createQueueBackend(curatorRules, options), options);
