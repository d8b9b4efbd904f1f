/**
 * Every figure of the simulated AWS, with its source. "Documented" is AWS's own documentation;
 * "measured" is what public measurements of DynamoDB and Lambda agree on; "assumed" is a choice of
 * ours, with its reason.
 */
import type { Range } from "./time/random.ts";

export interface Parameters {
  database: DatabaseParameters;
  functions: FunctionParameters;
}

export interface DatabaseParameters {
  /** One write of one item, from the request to the reply. Measured. */
  singleWriteMs: Range;
  /** A transaction, from the request to the reply. Measured. */
  transactionMs: Range;
  /** The time that each further item adds to a transaction or a batch. Assumed. */
  furtherItemMs: number;
  /** A read of one item, and of a page of an index. Measured. */
  readMs: Range;
  queryMs: Range;
  /**
   * The course of a transaction, in shares of its time: it takes its timestamp, locks its items while
   * it checks their conditions, writes them and unlocks them. Shape: "Distributed Transactions at Scale
   * in Amazon DynamoDB", USENIX ATC 2023; the shares are assumed.
   */
  timestampShare: number;
  lockShare: number;
  writeShare: number;
  /**
   * Write units of an action that meets another transaction. Documented only for failed conditions;
   * assumed to be free, since the item is not read.
   */
  conflictUnits: number;
  /** The time that one write occupies an item; the next one waits. Assumed. */
  itemBusyMs: number;
  /** Documented: 1,000 write units and 3,000 read units a second for each partition. */
  partition: { writeUnits: number; readUnits: number };
  /** Documented: the default quota of an on-demand table. A new one begins at 4,000 write units. */
  table: { writeUnits: number; readUnits: number };
  /** The unused capacity that a partition saves, in seconds. Documented as best effort; assumed short. */
  burstSeconds: number;
  /** The lag of an index, usually and sometimes. Documented as "a fraction of a second". */
  indexLagMs: Range;
  slowIndexLagMs: Range;
  slowIndexShare: number;
  /** The lag of the replica that answers a share of the eventually consistent reads. Assumed. */
  replicaLagMs: Range;
  replicaShare: number;
  /** Time until a change can be read from the stream. Measured. */
  streamLagMs: Range;
  /** Shards of a stream: changes of one item stay in one. */
  streamShards: number;
  /** Documented: how long a transaction's token keeps it from being applied again. */
  tokenMs: number;
}

export interface FunctionParameters {
  /** Time until a new environment runs its first invocation. Measured for a bundle of 300 KB. */
  coldStartMs: Range;
  /** Processor time of an invocation before its first request and after its last. Assumed. */
  handlerMs: Range;
  /** Time until an invocation is refused for want of a free execution. Assumed. */
  refusalMs: Range;
  /** Documented: concurrent executions of a new account. */
  concurrency: number;
  /** The interval at which an event source mapping polls a stream. Documented: 4 times a second. */
  streamPollMs: number;
}

export const parameters: Parameters = {
  database: {
    singleWriteMs: [4, 7],
    transactionMs: [8, 15],
    furtherItemMs: 0.05,
    readMs: [2, 4],
    queryMs: [3, 6],
    timestampShare: 0.05,
    lockShare: 0.3,
    writeShare: 0.85,
    conflictUnits: 0,
    itemBusyMs: 0.2,
    partition: { writeUnits: 1_000, readUnits: 3_000 },
    table: { writeUnits: 40_000, readUnits: 40_000 },
    burstSeconds: 0.5,
    indexLagMs: [5, 50],
    slowIndexLagMs: [200, 3_000],
    slowIndexShare: 0.01,
    replicaLagMs: [5, 100],
    replicaShare: 1 / 3,
    streamLagMs: [50, 250],
    streamShards: 4,
    tokenMs: 10 * 60 * 1_000,
  },
  functions: {
    coldStartMs: [250, 450],
    handlerMs: [0.5, 1.5],
    refusalMs: [5, 10],
    concurrency: 1_000,
    streamPollMs: 250,
  },
};
