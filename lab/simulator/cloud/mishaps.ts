/** Mishaps of a function that waits for DynamoDB: it dies, or it is frozen and continues later. */
import type { Transport } from "../doors/transport.ts";
import type { Faults } from "../faults.ts";
import type { Random } from "../time/random.ts";
import type { Environment } from "./environment.ts";

/** Each request may be the last of its environment, before it is sent or after. */
export const withMishaps =
  (
    transport: Transport,
    environment: Environment,
    random: Random,
    faults: () => Faults,
  ): Transport =>
  (request, signal) => {
    const { death, freeze, freezeMs } = faults();
    if (random.chance(death)) {
      if (random.chance(0.5)) transport(request, signal).catch(() => {});
      environment.kill();
      return new Promise(() => {});
    }
    const reply = transport(request, signal);
    if (random.chance(freeze)) environment.freeze(random.within(freezeMs));
    return reply;
  };
