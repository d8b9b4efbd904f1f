/**
 * Distributed locks over five servers, behind one interface and with the same promises for each. It
 * knows nothing of what is locked. This file is the interface; `createDynamoDbLocks`,
 * `createRedisLocks`, `createRedissonLocks`, `createZooKeeperLocks` and `createCuratorLocks` make
 * one. What all five share is in `engine/`, what one server needs in the folder of its name.
 */
import type { LossCause } from "./lock-error.ts";

export type BackendName = "dynamodb" | "redis" | "redisson" | "zookeeper" | "curator";

/** One name, or several that are acquired together. A name given twice counts once. */
export type Names = string | readonly string[];

export interface TryAcquireOptions {
  /** How long the lease lasts unless it is renewed, in milliseconds. 10 s when absent. */
  leaseMs?: number;
  /** Keep renewing while it is held, every third of the lease. Off when absent. */
  renew?: boolean;
  /** Gives up when it aborts. It does not end a lease that was acquired. */
  signal?: AbortSignal;
  /**
   * The milliseconds left to the caller, such as a Lambda context's `getRemainingTimeInMillis`.
   * Nothing waits or is held past it: a lease that does not fit is refused, a wait ends while one
   * lease still fits, and renewals stop short of it.
   */
  deadline?: () => number;
}

export interface AcquireOptions extends TryAcquireOptions {
  /** How long to wait for other holders, in milliseconds. 10 s when absent, 0 does not wait. */
  waitMs?: number;
}

/**
 * What every backend promises:
 *
 * - **Exclusive.** A name has at most one holder at a time, as long as a holder's pauses and the
 *   drift of its clock stay below the margin, a tenth of the lease, and the server keeps its data.
 *   Beyond that two may believe to hold it for a while; a write that is refused unless it carries
 *   the greatest `token` so far is then still safe.
 * - **Deadlock-free.** The names of one call are all acquired or none, in any order. A holder that
 *   dies frees them by its lease's end.
 * - **Reentrant.** Within an async context what the context holds may be acquired again, counted:
 *   it is free when all of its leases are released. `withLease` and `Lease.run` open a context, and
 *   whatever their work calls is in it; another context is another owner, also in this process.
 * - **Fenced.** Each acquisition of a name has a greater `token` than all the ones before.
 * - **Told.** A lease's signal aborts before the lease ends. No answer that did not come is
 *   taken for one: after a lost reply the server is asked again, by the same owner.
 */
export interface Locks<OwnLease extends Lease = Lease> extends AsyncDisposable {
  readonly backend: BackendName;

  /**
   * Acquires all the names, or none.
   *
   * It settles by the end of `waitMs`, and at the deadline and the abort of `signal` at once. Where
   * the server does not answer, it may take two request timeouts longer than `waitMs`.
   *
   * @throws LockError `not_acquired`, `unavailable` or `invalid_argument`
   */
  acquire(names: Names, options?: AcquireOptions): Promise<OwnLease>;

  /**
   * Acquires all the names if nobody holds any, without waiting; undefined when somebody does.
   *
   * @throws LockError `unavailable`, `invalid_argument`, or `not_acquired` by `signal` alone
   */
  tryAcquire(names: Names, options?: TryAcquireOptions): Promise<OwnLease | undefined>;

  /**
   * Runs the work under a lease and in a context of its own, and releases it however the work ends.
   *
   * @throws what the work throws; LockError as `acquire` does, and `lost` when the lease was lost
   *   while the work ran, even if the work has ended well.
   */
  withLease<Result>(
    names: Names,
    options: AcquireOptions,
    work: (lease: OwnLease) => Promise<Result> | Result,
  ): Promise<Result>;

  /** Gives up all waiting, releases what is held, and closes connections. Never rejects. */
  close(): Promise<void>;
}

/** A hold on names for a limited time. */
export interface Lease extends AsyncDisposable {
  /** Sorted, each once. */
  readonly names: readonly string[];
  /**
   * The fencing token, a positive integer: greater than that of every earlier acquisition of any of
   * the names. Acquired again by the same context, a name keeps the token that it has.
   */
  readonly token: number;
  /** When the lease ends unless it is renewed, in milliseconds of the epoch by this clock. */
  readonly expiresAtMs: number;
  /**
   * Aborts a margin before the lease ends unreleased, with a LockError `lost` as its reason. Reading
   * it looks at the clock first, so that a process that was stopped sees its loss at once.
   */
  readonly signal: AbortSignal;

  /**
   * Lets the lease last for `leaseMs` from now, or as long as it was acquired for. A shorter one is
   * trusted for less; a holder that dies then still has the names until the longer one ends.
   *
   * @throws LockError `lost` when it is over, `unavailable` when the server did not answer (the
   *   lease then lasts as long as before), `invalid_argument`
   */
  renew(leaseMs?: number): Promise<void>;

  /**
   * Resolves when the names are known to be free of this lease.
   *
   * @throws LockError `lost` when they were so before, `unavailable` when the server did not answer
   *   (they are free at the end of the lease), `invalid_argument` when it was released already
   */
  release(): Promise<void>;

  /** Runs the work in the context of this lease, where its names may be acquired again. */
  run<Result>(work: () => Result): Result;

  /** As `release`, but for a lease that is released already, or a server that does not answer. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What happened to a lock, for logs and metrics. Acquiring again by the same context is silent. */
export type LockEvent = { backend: BackendName; names: readonly string[] } & (
  | { type: "contended" }
  | { type: "acquired"; token: number; waitedMs: number }
  /** `lagMs`: how much later than planned the renewal was confirmed. */
  | { type: "renewed"; token: number; lagMs: number }
  | { type: "lost"; token: number; cause: LossCause; heldMs: number }
  | { type: "released"; token: number; heldMs: number }
);

/** A source of time. Tests set clocks apart. */
export interface Clock {
  /** Milliseconds that never go back, from any origin. */
  monotonicMs(): number;
  /** Milliseconds since the epoch. */
  wallMs(): number;
}

/** A source of timers. Neither function calls back before it has returned. */
export interface Timers {
  /**
   * Calls back once, after `delayMs`; at once when that is negative. Returns a function that cancels
   * the timer. The process stays alive until then.
   */
  start(delayMs: number, callback: () => void): () => void;
  /** As `start`, but the process may end before. */
  startInBackground(delayMs: number, callback: () => void): () => void;
}

/**
 * The sources of time, chance and identity; absent, those of the process. A simulator passes all of
 * them. The connections of redis, redisson, zookeeper and curator use the process's timers and ids.
 */
export interface PlatformOptions {
  clock?: Clock;
  timers?: Timers;
  /** Uniform in [0, 1): spreads polls, renewals and repeated requests. */
  random?: () => number;
  /** Returns a UUID that no other call has returned: owners are named by it. */
  randomUuid?: () => string;
}

/** Options that every backend's factory takes. */
export interface LocksOptions extends PlatformOptions {
  /** How long one request may take, in milliseconds. 1 s when absent. */
  requestTimeoutMs?: number;
  /** Told of every event. What it throws becomes a process warning. */
  onEvent?: (event: LockEvent) => void;
}
