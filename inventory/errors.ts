import type { Issue } from "../contract/problem-schemas.ts";

/**
 * The faults of this room. What a shop must be able to act on (a shortage, an unknown SKU) is a
 * value that an operation returns, never one of these.
 */
export type InventoryErrorCode =
  /** An argument is out of its bounds; `issues` says which and why. */
  | "invalid_argument"
  /** A cursor that this list did not give out. */
  | "invalid_cursor"
  /** Too much traffic on the same records, or on the table, until the deadline. */
  | "busy"
  /** DynamoDB did not answer in time. What was asked for may have happened. */
  | "unavailable"
  /** Records contradict each other, as after an edit by hand: the audit reports them. */
  | "inconsistent"
  /** DynamoDB refuses the request itself: a missing table, a missing permission, a bug of ours. */
  | "rejected";

export class InventoryError extends Error {
  readonly code: InventoryErrorCode;
  readonly issues: Issue[];

  constructor(
    code: InventoryErrorCode,
    message: string,
    options: { cause?: unknown; issues?: Issue[] } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "InventoryError";
    this.code = code;
    this.issues = options.issues ?? [];
  }
}

/**
 * The error of one argument.
 *
 * @param path the argument, as the caller names it
 * @param message the fault, as a phrase that follows the path
 */
export const invalidArgument = (path: string, message: string): InventoryError =>
  new InventoryError("invalid_argument", `${path} ${message}`, { issues: [{ path, message }] });

/** DynamoDB has throttled a request of a call that ends at it: nothing was applied. */
export class ThrottledError extends InventoryError {
  constructor(cause: unknown) {
    super("busy", "DynamoDB takes no more requests of this row for now.", { cause });
    this.name = "ThrottledError";
  }
}

/** The result of work that a later request does where it cannot be done now: undefined then. */
export const ifPossible = async <Result>(work: Promise<Result>): Promise<Result | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof InventoryError)) throw error;
    return undefined;
  }
};
