/**
 * A granted claim for as long as it lasts: who holds it, when it is lost, how it is released.
 * Several leases of one context share one grant. Its time is in term.ts, its renewal in renewals.ts.
 */
import { marginMs } from "../bounds.ts";
import { LockError, type LossCause } from "../lock-error.ts";
import type { Granted } from "./acquire-claim.ts";
import type { Wanted } from "./arguments.ts";
import type { Claim } from "./backend.ts";
import { bounded } from "./bounded.ts";
import { startStopwatch } from "./stopwatch.ts";
import { isWithin, type Context } from "./contexts.ts";
import { createRenewals } from "./renewals.ts";
import { startRepeats } from "./repeats.ts";
import type { Settings } from "./settings.ts";
import { createTerm } from "./term.ts";

export interface Grant<Action = unknown> {
  readonly token: number;
  /** Aborts when it is lost, with a LockError `lost`. */
  readonly signal: AbortSignal;
  expiresAtMs: () => number;
  /** Notices a loss that the clock tells. */
  check: () => void;
  lose: (cause: LossCause, serverError?: unknown) => void;
  /** Whether the context holds it. */
  isHeldWithin: (context: Context) => boolean;
  /** Whether the context may hold it once more: nobody else does, not even a branch of it. */
  admits: (context: Context) => boolean;
  /** Holds it once more, for `leaseMs` or longer. */
  enter: (context: Context, leaseMs: number, renew: boolean) => Promise<void>;
  /** Holds it once less; the last to leave releases it. */
  leave: (context: Context) => Promise<void>;
  /**
   * As `leave`, but the last to leave releases it by the actions that `write` gets, if `write` says
   * that it has applied them; else it is held as before.
   */
  leaveWithin: (context: Context, write: WriteWithRelease<Action>) => Promise<boolean>;
  /** Resolves when a holder leaves, when it ends, or when the signal aborts. */
  changed: (signal: AbortSignal) => Promise<void>;
  renew: (leaseMs: number | undefined) => Promise<void>;
  /** Releases it, whoever holds it. */
  end: () => Promise<void>;
}

/** Applies the actions together with what else it writes; false when it has applied nothing. */
export type WriteWithRelease<Action> = (actions: readonly Action[]) => Promise<boolean>;

export interface Granting<Action> {
  claim: Claim<Action>;
  /** Told once, when it is released or lost. */
  onEnd: () => void;
  /** Takes back what is left of it on the server, in the background. */
  withdraw: () => void;
}

const lossMessages: Record<LossCause, string> = {
  expired: "its time ran out",
  stolen: "the server no longer has it as ours",
  unreachable: "the server could not be asked in time whether it is still ours",
  deadline: "the caller's deadline was reached",
};

const lossOf = (cause: LossCause, serverError?: unknown): LockError =>
  new LockError("lost", `The lease is over: ${lossMessages[cause]}.`, {
    cause: serverError,
    loss: cause,
  });

