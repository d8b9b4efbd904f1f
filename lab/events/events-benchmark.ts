/**
 * The whole path of an order that comes as an event, and how soon the world is told of what was
 * committed, beside the emulator of SNS and SQS alone. Next: routes.ts for both ways, arrivals.ts for
 * what makes the benchmark fail.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { idlePauseMs } from "../../local/event-sources/stream-poller.ts";
import { openInventory } from "../app/open-inventory.ts";
import { startApp } from "../app/start-app.ts";
import { withResources } from "../app/with-resources.ts";
import type { Benchmark, BenchmarkContext } from "../harness/benchmark.ts";
import {
  atLeast,
  atMost,
  type Chart,
  type Column,
  type Findings,
  type Result,
  type Target,
} from "../report/report.ts";
import { latencyFigures, type Latencies } from "../harness/latency-figures.ts";
import type { RoundBounds } from "../harness/rounds.ts";
import { exactly, ratios, summarize } from "../report/statistics.ts";
import { createHttpClient } from "../reserve/http-client.ts";
import { checkStock, fillStock } from "../reserve/stock.ts";
import { measureDelivery } from "./measure-delivery.ts";
import { measureThroughput } from "./measure-throughput.ts";
import { openRoutes, type Order, type RouteName } from "./routes.ts";

const skus = Array.from({ length: 100 }, (_, index) => `bench-${100 + index}`);

const crowd = { orders: 400, warmUpRounds: 1, rounds: 5 };
/** The pauses are no multiple of the poller's, so that orders fall into all parts of its turn. */
const steady = { orders: 100, apartMs: 37, warmUpRounds: 1, rounds: 5 };

const settlingMs = 500;

const columns: Column[] = [
  { figure: "eventsPerSecond", title: "per second", fractionDigits: 0, showsSpread: true },
  { figure: "ratioToBare", title: "of bare", fractionDigits: 3, showsSpread: true },
  { figure: "p50Ms", title: "p50 ms", fractionDigits: 0, showsSpread: true },
  { figure: "p99Ms", title: "p99 ms", fractionDigits: 0, showsSpread: true },
  { figure: "repeats", title: "repeats", fractionDigits: 0 },
];

const groups = { throughput: `${crowd.orders} orders at once`, delivery: "27 orders a second" };

const charts: Chart[] = [
  {
    title: "From the commit to the receiver, from p50 to p99: less is better",
    caption:
      "Whoever listens hears of a reservation within about a tenth of a second, most of which is " +
      "the pause between two looks at a stream.",
    figures: ["p50Ms", "p99Ms"],
    unit: "ms",
    fractionDigits: 0,
    scale: "logarithmic",
    groups: [groups.delivery],
  },
  {
    title: "Orders a second, from their event to ours: more is better",
    caption: "The whole path, its transaction included, beside the emulator of SNS and SQS alone.",
    figures: ["eventsPerSecond"],
    unit: "/s",
    fractionDigits: 0,
    scale: "logarithmic",
    groups: [groups.throughput],
  },
];

const run = ({ signal, tell, assembly }: BenchmarkContext): Promise<Findings> =>
  withResources(async (resources) => {
    const app = resources.use(await startApp(await assembly()));
    signal.throwIfAborted();
    const { inventory } = resources.use(openInventory(app));
    const http = resources.use(createHttpClient(app.endpoint));
    const { bare, path } = await openRoutes(app, resources);
    await fillStock(inventory, skus, signal);

    tell(`Measuring: ${crowd.orders} orders at once …`);
    const rates = await measureThroughput({ bare, path }, orders("event"), crowd, signal);
    tell("Measuring: the time until an event is received …");
    const ways = {
      bare: { arrivals: bare.arrivals, send: (order: Order) => bare.send([order]) },
      path: {
        arrivals: path.arrivals,
        send: async ({ orderId, sku }: Order) => {
          const json = JSON.stringify({ lines: [{ sku, quantity: 1 }], orderId });
          const { status, body } = await http.post("/v1/reservations", json);
          if (status !== 201) throw new Error(`http: ${status} ${body}`);
        },
      },
    };
    const times = await measureDelivery(ways, orders("http"), steady, signal);
    // A second event of an order would have come by then.
    await sleep(settlingMs, undefined, { signal });
    await path.arrivals.completed(signal);
    await checkStock(inventory, sentIn(crowd) + sentIn(steady));
    const repeats = { bare: bare.arrivals.repeats(), path: path.arrivals.repeats() };
    const results = resultsOf(rates, times, repeats);
    return {
      results,
      targets: targetsOf(results),
      notes: notesOn(app.engine),
      columns,
      charts,
    };
  });

const sentIn = ({ orders: each, warmUpRounds, rounds }: RoundBounds & { orders: number }): number =>
  each * (warmUpRounds + rounds);

const orders = (prefix: string): (() => Order) => {
  let count = 0;
  return () => {
    count += 1;
    return { orderId: `${prefix}-${count}`, sku: skus[count % skus.length]! };
  };
};

const resultsOf = (
  rates: Record<RouteName, number[]>,
  times: Record<RouteName, Latencies[]>,
  repeats: Record<RouteName, number>,
): Result[] => {
  const names: RouteName[] = ["bare", "path"];
  return [
    ...names.map((name) => ({
      group: groups.throughput,
      name,
      figures: {
        eventsPerSecond: summarize(rates[name]),
        ratioToBare: summarize(ratios(rates[name], rates.bare)),
        repeats: exactly(repeats[name]),
      },
    })),
    ...names.map((name) => ({
      group: groups.delivery,
      name,
      figures: latencyFigures(times[name]),
    })),
  ];
};

const targetsOf = (results: readonly Result[]): Target[] => {
  const ofPath = (group: string, figure: string): number =>
    results.find((one) => one.group === group && one.name === "path")!.figures[figure]!.median;
  return [
    atLeast("The path's ratio to bare", 0.05, ofPath(groups.throughput, "ratioToBare")),
    atMost("From commit to delivery, ms at p99,", 250, ofPath(groups.delivery, "p99Ms")),
  ];
};

const notesOn = (engine: string): string[] => [
  "bare is the emulator alone: order.placed published in batches of 10 on a topic, and received from " +
    `a queue that is subscribed to it. path is the app on one ${engine}, as npm start runs it: the ` +
    "same messages on OrderEvents, the queue, the orders function, the transaction, the stream, the " +
    "publish function, InventoryEvents, and our queue. So the path has the emulator twice; all else " +
    "of it is ours. Both in turns on one emulator, whichever is first alternates; medians of the " +
    "rounds; ± is half the distance of their quartiles.",
  "per second: from the first one sent to the last one received. Each order must have exactly one " +
    "event, whose id is counted once; repeats are deliveries of one that had come before. One that " +
    "is missing, a second one, or stock that says otherwise fails the benchmark.",
  "ms: bare from the publishing, path from the event's own time, which is read just before the " +
    "transaction of a reservation over HTTP, until it is received. " +
    `Ours of it is mostly the pause of ${idlePauseMs} ms between looks at a stream in which there ` +
    "was nothing, about half of it at the median; on AWS, Lambda looks about 4 times a second. The emulator " +
    "has no such pause: it answers a request that waits as soon as a message has come.",
];

export const eventsBenchmark: Benchmark = {
  description: "orders that come as events, and events of what was committed, to their receiver",
  run,
};
