/** How an event source reaches its function, and how it reads what comes back. */

/** Calls a function with an event as JSON. Always resolves. */
export type Invoke = (
  functionId: string,
  event: string,
) => Promise<{ isFailed: boolean; answer: string }>;

/** One line on what went wrong, for the one who started the run. */
export type OnFailure = (message: string) => void;

export interface EventSource {
  /** Takes nothing more, and gives what is running a moment to end. */
  stop(): Promise<void>;
}

interface BatchAnswer {
  batchItemFailures?: { itemIdentifier?: unknown }[] | null;
}

/**
 * Which items of the batch have failed. An answer that names an item that is not in the batch, or
 * names none where it should, is a failure of the whole batch, as Lambda documents it:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export const failedItems = (
  result: { isFailed: boolean; answer: string },
  batch: { ids: readonly string[]; reportsItems: boolean },
): Set<string> => {
  const all = new Set(batch.ids);
  if (result.isFailed) return all;
  if (!batch.reportsItems) return new Set();
  const answer = JSON.parse(result.answer) as BatchAnswer | null;
  const failures = answer?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return all;
  const named = failures.map((failure) => failure?.itemIdentifier);
  const isKnown = (id: unknown): id is string => typeof id === "string" && all.has(id);
  return named.every(isKnown) ? new Set(named) : all;
};
