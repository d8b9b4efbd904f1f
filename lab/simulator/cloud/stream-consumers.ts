/** The functions that read the streams of the tables: events, the ledger, and the settling of sales. */
import type { DynamoDBRecord } from "aws-lambda";
import { streamBatchSize, streamTimeoutSeconds } from "../../../contract/bounds.ts";
import { readChange, type Change } from "../../../functions/events/change.ts";
import { eventsOfChanges, type EventSettings } from "../../../functions/events/inventory-events.ts";
import { createLevelReader } from "../../../functions/events/level-reading.ts";
import { publishEvents } from "../../../functions/events/publish-events.ts";
import type { Call } from "../../../inventory/dynamodb/database.ts";
import { movementsBetween, writeMovements } from "../../../inventory/stock/ledger.ts";
import type { LeasingDatabase } from "../../../inventory/reservations/leases.ts";
import { awaitsSale, settleSales } from "../../../inventory/reservations/settle-sales.ts";
import type { Faults } from "../faults.ts";
import type { Parameters } from "../parameters.ts";
import type { Streams } from "../service/streams.ts";
import { tableNames } from "../../app/table-names.ts";
import type { Random } from "../time/random.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import type { CloudFunction } from "./account.ts";
import { currentEnvironment } from "./environment.ts";
import type { Holdfast } from "./holdfast.ts";
import type { Topic } from "./topic.ts";

export const eventSettings: EventSettings = { source: "simulated", lowStockThreshold: 3 };

export interface StreamConsumers {
  /** True when every change was consumed. */
  isIdle(): boolean;
}

export interface StreamConsumersOptions {
  time: VirtualTime;
  random: Random;
  parameters: Parameters;
  faults: () => Faults;
  holdfast: Holdfast;
  streams: Streams;
  topic: Topic;
  /** False leaves sold units reserved until a call fulfills them. */
  fulfillsOnConfirm: boolean;
}

type Consumer = CloudFunction<DynamoDBRecord[], { done: number }>;

const retryMs = 500;

/** Starts the event source mappings of the stack (lib/event-sources.ts). */
export const startStreamConsumers = (options: StreamConsumersOptions): StreamConsumers => {
  const { time, random, parameters, faults, holdfast, streams, topic, fulfillsOnConfirm } = options;
  const timeoutMs = streamTimeoutSeconds * 1_000;
  const publisher: Consumer = holdfast.createFunction(
    "publish",
    timeoutMs,
    (database, records, call) => publish(topic, database, records, call),
  );
  const ledger = holdfast.createFunction("ledger", timeoutMs, writeLedger);
  const settler = holdfast.createFunction("settle", timeoutMs, settle);
  const positions: { table: string; shard: number; position: number }[] = [];

  /** Reads one shard for one function, batch after batch, each until it is done. */
  const consume = (table: string, shard: number, consumer: Consumer): void => {
    const progress = { table, shard, position: 0 };
    positions.push(progress);
    const poll = async (): Promise<void> => {
      const records = streams.read(table, shard, progress.position, streamBatchSize);
      if (records.length === 0) return next(parameters.functions.streamPollMs);
      const ending = await consumer.invoke(records);
      const done = ending.ended === "returned" ? ending.output.done : 0;
      const isRedelivered = random.chance(faults().redelivered);
      if (!isRedelivered) progress.position += done;
      next(done < records.length ? retryMs : 0);
    };
    const next = (waitMs: number): void =>
      // A poll starts a function at most, which begins by a callback of its own.
      void time.scheduleQuietly(time.nowMs + waitMs, () => void poll());
    next(random.within([0, parameters.functions.streamPollMs]));
  };

  for (let shard = 0; shard < parameters.database.streamShards; shard += 1) {
    consume(tableNames.stock, shard, publisher);
    consume(tableNames.reservations, shard, publisher);
    consume(tableNames.stock, shard, ledger);
    if (fulfillsOnConfirm) consume(tableNames.reservations, shard, settler);
  }
  return {
    isIdle: () =>
      positions.every(({ table, shard, position }) => position >= streams.length(table, shard)),
  };
};

async function publish(
  topic: Topic,
  database: LeasingDatabase,
  records: DynamoDBRecord[],
  call: Call,
): Promise<{ done: number }> {
  const levels = createLevelReader(database, call);
  const read = await eventsOfChanges(readChanges(records), eventSettings, levels);
  const published = read.events;
  const client = topic.clientOf(currentEnvironment()!);
  const events = published.map(({ event }) => event);
  const { done } = await publishEvents(client, "topic", events, call, database);
  return { done: published[done]?.index ?? read.done };
}

async function writeLedger(
  database: LeasingDatabase,
  records: DynamoDBRecord[],
  call: Call,
): Promise<{ done: number }> {
  const movements = readChanges(records).flatMap((change) =>
    change.table === "stock" ? movementsBetween(change.before, change.after, change.id) : [],
  );
  await writeMovements(database, movements, call);
  return { done: records.length };
}

async function settle(
  database: LeasingDatabase,
  records: DynamoDBRecord[],
  call: Call,
): Promise<{ done: number }> {
  const confirmed = readChanges(records).flatMap(({ table, after }) =>
    table === "reservations" && after !== undefined && awaitsSale(after) ? [after] : [],
  );
  await settleSales(database, confirmed, call);
  return { done: records.length };
}

/** Several functions read each record, and none changes what it reads. */
const changes = new WeakMap<DynamoDBRecord, Change>();

const readChanges = (records: DynamoDBRecord[]): Change[] =>
  records.map((record) => {
    let change = changes.get(record);
    if (change === undefined) changes.set(record, (change = readChange(record)));
    return change;
  });
