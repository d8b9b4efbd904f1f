import { runLoad } from "../harness/load.ts";
import { runRounds, type Contender, type RoundBounds } from "../harness/rounds.ts";
import type { Order, Route, RouteName } from "./routes.ts";

export interface ThroughputBounds extends RoundBounds {
  /** Sent at once, and waited for together. */
  orders: number;
}

const batchSize = 10;
const batchesInFlight = 4;

/** @returns by the route its rates of the rounds: from the first one sent to the last one heard */
export const measureThroughput = (
  routes: Record<RouteName, Route>,
  nextOrder: () => Order,
  bounds: ThroughputBounds,
  signal: AbortSignal,
): Promise<Record<RouteName, number[]>> => {
  const { orders } = bounds;
  const sendAll =
    ({ arrivals, send }: Route): Contender<number> =>
    async () => {
      const unsent = Array.from({ length: orders }, nextOrder);
      for (const { orderId } of unsent) arrivals.expect(orderId);
      const sendNext = () => send(unsent.splice(0, batchSize));
      const batches = {
        inFlight: batchesInFlight,
        operationsMax: Math.ceil(orders / batchSize),
        durationMsMax: Number.POSITIVE_INFINITY,
      };
      const beganAtMs = performance.now();
      await runLoad(sendNext, batches, signal);
      await arrivals.completed(signal);
      return (orders * 1000) / (performance.now() - beganAtMs);
    };
  const { bare, path } = routes;
  return runRounds({ bare: sendAll(bare), path: sendAll(path) }, bounds, signal);
};
