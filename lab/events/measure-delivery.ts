import { setTimeout as sleep } from "node:timers/promises";
import type { Latencies } from "../harness/latency-figures.ts";
import { runRounds, type Contender, type RoundBounds } from "../harness/rounds.ts";
import type { Arrivals } from "./arrivals.ts";
import type { Order, RouteName } from "./routes.ts";

/** A way on which one order after the other is sent. */
export interface Steady {
  arrivals: Arrivals;
  send: (order: Order) => Promise<void>;
}

export interface DeliveryBounds extends RoundBounds {
  /** Sent in a round, one at a time, so many milliseconds apart. */
  orders: number;
  apartMs: number;
}

/**
 * Sends at a steady rate, whether or not what came before has arrived.
 *
 * @returns by the way, of each round, the times from what the message tells of, or else from its
 *   sending, until it was received, sorted
 */
export const measureDelivery = (
  ways: Record<RouteName, Steady>,
  nextOrder: () => Order,
  bounds: DeliveryBounds,
  signal: AbortSignal,
): Promise<Record<RouteName, Latencies[]>> => {
  const { orders, apartMs } = bounds;
  const sendAll =
    ({ arrivals, send }: Steady): Contender<Latencies> =>
    async () => {
      const sentAtMs = new Map<string, number>();
      const sending: Promise<void>[] = [];
      const beganAtMs = performance.now();
      for (let count = 0; count < orders; count += 1) {
        const waitMs = beganAtMs + count * apartMs - performance.now();
        if (waitMs > 0) await sleep(waitMs, undefined, { signal });
        const order = nextOrder();
        arrivals.expect(order.orderId);
        sentAtMs.set(order.orderId, Date.now());
        const sent = send(order);
        // The first that fails is told below; the others must not end the process meanwhile.
        sent.catch(arrivals.fail);
        sending.push(sent);
      }
      await Promise.all(sending);
      await arrivals.completed(signal);
      const latenciesMs = [...sentAtMs].map(([orderId, sentMs]) => {
        const { receivedAtMs, toldAtMs = sentMs } = arrivals.firstOf(orderId);
        return receivedAtMs - toldAtMs;
      });
      return latenciesMs.toSorted((a, b) => a - b);
    };
  const { bare, path } = ways;
  return runRounds({ bare: sendAll(bare), path: sendAll(path) }, bounds, signal);
};
