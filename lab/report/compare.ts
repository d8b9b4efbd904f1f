/** What changed from one report to another one beyond the noise. Whether up is good, it cannot tell. */
import type { Machine } from "./machine.ts";
import type { Part, Report } from "./report.ts";
import type { Summary } from "./statistics.ts";

export interface FigureName {
  part: string;
  group: string;
  /** Of the result. */
  name: string;
  figure: string;
}

export interface Change extends FigureName {
  old: Summary;
  new: Summary;
}

export interface Comparison {
  /** When the old one was begun, and by which command. */
  old: Pick<Report, "startedAt" | "command">;
  changes: Change[];
  /** Figures that both have. */
  comparedCount: number;
  onlyInOld: FigureName[];
  onlyInNew: FigureName[];
  /** Parts that one of them did not run, by name: their figures are in none of the lists. */
  partsOnlyInOld: string[];
  partsOnlyInNew: string[];
  /** In what the machines differ. Unless it is nothing, only ratios say something. */
  machineDifferences: MachineDifference[];
}

export interface MachineDifference {
  property: keyof Machine;
  old: string;
  new: string;
}

/** Where each of a hundred figures may move by its noise, what moves by less is not worth a look. */
const leastShare = 0.02;

/**
 * One that was counted, where all rounds say the same, changed if it differs at all. One that was
 * measured changed when its medians are further apart than the whole range, from the least round to
 * the greatest, of whichever run had the wider one; and by 2 % at least.
 *
 * There are 5 to 9 rounds of most figures, and their times have a long tail to one side, so that
 * nothing may be made of standard deviations. The usual test that needs no distribution, Mann and
 * Whitney's, which Go's benchstat uses, asks whether two samples come from one distribution; but the
 * rounds of a run share that run's minute, and two runs of the same code on a busy machine do differ
 * by it. It also needs ten runs or so to be sure of anything. The range is a cruder bound that errs
 * the other way: it grows with the rounds and with the noise, a small change may be missed, and what
 * is told has moved further than everything that was seen to move by itself.
 */
export const hasChanged = (old: Summary, now: Summary): boolean => {
  const distance = Math.abs(now.median - old.median);
  const noise = Math.max(old.max - old.min, now.max - now.min);
  if (noise === 0) return distance > 0;
  return distance > noise && distance >= leastShare * Math.abs(old.median);
};

/** Figures are the same when their part, group, result and own name are. */
export const compareReports = (old: Report, now: Report): Comparison => {
  const oldParts = namesOf(old.parts);
  const newParts = namesOf(now.parts);
  const oldFigures = figuresOf(old.parts.filter(({ name }) => newParts.includes(name)));
  const newFigures = figuresOf(now.parts.filter(({ name }) => oldParts.includes(name)));
  const both = [...newFigures].flatMap(([key, { figure, summary }]) => {
    const before = oldFigures.get(key);
    return before === undefined ? [] : [{ ...figure, old: before.summary, new: summary }];
  });
  return {
    old: { startedAt: old.startedAt, command: old.command },
    changes: both.filter((one) => hasChanged(one.old, one.new)),
    comparedCount: both.length,
    onlyInOld: namesOnlyIn(oldFigures, newFigures),
    onlyInNew: namesOnlyIn(newFigures, oldFigures),
    partsOnlyInOld: oldParts.filter((name) => !newParts.includes(name)),
    partsOnlyInNew: newParts.filter((name) => !oldParts.includes(name)),
    machineDifferences: differencesOf(old.machine, now.machine),
  };
};

interface Figure {
  figure: FigureName;
  summary: Summary;
}

const namesOf = (parts: readonly Part[]): string[] => parts.map(({ name }) => name);

const figuresOf = (parts: readonly Part[]): Map<string, Figure> =>
  new Map(
    parts.flatMap(({ name: part, results }) =>
      results.flatMap(({ group, name, figures }) =>
        Object.entries(figures).map(([figure, summary]): [string, Figure] => [
          JSON.stringify([part, group, name, figure]),
          { figure: { part, group, name, figure }, summary },
        ]),
      ),
    ),
  );

const namesOnlyIn = (
  figures: ReadonlyMap<string, Figure>,
  others: ReadonlyMap<string, Figure>,
): FigureName[] => [...figures].flatMap(([key, { figure }]) => (others.has(key) ? [] : [figure]));

const compared: readonly (keyof Machine)[] = ["processor", "cores", "node"];

const differencesOf = (old: Machine, now: Machine): MachineDifference[] =>
  compared
    .filter((property) => old[property] !== now[property])
    .map((property) => ({ property, old: String(old[property]), new: String(now[property]) }));
