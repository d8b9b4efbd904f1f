import { backOff, type Call, type Database, type RetryCause } from "./database.ts";
import { InventoryError, ThrottledError } from "../errors.ts";

/** Answers of DynamoDB that an operation reads itself; all others are translated here. */
const answers = new Set(["ConditionalCheckFailedException", "TransactionCanceledException"]);

/** Answers by which DynamoDB asks for another attempt: nothing was applied. */
const retryCauses = new Map<string, RetryCause>([
  ["ProvisionedThroughputExceededException", "throttle"],
  ["RequestLimitExceeded", "throttle"],
  ["ThrottlingException", "throttle"],
  ["TransactionConflictException", "conflict"],
  ["TransactionInProgressException", "conflict"],
]);

/** Attempts at a request that gets no answer: it may be applied, or not. */
const unansweredMax = 3;

/** True when the request reached DynamoDB, which answered that it will not do it. */
const wasRejected = (error: unknown): boolean => {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status !== undefined && status >= 400 && status < 500;
};

/**
 * Sends one request within the caller's deadline, and repeats it after a throttle, a conflict or a lost
 * reply. Each attempt calls `request`, so that it carries the time at which it is sent. A write must be
 * safe to repeat: its condition fails after it was applied, and its caller recognises its own write.
 *
 * @throws DynamoDB's own exception where a condition failed, and InventoryError `busy`, `unavailable`
 *   or `rejected` for everything else, with the cause kept.
 */
export const send = async <Output>(
  database: Database,
  request: (options: { abortSignal: AbortSignal }) => Promise<Output>,
  call: Call,
): Promise<Output> => {
  for (let attempt = 0, unanswered = 0; ; attempt += 1) {
    const remainingMs = Math.floor(call.remainingMs());
    if (remainingMs <= 0) {
      throw new InventoryError("busy", "The deadline passed before the request was sent.");
    }
    let cause: RetryCause;
    let waiting = call;
    let failure: unknown;
    try {
      return await request({ abortSignal: database.timeoutSignal(remainingMs) });
    } catch (error) {
      const { name, message } = error as Error;
      if (answers.has(name)) throw error;
      const known = retryCauses.get(name);
      if (known === undefined && wasRejected(error)) {
        throw new InventoryError("rejected", `DynamoDB refused the request: ${name}: ${message}`, {
          cause: error,
        });
      }
      cause = known ?? "throttle";
      if (known === "throttle" && call.endsAtThrottle === true) throw new ThrottledError(error);
      if (known === undefined) {
        unanswered += 1;
        failure = new InventoryError("unavailable", "DynamoDB did not answer in time.", {
          cause: error,
        });
        if (unanswered >= unansweredMax) throw failure;
        // No other request is the cause, so that the deadline alone bounds the attempts.
        waiting = { ...call, patienceMs: () => call.remainingMs() };
      }
    }
    try {
      await backOff(database, waiting, attempt, cause);
    } catch (error) {
      throw failure ?? error;
    }
  }
};
