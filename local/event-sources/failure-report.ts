/**
 * What a stream's mapping tells the destination of its failures of a batch that it has given up.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 */
import { randomUUID } from "node:crypto";
import type { StreamMapping } from "../assembly/read-event-sources.ts";
import type { StreamRecord } from "./stream-records.ts";

export type GiveUpCondition = "RetryAttemptsExhausted" | "RecordAgeExceeded";

export interface GivenUp {
  condition: GiveUpCondition;
  invokeCount: number;
  shardId: string;
  /** At least one. */
  records: readonly StreamRecord[];
}

export const failureReport = (mapping: StreamMapping, givenUp: GivenUp): string => {
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
