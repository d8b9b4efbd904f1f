/**
 * The units of a level that are available in truth: those that no record owns, in a row or under way
 * between two, and those of holds that have ended. A search for dead holds reads an index, which lags: their units count after an allowance.
 */
import { createTimeline, type Timeline } from "./timeline.ts";

/** Units that a hold kept after its end. */
export interface DeadUnits {
  units: number;
  fromMs: number;
  toMs: number;
}

interface Step {
  atMs: number;
  /** The units that no record owns, from this instant on. */
  unowned?: number;
  /** The change of the units of dead holds. */
  deadDelta?: number;
}

/** @param unowned the units that no record owns */
export const truthOf = (
  unowned: Timeline<number>,
  dead: readonly DeadUnits[],
  allowanceMs: number,
): Timeline<number> => {
  const steps: Step[] = unowned.entries.map(({ atMs, value = 0 }) => ({ atMs, unowned: value }));
  for (const { units, fromMs, toMs } of dead) {
    const countsFromMs = fromMs + allowanceMs;
    if (countsFromMs >= toMs) continue;
    steps.push({ atMs: countsFromMs, deadDelta: units });
    if (toMs < Infinity) steps.push({ atMs: toMs, deadDelta: -units });
  }
  steps.sort((a, b) => a.atMs - b.atMs);
  const truth = createTimeline<number>();
  const now = { unowned: 0, dead: 0 };
  for (const [index, step] of steps.entries()) {
    now.unowned = step.unowned ?? now.unowned;
    now.dead += step.deadDelta ?? 0;
    // The commit that ends a dead hold also frees its units: at no instant do they count less.
    if (steps[index + 1]?.atMs !== step.atMs) truth.add(step.atMs, now.unowned + now.dead);
  }
  return truth;
};
