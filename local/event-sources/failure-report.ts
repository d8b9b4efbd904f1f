/**
 * What a stream's mapping tells the destination of its failures of a batch that it has given up.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 */
import { randomUUID } from "node:crypto";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { StreamMapping } from "../assembly/read-event-sources.ts";
import { localCredentials, localRegion } from "../local-account.ts";
import { backOff } from "./backoff.ts";
import type { OnFailure } from "./invoke.ts";
import type { StreamRecord } from "./stream-records.ts";

export type GiveUpCondition = "RetryAttemptsExhausted" | "RecordAgeExceeded";

export interface GivenUp {
  condition: GiveUpCondition;
  invokeCount: number;
  shardId: string;
  /** At least one. */
  records: readonly StreamRecord[];
}

export interface FailureListeners {
  mapping: StreamMapping;
  messagingEndpoint?: string | undefined;
  onFailure: OnFailure;
  signal: AbortSignal;
}

/**
 * Tells the run, and the mapping's queue for failures when it has one: until it is told, or the
 * signal fires, since what nobody was told of would be lost.
 */
export const tellFailure = async (givenUp: GivenUp, to: FailureListeners): Promise<void> => {
  const { mapping, messagingEndpoint: endpoint, onFailure, signal } = to;
  const { onFailureQueueUrl: QueueUrl, functionId, tableId } = mapping;
  const count = givenUp.records.length;
  onFailure(`${functionId} was given up on ${count} records of ${tableId}'s stream`);
  if (QueueUrl === undefined || endpoint === undefined) return;
  const sqs = new SQSClient({ endpoint, region: localRegion, credentials: localCredentials });
  const MessageBody = failureReport(mapping, givenUp);
  for (let failures = 1; !signal.aborted; failures++) {
    const sent = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody })).catch(() => {});
    if (sent) break;
    await backOff(failures, signal);
  }
  sqs.destroy();
};

const failureReport = (mapping: StreamMapping, givenUp: GivenUp): string => {
  const { condition, invokeCount, shardId, records } = givenUp;
  const [first] = records;
  const last = records.at(-1);
  return JSON.stringify({
    requestContext: {
      requestId: randomUUID(),
      functionArn: `${mapping.functionArn}:$LATEST`,
      condition,
      approximateInvokeCount: invokeCount,
    },
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    version: "1.0",
    timestamp: new Date().toISOString(),
    DDBStreamBatchInfo: {
      shardId,
      startSequenceNumber: first?.sequenceNumber,
      endSequenceNumber: last?.sequenceNumber,
      approximateArrivalOfFirstRecord: timeOf(first),
      approximateArrivalOfLastRecord: timeOf(last),
      batchSize: records.length,
      streamArn: mapping.streamArn,
    },
  });
};

const timeOf = (record: StreamRecord | undefined): string =>
  new Date(record?.atMs ?? 0).toISOString().replace(/\.000Z$/, "Z");
