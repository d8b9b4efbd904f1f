/**
 * The run itself: claims the key of a store, holds the claim while the work runs (hold-claim.ts),
 * and marks the key as done. What the caller and the store have agreed on is in ../once.ts.
 */
import {
  leaseMsDefault,
  leaseMsMax,
  leaseMsMin,
  marginMs,
  requestTimeoutMsDefault,
  requestTimeoutMsMax,
  requestTimeoutMsMin,
  retentionMsDefault,
  retentionMsMax,
  retentionMsMin,
} from "../bounds.ts";
import { checkedName, integerWithin } from "../engine/arguments.ts";
import { bounded, pause } from "../engine/bounded.ts";
import { platformOf } from "../engine/platform.ts";
import { startStopwatch, type Stopwatch } from "../engine/stopwatch.ts";
import { LockError } from "../lock-error.ts";
import type {
  Once,
  OnceClaim,
  OnceOptions,
  OnceOutcome,
  OnceSettings,
  OnceStore,
} from "../once.ts";
import { holdClaim } from "./hold-claim.ts";

type Work<Result> = (signal: AbortSignal) => Promise<Result> | Result;

/** Checked, with all defaults filled in. */
interface Wanted extends Required<OnceOptions> {
  key: string;
  /** No other run ever has it. */
  owner: string;
}

/** A claim is asked for once more when its answer is lost, which tells what had become of it. */
const claimAttemptsMax = 2;
/** A claim that is not given back ends by itself. */
const abandonAttemptsMax = 2;
/** A mark that is not written lets the work happen again, so it is worth some patience. */
const markAttemptsMax = 5;

const pauseFirstMs = 100;
const never = new AbortController().signal;

const readOptions = (options: OnceOptions): Required<OnceOptions> => {
  const { leaseMs = leaseMsDefault, retentionMs = retentionMsDefault, onUnavailable } = options;
  if (onUnavailable !== "run" && onUnavailable !== "fail") {
    const message = `onUnavailable is ${String(onUnavailable)}; it must be "run" or "fail".`;
    throw new LockError("invalid_argument", message);
  }
  return {
    leaseMs: integerWithin("leaseMs", leaseMs, leaseMsMin, leaseMsMax),
    retentionMs: integerWithin("retentionMs", retentionMs, retentionMsMin, retentionMsMax),
    onUnavailable,
  };
};

const unavailable = (message: string, cause: unknown): LockError =>
  new LockError("unavailable", message, { cause });

/** @throws LockError `invalid_argument` */
export const createOnce = (store: OnceStore, settings: OnceSettings): Once => {
  const platform = platformOf(settings);
  const { clock, timers, random } = platform;
  const requestTimeoutMs = integerWithin(
    "requestTimeoutMs",
    settings.requestTimeoutMs ?? requestTimeoutMsDefault,
    requestTimeoutMsMin,
    requestTimeoutMsMax,
  );
  const instance = platform.randomUuid();
  let runs = 0;

  /** Repeats what is not answered, the first time at once. Rejects with the last failure. */
  const ask = async <Answer>(
    attemptsMax: number,
    request: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await bounded(timers, requestTimeoutMs, undefined, request);
      } catch (error) {
        if (attempt >= attemptsMax || store.isFinal(error)) throw error;
        if (attempt > 1) await pause(timers, random() * pauseFirstMs * 2 ** attempt, never);
      }
    }
  };

  const claim = async (wanted: Wanted): Promise<OnceClaim & { started: Stopwatch }> => {
    const { key, owner, leaseMs } = wanted;
    return ask(claimAttemptsMax, async (signal) => {
      const started = startStopwatch(clock);
      const answer = await store.claim(key, owner, leaseMs, signal);
      if (started.elapsedMs() < leaseMs - marginMs(leaseMs)) return { ...answer, started };
      throw new Error(`The answer took so long that the lease of ${leaseMs} ms was over.`);
    });
  };

  const mark = ({ key, owner, retentionMs }: Wanted, attemptsMax: number): Promise<void> =>
    ask(attemptsMax, (signal) => store.complete(key, owner, retentionMs, signal));

  const abandon = ({ key, owner }: Wanted, attemptsMax: number): Promise<void> =>
    ask(attemptsMax, (signal) => store.abandon(key, owner, signal)).catch(() => {});

  const runUnderClaim = async <Result>(
    wanted: Wanted,
    started: Stopwatch,
    work: Work<Result>,
  ): Promise<OnceOutcome<Result>> => {
    const { key, owner, leaseMs } = wanted;
    const held = holdClaim({
      leaseMs,
      started,
      extend: (signal) => store.claim(key, owner, leaseMs, signal),
      isFinal: (error) => store.isFinal(error),
      requestTimeoutMs,
      platform,
    });
    let value: Result;
    try {
      value = await work(held.signal);
    } catch (error) {
      await held.end();
      await abandon(wanted, abandonAttemptsMax);
      throw error;
    }
    await held.end();
    try {
      await mark(wanted, markAttemptsMax);
      return { status: "ran", value };
    } catch (error) {
      const message = `The work under ${JSON.stringify(key)} has run; that could not be recorded.`;
      return { status: "ran", value, markError: unavailable(message, error) };
    }
  };

  /**
   * Without a claim. What was asked of the store may have reached it all the same, or it may be back
   * by now: one more request each, so that a silent store costs no more than that.
   */
  const runUnchecked = async <Result>(
    wanted: Wanted,
    error: LockError,
    work: Work<Result>,
  ): Promise<OnceOutcome<Result>> => {
    let value: Result;
    try {
      value = await work(never);
    } catch (workError) {
      await abandon(wanted, 1);
      throw workError;
    }
    await mark(wanted, 1).catch(() => {});
    return { status: "ran_unchecked", value, error };
  };

  return async (key, options, work) => {
    const wanted: Wanted = {
      ...readOptions(options),
      key: checkedName("key", key),
      owner: `${instance}:${(runs += 1)}`,
    };
    let answer;
    try {
      answer = await claim(wanted);
    } catch (cause) {
      const error = unavailable("The store did not answer who has run this, or refused.", cause);
      if (wanted.onUnavailable === "fail") throw error;
      return runUnchecked(wanted, error, work);
    }
    switch (answer.state) {
      case "claimed":
        return runUnderClaim(wanted, answer.started, work);
      case "done":
        return { status: "already_done" };
      case "running":
        return { status: "running", busyForMs: answer.busyForMs };
    }
  };
};
