/**
 * The door of a function that a table's stream calls. Its records come in the order of their versions,
 * and come again from the first one on that is told to have failed. What can never be read is put
 * aside for people, so that it does not stop those behind it.
 */
import type {
  Context,
  DynamoDBBatchResponse,
  DynamoDBRecord,
  DynamoDBStreamEvent,
} from "aws-lambda";
import type { Call } from "../../inventory/dynamodb/database.ts";
import { readChange, type Change } from "../events/change.ts";
import { MetricUnit } from "../metrics.ts";
import { deadLetter, logger, metrics } from "../wiring.ts";
import { callOf } from "./call.ts";

export type StreamHandler = (
  event: DynamoDBStreamEvent,
  context: Context,
) => Promise<DynamoDBBatchResponse>;

/** How far the work has come. */
export interface Progress {
  /** How many of the changes, from the first one on, are done. */
  done: number;
  /** Why it has stopped before the end. */
  failure?: unknown;
}

const putAside = async (record: DynamoDBRecord, error: unknown): Promise<void> => {
  const reason = (error as Error).message;
  logger.error("put aside", { eventID: record.eventID, reason });
  metrics.addMetric("DeadLetters", MetricUnit.Count, 1);
  await deadLetter({ body: JSON.stringify(record), reason });
};

/** The change; undefined where the record was put aside. */
const readOrPutAside = async (record: DynamoDBRecord): Promise<Change | undefined> => {
  try {
    return readChange(record);
  } catch (error) {
    await putAside(record, error);
    return undefined;
  }
};

export const streamHandler =
  (name: string, work: (changes: Change[], call: Call) => Promise<Progress>): StreamHandler =>
  async ({ Records }, context) => {
    const call = callOf(context);
    const read: { change: Change; record: DynamoDBRecord }[] = [];
    let firstFailed: DynamoDBRecord | undefined;
    let failure: unknown;
    for (const record of Records) {
      try {
        const change = await readOrPutAside(record);
        if (change !== undefined) read.push({ change, record });
      } catch (error) {
        // It can be neither read nor put aside. What came before it is still done.
        firstFailed = record;
        failure = error;
        break;
      }
    }
    const progress = await work(
      read.map(({ change }) => change),
      call,
    );
    if (progress.done < read.length) {
      firstFailed = read[progress.done]?.record;
      ({ failure } = progress);
    }
    const line = { requestId: context.awsRequestId, records: Records.length, done: progress.done };
    if (firstFailed === undefined) logger.info(name, line);
    else logger.error(name, { ...line, error: failure as Error });
    metrics.addDimension("function", name);
    metrics.publishStoredMetrics();
    const itemIdentifier = firstFailed?.dynamodb?.SequenceNumber;
    return { batchItemFailures: itemIdentifier === undefined ? [] : [{ itemIdentifier }] };
  };
