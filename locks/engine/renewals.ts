import { renewalIntervalMs } from "../bounds.ts";
import { LockError } from "../lock-error.ts";
import type { Wanted } from "./arguments.ts";
import type { Claim } from "./backend.ts";
import { bounded } from "./bounded.ts";
import { startStopwatch } from "./stopwatch.ts";
import { startRepeats } from "./repeats.ts";
import type { Settings } from "./settings.ts";
import type { Term } from "./term.ts";

/** What renewals know of the lease that they renew. */
export interface Renewable {
  claim: Claim;
  term: Term;
  wanted: Wanted;
  /** Aborted when it is lost. */
  signal: AbortSignal;
  isOver: () => boolean;
  /** Notices a loss that the clock tells. */
  check: () => void;
  /** The server has answered that it is not ours. */
  loseAsStolen: () => void;
  /** It was renewed, and this much later than planned. */
  onRenewed: (lagMs: number) => void;
}

export interface Renewals {
  /** Renews for `leaseMs`, or as last wanted. */
  renew: (leaseMs: number | undefined) => Promise<void>;
  /** Keeps renewing from now on. */
  start: () => void;
  stop: () => void;
  /** What the last renewal failed of; undefined after a successful one. */
  failure: () => unknown;
  /** Whether it is being kept for `leaseMs` or longer from any moment on. */
  keepsFor: (leaseMs: number) => boolean;
  /** Whether the caller's deadline has left less than was wanted. */
  isCutByDeadline: () => boolean;
}

export const createRenewals = (lease: Renewable, settings: Settings): Renewals => {
  const { claim, term, wanted } = lease;
  const { backend, clock, timers, random, requestTimeoutMs } = settings;
  let wantedLeaseMs = wanted.leaseMs;
  let keepsRenewing = false;
  let isCutByDeadline = false;
  let failure: unknown;
  let cancelTimer: (() => void) | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const withinDeadline = (leaseMs: number): number =>
    Math.max(1, Math.min(leaseMs, Math.floor(wanted.leftMs())));

  /** One renewal after the other: two in flight could be applied in either order. */
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };

  /** Asks the server once. Rejects when it is not known whether it did it. */
  const ask = async (leaseMs: number): Promise<void> => {
    const started = startStopwatch(clock);
    try {
      const limitMs = Math.min(requestTimeoutMs, Math.max(term.remainingMs(), 1));
      const isOurs = await bounded(timers, limitMs, lease.signal, (signal) =>
        claim.renew(leaseMs, signal),
      );
      if (lease.isOver()) return;
      failure = undefined;
      if (!isOurs) return lease.loseAsStolen();
      term.begin(leaseMs, started);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      lease.check();
    }
  };

  const schedule = (): void => {
    cancelTimer?.();
    if (!keepsRenewing || lease.isOver()) return;
    const planned = startStopwatch(clock);
    const alreadyMs = term.leaseMs() - term.remainingMs();
    const inMs = Math.max(0, renewalIntervalMs(term.leaseMs()) - alreadyMs);
    const lagMs = (): number => Math.max(0, planned.elapsedMs() - inMs);
    cancelTimer = timers.startInBackground(inMs, () => void renewUnasked(lagMs));
  };

  /** Repeats until it is answered, or the trust in the lease ends. */
  const renewUnasked = async (lagMs: () => number): Promise<void> => {
    lease.check();
    if (lease.isOver()) return;
    const leaseMs = withinDeadline(wantedLeaseMs);
    isCutByDeadline = leaseMs < wantedLeaseMs;
    // It lasts until the deadline already, and longer it cannot.
    if (leaseMs <= term.remainingMs()) return;
    try {
      await inTurn(() => ask(leaseMs));
      if (lease.isOver()) return;
      lease.onRenewed(lagMs());
      schedule();
    } catch (error) {
      if (lease.isOver() || backend.isFinal(error)) return;
      const againInMs = (random() * renewalIntervalMs(wantedLeaseMs)) / 4;
      cancelTimer = timers.startInBackground(againInMs, () => void renewUnasked(lagMs));
    }
  };

  const renewNow = async (leaseMs: number): Promise<void> => {
    const repeats = startRepeats(settings);
    for (;;) {
      lease.check();
      lease.signal.throwIfAborted();
      try {
        await ask(leaseMs);
        lease.signal.throwIfAborted();
        wantedLeaseMs = leaseMs;
        isCutByDeadline = false;
        schedule();
        return;
      } catch (error) {
        const isAgain = await repeats.isWorthwhile(error, 0, lease.signal);
        lease.signal.throwIfAborted();
        if (isAgain) continue;
        const message = "The server did not answer whether it renewed the lease, or refused.";
        throw new LockError("unavailable", message, { cause: error });
      }
    }
  };

  return {
    renew: (leaseMs) => inTurn(() => renewNow(leaseMs ?? withinDeadline(wantedLeaseMs))),
    start: () => {
      keepsRenewing = true;
      schedule();
    },
    stop: () => cancelTimer?.(),
    failure: () => failure,
    keepsFor: (leaseMs) => keepsRenewing && wantedLeaseMs >= leaseMs,
    isCutByDeadline: () => isCutByDeadline,
  };
};
