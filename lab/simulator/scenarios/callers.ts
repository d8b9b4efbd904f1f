/** Callers of Holdfast: shops that repeat a call under its key until they know what became of it. */
import type { Reservation } from "../../../inventory/reservations/reservation.ts";
import { levelNameOf } from "../../../inventory/stock/level-key.ts";
import type { Response } from "../cloud/holdfast.ts";
import type { ShopCall } from "../cloud/shop-calls.ts";
import type { World } from "../world.ts";
import type { Answers } from "./answers.ts";
import type { Load } from "./scenario.ts";

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

/** The reservation that a response shows; undefined for one without. */
export const reservationOf = (response: Response): Reservation | undefined =>
  response.kind === "outcome" && "reservation" in response.outcome
    ? response.outcome.reservation
    : undefined;

export const reservationIdOf = (response: Response): string | undefined =>
  reservationOf(response)?.reservationId;

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

/**
 * Puts units of several stock levels on the shelf, by their keys.
 *
 * @param shardsOf the rows of each level; undefined where Holdfast chooses
 */
export const stockUp = (
  world: World,
  levels: readonly string[],
  onHand: number,
  shardsOf: (levelKey: string) => number | undefined = () => undefined,
): Promise<unknown> =>
  Promise.all(
    levels.map((key) => {
      const shards = shardsOf(key);
      const input = { ...levelNameOf(key), onHand, ...(shards !== undefined && { shards }) };
      return persist(world, { operation: "setStock", input }, 20);
    }),
  );

/** Buyers come at the rate of the load: first those of its warm-up, whose answers do not count. */
export const buyersAtRate = (
  world: World,
  { rate, seconds, warmUpSeconds = 0 }: Load,
  answers: Answers,
  buy: (buyer: number) => Promise<unknown>,
): Promise<void> => {
  answers.measureFrom(world.time.nowMs + warmUpSeconds * 1_000);
  return atRate(world, rate, warmUpSeconds + seconds, buy);
};

/**
 * Starts `work` at random instants, at a rate a second for so many seconds; resolves with the last.
 *
 * @param label of the instants: those of one label are the same, in units of the rate
 */
export const atRate = async (
  world: World,
  rate: number,
  seconds: number,
  work: (index: number) => Promise<unknown>,
  label = "arrivals",
): Promise<void> => {
  const arrivals = world.random.fork(label);
  const endsAtMs = world.time.nowMs + seconds * 1_000;
  const running: Promise<unknown>[] = [];
  for (let index = 0; ; index += 1) {
    await world.sleep(arrivals.untilNextMs(rate));
    if (world.time.nowMs >= endsAtMs) break;
    running.push(work(index));
  }
  await Promise.all(running);
};
