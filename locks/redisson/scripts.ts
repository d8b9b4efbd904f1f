/**
 * Redisson's lock (RedissonLock and RedissonFencedLock, read at 4.7) for several names at once. The
 * key is a hash named after the lock; its field is the holder, `<UUID v4>:<number>`, with the count
 * of its holds as the value. Ours is always 1, since we count in the process; Java's may be more.
 * Keys: the locks, then their token counters in the same order.
 */

/**
 * Arguments: owner, lease in ms. Answers {1, token} or {0, ms that the lock in the way still lasts}.
 *
 * A repeat by the owner must not count again: it follows a lost reply, and is released once. The
 * token counter is RFencedLock's, which Java increments; that we raise it to the server's clock
 * keeps tokens growing when a Redis has lost its data.
 */
export const acquireScript = `
local count = #KEYS / 2
local ours, busyMs = 0, -1
local isBusy = false
for i = 1, count do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    if redis.call('HEXISTS', KEYS[i], ARGV[1]) == 1 then
      ours = ours + 1
    else
      isBusy = true
      busyMs = math.max(busyMs, redis.call('PTTL', KEYS[i]))
    end
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
  redis.call('HSET', KEYS[i], ARGV[1], 1)
  redis.call('PEXPIRE', KEYS[i], ARGV[2])
  redis.call('SET', KEYS[count + i], string.format('%.0f', token))
end
return {1, token}
`;

/**
 * Arguments: owner, lease in ms. Answers 1, or 0 and changes nothing when one is not the owner's. It
 * never shortens a lease, so that one renewal may be run after the next.
 */
export const renewScript = `
for i = 1, #KEYS do
  if redis.call('HEXISTS', KEYS[i], ARGV[1]) == 0 then return 0 end
end
for i = 1, #KEYS do
  if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[2]) then
    redis.call('PEXPIRE', KEYS[i], ARGV[2])
  end
end
return 1
`;

/**
 * Arguments: owner, then the channel of each lock. Deletes what is the owner's and tells those who
 * wait for it; answers 1 when that was all of them.
 */
export const releaseScript = `
local ours = 0
for i = 1, #KEYS do
  if redis.call('HEXISTS', KEYS[i], ARGV[1]) == 1 then
    redis.call('DEL', KEYS[i])
    redis.call('PUBLISH', ARGV[1 + i], '0')
    ours = ours + 1
  end
end
return ours == #KEYS and 1 or 0
`;
