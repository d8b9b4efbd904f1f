/**
 * What was sent, and what of it has come. Messages may come more than once, by their ids: a benchmark
 * that counted them twice, or that lost some, would be fast for nothing.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** One delivery of a message. */
export interface Delivery {
  /** Of the order that it tells of. */
  orderId: string;
  /** The same at every delivery of the message. */
  id: string;
  /** When it was received, and of what time it tells itself, in milliseconds since the epoch. */
  receivedAtMs: number;
  toldAtMs?: number;
}

export interface Arrivals {
  /** To be called before the order is sent. */
  expect: (orderId: string) => void;
  /** @throws Error for an order that nobody sent, and for a second message of one */
  hear: (delivery: Delivery) => void;
  /** Nothing more can come: whoever waits is told why. */
  fail: (error: unknown) => void;
  /**
   * Resolves when each order that is expected has come; rejects, with those that are missing, when
   * none has come for too long.
   */
  completed: (signal: AbortSignal) => Promise<void>;
  /** The first delivery of an order's message, which must have come. */
  firstOf: (orderId: string) => Delivery;
  /** How many deliveries were of a message that had come before. */
  repeats: () => number;
}

const namedMax = 5;

/** @param silenceMsMax how long nothing may come, so that what is missing counts as lost */
export const createArrivals = (silenceMsMax = 15_000): Arrivals => {
  const missing = new Set<string>();
  const first = new Map<string, Delivery>();
  let repeats = 0;
  let heardAtMs = 0;
  const failed = new AbortController();
  let complete = new AbortController();

  const describeMissing = (): Error => {
    const named = [...missing].slice(0, namedMax).join(", ");
    const more = missing.size > namedMax ? ", …" : "";
    return new Error(
      `${missing.size} of ${missing.size + first.size} events are missing, and none has come for ` +
        `${silenceMsMax} ms: those of ${named}${more}.`,
    );
  };

  return {
    expect: (orderId) => void missing.add(orderId),
    hear: (delivery) => {
      const { orderId, id } = delivery;
      const known = first.get(orderId)?.id;
      if (known === id) {
        repeats += 1;
        return;
      }
      if (known !== undefined) {
        throw new Error(`The order ${orderId} has two events: ${known} and ${id}.`);
      }
      if (!missing.delete(orderId)) {
        throw new Error(`The event ${id} is of an order that was not sent: ${orderId}.`);
      }
      first.set(orderId, delivery);
      heardAtMs = performance.now();
      if (missing.size === 0) complete.abort();
    },
    fail: (error) => failed.abort(error),
    completed: async (signal) => {
      const stopped = AbortSignal.any([signal, failed.signal]);
      heardAtMs = performance.now();
      complete = new AbortController();
      while (missing.size > 0) {
        stopped.throwIfAborted();
        const leftMs = heardAtMs + silenceMsMax - performance.now();
        if (leftMs <= 0) throw describeMissing();
        // Whatever ends the wait, what was waited for is looked at anew.
        const ended = AbortSignal.any([stopped, complete.signal]);
        await sleep(leftMs, undefined, { signal: ended }).catch(() => {});
      }
      failed.signal.throwIfAborted();
    },
    firstOf: (orderId) => first.get(orderId)!,
    repeats: () => repeats,
  };
};
