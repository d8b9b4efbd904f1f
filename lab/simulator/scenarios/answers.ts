/** Counts the answers to the buyers of a run, and how long they took. Times are of the run. */
import type { Response } from "../cloud/holdfast.ts";

export interface Answers {
  add(response: Response, calledAtMs: number, answeredAtMs: number): void;
  /** By kind: an outcome of the core, or why there was none. */
  readonly byKind: ReadonlyMap<string, number>;
  /** Sorted, in milliseconds. */
  latenciesMs(): Float64Array;
  /** Holds that were answered within so many milliseconds of the first call. */
  holdsWithin(durationMs: number): number;
}

export const createAnswers = (): Answers => {
  const byKind = new Map<string, number>();
  const latencies: number[] = [];
  const heldAtMs: number[] = [];
  let firstAtMs = Infinity;
  return {
    add: (response, calledAtMs, answeredAtMs) => {
      const kind = kindOf(response);
      byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
      latencies.push(answeredAtMs - calledAtMs);
      firstAtMs = Math.min(firstAtMs, calledAtMs);
      if (kind === "reserved" || kind === "replayed") heldAtMs.push(answeredAtMs);
    },
    byKind,
    latenciesMs: () => Float64Array.from(latencies).toSorted(),
    holdsWithin: (durationMs) =>
      heldAtMs.filter((answeredAtMs) => answeredAtMs <= firstAtMs + durationMs).length,
  };
};

export const kindOf = (response: Response): string =>
  response.kind === "outcome" ? response.outcome.outcome : response.kind;
