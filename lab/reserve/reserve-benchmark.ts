/**
 * A reservation by three ways on one engine in one run: the bare update and put by the SDK, the engine
 * of inventory/, and HTTP through the local run. Next: contenders.ts, metered-pass.ts.
 */
import { startApp } from "../app/start-app.ts";
import { withResources } from "../app/with-resources.ts";
import type { Benchmark, BenchmarkContext } from "../harness/benchmark.ts";
import {
  atLeast,
  atMost,
  equal,
  type Chart,
  type Column,
  type Findings,
  type Result,
  type Target,
} from "../report/report.ts";
import { latencyFigures } from "../harness/latency-figures.ts";
import { asLoads, operationsPerSecond, type LoadBounds, type LoadResult } from "../harness/load.ts";
import { runRounds, type RoundBounds } from "../harness/rounds.ts";
import { ratios, summarize } from "../report/statistics.ts";
import { createContenders, type ContenderName } from "./contenders.ts";
import { measureEndurance } from "./endurance.ts";
import { livesGroup, startMeteredPass } from "./metered-pass.ts";
import { checkStock, fillStock } from "./stock.ts";

interface Load {
  group: string;
  skus: string[];
  bounds: LoadBounds;
}

const oneSku = ["bench-one"];
const thousandSkus = Array.from({ length: 1_000 }, (_, index) => `bench-${1_000 + index}`);
const alone = { inFlight: 1, operationsMax: 300, durationMsMax: 400 };
const crowd = { inFlight: 16, operationsMax: 400, durationMsMax: 700 };
const roundBounds: RoundBounds = { warmUpRounds: 2, rounds: 7 };

const loads: Load[] = [
  { group: "1 in flight, one SKU", skus: oneSku, bounds: alone },
  { group: "1 in flight, 1,000 SKUs", skus: thousandSkus, bounds: alone },
  { group: "16 in flight, one SKU", skus: oneSku, bounds: crowd },
  { group: "16 in flight, 1,000 SKUs", skus: thousandSkus, bounds: crowd },
];

const columns: Column[] = [
  { figure: "operationsPerSecond", title: "per second", fractionDigits: 0, showsSpread: true },
  { figure: "ratioToRaw", title: "of raw", fractionDigits: 2, showsSpread: true },
  { figure: "p50Ms", title: "p50 ms", fractionDigits: 2 },
  { figure: "p99Ms", title: "p99 ms", fractionDigits: 2 },
  { figure: "requestsPerOperation", title: "requests", fractionDigits: 2 },
  { figure: "writeUnitsPerOperation", title: "write units", fractionDigits: 1 },
  { figure: "readUnitsPerOperation", title: "read units", fractionDigits: 1 },
];

const contenderNames: ContenderName[] = ["raw", "engine", "http"];

const charts: Chart[] = [
  {
    title: "Reservations a second with 16 in flight: more is better",
    caption:
      "The engine keeps up with the bare update and put that it writes; HTTP costs about half.",
    figures: ["operationsPerSecond"],
    unit: "/s",
    fractionDigits: 0,
    scale: "linear",
    groups: loads.filter(({ bounds }) => bounds === crowd).map(({ group }) => group),
  },
  {
    title: "A reservation's time with no other under way, from p50 to p99: less is better",
    caption:
      "The engine adds little to the bare update and put; most of the time is the database's.",
    figures: ["p50Ms", "p99Ms"],
    unit: "ms",
    fractionDigits: 1,
    scale: "linear",
    groups: loads.filter(({ bounds }) => bounds === alone).map(({ group }) => group),
  },
];

const run = async (context: BenchmarkContext): Promise<Findings> => {
  const { signal, tell, endurance } = context;
  const assemblyPath = await context.assembly();
  if (endurance) return measureEndurance(assemblyPath, thousandSkus, context);

  const results: Result[] = [];
  let engine = "";
  for (const load of loads) {
    tell(`Measuring: ${load.group} …`);
    const measured = await measureLoad(assemblyPath, load, signal);
    results.push(...measured.results);
    engine = measured.engine;
  }
  tell("Counting requests and capacity units …");
  results.push(...(await addMeteredFigures(results, assemblyPath, signal)));
  return { results, targets: targetsOf(results), notes: notesOn(engine), columns, charts };
};

