import type { Clock } from "../locks.ts";

/** Measures from the moment when it was made. */
export interface Stopwatch {
  readonly startedAtMs: number;
  elapsedMs(): number;
}

/**
 * Elapsed is what the larger of both clocks says. The monotonic clock cannot be set, but stands
 * still while a machine is suspended or a function frozen; the wall clock runs on then. A wall
 * clock that is set forward ends leases early, which is safe.
 */
export const startStopwatch = (clock: Clock): Stopwatch => {
  const startedAtMs = clock.wallMs();
  const startedAtMonotonicMs = clock.monotonicMs();
  return {
    startedAtMs,
    elapsedMs: () =>
      Math.max(clock.monotonicMs() - startedAtMonotonicMs, clock.wallMs() - startedAtMs, 0),
  };
};
