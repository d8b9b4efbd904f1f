/** The streams and queues that call functions: the template's event source mappings. */
import { LocalRunError } from "../local-run-error.ts";
import type { Resolver } from "./intrinsics.ts";
import type { UnreadFunction } from "./read-functions.ts";
import type { QueueDescription } from "./read-messaging.ts";
import type { TableDescription } from "./read-tables.ts";

interface MappingDescription {
  logicalId: string;
  functionId: string;
  functionArn: string;
  batchSize: number;
  /** How long a batch may wait to be filled. */
  windowMs: number;
  /** Whether the function's answer names what failed (ReportBatchItemFailures). */
  reportsItems: boolean;
}

export interface StreamMapping extends MappingDescription {
  tableId: string;
  tableName: string;
  /** As records tell it: the engine's own stream has another. */
  streamArn: string;
  startingPosition: "TRIM_HORIZON" | "LATEST";
  bisects: boolean;
  /** Infinity: until the record has expired. */
  retriesMax: number;
  /** What has failed and is older is given up. */
  recordAgeMsMax: number;
  /** Where what was given up is told of. */
  onFailureQueueUrl?: string;
}

export interface QueueMapping extends MappingDescription {
  queueId: string;
  queueUrl: string;
  queueArn: string;
  concurrencyMax: number;
}

export interface EventSources {
  streams: StreamMapping[];
  queues: QueueMapping[];
}

interface MappingProperties {
  EventSourceArn?: string;
  FunctionName: string;
  Enabled?: boolean | string;
  BatchSize?: number;
  MaximumBatchingWindowInSeconds?: number;
  FunctionResponseTypes?: string[];
  FilterCriteria?: { Filters?: unknown[] };
  StartingPosition?: string;
  BisectBatchOnFunctionError?: boolean;
  MaximumRetryAttempts?: number;
  MaximumRecordAgeInSeconds?: number;
  DestinationConfig?: { OnFailure?: { Destination?: string } };
  ScalingConfig?: { MaximumConcurrency?: number };
}

export interface SourceParts {
  functions: readonly UnreadFunction[];
  tables: readonly TableDescription[];
  queues: readonly QueueDescription[];
}

/**
 * Lambda's own, for what the template does not say. ParallelizationFactor is not read: one batch of
 * a shard at a time keeps the order that more of them keep for each item.
 */
const streamBatchSizeDefault = 100;
const queueBatchSizeDefault = 10;
const queueConcurrencyDefault = 5;

/** Of one request to a queue; Lambda gathers more in a window, which is not done here. */
const queueBatchSizeMax = 10;

/** A stream keeps its records for a day. */
const recordLifeMs = 24 * 60 * 60 * 1_000;

const refusal = (message: string): LocalRunError => new LocalRunError("assembly", message);

/** Throws a LocalRunError of code `assembly` for a source that is not run here. */
export const readEventSources = (resolver: Resolver, parts: SourceParts): EventSources => {
  const sources: EventSources = { streams: [], queues: [] };
  for (const logicalId of resolver.idsOf("AWS::Lambda::EventSourceMapping")) {
    const mapping = readMapping(resolver, logicalId);
    if (String(mapping.Enabled ?? true) === "false") continue;
    const target = targetOf(logicalId, mapping, parts.functions);
    const { EventSourceArn: arn = "" } = mapping;
    const table = parts.tables.find(({ streamArn }) => streamArn === arn);
    const queue = parts.queues.find((one) => one.arn === arn);
    if (table) sources.streams.push(readStream(logicalId, mapping, { target, table, ...parts }));
    else if (queue) sources.queues.push(readQueue(logicalId, mapping, { target, queue }));
    else {
      throw refusal(
        `The event source mapping ${logicalId} reads ${arn}; ` +
          "only streams of tables and queues of the template are read here.",
      );
    }
  }
  return sources;
};

const readMapping = (resolver: Resolver, logicalId: string): MappingProperties =>
  resolver.read<MappingProperties>(logicalId, [
    "EventSourceArn",
    "FunctionName",
    "Enabled",
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "FunctionResponseTypes",
    "FilterCriteria",
    "StartingPosition",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds",
    "DestinationConfig",
    "ScalingConfig",
  ]);