/** Each load has an app and a database of its own, so that none is slower for coming later. */
const measureLoad = (
  assemblyPath: string,
  { group, skus, bounds }: Load,
  signal: AbortSignal,
): Promise<{ engine: string; results: Result[] }> =>
  withResources(async (resources) => {
    const app = resources.use(await startApp(assemblyPath));
    signal.throwIfAborted();
    const contenders = resources.use(createContenders(app));
    await fillStock(contenders.inventory, skus, signal);
    const turns = asLoads(contenders.over(skus), bounds, signal);
    const rounds = await runRounds(turns, roundBounds, signal);
    await checkStock(contenders.inventory, contenders.reservedUnits());
    const results = contenderNames.map((name) => ({
      group,
      name,
      figures: figuresOf(rounds, name),
    }));
    return { engine: app.engine, results };
  });

const figuresOf = (rounds: Record<ContenderName, LoadResult[]>, name: ContenderName) => {
  const rates = rounds[name].map(operationsPerSecond);
  return {
    operationsPerSecond: summarize(rates),
    ratioToRaw: summarize(ratios(rates, rounds.raw.map(operationsPerSecond))),
    ...latencyFigures(rounds[name].map(({ latenciesMs }) => latenciesMs)),
  };
};

/** Adds the counts of the loads. Returns the results that are counted and not timed. */
const addMeteredFigures = (
  results: readonly Result[],
  assemblyPath: string,
  signal: AbortSignal,
): Promise<Result[]> =>
  withResources(async (resources) => {
    const pass = await startMeteredPass(assemblyPath, resources, signal);
    for (const { group, skus, bounds } of loads) {
      const figures = await pass.reserve(skus, bounds.inFlight);
      for (const result of results.filter((one) => one.group === group)) {
        Object.assign(result.figures, figures[result.name as ContenderName]);
      }
    }
    return pass.lives();
  });

/** The greatest number of write units of a reservation until its end. */
const writeUnitsMax = { "hold and confirm": 6, "with an order id": 8, "a cart of five": 16 };

const targetsOf = (results: readonly Result[]): Target[] => {
  const median = (group: string, name: string, figure: string): number =>
    results.find((one) => one.group === group && one.name === name)!.figures[figure]!.median;
  const ofGroup = (group: string): Target[] => [
    atLeast(`${group}: the engine's ratio to raw`, 0.85, median(group, "engine", "ratioToRaw")),
    atLeast(`${group}: HTTP's ratio to raw`, 0.4, median(group, "http", "ratioToRaw")),
  ];
  const quiet = "1 in flight, 1,000 SKUs";
  return [
    ...loads.filter(({ bounds }) => bounds === crowd).flatMap(({ group }) => ofGroup(group)),
    equal(`${quiet}: the engine's requests`, 2, median(quiet, "engine", "requestsPerOperation")),
    ...Object.entries(writeUnitsMax).map(([name, max]) =>
      atMost(`${name}: write units`, max, median(livesGroup, name, "writeUnitsPerOperation")),
    ),
  ];
};

const notesOn = (engine: string): string[] => [
  `All on one ${engine}, as npm start runs it, in turns, each way first in a third of the rounds. Medians of the ` +
    "rounds; ± is half the distance of their quartiles. Ratios are taken within each round. Each " +
    "load has a database of its own.",
  "Requests are counted on the wire, in a pass of their own by way of a counting proxy. Units are " +
    "the engine's answers to ReturnConsumedCapacity=INDEXES through the same proxy: a write is 1 per " +
    "started KB of an item, a write of an index entry 1. Functions that read the tables' streams, and " +
    "the ledger that is written from them, are behind every way alike, and not counted.",
];

export const reserveBenchmark: Benchmark = {
  description: "a reservation by the bare update and put, by the engine and over HTTP",
  run,
};
