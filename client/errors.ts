/** The faults of a call. A refusal that a shop must act on, such as a shortage, is an outcome and not a fault. */
import type { Issue, ProblemCode } from "./generated/schemas.ts";

/** A problem code of Holdfast (docs/api.md), or one of the codes of faults that Holdfast does not report itself. */
export type FaultCode =
  | ProblemCode
  /** An option of the client or of a call is out of its bounds. Nothing was sent. */
  | "invalid_option"
  /** No answer arrived: the network failed, or the call took longer than `timeoutMs`. */
  | "no_answer"
  /** API Gateway refuses the token or the signature (401). Nothing was applied. */
  | "unauthorized"
  /** The caller may not make this call (403). Nothing was applied. */
  | "forbidden"
  /** API Gateway throttles the caller (429). Nothing was applied. */
  | "throttled"
  /** API Gateway could not reach the service (502, 503, 504). */
  | "unavailable"
  /** The answer is not one of Holdfast's: `baseUrl` may be the address of something else. */
  | "malformed_answer";

export interface FaultDetails {
  /** The method of the client that was called, as in `reserve`. */
  operation?: string;
  /** The HTTP status of the last answer. Absent where there was none. */
  status?: number | undefined;
  /** Identifies the request in the logs of Holdfast. */
  requestId?: string | undefined;
  issues?: Issue[] | undefined;
  attempts?: number;
  mayHaveTakenEffect?: boolean;
  cause?: unknown;
}

/** A call that failed. Decide by `code`; the message is for people. */
export class HoldfastError extends Error {
  readonly code: FaultCode;
  /** The method of the client that was called, as in `reserve`. Empty for an option of the client itself. */
  readonly operation: string;
  /** The HTTP status of the last answer. Undefined where there was none. */
  readonly status: number | undefined;
  /** Identifies the last request in the logs of Holdfast. Undefined where no answer had it. */
  readonly requestId: string | undefined;
  /** The faults of the request, for `invalid_request` and `invalid_option`: at most 20. Else empty. */
  readonly issues: readonly Issue[];
  /** The number of requests that were sent; 0 where the call was refused before. */
  readonly attempts: number;
  /**
   * True where a request of this call may have changed something: its reply was lost, or was a 5xx. Repeat the
   * call under the same idempotency key, or read the record, to find out.
   */
  readonly mayHaveTakenEffect: boolean;

  constructor(code: FaultCode, message: string, details: FaultDetails = {}) {
    super(message, { cause: details.cause });
    this.name = "HoldfastError";
    this.code = code;
    this.operation = details.operation ?? "";
    this.status = details.status;
    this.requestId = details.requestId;
    this.issues = details.issues ?? [];
    this.attempts = details.attempts ?? 0;
    this.mayHaveTakenEffect = details.mayHaveTakenEffect ?? false;
  }
}

/**
 * The fault of one option, or of one member of a request. Nothing was sent.
 *
 * @param path the option, as the caller names it
 * @param message the fault, as a phrase that follows the path
 */
export const invalid = (
  code: "invalid_option" | "invalid_request",
  path: string,
  message: string,
): HoldfastError => new HoldfastError(code, `${path} ${message}`, { issues: [{ path, message }] });

export const invalidOption = (path: string, message: string): HoldfastError =>
  invalid("invalid_option", path, message);
