import { setTimeout as delay } from "node:timers/promises";

export interface BackoffBounds {
  firstMs: number;
  mostMs: number;
}

const bounds: BackoffBounds = { firstMs: 100, mostMs: 5_000 };

/**
 * Waits before the attempt that follows so many failures: exponentially longer, with full jitter
 * (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter). Ends early,
 * and without an error, when the signal fires.
 */
export const backOff = async (
  failures: number,
  signal: AbortSignal,
  { firstMs, mostMs }: BackoffBounds = bounds,
): Promise<void> => {
  const ceilingMs = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30));
  await pause(Math.random() * ceilingMs, signal);
};

/** Ends early, and without an error, when the signal fires. */
export const pause = (waitMs: number, signal: AbortSignal): Promise<void> =>
  delay(waitMs, undefined, { signal }).catch(() => {});
