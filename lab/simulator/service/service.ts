/**
 * DynamoDB as requests meet it on AWS: with latencies, capacity, conflicts, lag and faults, in virtual
 * time. What the operations mean is the engine's (engine/engine.ts); when they happen, and whether, is
 * decided here. Next: parameters.ts for every figure, transactions.ts for how writes meet.
 */
import type { Engine, OperationName } from "../engine/engine.ts";
import type { Faults } from "../faults.ts";
import type { DatabaseParameters } from "../parameters.ts";
import type { Random } from "../time/random.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import { createCapacity } from "./capacity.ts";
import type { Attempt, Reply, ServiceContext, ServiceListener } from "./context.ts";
import { createItems } from "./items.ts";
import { createNetwork, type Network } from "./network.ts";
import { createOutages } from "./outages.ts";
import { readBatch, writeBatch } from "./batches.ts";
import { read, readTransaction } from "./reads.ts";
import { createReplication } from "./replication.ts";
import { replyTo, writeItem } from "./single-writes.ts";
import { createStreams, type Streams } from "./streams.ts";
import { createTokens } from "./tokens.ts";
import { runTransaction } from "./transactions.ts";

export interface ServiceOptions {
  time: VirtualTime;
  random: Random;
  engine: Engine;
  /** Names of the tables whose changes can be read from a stream. */
  tablesWithStream: readonly string[];
  parameters: DatabaseParameters;
  /** Asked at each request, so that a run can end without faults. */
  faults: () => Faults;
  /** The time that a client waits for a reply to one attempt, in milliseconds. */
  requestTimeoutMs: number;
}

export interface Service {
  connect: Network["connect"];
  listen(listener: ServiceListener): void;
  readonly streams: Streams;
  readonly indexLagMsMax: ReadonlyMap<string, number>;
}

export const createService = (options: ServiceOptions): Service => {
  const { time, random, engine, parameters, faults } = options;
  const listeners: ServiceListener[] = [];
  const tablesWithStream = new Set(options.tablesWithStream);
  const streams = createStreams(time, random.fork("streams"), parameters, tablesWithStream);
  const replication = createReplication(time, random.fork("replication"), engine, parameters);
  const tokens = createTokens(time, parameters.tokenMs);
  const outages = createOutages(time, random.fork("outages"), faults);
  const capacity = createCapacity(time, parameters);

  const context: ServiceContext = {
    time,
    random: random.fork("service"),
    engine,
    parameters,
    faults,
    capacity,
    items: createItems(time),
    charge: (kind, attempt, demands) => {
      capacity.consume(kind, demands);
      for (const listener of listeners) listener.charged?.(attempt, kind, demands);
    },
    commit: (attempt, changes) => {
      if (changes.length === 0) return;
      for (const change of changes) {
        engine.commit(change);
        context.items.noteWrite(change.target.id);
      }
      for (const listener of listeners) {
        listener.committed?.({ atMs: time.nowMs, attempt, changes });
      }
      replication.follow(changes);
      streams.append(changes);
    },
  };

  /** Serves one attempt that arrives whole. `reply` is called when the reply reaches the client. */
  const serve = (attempt: Attempt, reply: (reply: Reply) => void): void => {
    const sentAtMs = time.nowMs;
    const { request } = attempt;
    const durationMs = drawDurationMs(context, request.operation, request.targets.length);
    const replyAtTheEnd = (result: Reply): void => {
      const queuedMs = Math.max(0, time.nowMs - (sentAtMs + durationMs / 2));
      time.scheduleQuietly(sentAtMs + durationMs + queuedMs, () => reply(result));
    };
    const arrive = (work: () => void): void =>
      void time.scheduleQuietly(sentAtMs + durationMs / 2, work);
    switch (request.operation) {
      case "TransactWriteItems":
        return runTransaction(context, tokens, attempt, durationMs, reply);
      case "TransactGetItems":
        return readTransaction(context, attempt, durationMs, reply);
      case "PutItem":
      case "UpdateItem":
      case "DeleteItem":
        return arrive(() =>
          writeItem(context, attempt, 0, (result, evaluation) =>
            replyAtTheEnd(evaluation ? replyTo(context, attempt, evaluation) : result),
          ),
        );
      case "BatchWriteItem":
        return arrive(() => writeBatch(context, attempt, replyAtTheEnd));
      case "BatchGetItem":
        return arrive(() => replyAtTheEnd(readBatch(context, attempt)));
      case "GetItem":
      case "Query":
      case "Scan":
        return arrive(() => replyAtTheEnd(read(context, attempt)));
    }
  };

  const network = createNetwork(context, outages, listeners, serve, options.requestTimeoutMs);

  return {
    connect: (environment) => network.connect(environment),
    listen: (listener) => void listeners.push(listener),
    streams,
    indexLagMsMax: replication.indexLagMsMax,
  };
};

function drawDurationMs(
  { random, parameters }: ServiceContext,
  operation: OperationName,
  targets: number,
): number {
  const furtherMs = Math.max(0, targets - 1) * parameters.furtherItemMs;
  return random.within(durations[operation](parameters)) + furtherMs;
}

const durations = {
  GetItem: ({ readMs }) => readMs,
  BatchGetItem: ({ readMs }) => readMs,
  Query: ({ queryMs }) => queryMs,
  Scan: ({ queryMs }) => queryMs,
  PutItem: ({ singleWriteMs }) => singleWriteMs,
  UpdateItem: ({ singleWriteMs }) => singleWriteMs,
  DeleteItem: ({ singleWriteMs }) => singleWriteMs,
  BatchWriteItem: ({ singleWriteMs }) => singleWriteMs,
  TransactWriteItems: ({ transactionMs }) => transactionMs,
  TransactGetItems: ({ transactionMs }) => transactionMs,
} as const satisfies Record<
  OperationName,
  (parameters: DatabaseParameters) => DatabaseParameters["readMs"]
>;
