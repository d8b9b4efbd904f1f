/** The five locks, each on its real server. Next: contenders.ts, measure-backend.ts. */
import type { BackendName } from "../../locks/locks.ts";
import { withResources } from "../app/with-resources.ts";
import {
  atMost,
  type Benchmark,
  type BenchmarkContext,
  type Column,
  type Findings,
  type Result,
  type Target,
} from "../harness/benchmark.ts";
import { startContender } from "./contenders.ts";
import { measureBackend, type BackendFigures } from "./measure-backend.ts";

const columns: Column[] = [
  { figure: "p50Ms", title: "p50 ms", fractionDigits: 2 },
  { figure: "p99Ms", title: "p99 ms", fractionDigits: 2 },
  { figure: "roundTrips", title: "round trips", fractionDigits: 2, showsSpread: true },
  { figure: "p99RoundTrips", title: "p99", fractionDigits: 1 },
  { figure: "perSecond", title: "per second", fractionDigits: 0, showsSpread: true },
];

const groups: [keyof BackendFigures, string][] = [
  ["bare", "a bare write"],
  ["acquire", "acquire, uncontended"],
  ["release", "release, uncontended"],
  ["wakeUp", "a waiter gets in after a release"],
  ["contended", "16 contenders, one name"],
];

const run = async ({ signal, tell }: BenchmarkContext): Promise<Findings> => {
  const names = Object.keys(startContender) as BackendName[];
  const measured: [BackendName, BackendFigures][] = [];
  for (const name of names) {
    tell(`Measuring: ${name} …`);
    const figures = await withResources(async (resources) =>
      measureBackend(await startContender[name](resources), signal),
    );
    measured.push([name, figures]);
  }
  const results: Result[] = groups.flatMap(([kind, group]) =>
    measured.map(([name, figures]) => ({ group, name, figures: figures[kind] })),
  );
  return { results, targets: targetsOf(new Map(measured)), notes, columns };
};

const targetsOf = (measured: ReadonlyMap<BackendName, BackendFigures>): Target[] => {
  const roundTrips = (name: BackendName, kind: "acquire" | "release" | "wakeUp"): number =>
    measured.get(name)![kind]["roundTrips"]!.median;
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
  "DynamoDB is the embedded engine; Redis keeps nothing on disk; ZooKeeper is one server that does " +
    "not wait for its disk. A waiter has waited for 100 ms when the holder releases.",
];

export const locksBenchmark: Benchmark = {
  description: "the five locks: acquire, release, wake-up and contention",
  run,
};
