/** Once-only runs on a Redis over HTTP: one key for each, which is claimed and then done. */
import { createOnce } from "../once/create-once.ts";
import type { Once, OnceClaim, OnceSettings, OnceStore } from "../once.ts";
import { script } from "./scripts.ts";
import { connectUpstash, isFinal, type UpstashAddress } from "./upstash.ts";

export interface RedisOnceOptions extends OnceSettings, UpstashAddress {
  /** What all keys begin with; nothing when absent. */
  keyPrefix?: string;
}

/** What a key that is done holds: no owner is called so. */
const done = "done";

/**
 * Arguments: owner, lease in ms, what is done. Answers {1} for claimed, {2} for done, or {0, ms that
 * the other's claim still lasts}.
 */
const claimScript = script(`
local owner = redis.call('GET', KEYS[1])
if not owner or owner == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return {1}
end
if owner == ARGV[3] then return {2} end
return {0, redis.call('PTTL', KEYS[1])}
`);

/** Arguments: what is done, how long that is kept in ms. */
const completeScript = script(`
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`);

/** Arguments: owner. */
const abandonScript = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`);

const readClaim = ([state, busyMs = 0]: [number, number?]): OnceClaim => {
  if (state === 1) return { state: "claimed" };
  return state === 2 ? { state: "done" } : { state: "running", busyForMs: Math.max(0, busyMs) };
};

const createRedisOnceStore = ({ keyPrefix = "", ...address }: RedisOnceOptions): OnceStore => {
  const upstash = connectUpstash(address);
  const keysOf = (key: string): [string] => [`${keyPrefix}once:${key}`];
  return {
    claim: async (key, owner, leaseMs, signal) => {
      const args = [owner, leaseMs, done];
      return readClaim(await upstash.run(claimScript, keysOf(key), args, signal));
    },
    complete: async (key, _owner, retentionMs, signal) => {
      await upstash.run(completeScript, keysOf(key), [done, retentionMs], signal);
    },
    abandon: async (key, owner, signal) => {
      await upstash.run(abandonScript, keysOf(key), [owner], signal);
    },
    isFinal,
  };
};

/**
 * Runs work once per key as long as the Redis keeps its data: one that loses some, by a restart
 * without a disk or a failover, lets work run again. See `Once` for what holds besides.
 *
 * @throws LockError `invalid_argument`
 */
export const createRedisOnce = (options: RedisOnceOptions): Once =>
  createOnce(createRedisOnceStore(options), options);
