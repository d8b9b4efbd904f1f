/**
 * One execution environment of a function: a process with a clock, timers and chance of its own. It may
 * be frozen, so that replies and timers wait for the thaw while its clock runs on; and it may die, after
 * which nothing that it waited for ever happens.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Random } from "../time/random.ts";
import type { Scheduled, VirtualTime } from "../time/virtual-time.ts";

/** The beginning of a run, in milliseconds of the epoch. */
export const epochMs = Date.UTC(2026, 0, 1);

export interface Environment {
  /** Unique in a run: "reserve-3". */
  readonly name: string;
  readonly random: Random;
  readonly isDead: boolean;
  /** The lead of its clock, in milliseconds, with fractions. */
  readonly skewMs: number;
  /** Milliseconds of the epoch, by this environment's own clock. */
  wallMs(): number;
  monotonicMs(): number;
  setTimer(delayMs: number, callback: () => void): { cancel(): void };
  /** Runs `callback` when the environment can: now, after the thaw, or never. */
  deliver(callback: () => void): void;
  /** Runs code of the environment, and all that it starts. */
  run<Result>(work: () => Result): Result;
  freeze(durationMs: number): void;
  kill(): void;
  /** Called when it dies. */
  onDeath: () => void;
}

const current = new AsyncLocalStorage<Environment>();

/** The environment whose code is running; undefined outside of all. */
export const currentEnvironment = (): Environment | undefined => current.getStore();

export interface EnvironmentOptions {
  name: string;
  time: VirtualTime;
  random: Random;
  /** The lead of its clock, in milliseconds. */
  skewMs: number;
}

export const createEnvironment = ({
  name,
  time,
  random,
  skewMs,
}: EnvironmentOptions): Environment => {
  const startedAtMs = time.nowMs;
  let frozenUntilMs = 0;
  let isDead = false;

  const deliver = (callback: () => void): void => {
    if (isDead) return;
    if (time.nowMs < frozenUntilMs) time.schedule(frozenUntilMs, () => deliver(callback));
    else current.run(environment, callback);
  };

  const environment: Environment = {
    name,
    random,
    skewMs,
    get isDead() {
      return isDead;
    },
    wallMs: () => epochMs + Math.floor(time.nowMs + skewMs),
    monotonicMs: () => time.nowMs - startedAtMs,
    setTimer: (delayMs, callback) => {
      const timer: Scheduled = time.schedule(time.nowMs + Math.max(0, delayMs), () =>
        deliver(() => {
          if (!timer.isCancelled) callback();
        }),
      );
      return { cancel: () => void (timer.isCancelled = true) };
    },
    deliver,
    run: (work) => current.run(environment, work),
    freeze: (durationMs) => {
      frozenUntilMs = Math.max(frozenUntilMs, time.nowMs + durationMs);
    },
    kill: () => {
      if (isDead) return;
      isDead = true;
      environment.onDeath();
    },
    onDeath: () => {},
  };
  return environment;
};
