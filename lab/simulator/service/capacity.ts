/**
 * Capacity as DynamoDB counts it: a token bucket for each partition and for each table. Each item is its
 * own partition, as after a hot item was isolated; an index has a partition for each value of its key.
 */
import type { DatabaseParameters } from "../parameters.ts";
import type { VirtualTime } from "../time/virtual-time.ts";

export type UnitKind = "write" | "read";

/** Units that a request needs of one partition. */
export interface Demand {
  table: string;
  /** Unique within a run: the item's, or the index' with the value of its key. */
  partition: string;
  units: number;
}

export interface Capacity {
  /** Returns the limit that throttles a demand, or undefined. Takes nothing. */
  exhaustedBy(kind: UnitKind, demands: readonly Demand[]): "table" | "partition" | undefined;
  /** Takes the units, also more than are left: DynamoDB refuses by what is left before a request. */
  consume(kind: UnitKind, demands: readonly Demand[]): void;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

export const createCapacity = (
  time: VirtualTime,
  { partition, table, burstSeconds }: DatabaseParameters,
): Capacity => {
  const buckets = { write: new Map<string, Bucket>(), read: new Map<string, Bucket>() };
  const rates = {
    write: { partition: partition.writeUnits, table: table.writeUnits },
    read: { partition: partition.readUnits, table: table.readUnits },
  };

  const refill = (kind: UnitKind, id: string, perSecond: number): Bucket => {
    const most = perSecond * burstSeconds;
    let bucket = buckets[kind].get(id);
    if (bucket === undefined) {
      bucket = { tokens: most, atMs: time.nowMs };
      buckets[kind].set(id, bucket);
    }
    const earned = ((time.nowMs - bucket.atMs) * perSecond) / 1_000;
    bucket.tokens = Math.min(most, bucket.tokens + earned);
    bucket.atMs = time.nowMs;
    return bucket;
  };

  return {
    exhaustedBy: (kind, demands) => {
      for (const demand of demands) {
        if (refill(kind, demand.table, rates[kind].table).tokens < 0) return "table";
        const bucket = refill(kind, demand.partition, rates[kind].partition);
        if (bucket.tokens < 0) return "partition";
      }
      return undefined;
    },
    consume: (kind, demands) => {
      for (const { table: name, partition: id, units } of demands) {
        refill(kind, name, rates[kind].table).tokens -= units;
        refill(kind, id, rates[kind].partition).tokens -= units;
      }
    },
  };
};
