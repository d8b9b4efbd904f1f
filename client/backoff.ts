/** The wait before a repeat. */

const baseMs = 100;
const capMs = 2_000;

/**
 * Exponential backoff with full jitter: a random time between zero and a limit that doubles with each attempt.
 * Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param attempts the number of attempts so far, from 1
 * @param random from 0 up to, but not including, 1
 */
export const fullJitterMs = (attempts: number, random: number): number =>
  random * Math.min(capMs, baseMs * 2 ** (attempts - 1));

/**
 * The time that `Retry-After` asks for, in milliseconds, from seconds or from an HTTP date (RFC 9110). 0 where
 * it is absent, malformed or in the past.
 */
export const retryAfterMs = (header: string | null, nowMs: number): number => {
  if (header === null) return 0;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Math.max(0, ms) || 0;
};
