/** Streams of the tables: each change as a record, in the order of its shard, readable after a lag. */
import type { DynamoDBRecord } from "aws-lambda";
import type { Change } from "../engine/engine.ts";
import type { DatabaseParameters } from "../parameters.ts";
import type { Random } from "../time/random.ts";
import type { VirtualTime } from "../time/virtual-time.ts";

export interface Streams {
  append(changes: readonly Change[]): void;
  /** Records of a shard from a position on, as far as they can be read by now, at most `limit`. */
  read(table: string, shard: number, position: number, limit: number): DynamoDBRecord[];
  /** Returns the number of records of a shard, readable or not. */
  length(table: string, shard: number): number;
}

interface Entry {
  record: DynamoDBRecord;
  readableAtMs: number;
}

export const createStreams = (
  time: VirtualTime,
  random: Random,
  { streamShards, streamLagMs }: DatabaseParameters,
  tablesWithStream: ReadonlySet<string>,
): Streams => {
  const shards = new Map<string, Entry[]>();
  let sequence = 0;

  const shardOf = (table: string, shard: number): Entry[] => {
    const name = `${table}/${shard}`;
    let entries = shards.get(name);
    if (entries === undefined) shards.set(name, (entries = []));
    return entries;
  };

  const append = (change: Change): void => {
    const { table, id } = change.target;
    const lagMs = random.within(streamLagMs);
    if (!tablesWithStream.has(table)) return;
    const entries = shardOf(table, hash(id) % streamShards);
    sequence += 1;
    entries.push({
      record: recordOf(change, sequence),
      readableAtMs: Math.max(time.nowMs + lagMs, entries.at(-1)?.readableAtMs ?? 0),
    });
  };

  return {
    append: (changes) => changes.forEach(append),
    read: (table, shard, position, limit) => {
      const entries = shardOf(table, shard).slice(position, position + limit);
      const unreadable = entries.findIndex(({ readableAtMs }) => readableAtMs > time.nowMs);
      const readable = unreadable < 0 ? entries : entries.slice(0, unreadable);
      return readable.map(({ record }) => record);
    },
    length: (table, shard) => shardOf(table, shard).length,
  };
};

type Image = NonNullable<NonNullable<DynamoDBRecord["dynamodb"]>["NewImage"]>;

function recordOf({ target, before, after }: Change, sequence: number): DynamoDBRecord {
  const eventName = before === undefined ? "INSERT" : after === undefined ? "REMOVE" : "MODIFY";
  return {
    eventID: `event-${sequence}`,
    eventName,
    dynamodb: {
      Keys: target.key as Image,
      ...(before && { OldImage: before as Image }),
      ...(after && { NewImage: after as Image }),
      SequenceNumber: String(sequence).padStart(21, "0"),
    },
  };
}

function hash(text: string): number {
  let value = 0;
  for (let index = 0; index < text.length; index += 1) {
    value = (Math.imul(value, 31) + text.charCodeAt(index)) >>> 0;
  }
  return value;
}
