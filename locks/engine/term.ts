import { marginMs } from "../bounds.ts";
import type { Stopwatch } from "./stopwatch.ts";

/**
 * How long a lease lasts by our clocks. All times are in milliseconds.
 *
 *   request                        trust ends        ends on the server
 *      |----------- leaseMs -----------|----- margin ------|
 *   the stopwatch starts before it is sent
 */
export interface Term {
  leaseMs: () => number;
  /** Until the server may give it to others; not positive when it may have. */
  remainingMs: () => number;
  /** Until we no longer trust it. */
  trustedForMs: () => number;
  /** Of the epoch, by this clock. */
  endsAtMs: () => number;
  /** It was granted for `leaseMs` by a request that was sent after `started`. */
  begin: (leaseMs: number, started: Stopwatch) => void;
}

export const createTerm = (firstLeaseMs: number, firstStarted: Stopwatch): Term => {
  let leaseMs = firstLeaseMs;
  let started = firstStarted;
  const remainingMs = (): number => leaseMs - started.elapsedMs();
  return {
    leaseMs: () => leaseMs,
    remainingMs,
    trustedForMs: () => remainingMs() - marginMs(leaseMs),
    endsAtMs: () => started.startedAtMs + leaseMs,
    begin: (nextLeaseMs, nextStarted) => {
      leaseMs = nextLeaseMs;
      started = nextStarted;
    },
  };
};
