/**
 * A reservation by three ways on one engine in one run: the bare transaction of the SDK, the engine
 * of inventory/, and HTTP through the local run. Next: contenders.ts, metered-pass.ts.
 */
import { startApp } from "../app/start-app.ts";
import { synthesize } from "../app/synthesize.ts";
import {
  atLeast,
  equal,
  type Benchmark,
  type BenchmarkContext,
  type Column,
  type Findings,
  type Result,
  type Target,
} from "../harness/benchmark.ts";
import type { LoadResult } from "../harness/load.ts";
import { operationsPerSecond, runRounds, type RoundBounds } from "../harness/rounds.ts";
import { percentile, ratios, summarize, type Summary } from "../harness/statistics.ts";
import { createContenders, type ContenderName, type Contenders } from "./contenders.ts";
import { measureEndurance } from "./endurance.ts";
import { runMeteredPass } from "./metered-pass.ts";
import { checkStock, fillStock } from "./stock.ts";

interface Load {
  group: string;
  skus: string[];
  bounds: RoundBounds;
}

const oneSku = ["bench-one"];
const thousandSkus = Array.from({ length: 1_000 }, (_, index) => `bench-${1_000 + index}`);
const alone = { inFlight: 1, operationsMax: 300, durationMsMax: 600, warmUpRounds: 2, rounds: 9 };
const crowd = {
  inFlight: 16,
  operationsMax: 800,
  durationMsMax: 1_000,
  warmUpRounds: 3,
  rounds: 11,
};

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

const run = async (context: BenchmarkContext): Promise<Findings> => {
  const { signal, tell, endurance } = context;
  tell("Synthesizing the app, and starting it …");
  await using assembly = await synthesize();
  signal.throwIfAborted();
  await using app = await startApp(assembly.path);
  signal.throwIfAborted();
  using contenders = createContenders(app);
  await fillStock(contenders.inventory, [...oneSku, ...thousandSkus], signal);
  if (endurance) return await measureEndurance(contenders.over(thousandSkus).http, context);

  const results: Result[] = [];
  for (const load of loads) {
    tell(`Measuring: ${load.group} …`);
    results.push(...(await measure(contenders, load, signal)));
  }
  await checkStock(contenders.inventory, contenders.reservedUnits());
  tell("Counting requests and capacity units …");
  await runMeteredPass(app, assembly.path, signal, async (pass) => {
    for (const { group, skus, bounds } of loads) {
      const figures = await pass.reserve(skus, bounds.inFlight);
      for (const result of results.filter((one) => one.group === group)) {
        Object.assign(result.figures, figures[result.name as ContenderName]);
      }
    }
    results.push(...(await pass.endings()));
  });
  return { results, targets: targetsOf(results), notes: notesOn(app.engine), columns };
};

const measure = async (
  contenders: Contenders,
  { group, skus, bounds }: Load,
  signal: AbortSignal,
): Promise<Result[]> => {
  const rounds = await runRounds(contenders.over(skus), bounds, signal);
  const rates = (name: ContenderName) => rounds[name].map(operationsPerSecond);
  return contenderNames.map((name) => ({
    group,
    name,
    figures: {
      operationsPerSecond: summarize(rates(name)),
      ratioToRaw: summarize(ratios(rates(name), rates("raw"))),
      p50Ms: latency(rounds[name], 0.5),
      p99Ms: latency(rounds[name], 0.99),
    },
  }));
};

const latency = (rounds: readonly LoadResult[], share: number): Summary =>
  summarize(rounds.map(({ latenciesMs }) => percentile(latenciesMs, share)));

const targetsOf = (results: readonly Result[]): Target[] =>
  loads
    .filter(({ bounds }) => bounds.inFlight === crowd.inFlight)
    .flatMap(({ group }) => {
      const median = (name: ContenderName, figure: string): number =>
        results.find((one) => one.group === group && one.name === name)!.figures[figure]!.median;
      return [
        atLeast(`${group}: the engine's ratio to raw`, 0.85, median("engine", "ratioToRaw")),
        equal(`${group}: the engine's requests`, 1, median("engine", "requestsPerOperation")),
        atLeast(`${group}: HTTP's ratio to raw`, 0.4, median("http", "ratioToRaw")),
      ];
    });

const notesOn = (engine: string): string[] => [
  `All on one ${engine}, as npm start runs it, in turns: raw, engine, http, raw, … Medians of the ` +
    "rounds; ± is half the distance of their quartiles. Ratios are taken within each round.",
  "Requests are counted on the wire, in a pass of their own by way of a counting proxy. Units are " +
    "what the engine answers to ReturnConsumedCapacity=INDEXES through the same proxy: a " +
    "transactional write is 2 per started KB of an item, a write of an index entry 1.",
];

export const reserveBenchmark: Benchmark = {
  description: "a reservation by the bare transaction, by the engine and over HTTP",
  run,
};
