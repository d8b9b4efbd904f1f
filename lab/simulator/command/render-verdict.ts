/** The verdict as lines for a terminal. */
import type { MistakeName } from "../mistakes.ts";
import { violationKinds } from "../checks/violation.ts";
import type { Arguments, SeedRange } from "./arguments.ts";
import type { FoundViolation, Verdict } from "./judge-runs.ts";
import { replayCommandOf } from "./runs.ts";

/** Violations that are printed in full: the first ones of as many runs. */
const inFullMax = 3;

/** Returns the violations, the first ones with their history. */
export const renderFindings = ({ violations }: Verdict, plant?: MistakeName): string[] => {
  const inFull = violations.filter(({ isFirst }) => isFirst).slice(0, inFullMax);
  const others = violations.filter((violation) => !inFull.includes(violation));
  return [
    ...inFull.flatMap((violation) => [...renderViolation(violation, plant), ""]),
    ...(others.length > 0 ? [renderOthers(others), ""] : []),
  ];
};

/** Returns one line: how many runs kept the promises. */
export const renderSummary = (
  { scenario, seeds }: Pick<Arguments, "scenario" | "seeds">,
  runs: number,
  { violations }: Verdict,
): string => {
  const violated = new Set(violations.map(({ finished }) => finished)).size;
  return [
    `${scenario}: ${renderSeeds(seeds)}`,
    `${runs - violated} of ${times(runs, "run")} without a violation`,
  ].join(", ");
};

export const renderHash = ({ hash }: Verdict): string => `trace sha256 ${hash}`;

export const renderSeeds = ({ first, last }: SeedRange): string =>
  first === last ? `seed ${first}` : `seeds ${first}-${last}`;

function renderViolation(
  { finished, ...violation }: FoundViolation,
  plant?: MistakeName,
): string[] {
  const { kind, subject, atMs, message } = violation;
  const { run, result } = finished;
  return [
    `VIOLATION ${kind} of ${subject}, seed ${run.seed}, at ${atMs.toFixed(3)} ms`,
    `  expected  ${violationKinds[kind]}`,
    `  found     ${message}`,
    ...(result.history.length > 0 ? ["  history", ...result.history.map(indent)] : []),
    `  replay    ${replayCommandOf(run, plant)}`,
  ];
}

const indent = (line: string): string => `  ${line}`;

function renderOthers(violations: readonly FoundViolation[]): string {
  const kinds = [...Map.groupBy(violations, ({ kind }) => kind)].map(
    ([kind, ofKind]) => `${kind} ${ofKind.length}`,
  );
  return `and ${times(violations.length, "more violation")}: ${kinds.join(", ")}`;
}

const times = (count: number, noun: string): string =>
  `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
