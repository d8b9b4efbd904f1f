/**
 * Takes messages from a queue and calls a function with them, as Lambda does: what it handled is
 * deleted, what it did not comes again by the queue's own rules, its visibility timeout and redrive
 * policy. Next: queue-records.ts for what the function gets.
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { QueueMapping } from "../assembly/read-event-sources.ts";
import { localCredentials, localRegion } from "../local-account.ts";
import { backOff } from "./backoff.ts";
import { type EventSource, failedItems, type Invoke, type OnFailure } from "./invoke.ts";
import { toQueueRecord } from "./queue-records.ts";

export interface QueuePollerOptions {
  mapping: QueueMapping;
  messagingEndpoint: string;
  invoke: Invoke;
  onFailure: OnFailure;
}

interface Poller extends QueuePollerOptions {
  sqs: SQSClient;
  signal: AbortSignal;
}

/**
 * The emulator does not see that whoever polls has gone away, and hides a message for him that he
 * never gets: for no longer than this after a stop.
 */
const waitSeconds = 2;
const stopTimeoutMs = 1_000;

export const startQueuePoller = (options: QueuePollerOptions): EventSource => {
  const { messagingEndpoint: endpoint } = options;
  const sqs = new SQSClient({ endpoint, region: localRegion, credentials: localCredentials });
  const aborter = new AbortController();
  const ended = poll({ ...options, sqs, signal: aborter.signal });
  return {
    stop: async () => {
      aborter.abort();
      await Promise.race([ended, delay(stopTimeoutMs, undefined, { ref: false })]);
      sqs.destroy();
    },
  };
};

/** One batch is received after the other; so many are handled side by side. */
const poll = async (poller: Poller): Promise<void> => {
  const { mapping, signal, onFailure } = poller;
  const running = new Set<Promise<void>>();
  let failures = 0;
  while (!signal.aborted) {
    if (running.size >= mapping.concurrencyMax) {
      await Promise.race(running);
      continue;
    }
    try {
      const batch = await receiveBatch(poller);
      failures = 0;
      if (batch.length === 0) continue;
      const handling = handle(poller, batch).finally(() => running.delete(handling));
      running.add(handling);
    } catch (error) {
      if (signal.aborted) break;
      failures++;
      const { message } = error as Error;
      if (failures === 1) {
        onFailure(`The queue ${mapping.queueId} cannot be read, and is tried again: ${message}`);
      }
      await backOff(failures, signal);
    }
  }
  await Promise.all(running);
};

/** The messages that are there, or that come within the window after the first. */
const receiveBatch = async (poller: Poller): Promise<Message[]> => {
  const { mapping, signal } = poller;
  const batch: Message[] = [];
  let untilMs = Number.POSITIVE_INFINITY;
  try {
    while (batch.length < mapping.batchSize) {
      const leftSeconds = Math.ceil((untilMs - performance.now()) / 1_000);
      const count = mapping.batchSize - batch.length;
      const messages = await receive(poller, {
        count,
        seconds: Math.min(waitSeconds, leftSeconds),
      });
      batch.push(...messages);
      if (batch.length === 0) return [];
      if (untilMs === Number.POSITIVE_INFINITY) untilMs = performance.now() + mapping.windowMs;
      if (performance.now() >= untilMs) break;
    }
  } catch (error) {
    await giveBack(poller, batch);
    throw error;
  }
  if (!signal.aborted) return batch;
  await giveBack(poller, batch);
  return [];
};

const receive = async (
  { mapping, sqs, signal }: Poller,
  { count, seconds }: { count: number; seconds: number },
): Promise<Message[]> => {
  const command = new ReceiveMessageCommand({
    QueueUrl: mapping.queueUrl,
    MaxNumberOfMessages: count,
    WaitTimeSeconds: seconds,
    MessageAttributeNames: ["All"],
    MessageSystemAttributeNames: [
      "ApproximateReceiveCount",
      "SentTimestamp",
      "SenderId",
      "ApproximateFirstReceiveTimestamp",
    ],
  });
  return (await sqs.send(command, { abortSignal: signal })).Messages ?? [];
};

/** What nobody has looked at is there for the next at once. */
const giveBack = async ({ mapping, sqs }: Poller, batch: readonly Message[]): Promise<void> => {
  const QueueUrl = mapping.queueUrl;
  for (const { ReceiptHandle } of batch) {
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl,
      ReceiptHandle,
      VisibilityTimeout: 0,
    });
    // Otherwise it is there again after the visibility timeout.
    await sqs.send(command).catch(() => {});
  }
};

/** Never rejects: what cannot be deleted is delivered again. */
const handle = async (poller: Poller, batch: readonly Message[]): Promise<void> => {
  const { mapping, invoke, onFailure, signal } = poller;
  const { functionId, queueId, queueArn, reportsItems } = mapping;
  const Records = batch.map((message) => toQueueRecord(message, queueArn));
  const result = await invoke(functionId, JSON.stringify({ Records }));
  const ids = batch.map(({ MessageId = "" }) => MessageId);
  const failed = failedItems(result, { ids, reportsItems });
  if (failed.size > 0 && !signal.aborted) {
    onFailure(`${functionId} failed on ${failed.size} of ${batch.length} messages of ${queueId}`);
  }
  const handled = batch.filter(({ MessageId = "" }) => !failed.has(MessageId));
  if (handled.length === 0) return;
  await remove(poller, handled).catch((error: Error) => {
    onFailure(`Messages that ${functionId} has handled stay in ${queueId}: ${error.message}`);
  });
};

const remove = async ({ mapping, sqs }: Poller, messages: readonly Message[]): Promise<void> => {
  const Entries = messages.map(({ ReceiptHandle }, index) => ({
    Id: String(index),
    ReceiptHandle,
  }));
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: mapping.queueUrl, Entries }));
};
