import { pollFirstMs, pollMaxMs } from "../bounds.ts";
import { pause } from "./bounded.ts";
import { startStopwatch, type Stopwatch } from "./stopwatch.ts";
import type { Settings } from "./settings.ts";

/**
 * A uniform share of a bound that grows with each attempt, so that those who met once do not meet
 * again. (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.)
 */
export const jitteredMs = (attempt: number, random: () => number): number =>
  random() * Math.min(pollMaxMs, pollFirstMs * 2 ** Math.min(attempt, 16));

/** How often a call whose answer did not come is made again, to find out what became of it. */
export interface Repeats {
  /**
   * Called with each failure. Resolves with true, after a pause but for the first one, when the call
   * is to be made again: at least once, and for one request timeout, or for as long as `leftMs`.
   */
  isWorthwhile(error: unknown, leftMs: number, signal?: AbortSignal): Promise<boolean>;
  /** An answer came: what fails from then on is another matter. */
  forget(): void;
}

export const startRepeats = (settings: Settings): Repeats => {
  const { backend, clock, timers, random, requestTimeoutMs } = settings;
  let failures = 0;
  let sinceFirst: Stopwatch | undefined;
  return {
    isWorthwhile: async (error, leftMs, signal) => {
      if (backend.isFinal(error) || signal?.aborted) return false;
      failures += 1;
      sinceFirst ??= startStopwatch(clock);
      if (failures === 1) return true;
      const remainingMs = Math.max(leftMs, requestTimeoutMs - sinceFirst.elapsedMs());
      if (remainingMs <= 0) return false;
      await pause(timers, Math.min(remainingMs, jitteredMs(failures, random)), signal);
      return true;
    },
    forget: () => {
      failures = 0;
      sinceFirst = undefined;
    },
  };
};