export const createGrant = <Action>(
  wanted: Wanted & Granted,
  { claim, onEnd, withdraw }: Granting<Action>,
  firstHolder: Context,
  settings: Settings,
): Grant<Action> => {
  const { names, token } = wanted;
  const { clock, timers, emit, requestTimeoutMs } = settings;
  const held = startStopwatch(clock);
  const term = createTerm(wanted.leaseMs, wanted.started);
  const controller = new AbortController();
  const { signal } = controller;
  const holders = [firstHolder];
  const changeListeners = new Set<() => void>();
  let isReleased = false;
  let cancelTrustTimer: (() => void) | undefined;
  let cancelWithdrawal: (() => void) | undefined;

  const isOver = (): boolean => isReleased || signal.aborted;

  const tellChange = (): void => {
    for (const listener of changeListeners) listener();
  };

  const stopTimers = (): void => {
    renewals.stop();
    cancelTrustTimer?.();
    cancelWithdrawal?.();
  };

  const lose = (cause: LossCause, serverError?: unknown): void => {
    if (isOver()) return;
    stopTimers();
    // The holder has the margin to stop in. Then nobody needs to wait for what is left of it.
    cancelWithdrawal = timers.startInBackground(marginMs(term.leaseMs()), withdraw);
    onEnd();
    emit({ type: "lost", names, token, cause, heldMs: held.elapsedMs() });
    controller.abort(lossOf(cause, serverError));
    tellChange();
  };

  const causeOfExpiry = (): LossCause => {
    if (renewals.isCutByDeadline()) return "deadline";
    return renewals.failure() === undefined ? "expired" : "unreachable";
  };

  /** What ends the trust next, and in how many milliseconds. */
  const nextLoss = (): [LossCause, number] => {
    const limits: [LossCause, number][] = [
      ["deadline", wanted.leftMs() - marginMs(term.leaseMs())],
      [causeOfExpiry(), term.trustedForMs()],
      ["unreachable", claim.trustedForMs?.() ?? Infinity],
    ];
    return limits.reduce((tightest, limit) => (limit[1] < tightest[1] ? limit : tightest));
  };

  const check = (): void => {
    if (isOver()) return;
    const [cause, inMs] = nextLoss();
    if (inMs <= 0) return lose(cause, renewals.failure());
    cancelTrustTimer?.();
    cancelTrustTimer = timers.startInBackground(inMs, check);
  };

  const renewals = createRenewals(
    {
      claim,
      term,
      wanted,
      signal,
      isOver,
      check,
      loseAsStolen: () => lose("stolen"),
      onRenewed: (lagMs) => emit({ type: "renewed", names, token, lagMs }),
    },
    settings,
  );

  const askForRelease = async (): Promise<void> => {
    const mayBeGone = term.remainingMs() <= 0;
    const repeats = startRepeats(settings);
    for (let isRepeat = false; ; isRepeat = true) {
      try {
        const wasOurs = await bounded(timers, requestTimeoutMs, undefined, (limit) =>
          claim.release(limit),
        );
        // Within the term nobody else may have removed it: our first request did.
        if (wasOurs || (isRepeat && !mayBeGone)) return;
        throw lossOf(mayBeGone ? "expired" : "stolen");
      } catch (error) {
        if (error instanceof LockError) throw error;
        if (await repeats.isWorthwhile(error, 0)) continue;
        withdraw();
        const message = "The release was not answered; the names are free when the lease ends.";
        throw new LockError("unavailable", message, { cause: error });
      }
    }
  };

  const markAsReleased = (): void => {
    isReleased = true;
    onEnd();
    tellChange();
  };
  const emitReleased = (): void =>
    emit({ type: "released", names, token, heldMs: held.elapsedMs() });

  const end = async (): Promise<void> => {
    check();
    stopTimers();
    if (signal.aborted) {
      withdraw();
      signal.throwIfAborted();
    }
    if (isReleased) return;
    markAsReleased();
    try {
      await askForRelease();
      emitReleased();
    } catch (error) {
      const cause = (error as LockError).loss ?? "unreachable";
      emit({ type: "lost", names, token, cause, heldMs: held.elapsedMs() });
      throw error;
    }
  };

  const leave = async (holder: Context): Promise<void> => {
    holders.splice(holders.indexOf(holder), 1);
    tellChange();
    if (holders.length === 0) return end();
    check();
    signal.throwIfAborted();
  };

  const leaveWithin = async (
    holder: Context,
    write: WriteWithRelease<Action>,
  ): Promise<boolean> => {
    check();
    signal.throwIfAborted();
    const isLast = holders.length === 1;
    const isApplied = await write(isLast ? (claim.releaseActions?.() ?? []) : []);
    if (!isApplied) return false;
    holders.splice(holders.indexOf(holder), 1);
    tellChange();
    // Whoever has entered meanwhile has nothing any more. What the clock says no longer matters.
    if (isLast && holders.length > 0) lose("stolen");
    if (!isLast || isOver()) return true;
    stopTimers();
    markAsReleased();
    emitReleased();
    return true;
  };

  const enter = async (holder: Context, leaseMs: number, renew: boolean): Promise<void> => {
    holders.push(holder);
    try {
      const lastsAsLong = renewals.keepsFor(leaseMs) || leaseMs <= term.remainingMs();
      if (!lastsAsLong) await renewals.renew(leaseMs);
    } catch (error) {
      await leave(holder).catch(() => {});
      throw error;
    }
    if (renew) renewals.start();
  };

  const changed = (limit: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const finish = (): void => {
        changeListeners.delete(finish);
        limit.removeEventListener("abort", finish);
        resolve();
      };
      changeListeners.add(finish);
      limit.addEventListener("abort", finish);
      if (limit.aborted) finish();
    });

  check();
  if (wanted.renew) renewals.start();

  return {
    token,
    signal,
    expiresAtMs: term.endsAtMs,
    check,
    lose,
    isHeldWithin: (context) => holders.some((holder) => isWithin(context, holder)),
    admits: (context) => holders.every((holder) => isWithin(context, holder)),
    enter,
    leave,
    leaveWithin,
    changed,
    renew: renewals.renew,
    end,
  };
};
