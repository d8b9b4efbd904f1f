/**
 * The figures of a run, as `npm run simulate -- --json` prints them. Those of holds and times are of the
 * requests that were sent after the warm-up, those of attempts and units of the whole run.
 */
import { percentile } from "../report/statistics.ts";
import { sumOf, type PeakUnits } from "./meter.ts";
import type { Answers, StaffCalls } from "./scenarios/answers.ts";
import type { Load } from "./scenarios/scenario.ts";
import { tableNames } from "../app/table-names.ts";
import type { World } from "./world.ts";

export interface Figures {
  /** While buyers came, not what was still answered afterwards. */
  holdsPerSecond: number;
  /** Answers to buyers by kind. */
  answers: Record<string, number>;
  p50Ms: number;
  p99Ms: number;
  /** Requests to DynamoDB that the reserve function sent for each hold. */
  attemptsPerHold: number;
  /** Of all tables and indexes but the ledger's, confirms and releases included. */
  writeUnitsPerHold: number;
  /** Of all tables and indexes, for each answer. */
  readUnitsPerAnswer: number;
  peakConcurrency: number;
  peakConcurrencyByFunction: Record<string, number>;
  /** The most units in one second, by table, or by table and index. */
  peakWriteUnits: Record<string, PeakUnits>;
  peakReadUnits: Record<string, PeakUnits>;
  /** Calls of staff beside the buyers, by name. */
  staff: Record<string, StaffCalls>;
}

export const figuresOf = (world: World, answers: Answers, load: Load): Figures => {
  const { meter, account } = world;
  const byKind = Object.fromEntries(answers.byKind);
  const { inAll } = answers;
  const latenciesMs = answers.latenciesMs();
  const quantile = (share: number): number =>
    latenciesMs.length === 0 ? 0 : percentile(latenciesMs, share);
  const writeUnits = [...meter.writeUnits].filter(([table]) => !isLedger(table));
  return {
    holdsPerSecond: answers.holdsWithin(load.seconds * 1_000) / load.seconds,
    answers: byKind,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    attemptsPerHold: ratio(meter.attempts.get("reserve") ?? 0, inAll.holds),
    writeUnitsPerHold: ratio(sumOf(writeUnits.map(([, units]) => units)), inAll.holds),
    readUnitsPerAnswer: ratio(sumOf(meter.readUnits.values()), inAll.answers),
    peakConcurrency: account.concurrencyPeak,
    peakConcurrencyByFunction: Object.fromEntries(account.concurrencyPeaks),
    peakWriteUnits: Object.fromEntries(meter.peaks.write),
    peakReadUnits: Object.fromEntries(meter.peaks.read),
    staff: Object.fromEntries(answers.staff),
  };
};

const isLedger = (table: string): boolean => table.startsWith(tableNames.movements);

const ratio = (count: number, of: number): number => (of === 0 ? 0 : count / of);
