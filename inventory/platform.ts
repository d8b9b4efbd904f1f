import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * The sources of time, chance and identity. The core uses no others, so that a simulator can replace
 * all of them. This file is the only one of the room that imports those of Node.js.
 */
export interface Platform {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that never go back, from any origin. */
  monotonicMs(): number;
  /** Resolves after this many milliseconds. */
  sleep(durationMs: number): Promise<void>;
  /** Returns a signal that aborts after this many milliseconds, a positive integer. */
  timeoutSignal(delayMs: number): AbortSignal;
  /** Uniform in [0, 1): spreads the waits between attempts. */
  random(): number;
  /** Returns a UUID of version 4. */
  randomUuid(): string;
}

/** The platform of the process. A signal that is still to abort does not keep the process alive. */
export const systemPlatform: Platform = {
  now: Date.now,
  monotonicMs: () => performance.now(),
  sleep,
  timeoutSignal: (delayMs) => AbortSignal.timeout(delayMs),
  random: Math.random,
  randomUuid: randomUUID,
};
