/** Lines about the limits of an account that a run uses, and about the calls of staff beside it. */
import type { Figures } from "../figures.ts";
import type { PeakUnits } from "../meter.ts";
import { parametersOf } from "../parameters-of.ts";
import { scenarios } from "../scenarios/scenarios.ts";
import type { FinishedRun } from "./run-all.ts";

/** Returns the lines of each rate. They are of its first seed. */
export const limitNotesOf = (finished: readonly FinishedRun[]): string[] =>
  [...Map.groupBy(finished, ({ run }) => run.load.rate).values()].flatMap(([first]) =>
    first === undefined ? [] : notesOf(first),
  );

function notesOf({ run, result: { figures } }: FinishedRun): string[] {
  const { functions, database } = parametersOf(scenarios[run.scenario], run);
  const at = `At ${formatCount(run.load.rate)} buyers/s`;
  const { peakConcurrency, peakConcurrencyByFunction } = figures;
  const byFunction = largestFirst(Object.entries(peakConcurrencyByFunction));
  return [
    `${at} at most ${formatCount(peakConcurrency)} of ${formatCount(functions.concurrency)} ` +
      `executions ran at once: ` +
      byFunction.map(([name, peak]) => `${name} ${formatCount(peak)}`).join(", ") +
      ".",
    `${at}, write units in one second at most: ${formatPeaks(figures.peakWriteUnits)}. ` +
      `A table takes ${formatCount(database.table.writeUnits)}.`,
    `${at}, read units in one second at most: ${formatPeaks(figures.peakReadUnits)}. ` +
      `A table takes ${formatCount(database.table.readUnits)}.`,
    ...staffNotes(at, figures),
  ];
}

const formatPeaks = (peaks: Record<string, PeakUnits>): string => {
  const sorted = largestFirst(Object.entries(peaks).map(([name, peak]) => [name, peak.perSecond]));
  const shown = sorted.map(([name, perSecond]) => {
    const { perSecondOfPartition } = peaks[name]!;
    return `${name} ${formatCount(perSecond)}, of one partition ${formatCount(perSecondOfPartition)}`;
  });
  return shown.length === 0 ? "none" : shown.join("; ");
};

const staffNotes = (at: string, { staff }: Figures): string[] => {
  const shown = Object.entries(staff).map(
    ([name, { calls, done }]) => `${formatCount(done)} of ${formatCount(calls)} ${name}`,
  );
  return shown.length === 0 ? [] : [`${at} staff got through with ${shown.join(" and ")}.`];
};

const largestFirst = (counts: [name: string, count: number][]): [string, number][] =>
  counts.toSorted(([, a], [, b]) => b - a);

const formatCount = (count: number): string =>
  count.toLocaleString("en-US", { maximumFractionDigits: 0 });
