/**
 * What a backend gives to the engine, which makes leases of it. A backend knows its server's
 * protocol; the engine knows waiting, contexts, clocks, margins, renewals and events.
 */
import type { LossCause } from "../lock-error.ts";
import type { BackendName } from "../locks.ts";

/** `Action`: what a transaction of its server is made of, where there are any. */
export interface Backend<Action = unknown> {
  readonly name: BackendName;
  /** Prepares a claim to names, without asking the server. */
  claim(request: ClaimRequest): Claim<Action>;
  /** What it has against a name that is within the bounds of all backends: the end of a sentence. */
  objectionTo?(name: string): string | undefined;
  /** Whether the server has answered that no repeat can help, as to a missing permission. */
  isFinal(error: unknown): boolean;
  /** Closes its connections. All claims have been released, or have failed to be. */
  close(): Promise<void>;
}

export interface ClaimRequest {
  /** Sorted, each once. */
  names: readonly string[];
  /** `<UUID v4 of this Locks>:<number>`: no other claim ever has it. */
  owner: string;
  /** Tells the engine that a granted claim is over, by what the backend has heard by itself. */
  onLoss(cause: LossCause): void;
}

/** Either all names are granted, under one token, or somebody holds one of them. */
export type Attempt = { granted: true; token: number } | RefusedAttempt;

export interface RefusedAttempt {
  granted: false;
  /** How long the lease that is in the way still lasts, where the server says so. */
  busyForMs?: number;
  /** Worth another attempt soon: it has some names, for which others wait, or only just missed. */
  isPressing?: boolean;
}

/**
 * A claim of one owner to names, from its first attempt to its release.
 *
 * Each method may be called again after it threw, and then finds out what had become of the first
 * call: that is how a lost reply is resolved. Whatever it throws means that the outcome is unknown.
 * When `signal` aborts it rejects soon, whatever the server does.
 */
export interface Claim<Action = unknown> {
  /**
   * Tries once. Granted, the lease lasts on the server for `leaseMs` or more from the moment when
   * this was called; also when an earlier attempt had been granted unheard.
   */
  attempt(leaseMs: number, signal: AbortSignal): Promise<Attempt>;
  /**
   * After a refused attempt: resolves when another one may be granted, at the latest when `signal`
   * aborts. Absent, the engine polls.
   */
  changed?(signal: AbortSignal): Promise<void>;
  /**
   * Lets the lease last for `leaseMs` from now or more, and never for less than before. False when
   * it is no longer ours.
   */
  renew(leaseMs: number, signal: AbortSignal): Promise<boolean>;
  /**
   * Takes back all that this claim has on the server, granted, waiting or unknown. False when there
   * was nothing of it.
   */
  release(signal: AbortSignal): Promise<boolean>;
  /**
   * The release as actions for a transaction of the caller's own, where the server has such. They
   * keep it from being applied when the claim is no longer ours.
   */
  releaseActions?(): readonly Action[];
  /** For how long yet its server's word can be trusted; absent, for the lease. In milliseconds. */
  trustedForMs?(): number;
}
