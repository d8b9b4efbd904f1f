/**
 * Locks on a Redis over HTTP, by `@upstash/redis`: nothing is kept open, which suits a function that
 * is frozen between two calls. The scripts are in scripts.ts; waiting is polling.
 *
 * A name is safe for as long as the server keeps its data: one that fails over to a replica that has
 * not heard of a lock yet grants it again. Several names go into one script, so they need one
 * server: not a cluster that spreads its keys.
 */
import type { Backend, Claim, ClaimRequest } from "../engine/backend.ts";
import { createLocks } from "../engine/create-locks.ts";
import type { Locks, LocksOptions } from "../locks.ts";
import { acquireScript, releaseScript, renewScript } from "./scripts.ts";
import { connectUpstash, isFinal, type Upstash, type UpstashAddress } from "./upstash.ts";

export interface RedisLocksOptions extends LocksOptions, UpstashAddress {
  /** What all keys begin with; nothing when absent. */
  keyPrefix?: string;
}

/** How long the counter of a name that nobody locks is kept, in milliseconds: a day. */
const idleCounterMs = 24 * 60 * 60 * 1_000;

const createClaim = (upstash: Upstash, keyPrefix: string, request: ClaimRequest): Claim => {
  const { names, owner } = request;
  const locks = names.map((name) => `${keyPrefix}lock:${name}`);
  const counters = names.map((name) => `${keyPrefix}token:${name}`);
  /** Whether the server may have something of us. */
  let mayHold = false;
  return {
    attempt: async (leaseMs, signal) => {
      mayHold = true;
      const [isGranted, figure] = await upstash.run<[number, number]>(
        acquireScript,
        [...locks, ...counters],
        [owner, leaseMs, leaseMs + idleCounterMs],
        signal,
      );
      if (isGranted === 1) return { granted: true, token: figure };
      mayHold = false;
      return figure < 0 ? { granted: false } : { granted: false, busyForMs: figure };
    },
    renew: async (leaseMs, signal) =>
      (await upstash.run<number>(renewScript, locks, [owner, leaseMs], signal)) === 1,
    release: async (signal) => {
      if (!mayHold) return false;
      const wasOurs = await upstash.run<number>(releaseScript, locks, [owner], signal);
      mayHold = false;
      return wasOurs === 1;
    },
  };
};

const createRedisBackend = ({ keyPrefix = "", ...address }: RedisLocksOptions): Backend => {
  const upstash = connectUpstash(address);
  return {
    name: "redis",
    claim: (request) => createClaim(upstash, keyPrefix, request),
    isFinal,
    close: async () => {},
  };
};

/** @throws LockError `invalid_argument` */
export const createRedisLocks = (options: RedisLocksOptions): Locks =>
  createLocks(createRedisBackend(options), options);
