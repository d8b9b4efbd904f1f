/**
 * From a claim to a grant: attempts, and the waits between them.
 *
 * An attempt whose answer does not come is repeated at once by the same claim, which finds out what
 * had become of it. Only then is it known that nobody was asked in vain.
 */
import { marginMs } from "../bounds.ts";
import { LockError } from "../lock-error.ts";
import type { Wanted } from "./arguments.ts";
import type { Attempt, Claim, RefusedAttempt } from "./backend.ts";
import { bounded, pause, untilChange } from "./bounded.ts";
import { startStopwatch, type Stopwatch } from "./stopwatch.ts";
import { jitteredMs, startRepeats } from "./repeats.ts";
import type { Settings } from "./settings.ts";
import type { Wait } from "./wait.ts";

/** A claim was granted: under this token, since before this stopwatch was started. */
export interface Granted {
  token: number;
  started: Stopwatch;
}

type Result =
  | { kind: "granted"; granted: Granted }
  | { kind: "refused"; refusal: RefusedAttempt }
  | { kind: "failed"; error: unknown };

const attemptOnce = async (
  claim: Claim,
  leaseMs: number,
  settings: Settings,
  gaveUp: AbortSignal,
): Promise<Result> => {
  const started = startStopwatch(settings.clock);
  try {
    const { timers, requestTimeoutMs } = settings;
    const attempt: Attempt = await bounded(timers, requestTimeoutMs, gaveUp, (signal) =>
      claim.attempt(leaseMs, signal),
    );
    if (!attempt.granted) return { kind: "refused", refusal: attempt };
    const isTrusted = started.elapsedMs() < leaseMs - marginMs(leaseMs);
    if (isTrusted) return { kind: "granted", granted: { token: attempt.token, started } };
    const error = new Error(`The answer took so long that the lease of ${leaseMs} ms was over.`);
    return { kind: "failed", error };
  } catch (error) {
    return { kind: "failed", error };
  }
};

/** After so many refusals the pauses of one that is pressing grow no longer. */
const pressingSteps = 2;

/**
 * @returns undefined when others hold a name and the wait is over
 * @throws LockError `unavailable`, or the reason why the caller gave up
 */
export const acquireClaim = async (
  claim: Claim,
  wanted: Wanted,
  wait: Wait,
  settings: Settings,
): Promise<Granted | undefined> => {
  const { backend, timers, random, emit } = settings;
  const { gaveUp } = wait;
  const { names, leaseMs } = wanted;
  let refusals = 0;
  const repeats = startRepeats(settings);
  for (;;) {
    const result = await attemptOnce(claim, leaseMs, settings, gaveUp);
    if (result.kind === "granted") return result.granted;
    gaveUp.throwIfAborted();
    const leftMs = wait.leftMs();

    if (result.kind === "failed") {
      if (!(await repeats.isWorthwhile(result.error, leftMs, gaveUp))) {
        gaveUp.throwIfAborted();
        const message = `The server of ${backend.name} did not answer, or refused.`;
        throw new LockError("unavailable", message, { cause: result.error });
      }
    } else {
      repeats.forget();
      if (refusals === 0) emit({ type: "contended", names });
      refusals += 1;
      if (leftMs <= 0) return undefined;
      if (claim.changed === undefined) {
        const { busyForMs = Infinity, isPressing = false } = result.refusal;
        const pauseMs = jitteredMs(
          isPressing ? Math.min(refusals, pressingSteps) : refusals,
          random,
        );
        await pause(timers, Math.min(leftMs, busyForMs, pauseMs), gaveUp);
      } else {
        await untilChange(timers, (signal) => claim.changed!(signal), leftMs, gaveUp);
      }
    }
    gaveUp.throwIfAborted();
  }
};