/** The function is named by its name or its ARN. */
const targetOf = (
  logicalId: string,
  mapping: MappingProperties,
  functions: readonly UnreadFunction[],
): UnreadFunction => {
  if (mapping.FilterCriteria?.Filters?.length) {
    throw refusal(`The event source mapping ${logicalId} has FilterCriteria: not honoured here.`);
  }
  const { FunctionName: name } = mapping;
  const target = functions.find((one) => one.arn === name || one.name === name);
  if (target) return target;
  throw refusal(
    `The event source mapping ${logicalId} calls no function of the template: ${name}.`,
  );
};

const readCommon = (
  logicalId: string,
  mapping: MappingProperties,
  target: UnreadFunction,
): Omit<MappingDescription, "batchSize"> => ({
  logicalId,
  functionId: target.logicalId,
  functionArn: target.arn,
  windowMs: (mapping.MaximumBatchingWindowInSeconds ?? 0) * 1_000,
  reportsItems: mapping.FunctionResponseTypes?.includes("ReportBatchItemFailures") ?? false,
});

const readStream = (
  logicalId: string,
  mapping: MappingProperties,
  parts: { target: UnreadFunction; table: TableDescription; queues: readonly QueueDescription[] },
): StreamMapping => {
  const { table, target, queues } = parts;
  const { StartingPosition: position = "", MaximumRecordAgeInSeconds: ageSeconds = -1 } = mapping;
  if (position !== "TRIM_HORIZON" && position !== "LATEST") {
    throw refusal(
      `The event source mapping ${logicalId} has the StartingPosition ${position}; ` +
        "a stream of a table is read from TRIM_HORIZON or LATEST.",
    );
  }
  const retries = mapping.MaximumRetryAttempts ?? -1;
  const onFailureQueueUrl = destinationOf(logicalId, mapping, queues);
  return {
    ...readCommon(logicalId, mapping, target),
    batchSize: mapping.BatchSize ?? streamBatchSizeDefault,
    tableId: table.logicalId,
    tableName: table.name,
    streamArn: table.streamArn ?? "",
    startingPosition: position,
    bisects: mapping.BisectBatchOnFunctionError ?? false,
    retriesMax: retries === -1 ? Number.POSITIVE_INFINITY : retries,
    recordAgeMsMax: ageSeconds === -1 ? recordLifeMs : ageSeconds * 1_000,
    ...(onFailureQueueUrl && { onFailureQueueUrl }),
  };
};

const destinationOf = (
  logicalId: string,
  { DestinationConfig }: MappingProperties,
  queues: readonly QueueDescription[],
): string | undefined => {
  const destination = DestinationConfig?.OnFailure?.Destination;
  if (destination === undefined) return undefined;
  const queue = queues.find(({ arn }) => arn === destination);
  if (queue) return queue.url;
  throw refusal(
    `The event source mapping ${logicalId} tells of failures to ${destination}; ` +
      "only queues of the template are told here.",
  );
};

const readQueue = (
  logicalId: string,
  mapping: MappingProperties,
  { target, queue }: { target: UnreadFunction; queue: QueueDescription },
): QueueMapping => {
  const batchSize = mapping.BatchSize ?? queueBatchSizeDefault;
  if (batchSize > queueBatchSizeMax) {
    throw refusal(
      `The event source mapping ${logicalId} has the BatchSize ${batchSize}; ` +
        `from a queue at most ${queueBatchSizeMax} are taken at once here.`,
    );
  }
  const visibleAfterMs = Number(queue.attributes.VisibilityTimeout) * 1_000;
  const { timeoutMs } = target.read();
  if (visibleAfterMs < timeoutMs) {
    throw refusal(
      `The queue ${queue.logicalId} hides a message for ${visibleAfterMs} ms, less than ` +
        `${target.logicalId} may take (${timeoutMs} ms): Lambda refuses the mapping ${logicalId}.`,
    );
  }
  return {
    ...readCommon(logicalId, mapping, target),
    batchSize,
    queueId: queue.logicalId,
    queueUrl: queue.url,
    queueArn: queue.arn,
    concurrencyMax: mapping.ScalingConfig?.MaximumConcurrency ?? queueConcurrencyDefault,
  };
};
