/**
 * The door of a function that a queue feeds. Each message succeeds or fails by itself: what can never
 * be used is put aside at once, with the reason; what may work later comes again, after a wait that
 * doubles; and what has come too often is put aside too.
 */
import { ChangeMessageVisibilityCommand } from "@aws-sdk/client-sqs";
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { receivesMax, redeliverySecondsMax } from "../../contract/bounds.ts";
import type { Call } from "../../inventory/dynamodb/database.ts";
import { InventoryError } from "../../inventory/errors.ts";
import { RefusedMessage } from "../events/read-message.ts";
import { MetricUnit } from "../metrics.ts";
import { deadLetter, logger, metrics, queueUrl, sqs } from "../wiring.ts";
import { callOf } from "./call.ts";

export type QueueHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/** A message that may do better later. Its message is the reason, for people. */
export class Postponed extends Error {
  override readonly name = "Postponed";
  readonly afterSeconds: number | undefined;

  /** @param afterSeconds when to try again; in doubling waits when absent */
  constructor(reason: string, afterSeconds?: number) {
    super(reason);
    this.afterSeconds = afterSeconds;
  }
}

/** What is the message's own fault is so at every repeat. */
const isFinal = (error: unknown): boolean =>
  error instanceof RefusedMessage ||
  (error instanceof InventoryError && error.code === "invalid_argument");

const receivesOf = ({ attributes }: SQSRecord): number =>
  Number(attributes.ApproximateReceiveCount);

const waitSecondsOf = (record: SQSRecord, error: unknown): number => {
  const wanted = error instanceof Postponed ? error.afterSeconds : undefined;
  const doubling = 2 ** (receivesOf(record) - 1) * (0.5 + Math.random() / 2);
  return Math.min(redeliverySecondsMax, Math.max(1, Math.round(wanted ?? doubling)));
};

/** Without this it comes again all the same, when the time that the queue gives is over. */
const postpone = async (record: SQSRecord, seconds: number): Promise<void> => {
  const command = new ChangeMessageVisibilityCommand({
    QueueUrl: queueUrl(),
    ReceiptHandle: record.receiptHandle,
    VisibilityTimeout: seconds,
  });
  await sqs.send(command).catch((error: Error) => {
    logger.warn("not postponed", { messageId: record.messageId, error });
  });
};

/**
 * @param work resolves with what happened, in one word, for logs and metrics; throws RefusedMessage
 *   for what can never be used, anything else for what may be later
 */
export const queueHandler = (
  name: string,
  work: (record: SQSRecord, call: Call) => Promise<string>,
): QueueHandler => {
  /** The outcome; undefined when the message is to come again. */
  const handle = async (record: SQSRecord, call: Call): Promise<string | undefined> => {
    try {
      return await work(record, call);
    } catch (error) {
      const reason = (error as Error).message;
      const line = { messageId: record.messageId, receives: receivesOf(record), reason };
      if (isFinal(error) || receivesOf(record) >= receivesMax) {
        await deadLetter({ body: record.body, reason });
        logger.error("put aside", line);
        return "dead_letter";
      }
      logger.warn("postponed", { ...line, error: error as Error });
      await postpone(record, waitSecondsOf(record, error));
      return undefined;
    }
  };

  return async ({ Records }, context) => {
    const call = callOf(context, name);
    const batchItemFailures: SQSBatchResponse["batchItemFailures"] = [];
    const outcomes: Record<string, number> = {};
    const count = (outcome: string) => {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    };
    const handleOne = async (record: SQSRecord): Promise<void> => {
      const outcome = await handle(record, call).catch((error: Error) => {
        logger.error("not put aside", { messageId: record.messageId, error });
        return undefined;
      });
      if (outcome === undefined) batchItemFailures.push({ itemIdentifier: record.messageId });
      count(outcome ?? "postponed");
    };
    await Promise.all(Records.map(handleOne));
    logger.info(name, { requestId: context.awsRequestId, messages: Records.length, outcomes });
    metrics.addDimension("function", name);
    metrics.addMetric("Messages", MetricUnit.Count, Records.length);
    const { dead_letter: deadLetters = 0, postponed = 0 } = outcomes;
    metrics.addMetric("DeadLetters", MetricUnit.Count, deadLetters);
    metrics.addMetric("Postponed", MetricUnit.Count, postponed);
    metrics.publishStoredMetrics();
    return { batchItemFailures };
  };
};
