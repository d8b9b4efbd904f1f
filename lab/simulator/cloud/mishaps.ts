/** Mishaps of a function that works with DynamoDB: it dies at any await, or is frozen and continues later. */
import type { Transport } from "../doors/transport.ts";
import type { Faults } from "../faults.ts";
import type { Random, Range } from "../time/random.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import type { Environment } from "./environment.ts";

/** The time between a request and the death of its environment, in a third of the deaths. */
const laterMs: Range = [0, 100];

/** Each request may be the last of its environment: before it is sent, after that, or a little later. */
export const withMishaps =
  (
    transport: Transport,
    environment: Environment,
    time: VirtualTime,
    random: Random,
    faults: () => Faults,
  ): Transport =>
  (request, signal) => {
    const { death, freeze, freezeMs } = faults();
    const isDying = random.chance(death);
    const when = isDying ? random.pick(["before", "after", "later"] as const) : undefined;
    if (when === "before") {
      environment.kill();
      return new Promise(() => {});
    }
    const reply = transport(request, signal);
    if (when === "after") environment.kill();
    if (when === "later") {
      time.schedule(time.nowMs + random.within(laterMs), () => environment.kill());
    }
    if (random.chance(freeze)) environment.freeze(random.within(freezeMs));
    return reply;
  };
