/** Counts what a run costs: requests and units, by table. */
import type { Service } from "./service/service.ts";

export interface Meter {
  /** Attempts of requests that were sent, by the name of the function that sent them. */
  readonly attempts: ReadonlyMap<string, number>;
  /** Units by table, or by table and index. */
  readonly writeUnits: ReadonlyMap<string, number>;
  readonly readUnits: ReadonlyMap<string, number>;
}

export const createMeter = (service: Service): Meter => {
  const attempts = new Map<string, number>();
  const units = { write: new Map<string, number>(), read: new Map<string, number>() };
  service.listen({
    sent: ({ sender }) => add(attempts, sender.replace(/-\d+$/, ""), 1),
    charged: (_, kind, demands) => {
      for (const { table, units: count } of demands) add(units[kind], table, count);
    },
  });
  return { attempts, writeUnits: units.write, readUnits: units.read };
};

export const sumOf = (counts: Iterable<number>): number => {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
};

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}
