/**
 * Once-only runs: work that should happen once per key, such as one e-mail per order, though its
 * trigger comes twice. It is the efficiency case: a run that happens twice costs a little, so this
 * may go on without its store, and asks for no fence. It knows nothing of the work. This file is the
 * interface; a store is in the folder of its server, the run itself in once/.
 */
import type { LockError } from "./lock-error.ts";
import type { PlatformOptions } from "./locks.ts";

/**
 * Runs the work unless it was done under this key, or is being done by another call.
 *
 * The key is claimed under a short lease, which is renewed while the work runs. After the work the
 * key is marked as done, for `retentionMs`. Work that throws gives the claim back. A holder that
 * dies before the mark lets the work run again, however far it had come:
 *
 *   one     claim ── work ── e-mail sent ── dies, nothing marked
 *   other                                   running ····· lease ends ── claim ── work, sent again
 *
 * So what must never happen twice needs a condition where it is written; this only makes it rare.
 *
 * @throws what the work throws; LockError `invalid_argument`, or `unavailable` when the store could
 *   not be asked and `onUnavailable` is "fail": the work was not run then.
 */
export type Once = <Result>(
  key: string,
  options: OnceOptions,
  /** Its signal aborts with a LockError `lost` when the claim was lost: another may be running. */
  work: (signal: AbortSignal) => Promise<Result> | Result,
) => Promise<OnceOutcome<Result>>;

export interface OnceOptions {
  /** How long the claim outlives a call that dies, in milliseconds. 10 s when absent. */
  leaseMs?: number;
  /**
   * How long the key stays done, in milliseconds: longer than anybody repeats it. 14 days when
   * absent, the longest that SQS keeps a message.
   */
  retentionMs?: number;
  /** When the store cannot be asked: run the work all the same, or fail with `unavailable`. */
  onUnavailable: "run" | "fail";
}

export type OnceOutcome<Result> =
  | {
      status: "ran";
      value: Result;
      /**
       * Set when the mark could not be written: the work has happened, but will again if it is
       * repeated. Not thrown, because whoever sees a call fail repeats it.
       */
      markError?: LockError;
    }
  /** The store could not be asked: whether others have run it as well is not known. */
  | { status: "ran_unchecked"; value: Result; error: LockError }
  /** It was done before, and within the retention. */
  | { status: "already_done" }
  /** Another call is at it, and its claim lasts for `busyForMs` unless it renews it. */
  | { status: "running"; busyForMs: number };

export type OnceClaim =
  { state: "claimed" } | { state: "done" } | { state: "running"; busyForMs: number };

/**
 * Where claims and marks are kept. Each method is one atomic request and may be repeated: whatever
 * it throws means that the outcome is unknown. When `signal` aborts it rejects soon.
 */
export interface OnceStore {
  /**
   * Claims the key for `leaseMs` from now, unless it is done or claimed by another owner. The owner
   * that has the claim extends it.
   */
  claim(key: string, owner: string, leaseMs: number, signal: AbortSignal): Promise<OnceClaim>;
  /**
   * Marks the key as done for `retentionMs` and ends any claim to it: also another owner's, since
   * the work has happened.
   */
  complete(key: string, owner: string, retentionMs: number, signal: AbortSignal): Promise<void>;
  /** Ends the owner's claim; nothing when it has none. */
  abandon(key: string, owner: string, signal: AbortSignal): Promise<void>;
  /** Whether the server has answered that no repeat can help, as to a missing permission. */
  isFinal(error: unknown): boolean;
}

/** What the factory of every store takes. */
export interface OnceSettings extends PlatformOptions {
  /** How long one request may take, in milliseconds. 1 s when absent. */
  requestTimeoutMs?: number;
}
