/**
 * Every limit of the service, in one place, each with its reason. A bound that a caller can meet is
 * in docs/api.md too; the assertions at the end hold the limits that depend on each other together.
 */

/** Characters of a SKU. Small enough for a key, large enough for any catalogue's codes. */
export const skuLengthMax = 128;

/** One line's quantity and a SKU's units on hand: far from the end of exact integers, even summed. */
export const unitsMax = 1_000_000_000;

/** Lines of one reservation as sent. Lines of the same SKU count once after merging. */
export const linesMax = 500;

/**
 * Lines of one reservation after merging, until orders past one transaction are written in chunks:
 * one DynamoDB transaction takes 100 actions, and the reservation itself is one of them.
 */
export const linesPerTransactionMax = 99;

/** Characters of an `orderId`, a `reference` and a `reason`. */
export const labelLengthMax = 128;

/** Characters of an `Idempotency-Key`. */
export const idempotencyKeyLengthMax = 255;

/** How long a hold may be asked for at once, in seconds: a day. */
export const holdSecondsMax = 86_400;

/** How long a hold lasts when the caller does not say, in seconds: a slow payment page. */
export const holdSecondsDefault = 900;

/** A hold's whole life, extensions included, in milliseconds: a week, then the shop must decide. */
export const holdLifeMsMax = 7 * 24 * 60 * 60 * 1000;

/** Items of one page. One `BatchGetItem` reads 100. */
export const pageSizeMax = 100;
export const pageSizeDefault = 50;

/** Bytes of a request body. */
export const bodyBytesMax = 256 * 1024;

/**
 * Partitions of the index `byExpiry`. One partition takes 1,000 writes a second, so 8 carry 8,000
 * new holds a second. A change needs both numbers swept until the old holds are gone.
 */
export const expiryShardCount = 8;

/** How long the record of an ended reservation is kept, in days, when the stack does not say. */
export const retentionDaysDefault = 30;

/** How long a function may run, in seconds: well under the 30 s that API Gateway waits. */
export const functionTimeoutSeconds = 10;

/** What a function keeps of its remaining time to write its answer and its log, in milliseconds. */
export const deadlineMarginMs = 500;

/** How long one DynamoDB request may take before it is tried again, in milliseconds. */
export const databaseRequestTimeoutMs = 2_000;

/** What `Retry-After` tells a caller who met too much traffic, in seconds. */
export const retryAfterSeconds = 1;

const holds = (condition: boolean, statement: string): void => {
  if (!condition) throw new Error(`contract/bounds.ts contradicts itself: ${statement}`);
};
holds(holdSecondsDefault <= holdSecondsMax, "the default hold is within its bound");
holds(holdSecondsMax * 1000 <= holdLifeMsMax, "the longest first hold fits into a hold's life");
holds(pageSizeDefault <= pageSizeMax, "the default page is within its bound");
holds(linesPerTransactionMax + 1 <= 100, "a reservation fits into one transaction");
holds(unitsMax * linesMax <= Number.MAX_SAFE_INTEGER, "sums of quantities are exact");
holds(
  databaseRequestTimeoutMs + deadlineMarginMs < functionTimeoutSeconds * 1000,
  "a request that times out leaves time to try again",
);
