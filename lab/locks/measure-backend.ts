import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Locks } from "../../locks/locks.ts";
import { runLoad } from "../harness/load.ts";
import { operationsPerSecond } from "../harness/rounds.ts";
import { percentile, ratios, summarize, type Summary } from "../harness/statistics.ts";
import type { LockContender } from "./contenders.ts";

const leaseMs = 30_000;
const warmUpRounds = 2;
const rounds = 9;
const turnsPerRound = 60;
const wakeUpsPerRound = 8;
/** How long a waiter has waited when the holder releases: pollers have slowed down by then. */
const waitedMs = 100;
const contenders = 16;
const clients = 4;
const contentionMs = 1_000;

/** Latencies of one round, in milliseconds. */
type Latencies = Record<"bare" | "acquire" | "release" | "wakeUp", number[]>;

/** Figures by what was measured; each has its p50 and p99, and its ratio to a bare round trip. */
export type BackendFigures = Record<
  "bare" | "acquire" | "release" | "wakeUp" | "contended",
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

/** From the call of `release` to the lease of the one who has waited for it. */
const measureWakeUp = async (
  holder: Locks,
  waiter: Locks,
  latencies: Latencies,
  signal: AbortSignal,
): Promise<void> => {
  const name = randomUUID();
  for (let turn = 0; turn < wakeUpsPerRound; turn += 1) {
    signal.throwIfAborted();
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

const measureContended = async (
  contender: LockContender,
  signal: AbortSignal,
): Promise<number[]> => {
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
    return rates;
  } finally {
    await Promise.all(opened.map((locks) => locks.close()));
  }
};

export const measureBackend = async (
  contender: LockContender,
  signal: AbortSignal,
): Promise<BackendFigures> => {
  const [locks, other] = [contender.open(), contender.open()];
  const measured: Latencies[] = [];
  try {
    for (let round = -warmUpRounds; round < rounds; round += 1) {
      const latencies: Latencies = { bare: [], acquire: [], release: [], wakeUp: [] };
      await measureUncontended(contender, locks, latencies, signal);
      await measureWakeUp(locks, other, latencies, signal);
      if (round >= 0) measured.push(latencies);
    }
  } finally {
    await Promise.all([locks.close(), other.close()]);
  }
  const bareMs = quantiles(measured, "bare", 0.5);
  const figuresOf = (kind: keyof Latencies) => ({
    p50Ms: summarize(quantiles(measured, kind, 0.5)),
    p99Ms: summarize(quantiles(measured, kind, 0.99)),
    roundTrips: summarize(ratios(quantiles(measured, kind, 0.5), bareMs)),
    p99RoundTrips: summarize(ratios(quantiles(measured, kind, 0.99), bareMs)),
  });
  return {
    bare: figuresOf("bare"),
    acquire: figuresOf("acquire"),
    release: figuresOf("release"),
    wakeUp: figuresOf("wakeUp"),
    contended: { perSecond: summarize(await measureContended(contender, signal)) },
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
