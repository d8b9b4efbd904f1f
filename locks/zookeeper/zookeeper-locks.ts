/**
 * Locks on ZooKeeper: queues of ephemeral nodes, one queue for each name. This folder knows
 * ZooKeeper's sessions and nodes, and nothing of leases: those are made by ../engine.
 *
 * To read on: queue-claim.ts is the recipe, session.ts what keeps it alive. curator-locks.ts has the
 * same on the paths and in the order that Java's Curator uses.
 */
import { createLocks } from "../engine/create-locks.ts";
import type { Locks } from "../locks.ts";
import { objectionToPath } from "./paths.ts";
import {
  createQueueBackend,
  type QueueRules,
  type ZooKeeperLocksOptions,
} from "./queue-backend.ts";

export type { ZooKeeperLocksOptions } from "./queue-backend.ts";

/** Different for different names, and always one segment of a path that ZooKeeper takes. */
const encode = (name: string): string =>
  name === "." || name === ".." ? name.replaceAll(".", "%2E") : encodeURIComponent(name);

export const zooKeeperRules: QueueRules = {
  name: "zookeeper",
  basePathDefault: "/holdfast/locks",
  pathOf: (name) => `/${encode(name)}`,
  objectionTo: (_name, queue) => objectionToPath(queue),
  // The server counts in 32 bits and begins again below zero. Those in one queue are never half of
  // the numbers apart, so their distance in 32 bits has the right sign. (R. Elz, RFC 1982.)
  compare: (one, other) => (Number(one) - Number(other)) | 0,
  dataOf: (owner) => Buffer.from(owner),
};

/**
 * Locks on a ZooKeeper ensemble of 3.5 or later. A lease ends with its time, as on every server, and
 * with the client's session, whichever is first. Its signal also aborts when no server has answered
 * for two thirds of the session timeout.
 *
 * The queues' own nodes stay, empty, when nobody holds or wants a name: some hundred bytes of the
 * servers' memory for each name that was ever locked.
 *
 * @throws LockError `invalid_argument`
 */
export const createZooKeeperLocks = (options: ZooKeeperLocksOptions): Locks =>
  createLocks(createQueueBackend(zooKeeperRules, options), options);
