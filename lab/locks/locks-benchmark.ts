/**
 * The five locks, each on its real server: on this machine, and some way off. On this machine a round
 * trip over TCP takes 20 µs of the processors' time, and so does every script; what an operation
 * takes in round trips shows where the way is what takes time. Next: contenders.ts,
 * measure-backend.ts.
 */
import type { BackendName } from "../../locks/locks.ts";
import { withResources } from "../app/with-resources.ts";
import type { Benchmark, BenchmarkContext } from "../harness/benchmark.ts";
import { atMost, type Column, type Findings, type Result, type Target } from "../report/report.ts";
import type { Summary } from "../report/statistics.ts";
import { startDelayProxy } from "../servers/delay-proxy.ts";
import { startContender, type Way } from "./contenders.ts";
import { measureContended, measureLatencies, type LatencyFigures } from "./measure-backend.ts";

interface Measured {
  near: LatencyFigures;
  far: LatencyFigures;
  acquisitionsPerSecond: Summary;
}

const delayMs = 2;

const columns: Column[] = [
  { figure: "p50Ms", title: "p50 ms", fractionDigits: 2 },
  { figure: "p99Ms", title: "p99 ms", fractionDigits: 2 },
  { figure: "roundTrips", title: "round trips", fractionDigits: 2, showsSpread: true },
  { figure: "p99RoundTrips", title: "p99", fractionDigits: 1 },
  { figure: "perSecond", title: "per second", fractionDigits: 0, showsSpread: true },
];

const kinds: [keyof LatencyFigures, string][] = [
  ["bare", "a bare write"],
  ["acquire", "acquire, uncontended"],
  ["release", "release, uncontended"],
  ["wakeUp", "a waiter gets in after a release"],
];

const near: Way = async (port) => port;

const measure = (name: BackendName, { signal, tell }: BenchmarkContext): Promise<Measured> =>
  withResources(async (resources) => {
    const far: Way = async (port) => {
      const proxy = await startDelayProxy(port, delayMs);
      resources.defer(() => proxy.stop());
      return proxy.port;
    };
    tell(`Measuring: ${name}, on this machine …`);
    const contender = await startContender[name](resources, near);
    const nearFigures = await measureLatencies(contender, signal);
    const acquisitionsPerSecond = await measureContended(contender, signal);
    tell(`Measuring: ${name}, some way off …`);
    const remote = await startContender[name](resources, far);
    const farFigures = await measureLatencies(remote, signal);
    return { near: nearFigures, far: farFigures, acquisitionsPerSecond };
  });

const run = async (context: BenchmarkContext): Promise<Findings> => {
  const names = Object.keys(startContender) as BackendName[];
  const measured = new Map<BackendName, Measured>();
  for (const name of names) measured.set(name, await measure(name, context));
  const latencies = (["near", "far"] as const).flatMap((place) =>
    kinds.flatMap(([kind, title]): Result[] =>
      names.map((name) => ({
        group: place === "near" ? `${title}, on this machine` : `${title}, some way off`,
        name,
        figures: measured.get(name)![place][kind],
      })),
    ),
  );
  const contended = names.map((name) => ({
    group: "16 contenders for one name, on this machine",
    name,
    figures: { perSecond: measured.get(name)!.acquisitionsPerSecond },
  }));
  return {
    results: [...latencies, ...contended],
    targets: targetsOf(measured),
    notes,
    columns,
    charts: [],
  };
};

const targetsOf = (measured: ReadonlyMap<BackendName, Measured>): Target[] => {
  const roundTrips = (name: BackendName, kind: keyof LatencyFigures): number =>
    measured.get(name)!.far[kind]["roundTrips"]!.median;
  return [
    ...(["dynamodb", "redis", "redisson"] as const).flatMap((name) => [
      atMost(`${name}: round trips to acquire`, 1.3, roundTrips(name, "acquire")),
      atMost(`${name}: round trips to release`, 1.3, roundTrips(name, "release")),
    ]),
    ...(["redisson", "curator"] as const).map((name) =>
      atMost(`${name}: round trips to wake up`, 3, roundTrips(name, "wakeUp")),
    ),
  ];
};

const notes = [
  "A round trip is the smallest write that the server knows, by the same client, in the same round: " +
    "UpdateItem without a condition, SET (over HTTP for redis), setData. Medians of 9 rounds; ± is " +
    "half the distance of their quartiles. p99 in round trips is to the median bare write.",
  `Some way off: each direction takes ${delayMs} ms more. Targets are met or missed there, where ` +
    "round trips are what is counted.",
  "DynamoDB is the embedded engine; Redis keeps nothing on disk; ZooKeeper is one server that does " +
    "not wait for its disk. A waiter has waited for 50 ms when the holder releases, and the bare " +
    "write beside it comes after the same pause.",
];

export const locksBenchmark: Benchmark = {
  description: "the five locks: acquire, release, wake-up and contention",
  run,
};
