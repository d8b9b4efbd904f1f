/**
 * Orders of 1 to 500 lines, under leases and without, alone and among small orders over the same
 * SKUs. Next: shop.ts, measure-orders.ts; ../servers/conflict-proxy.ts for what makes the engine of
 * this machine refuse transactions as AWS does.
 */
import { join } from "node:path";
import {
  locksTable,
  multiItemStrategies,
  reservationsTable,
  stockTable,
  type MultiItemStrategy,
} from "../../contract/tables.ts";
import { startApp } from "../app/start-app.ts";
import { synthesize } from "../app/synthesize.ts";
import { createTemporaryFolder } from "../app/temporary-folder.ts";
import { withResources } from "../app/with-resources.ts";
import type { Benchmark, BenchmarkContext } from "../harness/benchmark.ts";
import {
  atLeast,
  atMost,
  equal,
  type Column,
  type Findings,
  type Result,
  type Target,
} from "../report/report.ts";
import { startMeter } from "../reserve/meter.ts";
import { fillStock } from "../reserve/stock.ts";
import { startConflictProxy } from "../servers/conflict-proxy.ts";
import { countAlone, measureAlone, measureContended, type Tries } from "./measure-orders.ts";
import { openShop } from "./shop.ts";

const sizes = [1, 2, 5, 20, 99, 500];
const largeCart = 40;
const largeCartTries = 100;
/** About what a transaction takes on AWS beside the way there and back. */
const transactionMs = 4;

const skusOf = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `bench-${1_000 + index}`);

const columns: Column[] = [
  { figure: "requests", title: "requests", fractionDigits: 1 },
  { figure: "writeUnits", title: "write units", fractionDigits: 0 },
  { figure: "p50Ms", title: "p50 ms", fractionDigits: 1 },
  { figure: "p99Ms", title: "p99 ms", fractionDigits: 1 },
  { figure: "perSecond", title: "orders/s", fractionDigits: 1 },
  { figure: "heldShare", title: "held %", fractionDigits: 0 },
  { figure: "busy", title: "busy", fractionDigits: 0 },
  { figure: "conflicts", title: "conflicts", fractionDigits: 0 },
  { figure: "smallPerSecond", title: "small/s", fractionDigits: 0 },
];

const run = (context: BenchmarkContext): Promise<Findings> =>
  withResources(async (resources) => {
    const { signal, tell } = context;
    tell("Synthesizing the app …");
    const folder = resources.use(await createTemporaryFolder());
    const assemblyPath = join(folder.path, "cdk.out");
    await synthesize(assemblyPath);
    const app = resources.use(await startApp(assemblyPath));
    const keyOf = new Map([
      [app.tables.stock, stockTable.partitionKey],
      [app.tables.reservations, reservationsTable.partitionKey],
      [app.tables.locks, locksTable.partitionKey],
    ]);
    const proxy = resources.use(await startConflictProxy(app.dynamodb, keyOf, transactionMs));
    const meter = resources.use(await startMeter(app.dynamodb));

    const shopsOf = (strategy: MultiItemStrategy) => {
      const open = (endpoint: string) => resources.use(openShop(endpoint, app.tables, strategy));
      return {
        own: open(proxy.endpoint),
        crowd: open(proxy.endpoint),
        counted: open(meter.endpoint),
      };
    };
    const shops = { leased: shopsOf("leased"), optimistic: shopsOf("optimistic") };
    await fillStock(shops.leased.own.inventory, skusOf(Math.max(...sizes)), signal);

    const alone: Result[] = [];
    const among: Result[] = [];
    for (const size of sizes) {
      for (const strategy of multiItemStrategies) {
        tell(`Measuring: ${size} lines, ${strategy} …`);
        const { own, crowd, counted } = shops[strategy];
        const skus = skusOf(size);
        const name = `${size} ${size === 1 ? "line" : "lines"}, ${strategy}`;
        const counts = await countAlone(counted, meter, skus);
        const figures = { ...counts, ...(await measureAlone(own, skus, signal)) };
        alone.push({ group: "alone", name, figures });
        const bounds = { triesMax: 200, durationMsMax: 2_500 };
        const tries = await measureContended(own, crowd, proxy.conflicts, skus, bounds, signal);
        among.push({ group: "among 16 streams of 1 to 3 lines", name, figures: tries.figures });
      }
    }

    const large: [MultiItemStrategy, Tries][] = [];
    for (const strategy of multiItemStrategies) {
      tell(`Measuring: a cart of ${largeCart} lines over hot SKUs, ${strategy} …`);
      const { own, crowd } = shops[strategy];
      const bounds = { triesMax: largeCartTries, durationMsMax: 120_000 };
      large.push([
        strategy,
        await measureContended(own, crowd, proxy.conflicts, skusOf(largeCart), bounds, signal),
      ]);
    }
    const largeResults = large.map(([name, { figures }]): Result => ({
      group: `a cart of ${largeCart} lines among them, ${largeCartTries} tries`,
      name,
      figures,
    }));
    return {
      results: [...alone, ...among, ...largeResults],
      targets: [...targetsOf(alone), ...largeTargets(large)],
      notes,
      columns,
      charts: [],
    };
  });

const targetsOf = (alone: readonly Result[]): Target[] => {
  const requests = (name: string): number =>
    alone.find((one) => one.name === name)!.figures["requests"]!.median;
  return [2, 5, 20].flatMap((size) => [
    atMost(`${size} lines: requests under leases`, 2, requests(`${size} lines, leased`)),
    equal(`${size} lines: requests without`, 1, requests(`${size} lines, optimistic`)),
  ]);
};

const largeTargets = (large: readonly [MultiItemStrategy, Tries][]): Target[] =>
  large
    .filter(([strategy]) => strategy === "leased")
    .map(([, { held, tries }]) =>
      atLeast(
        `${largeCart} lines under leases: held of ${tries} tries, in %`,
        99,
        (100 * held) / tries,
      ),
    );

const notes = [
  "Requests and write units are counted on the wire in a pass of their own. Times are taken through " +
    "a proxy that treats transactions as AWS does: each takes " +
    `${transactionMs} ms more, and whoever writes one of its items meanwhile is refused ` +
    "(TransactionConflict), where the embedded engine would do one after the other.",
  "held %: of the tries, within the wait of an order (4 s) and the time of a function (9.5 s); busy: " +
    "those that were answered 503; conflicts: requests of anybody that were refused for one. small/s: what the streams beside it got in. Orders of more than " +
    "99 lines are under leases in both strategies.",
];

export const ordersBenchmark: Benchmark = {
  description: "orders of 1 to 500 lines, under leases and without, alone and among others",
  run,
};
