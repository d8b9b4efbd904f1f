/** Reports as the lab and the benchmarks make them, with figures that were made up. */
import {
  atLeast,
  atMost,
  equal,
  reportSchema,
  type Chart,
  type Column,
  type Part,
  type Report,
  type Result,
} from "../../lab/report/report.ts";
import { exactly, type Summary } from "../../lab/report/statistics.ts";

const backends = ["dynamodb", "redis", "redisson", "zookeeper", "curator"];

const rows: [group: string, name: string][] = [
  ["Case 1, with no lock", "unguarded"],
  ...backends.map((name): [string, string] => ["Case 1 under a lock, unfenced", name]),
  ...backends.map((name): [string, string] => ["Case 1 under a lock, fenced", name]),
  ["Case 2 and the whole reserve", "case-2"],
  ["Case 2 and the whole reserve", "reserve"],
];

const withoutRedis =
  "There is no redis-server on this machine. To install: apt-get install redis-server";

/** Five rounds, a tenth up and down. */
const sampled = (median: number): Summary => ({
  median,
  low: median * 0.94,
  high: median * 1.05,
  min: median * 0.9,
  max: median * 1.1,
  samples: 5,
});

type Figures = (index: number) => Record<string, Summary>;

const resultsOf = (figures: Figures, explanation: (name: string) => string): Result[] =>
  rows.map(([group, name], index) =>
    name.startsWith("redis")
      ? { group, name, figures: {}, leftOut: withoutRedis, explanation: explanation(name) }
      : { group, name, figures: figures(index), explanation: explanation(name) },
  );

const perSecond = [2_140, 171, 412, 388, 96, 88, 163, 401, 377, 91, 84, 1_265, 1_031];
const p50Ms = [3.1, 47, 18.4, 21, 83, 91, 49, 19, 22, 88, 95, 6.2, 7.4];

const race: Part = {
  name: "race",
  title: "64 buyers run for 500 units of one SKU, all at once",
  results: resultsOf(
    (index) => ({
      sold: exactly(index === 0 ? 1_742 : 500),
      oversold: exactly(index === 0 ? 1_242 : 0),
      lostUpdates: exactly(index === 0 ? 1_242 : 0),
      falseRefusals: exactly(index === 12 ? 3 : 0),
      perSecond: sampled(perSecond[index]!),
      ratioToCase2: sampled(perSecond[index]! / perSecond[11]!),
      p50Ms: exactly(p50Ms[index]!),
      p99Ms: exactly(p50Ms[index]! * (index === 4 ? 22 : 3.7)),
      requestsPerBuy: exactly(index === 0 ? 2 : index < 11 ? 4.12 : 1.34),
    }),
    (name) =>
      name === "unguarded"
        ? "Reads the stock, takes one off and writes it back, with nothing between two buyers " +
          "who read the same figure: each of them sells the unit, and 1,242 were sold that were " +
          "not there."
        : `Takes the lock of ${name}, reads, writes and releases; nobody else reads in between, ` +
          "so that exactly 500 units were sold while every holder was awake.",
  ),
  columns: [
    { figure: "sold", title: "sold", fractionDigits: 0 },
    { figure: "oversold", title: "oversold", fractionDigits: 0 },
    { figure: "lostUpdates", title: "lost updates", fractionDigits: 0 },
    { figure: "falseRefusals", title: "false refusals", fractionDigits: 0 },
    {
      figure: "perSecond",
      title: "per second",
      fractionDigits: 0,
      showsSpread: true,
      showsBar: true,
    },
    { figure: "ratioToCase2", title: "of case 2", fractionDigits: 2 },
    { figure: "p50Ms", title: "p50 ms", fractionDigits: 1 },
    { figure: "p99Ms", title: "p99 ms", fractionDigits: 1 },
    { figure: "requestsPerBuy", title: "requests per buy", fractionDigits: 2 },
  ],
  charts: [
    {
      title: "Buys a second, more is better",
      caption:
        "A lock lets one buyer in at a time, so that a buy costs the lock's round trips as well. " +
        "A conditional write has the table decide, and nobody waits.",
      figures: ["perSecond"],
      unit: "/s",
      fractionDigits: 0,
      scale: "linear",
    },
    {
      title: "How long a buy takes, from the median to the 99th percentile, less is better",
      caption: "A long span is a lock that lets some wait for long while others pass them.",
      figures: ["p50Ms", "p99Ms"],
      unit: "ms",
      fractionDigits: 1,
      scale: "logarithmic",
    },
    {
      title: "Units sold that were not there, none is right",
      caption: "While every holder is awake, any lock will do.",
      figures: ["oversold"],
      unit: "units",
      fractionDigits: 0,
      scale: "linear",
    },
  ],
  targets: [
    equal("Oversold units under case 2", 0, 0),
    equal("False refusals of the whole reserve", 0, 3),
    atLeast("Case 2's buys a second, of the fastest lock's", 1.5, 3.07),
  ],
  notes: [
    "Medians of 5 rounds; ± is half the distance of the quartiles. Every buyer is a process of " +
      "its own.",
    "Oversold: units sold beyond the 500. Lost updates: writes that another one wrote over.",
  ],
};

const frozenColumns: Column[] = [
  { figure: "sold", title: "sold", fractionDigits: 0 },
  { figure: "oversold", title: "oversold", fractionDigits: 0, showsBar: true },
  { figure: "staleWritesRefused", title: "stale writes refused", fractionDigits: 0 },
];

