/** Counts what a run costs: requests and units, by table. */
import type { Demand, UnitKind } from "./service/capacity.ts";
import type { Service } from "./service/service.ts";
import type { VirtualTime } from "./time/virtual-time.ts";

/** The most units that were consumed in one second of the run. */
export interface PeakUnits {
  perSecond: number;
  /** The most of one partition: an item, or a value of the key of an index. */
  perSecondOfPartition: number;
}

export interface Meter {
  /** Attempts of requests that were sent, by the name of the function that sent them. */
  readonly attempts: ReadonlyMap<string, number>;
  /** Units by table, or by table and index. */
  readonly writeUnits: ReadonlyMap<string, number>;
  readonly readUnits: ReadonlyMap<string, number>;
  readonly peaks: Readonly<Record<UnitKind, ReadonlyMap<string, PeakUnits>>>;
}

export const createMeter = (service: Service, time: Pick<VirtualTime, "nowMs">): Meter => {
  const attempts = new Map<string, number>();
  const units = { write: new Map<string, number>(), read: new Map<string, number>() };
  const peaks = { write: createPeaks(), read: createPeaks() };
  service.listen({
    sent: ({ sender }) => add(attempts, sender.replace(/-\d+$/, ""), 1),
    charged: (_, kind, demands) => {
      for (const { table, units: count } of demands) add(units[kind], table, count);
      peaks[kind].note(time.nowMs, demands);
    },
  });
  return {
    attempts,
    writeUnits: units.write,
    readUnits: units.read,
    peaks: { write: peaks.write.byTable, read: peaks.read.byTable },
  };
};

/** Counts units second by second. */
export const createPeaks = () => {
  let second = 0;
  const byTable = new Map<string, PeakUnits>();
  const now = { tables: new Map<string, number>(), partitions: new Map<string, number>() };
  return {
    byTable: byTable as ReadonlyMap<string, PeakUnits>,
    note: (atMs: number, demands: readonly Demand[]): void => {
      if (Math.floor(atMs / 1_000) !== second) {
        second = Math.floor(atMs / 1_000);
        now.tables.clear();
        now.partitions.clear();
      }
      for (const { table, partition, units } of demands) {
        const peak = byTable.get(table) ?? { perSecond: 0, perSecondOfPartition: 0 };
        byTable.set(table, peak);
        peak.perSecond = Math.max(peak.perSecond, add(now.tables, table, units));
        peak.perSecondOfPartition = Math.max(
          peak.perSecondOfPartition,
          add(now.partitions, partition, units),
        );
      }
    },
  };
};

export const sumOf = (counts: Iterable<number>): number => {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
};

function add(counts: Map<string, number>, name: string, count: number): number {
  const sum = (counts.get(name) ?? 0) + count;
  counts.set(name, sum);
  return sum;
}
