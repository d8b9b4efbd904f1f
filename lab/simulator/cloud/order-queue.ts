/**
 * The queue of order events: each message is delivered at least once, in any order, and again after a
 * failure, as functions/orders.ts has it: early and failed messages are retried, late ones go to the
 * dead-letter queue.
 */
import { receivesMax, redeliverySecondsMax } from "../../../contract/bounds.ts";
import type { Faults } from "../faults.ts";
import type { Random, Range } from "../time/random.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import type { Holdfast, Response } from "./holdfast.ts";
import type { ShopCall } from "./shop-calls.ts";

export type OrderCall = Extract<ShopCall, { operation: `${string}Order` }>;

export interface OrderQueue {
  send(call: OrderCall): void;
  /** Messages that are not done yet. */
  readonly length: number;
  readonly deadLetters: readonly OrderCall[];
}

const deliveryMs: Range = [10, 100];

export const createOrderQueue = (
  time: VirtualTime,
  random: Random,
  holdfast: Holdfast,
  faults: () => Faults,
): OrderQueue => {
  const deadLetters: OrderCall[] = [];
  let length = 0;

  const after = (delayMs: number, work: () => Promise<void>): void =>
    void time.schedule(time.nowMs + delayMs, () => void work());

  const deliver = async (call: OrderCall, receives: number): Promise<void> => {
    const response = await holdfast.send(call);
    if (isDone(response)) length -= 1;
    else if (isFinal(response) || receives >= receivesMax) {
      deadLetters.push(call);
      length -= 1;
    } else {
      const seconds = 2 ** (receives - 1) * (0.5 + random.next() / 2);
      const waitMs = Math.min(redeliverySecondsMax, Math.max(1, seconds)) * 1_000;
      after(waitMs, () => deliver(call, receives + 1));
    }
  };

  const send = (call: OrderCall): void => {
    length += 1;
    after(random.within(deliveryMs), () => deliver(call, 1));
    if (!random.chance(faults().redelivered)) return;
    length += 1;
    after(random.within([100, 5_000]), () => deliver(call, 1));
  };

  return {
    send,
    get length() {
      return length;
    },
    deadLetters,
  };
};

/** Outcomes of events that are too early: they are retried. */
const early: readonly string[] = ["unknown_order", "not_confirmed"];
/** Outcomes of events that no retry can help. */
const late: readonly string[] = ["not_held", "changed"];

const isDone = (response: Response): boolean =>
  response.kind === "outcome" &&
  ![...early, ...late, "exceeds_order"].includes(response.outcome.outcome);

function isFinal(response: Response): boolean {
  if (response.kind !== "outcome") return false;
  const { outcome } = response;
  return outcome.outcome === "exceeds_order" ? outcome.isFinal : late.includes(outcome.outcome);
}
