import { renewalIntervalMs } from "../bounds.ts";
import { bounded } from "../engine/bounded.ts";
import type { Platform } from "../engine/platform.ts";
import { startStopwatch, type Stopwatch } from "../engine/stopwatch.ts";
import { createTerm } from "../engine/term.ts";
import { LockError, type LossCause } from "../lock-error.ts";
import type { OnceClaim } from "../once.ts";

export interface ClaimToHold {
  leaseMs: number;
  /** From before the request that was granted. */
  started: Stopwatch;
  /** Claims it again, for `leaseMs` from then. */
  extend: (signal: AbortSignal) => Promise<OnceClaim>;
  isFinal: (error: unknown) => boolean;
  requestTimeoutMs: number;
  platform: Platform;
}

export interface HeldClaim {
  /** Aborts with a LockError `lost`. */
  signal: AbortSignal;
  /** Lets go of it: resolves when no request is on its way and no timer is left. */
  end: () => Promise<void>;
}

const lossMessages: Partial<Record<LossCause, string>> = {
  expired: "its time ran out",
  stolen: "the store has it as another's, or as done",
  unreachable: "the store could not be asked in time whether it is still ours",
};

/** Extends a claim every third of its lease, and tells when it was lost. */
export const holdClaim = (claim: ClaimToHold): HeldClaim => {
  const { leaseMs, requestTimeoutMs } = claim;
  const { clock, timers, random } = claim.platform;
  const term = createTerm(leaseMs, claim.started);
  const controller = new AbortController();
  let isOver = false;
  let failure: unknown;
  let extending: Promise<void> = Promise.resolve();
  let cancelRenewal: (() => void) | undefined;
  let cancelLossTimer: (() => void) | undefined;

  const stop = (): void => {
    isOver = true;
    cancelRenewal?.();
    cancelLossTimer?.();
  };

  const lose = (loss: LossCause): void => {
    if (isOver) return;
    stop();
    const message = `The claim is over: ${lossMessages[loss]}.`;
    controller.abort(new LockError("lost", message, { cause: failure, loss }));
  };

  /** Loses it if its time is over; by the clock, since a process may have stood still. */
  const check = (): void => {
    const trustedForMs = term.trustedForMs();
    if (trustedForMs <= 0) return lose(failure === undefined ? "expired" : "unreachable");
    cancelLossTimer?.();
    cancelLossTimer = timers.startInBackground(trustedForMs, check);
  };

  const extendIn = (delayMs: number): void => {
    cancelRenewal = timers.startInBackground(Math.max(0, delayMs), () => {
      extending = extend();
    });
  };

  const extend = async (): Promise<void> => {
    check();
    if (isOver) return;
    const started = startStopwatch(clock);
    try {
      const { state } = await bounded(timers, requestTimeoutMs, controller.signal, claim.extend);
      failure = undefined;
      if (isOver) return;
      if (state !== "claimed") return lose("stolen");
      term.begin(leaseMs, started);
      extendIn(renewalIntervalMs(leaseMs) - started.elapsedMs());
      check();
    } catch (error) {
      if (isOver) return;
      failure = error;
      if (!claim.isFinal(error)) extendIn((random() * renewalIntervalMs(leaseMs)) / 4);
    }
  };

  check();
  extendIn(renewalIntervalMs(leaseMs) - claim.started.elapsedMs());
  return {
    signal: controller.signal,
    end: () => {
      stop();
      return extending;
    },
  };
};