const frozen: Part = {
  name: "frozen",
  title: "holders are frozen past their lease and wake up with a stale view",
  results: resultsOf(
    (index) => ({
      sold: exactly(index < 6 ? 520 - index : 500),
      oversold: exactly(index < 6 ? 20 - index : 0),
      staleWritesRefused: exactly(index < 6 ? 0 : 20),
    }),
    (name) =>
      `While a holder of ${name} slept its lease ended and another one sold; what it wrote after ` +
      "waking up is what the fence refuses.",
  ),
  columns: frozenColumns,
  charts: [
    {
      title: "Oversold units, none is right",
      caption: "A lease alone cannot stop a holder who does not know that it has ended.",
      figures: ["oversold"],
      unit: "units",
      fractionDigits: 0,
      scale: "linear",
    },
  ],
  targets: [atMost("Oversold units under a fenced lock", 0, 0)],
  notes: ["20 holders were stopped by SIGSTOP for twice their lease."],
};

const recovery: Part = {
  name: "recovery",
  title: "how long until somebody can buy again after a holder or a server has failed",
  results: resultsOf(
    (index) => ({
      afterHolderKilledMs: sampled(index > 10 ? 4.2 : index === 0 ? 0 : 900 + index * 520),
      ...(index % 5 === 1 || index > 10 ? {} : { afterServerFailedMs: exactly(1_834 + index) }),
    }),
    (name) => `After its holder was killed, ${name} let the next one in when the lease had ended.`,
  ),
  columns: [
    {
      figure: "afterHolderKilledMs",
      title: "after a holder was killed, ms",
      fractionDigits: 0,
      showsSpread: true,
      showsBar: true,
    },
    {
      figure: "afterServerFailedMs",
      title: "after the server failed, ms",
      fractionDigits: 0,
      showsBar: true,
    },
  ],
  charts: [
    {
      title: "Until the next buy after a holder was killed, less is better",
      caption: "A lock is blocked for the rest of its lease. A conditional write holds nothing.",
      figures: ["afterHolderKilledMs"],
      unit: "ms",
      fractionDigits: 0,
      scale: "logarithmic",
    },
    {
      title: "Until the next buy after the server failed, less is better",
      caption: "Only those locks that have a server of their own.",
      figures: ["afterServerFailedMs"],
      unit: "ms",
      fractionDigits: 0,
      scale: "logarithmic",
    },
  ],
  targets: [],
  notes: ["A lease of 5 s. Medians of 5 rounds."],
};

const machine = {
  processor: "AMD EPYC 9354P 32-Core Processor",
  cores: 8,
  memoryGiB: 31,
  system: "linux 6.1.0-28-amd64 x64",
  node: "v24.21.0",
  loadAverage: 0.42,
};

/** Three parts of 13 rows; on a machine without Redis. */
export const labReport: Report = {
  schema: reportSchema,
  command: "npm run lab",
  startedAt: "2026-03-14T09:26:53.000Z",
  tookSeconds: 252,
  machine,
  parts: [race, frozen, recovery],
};

const lockGroups = [
  "acquire, uncontended, on this machine",
  "release, uncontended, on this machine",
  "a waiter gets in after a release, on this machine",
  "acquire, uncontended, some way off",
  "release, uncontended, some way off",
  "16 contenders for one name, on this machine",
];

const latencyChart: Chart = {
  title: "Latency from p50 to p99, less is better",
  caption: "Near a server the client's own work weighs more than the way.",
  figures: ["p50Ms", "p99Ms"],
  unit: "ms",
  fractionDigits: 2,
  scale: "logarithmic",
  groups: lockGroups.slice(0, 5),
};

/** As `npm run bench -- reserve locks` tells: few groups and many, some with other figures. */
export const benchReport: Report = {
  schema: reportSchema,
  command: "npm run bench -- reserve locks",
  startedAt: "2026-03-14T09:26:53.000Z",
  tookSeconds: 48,
  machine,
  parts: [
    {
      name: "reserve",
      title: "a reservation by three ways: raw transaction, engine, HTTP",
      results: ["1 in flight, one SKU", "16 in flight, 1,000 SKUs"].flatMap((group, load) =>
        ["raw", "engine", "http-from-another-process-of-this-machine"].map((name, index) => ({
          group,
          name,
          figures: {
            operationsPerSecond: sampled((12_480 - index * 3_120.5) * (load + 1)),
            ratioToRaw: sampled(1 - index / 4),
          },
        })),
      ),
      columns: [
        {
          figure: "operationsPerSecond",
          title: "per second",
          fractionDigits: 0,
          showsSpread: true,
          showsBar: true,
        },
        { figure: "ratioToRaw", title: "of raw", fractionDigits: 2, showsSpread: true },
      ],
      charts: [
        {
          title: "Reservations a second, more is better",
          caption: "What the engine and HTTP add to the database's own transaction.",
          figures: ["operationsPerSecond"],
          unit: "/s",
          fractionDigits: 0,
          scale: "linear",
        },
      ],
      targets: [atLeast("HTTP's ratio to raw at 16 in flight", 0.4, 0.5)],
      notes: ["Medians of 9 rounds."],
    },
    {
      name: "locks",
      title: "the five locks: acquire, release, wake-up and contention",
      results: lockGroups.flatMap((group, place) =>
        backends.map((name, index): Result => ({
          group,
          name,
          figures:
            place === 5
              ? { perSecond: sampled(140 * (index + 1)) }
              : {
                  p50Ms: sampled(0.004 + place * 0.9 + index * 0.31),
                  p99Ms: sampled(0.02 + place * 2.2 + index * 1.7),
                },
        })),
      ),
      columns: [
        { figure: "p50Ms", title: "p50 ms", fractionDigits: 2 },
        { figure: "p99Ms", title: "p99 ms", fractionDigits: 2 },
        { figure: "perSecond", title: "per second", fractionDigits: 0, showsSpread: true },
      ],
      charts: [latencyChart],
      targets: [],
      notes: ["A round trip is the smallest write that the server knows."],
    },
  ],
};
