/**
 * Orders of 1 to 500 lines, under leases and without, alone and among small orders over the same
 * SKUs. Next: shop.ts, measure-orders.ts; ../servers/conflict-proxy.ts, by which the engine of this
 * machine refuses transactions, those of the leases, as AWS does.
 */
import { multiItemStrategies } from "../../contract/tables.ts";
import { withResources } from "../app/with-resources.ts";
import type { Benchmark, BenchmarkContext } from "../harness/benchmark.ts";
import type { RoundBounds } from "../harness/rounds.ts";
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
import { fillStock } from "../reserve/stock.ts";
import { streams, type Figures, type TriesBounds } from "./measure-orders.ts";
import { measureAlone, measureContended, type Contended } from "./measure-strategies.ts";
import { openShops, transactionMs, type ByStrategy } from "./shops.ts";

const sizes = [1, 2, 5, 20, 99, 500];
/** The smallest order that can be under leases, a usual one, and the largest. */
const sizesAmong = [2, 5, 500];
const largeCart = 40;

const aloneBounds: RoundBounds & TriesBounds = {
  warmUpRounds: 1,
  rounds: 5,
  triesMax: 60,
  durationMsMax: 400,
};
/** Warmed up by the rounds alone, which are the same orders by the same way. */
const amongBounds: RoundBounds & TriesBounds = {
  warmUpRounds: 0,
  rounds: 5,
  triesMax: 60,
  durationMsMax: 600,
};
const largeCartBounds: RoundBounds & TriesBounds = {
  warmUpRounds: 0,
  rounds: 5,
  triesMax: 10,
  durationMsMax: 3_000,
};

const groups = {
  alone: "alone",
  among: `among ${streams} streams of 1 to 3 lines`,
  largeCart: `a cart of ${largeCart} lines among them`,
};

const skusOf = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `bench-${1_000 + index}`);

const columns: Column[] = [
  { figure: "requests", title: "requests", fractionDigits: 1 },
  { figure: "writeUnits", title: "units", fractionDigits: 0 },
  { figure: "p50Ms", title: "p50 ms", fractionDigits: 1 },
  { figure: "p99Ms", title: "p99 ms", fractionDigits: 0 },
  { figure: "perSecond", title: "/s", fractionDigits: 1 },
  { figure: "ratioToOptimistic", title: "ratio", fractionDigits: 2, showsSpread: true },
  { figure: "heldShare", title: "held %", fractionDigits: 0 },
  { figure: "conflictsPerSecond", title: "refused", fractionDigits: 0 },
  { figure: "smallPerSecond", title: "small/s", fractionDigits: 0 },
];

const charts: Chart[] = [
  {
    title: "An order alone, by its lines, from p50 to p99: less is better",
    caption: "Leases cost two more round trips, and two more transactional writes for each line.",
    figures: ["p50Ms", "p99Ms"],
    unit: "ms",
    fractionDigits: 0,
    scale: "logarithmic",
    groups: [groups.alone],
  },
  {
    title: `How many carts of ${largeCart} lines get in among small orders, in %: more is better`,
    caption: "Under leases a large cart waits for each small order that has one of its SKUs.",
    figures: ["heldShare"],
    unit: "%",
    fractionDigits: 0,
    scale: "linear",
    groups: [groups.largeCart],
  },
];

const run = ({ signal, tell, assembly }: BenchmarkContext): Promise<Findings> =>
  withResources(async (resources) => {
    const shops = await openShops(await assembly(), resources);
    await fillStock(shops.own.leased.inventory, skusOf(Math.max(...sizes)), signal);
    const alone: Result[] = [];
    const among: Measured<Contended>[] = [];
    for (const size of sizes) {
      const title = linesOf(size);
      tell(`Measuring: ${title}, alone …`);
      const figures = await measureAlone(shops, skusOf(size), aloneBounds, signal);
      alone.push(...ofEach(figures, title).map((one) => resultOf(groups.alone, one)));
    }
    // After all of those, which must not meet a lease that somebody left in the crowd.
    for (const size of sizesAmong) {
      const title = linesOf(size);
      tell(`Measuring: ${title}, among others …`);
      const measured = await measureContended(shops, skusOf(size), amongBounds, signal);
      among.push(...ofEach(measured, title));
    }
    tell(`Measuring: ${groups.largeCart} …`);
    const cart = await measureContended(shops, skusOf(largeCart), largeCartBounds, signal);
    const carts = ofEach(cart, linesOf(largeCart));
    return {
      results: [
        ...alone,
        ...among.map((one) => resultOf(groups.among, one)),
        ...carts.map((one) => resultOf(groups.largeCart, one)),
      ],
      targets: [...targetsOf(alone), cartTarget(cart.optimistic)],
      notes: [...notes, noteOnBusy([...among, ...carts])],
      columns,
      charts,
    };
  });

const linesOf = (size: number): string => `${size} ${size === 1 ? "line" : "lines"}`;

type Measured<What> = What & { name: string };

/** What was measured by each strategy, with a name. */
const ofEach = <What>(measured: ByStrategy<What>, title: string): Measured<What>[] =>
  multiItemStrategies.map((strategy) => ({
    ...measured[strategy],
    name: `${title} ${strategy}`,
  }));

const resultOf = (group: string, { name, figures }: Measured<{ figures: Figures }>): Result => ({
  group,
  name,
  figures,
});

const targetsOf = (alone: readonly Result[]): Target[] => {
  const requests = (name: string): number =>
    alone.find((one) => one.name === name)!.figures["requests"]!.median;
  // One for each row, and one for the reservation; leases are taken and released.
  return [2, 5, 20].flatMap((size) => [
    atMost(`${size} lines: requests under leases`, size + 3, requests(`${size} lines leased`)),
    equal(`${size} lines: requests without`, size + 1, requests(`${size} lines optimistic`)),
  ]);
};

const cartTarget = ({ held, tries }: Contended): Target =>
  atLeast(
    `${largeCart} lines without leases: held of ${tries} tries, in %`,
    99,
    (100 * held) / tries,
  );

const notes = [
  "Leased and optimistic take turns in each round; medians of the rounds. ratio: orders a second to " +
    "optimistic's in the same round; ± is half the distance of the quartiles.",
  "Requests and write units are counted on the wire in a pass of their own. Times are taken through " +
    "a proxy that treats transactions as AWS does: each takes " +
    `${transactionMs} ms more, and a write to one of its items meanwhile is refused ` +
    "(TransactionConflict), where the embedded engine would do one after the other.",
  "held %: the share of the tries of a round that were held within the time of a function (9.5 s); the " +
    "others were answered 503. refused: requests a second, of all callers, that met a conflict. small/s: " +
    "orders of the streams beside it that were held. /s, and its ratio, count orders that were held in " +
    "the time of all tries.",
];

/** A median of rounds hides the one try that was refused. */
const noteOnBusy = (contended: readonly Measured<Contended>[]): string => {
  const busy = contended.filter(({ held, tries }) => held < tries);
  const counts = busy.map(({ name, held, tries }) => `${tries - held} of ${tries} (${name})`);
  return busy.length === 0
    ? "No try among others was answered 503."
    : `Answered 503 in all rounds together: ${counts.join("; ")}.`;
};

export const ordersBenchmark: Benchmark = {
  description: "orders of 1 to 500 lines, under leases and without, alone and among others",
  run,
};
