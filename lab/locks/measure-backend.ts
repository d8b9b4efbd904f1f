/** What is measured of one backend in one turn: latencies, and how many get in when many want to. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Locks } from "../../locks/locks.ts";
import { latencyFigures } from "../harness/latency-figures.ts";
import type { Operation } from "../harness/load.ts";
import type { Contender } from "../harness/rounds.ts";
import { percentile, ratios, summarize, type Summary } from "../report/statistics.ts";
import type { LockContender } from "./contenders.ts";

const leaseMs = 30_000;
/** Before those that count: a client that has idled while the others had their turns is slower. */
const awakingTurns = 5;
const turnsPerRound = 40;
const wakeUpsPerRound = 4;
/** How long a waiter has waited when the holder releases: pollers have slowed down by then. */
const waitedMs = 50;
const clients = 4;

/** Latencies of one round, in milliseconds. */
export type LatencySamples = Record<
  "bare" | "acquire" | "release" | "bareAfterPause" | "wakeUp",
  number[]
>;

/** Figures by what was measured: each has its p50 and p99, and its ratio to a bare round trip. */
export type LatencyFigures = Record<
  "bare" | "acquire" | "release" | "wakeUp",
  Record<string, Summary>
>;

/** Opens two clients, and leaves them on the stack. */
export const openLatencies = (
  contender: LockContender,
  resources: AsyncDisposableStack,
  signal: AbortSignal,
): Contender<LatencySamples> => {
  const holder = resources.adopt(contender.open(), (locks) => locks.close());
  const waiter = resources.adopt(contender.open(), (locks) => locks.close());
  return async () => {
    await measureUncontended(contender, holder, noSamples(), awakingTurns, signal);
    const samples = noSamples();
    await measureUncontended(contender, holder, samples, turnsPerRound, signal);
    await measureWakeUp(contender, [holder, waiter], samples, signal);
    return samples;
  };
};

/** Opens some clients that want one name, and leaves them on the stack. */
export const openContention = (
  contender: LockContender,
  resources: AsyncDisposableStack,
): Operation => {
  const name = randomUUID();
  const opened = Array.from({ length: clients }, () =>
    resources.adopt(contender.open(), (locks) => locks.close()),
  );
  let calls = 0;
  return async () => {
    calls += 1;
    await opened[calls % clients]!.withLease(name, { leaseMs, waitMs: 60_000 }, () => {});
  };
};

const noSamples = (): LatencySamples => ({
  bare: [],
  acquire: [],
  release: [],
  bareAfterPause: [],
  wakeUp: [],
});

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
  samples: LatencySamples,
  turns: number,
  signal: AbortSignal,
): Promise<void> => {
  const name = randomUUID();
  for (let turn = 0; turn < turns; turn += 1) {
    signal.throwIfAborted();
    await timed(samples.bare, contender.bareRoundTrip);
    const lease = await timed(samples.acquire, () => locks.acquire(name, { leaseMs }));
    await timed(samples.release, () => lease.release());
  }
};

/**
 * From the call of `release` to the lease of the one who has waited for it. A machine that has idled
 * is slower, so the bare round trip beside it comes after the same pause.
 */
const measureWakeUp = async (
  contender: LockContender,
  [holder, waiter]: readonly [Locks, Locks],
  samples: LatencySamples,
  signal: AbortSignal,
): Promise<void> => {
  const name = randomUUID();
  for (let turn = 0; turn < wakeUpsPerRound; turn += 1) {
    signal.throwIfAborted();
    await sleep(waitedMs);
    await timed(samples.bareAfterPause, contender.bareRoundTrip);
    const lease = await holder.acquire(name, { leaseMs });
    const waiting = waiter.acquire(name, { leaseMs });
    await sleep(waitedMs);
    const next = await timed(samples.wakeUp, async () => {
      const [woken] = await Promise.all([waiting, lease.release()]);
      return woken;
    });
    await next.release();
  }
};

export const figuresOf = (rounds: readonly LatencySamples[]): LatencyFigures => {
  const sortedOf = (kind: keyof LatencySamples) =>
    rounds.map((samples) => samples[kind].toSorted((one, other) => one - other));
  const besideBare = (kind: keyof LatencySamples, bare: keyof LatencySamples) => {
    const [sorted, bareSorted] = [sortedOf(kind), sortedOf(bare)];
    const quantiles = (share: number) => sorted.map((one) => percentile(one, share));
    const bareP50s = bareSorted.map((one) => percentile(one, 0.5));
    return {
      ...latencyFigures(sorted),
      roundTrips: summarize(ratios(quantiles(0.5), bareP50s)),
      p99RoundTrips: summarize(ratios(quantiles(0.99), bareP50s)),
    };
  };
  return {
    bare: besideBare("bare", "bare"),
    acquire: besideBare("acquire", "bare"),
    release: besideBare("release", "bare"),
    wakeUp: besideBare("wakeUp", "bareAfterPause"),
  };
};
