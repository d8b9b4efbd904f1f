/**
 * The platform of the process: the default for each source of time, chance and identity. The engine,
 * the once-only runs and the DynamoDB backend use what they are given, and import no other sources.
 */
import { randomUUID } from "node:crypto";
import type { Clock, PlatformOptions, Timers } from "../locks.ts";

/** The sources of time, chance and identity, with all defaults filled in. */
export type Platform = Required<PlatformOptions>;

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
};

const systemTimers: Timers = {
  start: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  startInBackground: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

export const platformOf = (options: PlatformOptions): Platform => ({
  clock: options.clock ?? systemClock,
  timers: options.timers ?? systemTimers,
  random: options.random ?? Math.random,
  randomUuid: options.randomUuid ?? randomUUID,
});
