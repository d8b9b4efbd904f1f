/**
 * Reads a table's stream and calls a function with what it finds, as Lambda does: each shard in its
 * order, children after their parents, at least once. Next: shard.ts reads, stream-delivery.ts calls
 * and repeats, checkpoints.ts remembers.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Shard } from "@aws-sdk/client-dynamodb-streams";
import type { StreamMapping } from "../assembly/read-event-sources.ts";
import { backOff, type BackoffBounds, pause } from "./backoff.ts";
import { type Checkpoints, openCheckpoints } from "./checkpoints.ts";
import { type GivenUp, tellFailure } from "./failure-report.ts";
import type { EventSource, Invoke, OnFailure } from "./invoke.ts";
import { isStale, openShard } from "./shard.ts";
import { deliver } from "./stream-delivery.ts";
import { openStream, type StreamSource } from "./stream-source.ts";

export interface StreamPollerOptions {
  mapping: StreamMapping;
  dynamodbEndpoint: string;
  /** Only needed for a mapping that has a queue for its failures. */
  messagingEndpoint?: string | undefined;
  /** Holds a file of each mapping: which records are handled. */
  checkpointsDirectory: string;
  invoke: Invoke;
  onFailure: OnFailure;
  /** Between attempts at a batch that fails. */
  backoff?: BackoffBounds;
}

/** Between looks at a shard in which there was nothing. */
export const idlePauseMs = 100;
/** Between looks at which shards there are; also whenever one has ended. */
const shardsPauseMs = 60_000;
const stopTimeoutMs = 1_000;

/** Everything that the parts of a poller share while it runs. */
interface Poller extends StreamPollerOptions {
  source: StreamSource;
  checkpoints: Checkpoints;
  signal: AbortSignal;
}

/** Resolves when the position from which it reads is settled; from then on no record is missed. */
export const startStreamPoller = async (options: StreamPollerOptions): Promise<EventSource> => {
  const { mapping, dynamodbEndpoint, checkpointsDirectory } = options;
  const source = await openStream(dynamodbEndpoint, mapping.tableName);
  const aborter = new AbortController();
  const settle = async (): Promise<Poller> => {
    const checkpoints = await openCheckpoints({
      directory: checkpointsDirectory,
      name: mapping.logicalId,
      streamArn: source.engineStreamArn,
    });
    const poller: Poller = { ...options, source, checkpoints, signal: aborter.signal };
    await settlePosition(poller);
    return poller;
  };
  const poller = await settle().catch((error: unknown) => {
    source.close();
    throw error;
  });
  const ended = readShards(poller);
  return {
    stop: async () => {
      aborter.abort();
      await Promise.race([ended, delay(stopTimeoutMs, undefined, { ref: false })]);
      source.close();
    },
  };
};

/** With LATEST, all that is there when the mapping is made counts as handled, once and for all. */
const settlePosition = async (poller: Poller): Promise<void> => {
  const { mapping, source, checkpoints } = poller;
  const shards = await source.listShards();
  if (!checkpoints.isSettled() && mapping.startingPosition === "LATEST") {
    for (const { ShardId = "" } of shards) await skipShard(poller, ShardId);
  }
  await checkpoints.settle(shards.map(({ ShardId = "" }) => ShardId));
};

const skipShard = async (poller: Poller, shardId: string): Promise<void> => {
  const shard = openShard(shardOptions(poller, shardId), undefined);
  for (;;) {
    const { records, isEnd } = await shard.readBatch({ size: 1_000, windowMs: 0 });
    const last = records.at(-1);
    if (last) await poller.checkpoints.advance(shardId, { after: last.sequenceNumber });
    if (isEnd) await poller.checkpoints.advance(shardId, "ended");
    if (isEnd || !last) return;
  }
};

const shardOptions = ({ source, mapping, signal }: Poller, shardId: string) => ({
  client: source.client,
  engineStreamArn: source.engineStreamArn,
  streamArn: mapping.streamArn,
  shardId,
  signal,
});

/** Starts a reader for each shard whose turn it is. Resolves when the signal has fired. */
const readShards = async (poller: Poller): Promise<void> => {
  const { source, checkpoints, signal, mapping, onFailure } = poller;
  const readers = new Map<string, Promise<void>>();
  let hasEnded = new AbortController();
  let failures = 0;
  while (!signal.aborted) {
    try {
      const shards = await source.listShards();
      await checkpoints.settle(shards.map(({ ShardId = "" }) => ShardId));
      for (const shardId of shardsInTurn(shards, checkpoints)) {
        if (readers.has(shardId)) continue;
        const reader = readShard(poller, shardId).finally(() => {
          readers.delete(shardId);
          hasEnded.abort();
        });
        readers.set(shardId, reader);
      }
      failures = 0;
    } catch (error) {
      failures++;
      if (failures === 1 && !signal.aborted) onFailure(unreadable(mapping, error));
      await backOff(failures, signal);
      continue;
    }
    await pause(shardsPauseMs, AbortSignal.any([signal, hasEnded.signal]));
    hasEnded = new AbortController();
  }
  await Promise.all(readers.values());
};

/** Those that are not ended, and whose parents are: a child's records are later than all of theirs. */
export const shardsInTurn = (
  shards: readonly Shard[],
  checkpoints: Pick<Checkpoints, "positionOf">,
): string[] => {
  const open = shards
    .map(({ ShardId = "" }) => ShardId)
    .filter((shardId) => checkpoints.positionOf(shardId) !== "ended");
  return open.filter((shardId) => {
    const parent = shards.find((shard) => shard.ShardId === shardId)?.ParentShardId;
    return parent === undefined || !open.includes(parent);
  });
};

/** Resolves when all of the shard is handled, or the signal has fired. Never rejects. */
const readShard = async (poller: Poller, shardId: string): Promise<void> => {
  const { mapping, checkpoints, signal, onFailure } = poller;
  const bounds = { size: mapping.batchSize, windowMs: mapping.windowMs };
  const delivery = {
    ...poller,
    shardId,
    advance: (after: string) => checkpoints.advance(shardId, { after }),
    giveUp: (givenUp: GivenUp) => tellFailure(givenUp, poller),
  };
  const open = () => {
    const position = checkpoints.positionOf(shardId);
    const after = position === "ended" ? undefined : position?.after;
    return openShard(shardOptions(poller, shardId), after);
  };
  let shard = open();
  let failures = 0;
  while (!signal.aborted) {
    try {
      const { records, isEnd } = await shard.readBatch(bounds);
      await deliver(delivery, records);
      if (isEnd && !signal.aborted) return await checkpoints.advance(shardId, "ended");
      failures = 0;
      if (records.length === 0) await pause(idlePauseMs, signal);
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      if (failures === 1 && !isStale(error)) onFailure(unreadable(mapping, error));
      shard = open();
      await backOff(failures, signal);
    }
  }
};

const unreadable = ({ tableId }: StreamMapping, error: unknown): string =>
  `The stream of ${tableId} cannot be read, and is tried again: ${(error as Error).message}`;
