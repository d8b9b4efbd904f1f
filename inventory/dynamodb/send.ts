import { InventoryError } from "../errors.ts";
import type { Call } from "./database.ts";
import type { Platform } from "../platform.ts";

/** DynamoDB's answers that an operation reads itself; all others are translated here. */
const answers = new Set(["ConditionalCheckFailedException", "TransactionCanceledException"]);

const throttles = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
  "TransactionInProgressException",
]);

/** The request reached DynamoDB, which has answered that it will not do it. */
const wasRejected = (error: unknown): boolean => {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status !== undefined && status >= 400 && status < 500;
};

/**
 * Sends one request within the caller's deadline.
 *
 * @throws DynamoDB's own exception where a condition failed or a transaction was cancelled, and
 *   InventoryError `busy`, `unavailable` or `rejected` for everything else, with the cause kept.
 */
export const send = async <Output>(
  platform: Pick<Platform, "timeoutSignal">,
  request: (options: { abortSignal: AbortSignal }) => Promise<Output>,
  call: Call,
): Promise<Output> => {
  const remainingMs = Math.floor(call.remainingMs());
  if (remainingMs <= 0) {
    throw new InventoryError("busy", "The deadline passed before DynamoDB could be asked.");
  }
  try {
    return await request({ abortSignal: platform.timeoutSignal(remainingMs) });
  } catch (error) {
    const name = (error as Error).name;
    if (answers.has(name)) throw error;
    if (throttles.has(name)) {
      throw new InventoryError("busy", "DynamoDB throttles the request.", { cause: error });
    }
    if (wasRejected(error)) {
      throw new InventoryError("rejected", `DynamoDB refused the request: ${name}.`, {
        cause: error,
      });
    }
    throw new InventoryError("unavailable", "DynamoDB did not answer in time.", { cause: error });
  }
};
