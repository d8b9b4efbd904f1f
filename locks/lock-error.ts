/** Why a lease ended before it was released. */
export type LossCause =
  /** Its time ran out, perhaps while the process was stopped. */
  | "expired"
  /** The server no longer has it as ours: somebody removed it, or the server lost its data. */
  | "stolen"
  /** The server could not be asked in time whether it is still ours. */
  | "unreachable"
  /** The caller's deadline was reached. */
  | "deadline";

/** Why a call of this library failed. */
export type LockErrorCode =
  /** Others held a name until the wait ended, by its time, its deadline or its signal. */
  | "not_acquired"
  /** The lease is over; `loss` says why. The work under it may have overlapped with another's. */
  | "lost"
  /** The server did not answer, or refused. What was asked for may have happened, for one lease. */
  | "unavailable"
  /** An argument is out of its bounds, or the object is closed or released. Nothing changed. */
  | "invalid_argument";

/** The one error of this library. What the server or its client threw is its `cause`. */
export class LockError extends Error {
  readonly code: LockErrorCode;
  /** With the code `lost`: why. */
  readonly loss: LossCause | undefined;

  constructor(
    code: LockErrorCode,
    message: string,
    { cause, loss }: { cause?: unknown; loss?: LossCause } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "LockError";
    this.code = code;
    this.loss = loss;
  }
}
