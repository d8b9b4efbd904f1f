/**
 * The five locks, each on its real server: on this machine, and some way off. On this machine a round
 * trip over TCP takes 20 µs of the processors' time, and so does every script; what an operation
 * takes in round trips shows where the way is what takes time. Next: contenders.ts,
 * measure-backend.ts.
 */
import type { BackendName } from "../../locks/locks.ts";
import { withResources } from "../app/with-resources.ts";
import type { Benchmark, BenchmarkContext } from "../harness/benchmark.ts";
import { asLoads, operationsPerSecond } from "../harness/load.ts";
import { runRounds, type RoundBounds } from "../harness/rounds.ts";
import {
  atMost,
  type Chart,
  type Column,
  type Findings,
  type Result,
  type Target,
} from "../report/report.ts";
import { summarize, type Summary } from "../report/statistics.ts";
import { startDelayProxy } from "../servers/delay-proxy.ts";
import { startContender, type LockContender, type Way } from "./contenders.ts";
import {
  figuresOf,
  openContention,
  openLatencies,
  type LatencyFigures,
} from "./measure-backend.ts";

type ByBackend<Value> = Record<BackendName, Value>;

const names = Object.keys(startContender) as BackendName[];
const delayMs = 2;

const latencyBounds: RoundBounds = { warmUpRounds: 1, rounds: 7 };
const contentionBounds: RoundBounds = { warmUpRounds: 1, rounds: 5 };
const contention = { inFlight: 16, operationsMax: 20_000, durationMsMax: 700 };

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

const groupOf = (title: string, place: "near" | "far"): string =>
  `${title}, ${place === "near" ? "on this machine" : "some way off"}`;

const contentionGroup = groupOf(`${contention.inFlight} contenders for one name`, "near");

const charts: Chart[] = [
  {
    title: "Round trips to acquire a lock that is free: less is better",
    caption:
      "One request is enough for all but ZooKeeper, which makes a node and then looks at it.",
    figures: ["roundTrips"],
    unit: "round trips",
    fractionDigits: 2,
    scale: "linear",
    groups: [groupOf("acquire, uncontended", "far")],
  },
  {
    title: "How soon a waiter gets in after a release, from p50 to p99: less is better",
    caption: "Whoever is told of a release gets in after two round trips; the others have to ask.",
    figures: ["p50Ms", "p99Ms"],
    unit: "ms",
    fractionDigits: 1,
    scale: "logarithmic",
    groups: [groupOf("a waiter gets in after a release", "far")],
  },
  {
    title: "Leases a second of one name that 16 want: more is better",
    caption: "Under contention those that queue their waiters lose no time between two holders.",
    figures: ["perSecond"],
    unit: "/s",
    fractionDigits: 0,
    scale: "linear",
    groups: [contentionGroup],
  },
];

const near: Way = async (port) => port;

/** Each direction takes its time, by a proxy on the stack. */
const farOn =
  (resources: AsyncDisposableStack): Way =>
  async (port) => {
    const proxy = await startDelayProxy(port, delayMs);
    resources.defer(() => proxy.stop());
    return proxy.port;
  };

/**
 * Starts all servers, and leaves them on the stack. The backends take turns in each round, so that
 * they are comparable with each other too: a server that idles meanwhile costs next to nothing.
 */
const startAll = async (
  resources: AsyncDisposableStack,
  way: Way,
  signal: AbortSignal,
): Promise<ByBackend<LockContender>> => {
  const started = new Map<BackendName, LockContender>();
  for (const name of names) {
    started.set(name, await startContender[name](resources, way));
    signal.throwIfAborted();
  }
  return ofEach((name) => started.get(name)!);
};

const ofEach = <Value>(value: (name: BackendName) => Value): ByBackend<Value> =>
  Object.fromEntries(names.map((name) => [name, value(name)])) as ByBackend<Value>;

const measureLatencies = (
  contenders: ByBackend<LockContender>,
  signal: AbortSignal,
): Promise<ByBackend<LatencyFigures>> =>
  withResources(async (resources) => {
    const turns = ofEach((name) => openLatencies(contenders[name], resources, signal));
    const rounds = await runRounds(turns, latencyBounds, signal);
    return ofEach((name) => figuresOf(rounds[name]));
  });

/** @returns acquisitions per second */
const measureContention = (
  contenders: ByBackend<LockContender>,
  signal: AbortSignal,
): Promise<ByBackend<Summary>> =>
  withResources(async (resources) => {
    const operations = ofEach((name) => openContention(contenders[name], resources));
    const turns = asLoads(operations, contention, signal);
    const rounds = await runRounds(turns, contentionBounds, signal);
    return ofEach((name) => summarize(rounds[name].map(operationsPerSecond)));
  });

const run = async ({ signal, tell }: BenchmarkContext): Promise<Findings> => {
  const here = await withResources(async (resources) => {
    tell("Starting the servers …");
    const contenders = await startAll(resources, near, signal);
    tell("Measuring: latencies on this machine …");
    const latencies = await measureLatencies(contenders, signal);
    tell(`Measuring: ${contentionGroup} …`);
    return { latencies, perSecond: await measureContention(contenders, signal) };
  });
  const far = await withResources(async (resources) => {
    tell("Measuring: latencies some way off …");
    return measureLatencies(await startAll(resources, farOn(resources), signal), signal);
  });
  const results = [
    ...latencyResults("near", here.latencies),
    ...latencyResults("far", far),
    ...names.map((name): Result => {
      const figures = { perSecond: here.perSecond[name] };
      return { group: contentionGroup, name, figures };
    }),
  ];
  return { results, targets: targetsOf(far), notes, columns, charts };
};

const latencyResults = (place: "near" | "far", latencies: ByBackend<LatencyFigures>): Result[] =>
  kinds.flatMap(([kind, title]) =>
    names.map((name) => ({
      group: groupOf(title, place),
      name,
      figures: latencies[name][kind],
    })),
  );

const targetsOf = (far: ByBackend<LatencyFigures>): Target[] => {
  const roundTrips = (name: BackendName, kind: keyof LatencyFigures): number =>
    far[name][kind]["roundTrips"]!.median;
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
    `UpdateItem without a condition, SET (over HTTP for redis), setData. Medians of ` +
    `${latencyBounds.rounds} rounds, in each of which the five take turns, of ` +
    `${contentionBounds.rounds} under contention; ± is half the distance of their quartiles. p99 in ` +
    "round trips is to the median bare write.",
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
