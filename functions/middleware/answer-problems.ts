import type { MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { retryAfterSeconds } from "../../contract/bounds.ts";
import { InventoryError, type InventoryErrorCode } from "../../inventory/errors.ts";
import { refuse, RefusedRequest, refuseRequest, type Refusal } from "./answer.ts";
import * as problems from "../../contract/problems.ts";

const refuseBusy = (how: string): Refusal =>
  refuse(problems.busy, `Try again in ${retryAfterSeconds} s${how}.`, {
    headers: { "Retry-After": String(retryAfterSeconds) },
  });
const busy = refuseBusy("");
const busyUnderKey = refuseBusy(", with the same Idempotency-Key");

const internal = refuse(
  problems.internal,
  "This is a fault of the service: its log has the details under this requestId.",
);

/** Exhaustive: a new code of the core does not compile until it is mapped. */
const refusals: Record<InventoryErrorCode, (error: InventoryError) => Refusal> = {
  invalid_argument: ({ issues }) => refuseRequest(issues),
  invalid_cursor: ({ message }) => refuse(problems.invalid_cursor, message),
  busy: () => busy,
  unavailable: () => busy,
  inconsistent: () => internal,
  rejected: () => internal,
};

/** The refusal that answers an error. */
export const refusalOf = (error: unknown): Refusal => {
  if (error instanceof RefusedRequest) return error.refusal;
  return error instanceof InventoryError ? refusals[error.code](error) : internal;
};

/** Answers an error as a problem. The details of an unforeseen one stay in the log. */
export const answerProblems = (): MiddlewareObj<APIGatewayProxyEventV2> => ({
  onError: (request) => {
    const refusal = refusalOf(request.error);
    const hasKey = request.event.headers["idempotency-key"] !== undefined;
    request.response = refusal === busy && hasKey ? busyUnderKey : refusal;
  },
});
