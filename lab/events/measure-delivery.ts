import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../report/statistics.ts";
import type { Arrivals } from "./arrivals.ts";
import type { Order, RouteName } from "./routes.ts";

/** A way on which one order after the other is sent. */
export interface Steady {
  arrivals: Arrivals;
  send: (order: Order) => Promise<void>;
}

export interface DeliveryBounds {
  /** Sent in a round, one at a time, so many milliseconds apart. */
  orders: number;
  apartMs: number;
  warmUpRounds: number;
  rounds: number;
}

export interface DeliveryTimes {
  p50Ms: number[];
  p99Ms: number[];
}

/**
 * Sends at a steady rate, whether or not what came before has arrived.
 *
 * @returns by the way, of each round, the times from what the message tells of, or else from its
 *   sending, until it was received
 */
export const measureDelivery = async (
  ways: Record<RouteName, Steady>,
  nextOrder: () => Order,
  { orders, apartMs, warmUpRounds, rounds }: DeliveryBounds,
  signal: AbortSignal,
): Promise<Record<RouteName, DeliveryTimes>> => {
  const times: Record<RouteName, DeliveryTimes> = {
    bare: { p50Ms: [], p99Ms: [] },
    path: { p50Ms: [], p99Ms: [] },
  };
  const sendAll = async ({ arrivals, send }: Steady): Promise<number[]> => {
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
    return [...sentAtMs].map(([orderId, sentMs]) => {
      const { receivedAtMs, toldAtMs = sentMs } = arrivals.firstOf(orderId);
      return receivedAtMs - toldAtMs;
    });
  };
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    const names: RouteName[] = round % 2 === 0 ? ["bare", "path"] : ["path", "bare"];
    for (const name of names) {
      const sorted = (await sendAll(ways[name])).toSorted((a, b) => a - b);
      if (round < 0) continue;
      times[name].p50Ms.push(percentile(sorted, 0.5));
      times[name].p99Ms.push(percentile(sorted, 0.99));
    }
  }
  return times;
};
