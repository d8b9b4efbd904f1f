/**
 * A call: one request, its attempts, and the outcome or the fault. The path of a call is request.ts, repeat.ts,
 * attempt.ts, outcome.ts.
 */
import { faultOf } from "./fault.ts";
import type { OperationId } from "./generated/operations.ts";
import { readTimeoutMs, type ChangeCallOptions, type Settings } from "./options.ts";
import { readOutcome } from "./outcome.ts";
import { sendRepeatedly, type Sent } from "./repeat.ts";
import { writeRequest, type CallRequest } from "./request.ts";

export interface Exchange {
  sent: Sent;
  /** Undefined for a fault. */
  outcome: object | undefined;
}

/** Sends a request and reads the outcome. */
export const exchange = async (
  settings: Settings,
  operation: OperationId,
  request: CallRequest,
  options: ChangeCallOptions,
): Promise<Exchange> => {
  const limits = { timeoutMs: readTimeoutMs(options, settings), signal: options.signal };
  const unsigned = writeRequest(settings.baseUrl, operation, request, options);
  const sent = await sendRepeatedly(settings, operation, unsigned, limits);
  const { attempt } = sent;
  return {
    sent,
    outcome: "lost" in attempt ? undefined : readOutcome(operation, request, attempt.answer),
  };
};

/**
 * Resolves with the outcome.
 *
 * @throws HoldfastError for a fault; the reason of the caller's signal; the error of a function that was to return a
 *   token or credentials
 */
export const call = async (
  settings: Settings,
  operation: OperationId,
  request: CallRequest = {},
  options: ChangeCallOptions = {},
): Promise<object> => {
  const { sent, outcome } = await exchange(settings, operation, request, options);
  if (outcome === undefined) throw faultOf(operation, sent);
  return outcome;
};
