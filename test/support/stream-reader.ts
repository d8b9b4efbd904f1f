/** Records of a table's stream for a function's handler, by the poller of the local run. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import type { StreamMapping } from "../../local/assembly/read-event-sources.ts";
import { startStreamPoller } from "../../local/event-sources/stream-poller.ts";

export interface StreamReaderOptions {
  tableName: string;
  dynamodbEndpoint: string;
  batchSize?: number;
  invoke: (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse>;
}

/** As the stack maps a table's stream to a function, but for the size of its batches. */
export const mappingOf = (tableName: string, batchSize: number): StreamMapping => ({
  logicalId: tableName,
  functionId: "test",
  functionArn: "arn:aws:lambda:us-east-1:000000000000:function:test",
  batchSize,
  windowMs: 0,
  reportsItems: true,
  tableId: tableName,
  tableName,
  streamArn: `arn:aws:dynamodb:us-east-1:000000000000:table/${tableName}/stream/test`,
  startingPosition: "TRIM_HORIZON",
  bisects: true,
  retriesMax: 1_000,
  recordAgeMsMax: Infinity,
});

/** Begins with the first record. What `invoke` rejects with is a failure of the function. */
export const readStream = async (options: StreamReaderOptions) => {
  const { tableName, dynamodbEndpoint, batchSize = 100, invoke } = options;
  const checkpointsDirectory = await mkdtemp(join(tmpdir(), "holdfast-checkpoints-"));
  const poller = await startStreamPoller({
    mapping: mappingOf(tableName, batchSize),
    dynamodbEndpoint,
    checkpointsDirectory,
    invoke: async (_functionId, event) => {
      try {
        const answer = await invoke(JSON.parse(event) as DynamoDBStreamEvent);
        return { isFailed: false, answer: JSON.stringify(answer) };
      } catch (error) {
        return { isFailed: true, answer: JSON.stringify({ errorMessage: String(error) }) };
      }
    },
    onFailure: () => {},
    backoff: { firstMs: 10, mostMs: 100 },
  });
  return {
    stop: async (): Promise<void> => {
      await poller.stop();
      await rm(checkpointsDirectory, { recursive: true, force: true });
    },
  };
};
