/**
 * Counts the answers to the buyers of a run, and how long they took, and the calls of staff that got
 * through. Times are of the run.
 */
import type { Response } from "../cloud/holdfast.ts";

/** Calls of staff. */
export interface StaffCalls {
  calls: number;
  /** Those that were done. */
  done: number;
}

export interface Answers {
  /** The answers to earlier calls, of a warm-up, count in no figure but those of the whole run. */
  measureFrom(atMs: number): void;
  add(response: Response, calledAtMs: number, answeredAtMs: number): void;
  /** By kind: an outcome of the core, or why there was none. */
  readonly byKind: ReadonlyMap<string, number>;
  /** Sorted, in milliseconds. */
  latenciesMs(): Float64Array;
  /** Holds that were answered within so many milliseconds of the first call that counts. */
  holdsWithin(durationMs: number): number;
  /** Of the whole run, with its warm-up. */
  readonly inAll: { readonly answers: number; readonly holds: number };
  /** Counts a call of staff, by its name. */
  addStaff(name: string, isDone: boolean): void;
  readonly staff: ReadonlyMap<string, StaffCalls>;
}

export const createAnswers = (): Answers => {
  const byKind = new Map<string, number>();
  const latencies: number[] = [];
  const heldAtMs: number[] = [];
  const inAll = { answers: 0, holds: 0 };
  const staff = new Map<string, StaffCalls>();
  let firstAtMs = Infinity;
  let measuredFromMs = -Infinity;
  return {
    measureFrom: (atMs) => void (measuredFromMs = atMs),
    add: (response, calledAtMs, answeredAtMs) => {
      const kind = kindOf(response);
      const isHold = kind === "reserved" || kind === "replayed";
      inAll.answers += 1;
      if (isHold) inAll.holds += 1;
      if (calledAtMs < measuredFromMs) return;
      byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
      latencies.push(answeredAtMs - calledAtMs);
      firstAtMs = Math.min(firstAtMs, calledAtMs);
      if (isHold) heldAtMs.push(answeredAtMs);
    },
    byKind,
    latenciesMs: () => Float64Array.from(latencies).toSorted(),
    holdsWithin: (durationMs) =>
      heldAtMs.filter((answeredAtMs) => answeredAtMs <= firstAtMs + durationMs).length,
    inAll,
    addStaff: (name, isDone) => {
      const { calls, done } = staff.get(name) ?? { calls: 0, done: 0 };
      staff.set(name, { calls: calls + 1, done: done + (isDone ? 1 : 0) });
    },
    staff,
  };
};

export const kindOf = (response: Response): string =>
  response.kind === "outcome" ? response.outcome.outcome : response.kind;
