import { startApp } from "../app/start-app.ts";
import { withResources } from "../app/with-resources.ts";
import type { BenchmarkContext } from "../harness/benchmark.ts";
import { atLeast, type Findings } from "../report/report.ts";
import { operationsPerSecond, runLoad, type Operation } from "../harness/load.ts";
import { median, ratios, summarize } from "../report/statistics.ts";
import { createContenders } from "./contenders.ts";
import { checkStock, fillStock } from "./stock.ts";

const thousands = 100;
/** The thousands at either end that are compared, after the first ones, which warm up. */
const comparedThousands = 10;
const warmUpThousands = 3;

/** Whether 100,000 reservations over HTTP leave the local run as fast as they found it. */
export const measureEndurance = async (
  assemblyPath: string,
  skus: readonly string[],
  context: BenchmarkContext,
): Promise<Findings> => {
  context.tell("Starting the app …");
  const rates = await withResources(async (resources) => {
    const app = resources.use(await startApp(assemblyPath));
    const contenders = resources.use(createContenders(app));
    await fillStock(contenders.inventory, skus, context.signal);
    const measured = await measureThousands(contenders.over(skus).http, context);
    await checkStock(contenders.inventory, contenders.reservedUnits());
    return measured;
  });
  return compareEnds(rates);
};

/** @returns operations per second of each thousand */
const measureThousands = async (
  reserve: Operation,
  { signal, tell }: BenchmarkContext,
): Promise<number[]> => {
  const bounds = { inFlight: 16, operationsMax: 1_000, durationMsMax: 60_000 };
  const rates: number[] = [];
  for (let thousand = 1 - warmUpThousands; thousand <= thousands; thousand += 1) {
    const rate = operationsPerSecond(await runLoad(reserve, bounds, signal));
    if (thousand > 0) rates.push(rate);
    if (thousand > 0 && thousand % 10 === 0) {
      tell(`${thousand},000 reserved, ${Math.round(median(rates.slice(-10)))} per second …`);
    }
  }
  return rates;
};

const compareEnds = (rates: readonly number[]): Findings => {
  const first = rates.slice(0, comparedThousands);
  const last = rates.slice(-comparedThousands);
  const ratio = summarize(ratios(last, Array<number>(comparedThousands).fill(median(first))));
  const group = "16 in flight, 1,000 SKUs, over HTTP";
  return {
    results: [
      { group, name: "at first", figures: { operationsPerSecond: summarize(first) } },
      {
        group,
        name: `after ${thousands},000`,
        figures: { operationsPerSecond: summarize(last), ratioToFirst: ratio },
      },
    ],
    targets: [atLeast("The last thousands' ratio to the first", 0.9, ratio.median)],
    notes: [`Medians of ${comparedThousands} times 1,000 reservations at either end.`],
    charts: [],
    columns: [
      { figure: "operationsPerSecond", title: "per second", fractionDigits: 0, showsSpread: true },
      { figure: "ratioToFirst", title: "of first", fractionDigits: 2, showsSpread: true },
    ],
  };
};
