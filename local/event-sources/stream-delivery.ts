/**
 * Brings one batch of a shard to the function until all of it is handled or given up. The order is
 * kept: while a batch fails, nothing after it is delivered.
 */
import type { StreamMapping } from "../assembly/read-event-sources.ts";
import { backOff, type BackoffBounds } from "./backoff.ts";
import { failedItems, type Invoke, type OnFailure } from "./invoke.ts";
import type { GivenUp } from "./failure-report.ts";
import type { StreamRecord } from "./stream-records.ts";

export interface DeliveryOptions {
  mapping: StreamMapping;
  shardId: string;
  invoke: Invoke;
  /** All up to this record is handled. Resolves when that is on disk. */
  advance: (sequenceNumber: string) => Promise<void>;
  /** Resolves when the failure has been told, or nobody wants to know. */
  giveUp: (givenUp: GivenUp) => Promise<void>;
  onFailure: OnFailure;
  signal: AbortSignal;
  backoff?: BackoffBounds;
}

interface Attempts {
  /** Calls of the function with these records among others. */
  invokeCount: number;
  /** Those of them that count as retries: to split a batch is none. */
  retries: number;
}

/** Resolves early when the signal fires, with what is not handled left as it is. */
export const deliver = async (
  options: DeliveryOptions,
  records: readonly StreamRecord[],
  before: Attempts = { invokeCount: 0, retries: 0 },
): Promise<void> => {
  const { mapping, signal, advance, backoff } = options;
  let rest = records;
  let attempts = before;
  while (rest.length > 0 && !signal.aborted) {
    const handled = await attempt(options, rest);
    // What has failed because everything stops has not failed.
    if (signal.aborted && handled < rest.length) return;
    if (handled > 0) {
      await advance(rest[handled - 1]!.sequenceNumber);
      rest = rest.slice(handled);
      attempts = { invokeCount: 1, retries: 0 };
    } else attempts = { ...attempts, invokeCount: attempts.invokeCount + 1 };
    if (rest.length === 0) return;
    if (attempts.invokeCount === 1) {
      options.onFailure(`${mapping.functionId} failed on records of ${mapping.tableId}'s stream`);
    }

    rest = await dropExpired(options, rest, attempts);
    if (rest.length === 0) return;
    if (mapping.bisects && rest.length > 1) {
      await backOff(attempts.invokeCount, signal, backoff);
      const middle = Math.ceil(rest.length / 2);
      await deliver(options, rest.slice(0, middle), attempts);
      rest = rest.slice(middle);
      continue;
    }
    if (attempts.retries >= mapping.retriesMax) {
      return handOver(options, "RetryAttemptsExhausted", rest, attempts);
    }
    attempts = { ...attempts, retries: attempts.retries + 1 };
    await backOff(attempts.invokeCount, signal, backoff);
  }
};

/** Calls the function. Of a stream all before the first that failed is handled, and no more. */
const attempt = async (
  { mapping, invoke }: DeliveryOptions,
  records: readonly StreamRecord[],
): Promise<number> => {
  const event = JSON.stringify({ Records: records.map((record) => record.event) });
  const result = await invoke(mapping.functionId, event);
  const ids = records.map(({ sequenceNumber }) => sequenceNumber);
  const failed = failedItems(result, { ids, reportsItems: mapping.reportsItems });
  const first = ids.findIndex((id) => failed.has(id));
  return first === -1 ? records.length : first;
};

/**
 * Gives up what has failed and is too old. AWS drops what is too old before it was ever tried; here
 * a run may have been stopped for longer than that, which is no reason to lose anything.
 */
const dropExpired = async (
  options: DeliveryOptions,
  records: readonly StreamRecord[],
  attempts: Attempts,
): Promise<readonly StreamRecord[]> => {
  const oldestMs = Date.now() - options.mapping.recordAgeMsMax;
  const young = records.findIndex(({ atMs }) => atMs >= oldestMs);
  const expired = young === -1 ? records : records.slice(0, young);
  if (expired.length === 0) return records;
  await handOver(options, "RecordAgeExceeded", expired, attempts);
  return records.slice(expired.length);
};

const handOver = async (
  { shardId, advance, giveUp, signal }: DeliveryOptions,
  condition: GivenUp["condition"],
  records: readonly StreamRecord[],
  { invokeCount }: Attempts,
): Promise<void> => {
  await giveUp({ condition, invokeCount, shardId, records });
  if (!signal.aborted) await advance(records.at(-1)!.sequenceNumber);
};
