/** The attempts of a call: which answers lead to another one, when, and until when. */
import { sendOnce, type Attempt } from "./attempt.ts";
import type { UnsignedRequest } from "./authorization.ts";
import { fullJitterMs, retryAfterMs } from "./backoff.ts";
import type { OperationId } from "./generated/operations.ts";
import { meaningOf } from "./operations.ts";
import type { Settings } from "./options.ts";
import { monotonicMs, wait } from "./time.ts";

/** The last attempt of a call. */
export interface Sent {
  attempt: Attempt;
  /** The number of attempts, the last one included. */
  attempts: number;
  /** True where one of them may have changed something without an answer that says so. */
  mayHaveTakenEffect: boolean;
}

interface Limits {
  /** The time for all attempts and waits. */
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/**
 * Sends a request until an answer is final, the attempts are used up, or the next one would begin after the
 * deadline. Rejects as `sendOnce` does.
 */
export const sendRepeatedly = async (
  settings: Settings,
  operation: OperationId,
  request: UnsignedRequest,
  { timeoutMs, signal }: Limits,
): Promise<Sent> => {
  const deadlineMs = monotonicMs() + timeoutMs;
  let mayHaveTakenEffect = false;
  for (let attempts = 1; ; attempts += 1) {
    const isLast = attempts === settings.attemptsMax || meaningOf(operation).repeat === "never";
    const timeLimitMs = limitOf(deadlineMs - monotonicMs(), isLast);
    const attempt = await sendOnce(settings, request, timeLimitMs, signal);
    mayHaveTakenEffect ||= isUncertain(operation, attempt);
    const waitMs = waitBeforeNext(attempt, attempts);
    const isOver =
      attempts === settings.attemptsMax ||
      !mayRepeat(operation, attempt) ||
      monotonicMs() + waitMs >= deadlineMs;
    if (isOver) return { attempt, attempts, mayHaveTakenEffect };
    await wait(waitMs, signal);
    signal?.throwIfAborted();
  }
};

/** The least time for an attempt, where there is as much: orders of several lines may wait for each other. */
const attemptMsMin = 1_000;

/** Half of the remaining time, so that a connection that has gone silent leaves time for another attempt. */
function limitOf(remainingMs: number, isLast: boolean): number {
  return isLast ? remainingMs : Math.min(remainingMs, Math.max(attemptMsMin, remainingMs / 2));
}

const throttledStatus = 429;
const transientStatuses = [throttledStatus, 500, 502, 503, 504];

/** API Gateway throttles before the request reaches Holdfast, so that any call may be repeated then. */
function mayRepeat(operation: OperationId, attempt: Attempt): boolean {
  const isRepeatable = meaningOf(operation).repeat !== "never";
  if ("lost" in attempt) return isRepeatable;
  const { status } = attempt.answer;
  return status === throttledStatus || (isRepeatable && transientStatuses.includes(status));
}

function isUncertain(operation: OperationId, attempt: Attempt): boolean {
  if (meaningOf(operation).repeat === "read") return false;
  return "lost" in attempt || attempt.answer.status >= 500;
}

function waitBeforeNext(attempt: Attempt, attempts: number): number {
  const jitterMs = fullJitterMs(attempts, Math.random());
  if ("lost" in attempt) return jitterMs;
  return jitterMs + retryAfterMs(attempt.answer.headers.get("Retry-After"), Date.now());
}
