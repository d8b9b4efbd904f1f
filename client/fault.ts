import { detailOf, faultCodeOf, issuesOf, requestIdOf } from "./answer.ts";
import { HoldfastError } from "./errors.ts";
import type { OperationId } from "./generated/operations.ts";
import type { Sent } from "./repeat.ts";

/** The fault that a call ends with, from its last attempt. */
export const faultOf = (operation: OperationId, { attempt, ...sent }: Sent): HoldfastError => {
  const after = sent.attempts === 1 ? "" : ` after ${sent.attempts} attempts`;
  if ("lost" in attempt) {
    const cause = attempt.lost;
    const words = cause instanceof Error ? cause.message : String(cause);
    const message = `${operation} got no answer${after}: ${words}`;
    return new HoldfastError("no_answer", message, { operation, ...sent, cause });
  }
  const { answer } = attempt;
  const { status } = answer;
  const code = faultCodeOf(answer);
  const words = detailOf(answer) ?? "The answer is not one of Holdfast's.";
  return new HoldfastError(code, `${operation} got ${status} ${code}${after}: ${words}`, {
    operation,
    ...sent,
    status,
    requestId: requestIdOf(answer),
    issues: issuesOf(answer),
  });
};
