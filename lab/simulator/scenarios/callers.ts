/** Callers of Holdfast: shops that repeat a call under its key until they know what became of it. */
import type { Response } from "../cloud/holdfast.ts";
import type { ShopCall } from "../cloud/shop-calls.ts";
import type { World } from "../world.ts";
import type { Answers } from "./answers.ts";

const pauseMsFirst = 200;
const triesDefault = 6;

/** Calls until there is an outcome, or `tries` times. */
export const persist = async (
  world: World,
  call: ShopCall,
  tries: number = triesDefault,
): Promise<Response> => {
  for (let attempt = 1; ; attempt += 1) {
    const response = await world.holdfast.send(call);
    if (response.kind === "outcome" || attempt >= tries) return response;
    await world.sleep(world.random.within([0.5, 1]) * pauseMsFirst * 2 ** attempt);
  }
};

/** The id of the reservation that a response shows; undefined for one without. */
export const reservationIdOf = (response: Response): string | undefined =>
  response.kind === "outcome" && "reservation" in response.outcome
    ? response.outcome.reservation.reservationId
    : undefined;

/** Waits for the response to a call that is sent at this instant, and counts it. */
export const counted = async (
  world: World,
  answers: Answers,
  responding: Promise<Response>,
): Promise<Response> => {
  const calledAtMs = world.time.nowMs;
  const response = await responding;
  answers.add(response, calledAtMs, world.time.nowMs);
  return response;
};

/** Puts units of several SKUs on the shelf. */
export const stockUp = (world: World, skus: readonly string[], onHand: number): Promise<unknown> =>
  Promise.all(
    skus.map((sku) => persist(world, { operation: "setStock", input: { sku, onHand } }, 20)),
  );

/** Starts `work` at random instants, at a rate a second for so many seconds; resolves with the last. */
export const atRate = async (
  world: World,
  rate: number,
  seconds: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> => {
  const arrivals = world.random.fork("arrivals");
  const endsAtMs = world.time.nowMs + seconds * 1_000;
  const running: Promise<unknown>[] = [];
  for (let index = 0; ; index += 1) {
    await world.sleep(arrivals.untilNextMs(rate));
    if (world.time.nowMs >= endsAtMs) break;
    running.push(work(index));
  }
  await Promise.all(running);
};
