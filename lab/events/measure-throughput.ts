import { runLoad, type Operation } from "../harness/load.ts";
import { operationsPerSecond, runRounds } from "../harness/rounds.ts";
import type { Order, Route, RouteName } from "./routes.ts";

export interface ThroughputBounds {
  /** Sent at once, and waited for together. */
  orders: number;
  warmUpRounds: number;
  rounds: number;
}

const batchSize = 10;
const batchesInFlight = 4;

/** @returns by the route its rates of the rounds: from the first one sent to the last one heard */
export const measureThroughput = async (
  routes: Record<RouteName, Route>,
  nextOrder: () => Order,
  { orders, warmUpRounds, rounds }: ThroughputBounds,
  signal: AbortSignal,
): Promise<Record<RouteName, number[]>> => {
  const sendAll =
    ({ arrivals, send }: Route): Operation =>
    async () => {
      const unsent = Array.from({ length: orders }, nextOrder);
      for (const { orderId } of unsent) arrivals.expect(orderId);
      const sendNext = () => send(unsent.splice(0, batchSize));
      const batches = {
        inFlight: batchesInFlight,
        operationsMax: Math.ceil(orders / batchSize),
        durationMsMax: Number.POSITIVE_INFINITY,
      };
      await runLoad(sendNext, batches, signal);
      await arrivals.completed(signal);
    };
  const bounds = {
    inFlight: 1,
    operationsMax: 1,
    durationMsMax: Number.POSITIVE_INFINITY,
    warmUpRounds,
    rounds,
  };
  const { bare, path } = routes;
  const loads = await runRounds({ bare: sendAll(bare), path: sendAll(path) }, bounds, signal);
  const rates = (name: RouteName) => loads[name].map((load) => orders * operationsPerSecond(load));
  return { bare: rates("bare"), path: rates("path") };
};
