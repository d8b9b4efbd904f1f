/** Reads one shard of a stream in batches, from where its checkpoint says. */
import {
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
} from "@aws-sdk/client-dynamodb-streams";
import { pause } from "./backoff.ts";
import { type StreamRecord, toStreamRecord } from "./stream-records.ts";

export interface ShardOptions {
  client: DynamoDBStreamsClient;
  /** The engine's. */
  engineStreamArn: string;
  shardId: string;
  /** What records are told to come from. */
  streamArn: string;
  signal: AbortSignal;
}

export interface BatchBounds {
  size: number;
  windowMs: number;
}

export interface ShardReader {
  /**
   * Up to `size` records: those that are there, or those that come within the window after the
   * first. None when there are none by now. `isEnd` when no more will ever come.
   */
  readBatch(bounds: BatchBounds): Promise<{ records: StreamRecord[]; isEnd: boolean }>;
}

/** Of one request. */
const limitMax = 1_000;
const windowPauseMs = 50;

/** What is said when an iterator has lived too long, or the records at its place are gone. */
export const isStale = (error: unknown): boolean =>
  /ExpiredIterator|TrimmedDataAccess/.test((error as Error).name);

/** After an error it is to be opened anew: what was read of a batch by then is in no batch. */
export const openShard = (options: ShardOptions, after: string | undefined): ShardReader => {
  const { client, engineStreamArn, shardId, streamArn, signal } = options;
  let iterator: string | undefined;

  const iteratorAt = async (
    position: Pick<GetShardIteratorCommandInput, "ShardIteratorType" | "SequenceNumber">,
  ): Promise<string | undefined> => {
    const shard = { StreamArn: engineStreamArn, ShardId: shardId };
    const command = new GetShardIteratorCommand({ ...shard, ...position });
    return (await client.send(command, { abortSignal: signal })).ShardIterator;
  };

  const findPlace = async (): Promise<string | undefined> => {
    const oldest = { ShardIteratorType: "TRIM_HORIZON" } as const;
    if (after === undefined) return iteratorAt(oldest);
    const next = { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber: after } as const;
    return iteratorAt(next).catch((error: unknown) => {
      if (isStale(error)) return iteratorAt(oldest);
      throw error;
    });
  };

  const read = async (limit: number): Promise<{ records: StreamRecord[]; isEnd: boolean }> => {
    iterator ??= await findPlace();
    const command = new GetRecordsCommand({ ShardIterator: iterator, Limit: limit });
    const page = await client.send(command, { abortSignal: signal });
    iterator = page.NextShardIterator;
    const records = (page.Records ?? []).map((record) => toStreamRecord(record, streamArn));
    return { records, isEnd: iterator === undefined };
  };

  return {
    readBatch: async ({ size, windowMs }) => {
      const batch: StreamRecord[] = [];
      let isEnd = false;
      let untilMs = Number.POSITIVE_INFINITY;
      while (batch.length < size && !isEnd && !signal.aborted) {
        const page = await read(Math.min(size - batch.length, limitMax));
        batch.push(...page.records);
        isEnd = page.isEnd;
        if (batch.length === 0) break;
        if (untilMs === Number.POSITIVE_INFINITY) untilMs = performance.now() + windowMs;
        if (performance.now() >= untilMs) break;
        if (page.records.length === 0) await pause(windowPauseMs, signal);
      }
      return { records: batch, isEnd };
    },
  };
};
