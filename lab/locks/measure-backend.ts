import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Locks } from "../../locks/locks.ts";
import { runLoad } from "../harness/load.ts";
import { operationsPerSecond } from "../harness/rounds.ts";
import { percentile, ratios, summarize, type Summary } from "../report/statistics.ts";
import type { LockContender } from "./contenders.ts";

const leaseMs = 30_000;
const warmUpRounds = 2;
const rounds = 9;
const turnsPerRound = 40;
const wakeUpsPerRound = 4;
/** How long a waiter has waited when the holder releases: pollers have slowed down by then. */
const waitedMs = 50;
const contenders = 16;
const clients = 4;
const contentionMs = 1_000;

/** Latencies of one round, in milliseconds. */
type Latencies = Record<"bare" | "acquire" | "release" | "bareAfterPause" | "wakeUp", number[]>;

/** Figures by what was measured: each has its p50 and p99, and its ratio to a bare round trip. */
export type LatencyFigures = Record<
  "bare" | "acquire" | "release" | "wakeUp",
  Record<string, Summary>
>;

const timed = async <Result>(latenciesMs: number[], work: () => Promise<Result>) => {
  const beginMs = performance.now();
  const result = await work();
  latenciesMs.push(performance.now() - beginMs);
  return result;
};

/** By turns, so that whatever else the machine does hits all of them alike. */
const measureUncontended = async (
  contender: LockContender,
  locks: Locks,
  latencies: Latencies,
  signal: AbortSignal,
): Promise<void> => {
  const name = randomUUID();
  for (let turn = 0; turn < turnsPerRound; turn += 1) {
    signal.throwIfAborted();
    await timed(latencies.bare, contender.bareRoundTrip);
    const lease = await timed(latencies.acquire, () => locks.acquire(name, { leaseMs }));
    await timed(latencies.release, () => lease.release());
  }
};

/**
 * From the call of `release` to the lease of the one who has waited for it. A machine that has idled
 * is slower, so the bare round trip beside it comes after the same pause.
 */
const measureWakeUp = async (
  contender: LockContender,
  [holder, waiter]: readonly [Locks, Locks],
  latencies: Latencies,
  signal: AbortSignal,
): Promise<void> => {
  const name = randomUUID();
  for (let turn = 0; turn < wakeUpsPerRound; turn += 1) {
    signal.throwIfAborted();
    await sleep(waitedMs);
    await timed(latencies.bareAfterPause, contender.bareRoundTrip);
    const lease = await holder.acquire(name, { leaseMs });
    const waiting = waiter.acquire(name, { leaseMs });
    await sleep(waitedMs);
    const next = await timed(latencies.wakeUp, async () => {
      const [woken] = await Promise.all([waiting, lease.release()]);
      return woken;
    });
    await next.release();
  }
};

/** Acquisitions a second, one for each of three rounds. */
export const measureContended = async (
  contender: LockContender,
  signal: AbortSignal,
): Promise<Summary> => {
  const name = randomUUID();
  const opened = Array.from({ length: clients }, () => contender.open());
  let calls = 0;
  const operation = async (): Promise<void> => {
    calls += 1;
    await opened[calls % clients]!.withLease(name, { leaseMs, waitMs: 60_000 }, () => {});
  };
  const bounds = { inFlight: contenders, operationsMax: 20_000, durationMsMax: contentionMs };
  try {
    const rates: number[] = [];
    for (let round = -1; round < 3; round += 1) {
      const load = await runLoad(operation, bounds, signal);
      if (round >= 0) rates.push(operationsPerSecond(load));
    }
    return summarize(rates);
  } finally {
    await Promise.all(opened.map((locks) => locks.close()));
  }
};

export const measureLatencies = async (
  contender: LockContender,
  signal: AbortSignal,
): Promise<LatencyFigures> => {
  const pair = [contender.open(), contender.open()] as const;
  const measured: Latencies[] = [];
  try {
    for (let round = -warmUpRounds; round < rounds; round += 1) {
      const latencies: Latencies = {
        bare: [],
        acquire: [],
        release: [],
        bareAfterPause: [],
        wakeUp: [],
      };
      await measureUncontended(contender, pair[0], latencies, signal);
      await measureWakeUp(contender, pair, latencies, signal);
      if (round >= 0) measured.push(latencies);
    }
  } finally {
    await Promise.all(pair.map((locks) => locks.close()));
  }
  const figuresOf = (kind: keyof Latencies, bare: keyof Latencies) => {
    const [p50s, p99s] = [quantiles(measured, kind, 0.5), quantiles(measured, kind, 0.99)];
    const bareP50s = quantiles(measured, bare, 0.5);
    return {
      p50Ms: summarize(p50s),
      p99Ms: summarize(p99s),
      roundTrips: summarize(ratios(p50s, bareP50s)),
      p99RoundTrips: summarize(ratios(p99s, bareP50s)),
    };
  };
  return {
    bare: figuresOf("bare", "bare"),
    acquire: figuresOf("acquire", "bare"),
    release: figuresOf("release", "bare"),
    wakeUp: figuresOf("wakeUp", "bareAfterPause"),
  };
};

/** Of each round. */
const quantiles = (measured: readonly Latencies[], kind: keyof Latencies, share: number) =>
  measured.map((latencies) =>
    percentile(
      latencies[kind].toSorted((one, other) => one - other),
      share,
    ),
  );
