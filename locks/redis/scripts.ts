/**
 * The lock on Redis, as scripts that each do one operation for all names at once. The server runs a
 * script as a whole, with nothing in between. Keys: the locks, then (where tokens are made) their
 * counters in the same order. A lock's key holds its owner and lives for the lease.
 */
import { createHash } from "node:crypto";

export interface Script {
  lua: string;
  sha1: string;
}

export const script = (lua: string): Script => ({
  lua,
  sha1: createHash("sha1").update(lua).digest("hex"),
});

/**
 * Arguments: owner, lease in ms, life of an idle counter in ms. Answers {1, token} or {0, ms that
 * the lock in the way still lasts}.
 *
 * The token is the server's clock in milliseconds, or one more than the last one where that is
 * greater: it grows within a millisecond, when the clock is set back a little, and when counters are
 * gone. (S. Kulkarni et al., "Logical Physical Clocks", 2014.) A repeat by the owner, after a reply
 * that was lost, gets the token of the first time.
 */
export const acquireScript = script(`
local count = #KEYS / 2
local ours, busyMs = 0, -1
local isBusy = false
for i = 1, count do
  local owner = redis.call('GET', KEYS[i])
  if owner == ARGV[1] then
    ours = ours + 1
  elseif owner then
    isBusy = true
    busyMs = math.max(busyMs, redis.call('PTTL', KEYS[i]))
  end
end
if isBusy then return {0, busyMs} end
local last = 0
for i = count + 1, #KEYS do
  last = math.max(last, tonumber(redis.call('GET', KEYS[i]) or 0))
end
local token = last
if ours < count or last == 0 then
  local time = redis.call('TIME')
  token = math.max(time[1] * 1000 + math.floor(time[2] / 1000), last + 1)
end
for i = 1, count do
  redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2])
  redis.call('SET', KEYS[count + i], string.format('%.0f', token), 'PX', ARGV[3])
end
return {1, token}
`);

/**
 * Arguments: owner, lease in ms. Answers 1, or 0 and changes nothing when one is not the owner's. It
 * never shortens a lease, so that one renewal may be run after the next.
 */
export const renewScript = script(`
for i = 1, #KEYS do
  if redis.call('GET', KEYS[i]) ~= ARGV[1] then return 0 end
end
for i = 1, #KEYS do
  if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[2]) then
    redis.call('PEXPIRE', KEYS[i], ARGV[2])
  end
end
return 1
`);

/** Arguments: owner. Deletes what is the owner's; answers 1 when that was all of them. */
export const releaseScript = script(`
local ours = 0
for i = 1, #KEYS do
  if redis.call('GET', KEYS[i]) == ARGV[1] then
    redis.call('DEL', KEYS[i])
    ours = ours + 1
  end
end
return ours == #KEYS and 1 or 0
`);
