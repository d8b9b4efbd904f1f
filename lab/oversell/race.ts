/** One race for the units of one SKU, and what is counted when it is over. */
import { percentile } from "../report/statistics.ts";
import { keyOf, type Approach } from "./approaches.ts";
import type { Buyers, RaceOptions, Tally } from "./buyers.ts";
import type { Servers } from "./servers.ts";
import type { Shelf } from "./shelf.ts";

/** Everything that the races of one run share. */
export interface Track {
  servers: Servers;
  shelf: Shelf;
  buyers: Buyers;
  /** How long a race lasts at most, in milliseconds. */
  limitMs: number;
  /** An empty folder. */
  folder: string;
  signal: AbortSignal;
}

/** What is counted of a race that was run until the units were sold out. */
export interface Count {
  sold: number;
  /** Units sold that were not there. */
  oversold: number;
  /** Sales that the count does not know of, because somebody wrote an older one over it. */
  lostUpdates: number;
  /** Buyers who were told to come again, or that nothing is left, when something was left. */
  falseRefusals: number;
  /** Writes that were refused because of a greater token. */
  staleWritesRefused: number;
}

export interface RaceFigures extends Count {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  requestsPerBuy: number;
}

const sum = (tallies: readonly Tally[], of: (tally: Tally) => number): number =>
  tallies.reduce((total, tally) => total + of(tally), 0);

export const countUp = (units: number, left: number, tallies: readonly Tally[]): Count => {
  const sold = sum(tallies, ({ soldAtMs }) => soldAtMs.length);
  const refusals = left > 0 ? sum(tallies, ({ soldOutAnswers }) => soldOutAnswers) : 0;
  return {
    sold,
    oversold: Math.max(0, sold - units),
    lostUpdates: sold - (units - left),
    falseRefusals: refusals + sum(tallies, ({ turnedAway }) => turnedAway),
    staleWritesRefused: sum(tallies, ({ superseded }) => superseded),
  };
};

/** What no race may do: it says that something else is wrong. */
export const throwFirstFailure = (approach: Approach, tallies: readonly Tally[]): void => {
  const failure = tallies.flatMap(({ failures }) => failures)[0];
  if (failure !== undefined) throw new Error(`A buyer under ${keyOf(approach)} failed: ${failure}`);
};

export const optionsOf = (track: Track, approach: Approach, sku: string): RaceOptions => ({
  approach,
  places: track.servers.places,
  sku,
  limitMs: track.limitMs,
});

/** A race in which nothing goes wrong, unless the approach does. */
export const race = async (
  track: Track,
  approach: Approach,
  units: number,
): Promise<RaceFigures> => {
  const { shelf, buyers, servers } = track;
  const sku = await shelf.stock(units);
  const requestsBefore = await servers.requests(approach.name);
  const { beganAtMs, tallies: finishing } = await buyers.begin(optionsOf(track, approach, sku));
  const tallies = await finishing;
  throwFirstFailure(approach, tallies);
  const serverRequests = (await servers.requests(approach.name)) - requestsBefore;
  const count = countUp(units, await shelf.left(sku), tallies);
  if (count.sold === 0) {
    throw new Error(
      `Nobody bought anything under ${keyOf(approach)} in ${track.limitMs / 1000} s.`,
    );
  }
  const latenciesMs = tallies.flatMap((tally) => tally.latenciesMs).toSorted((a, b) => a - b);
  const endedAtMs = Math.max(...tallies.flatMap(({ soldAtMs }) => soldAtMs));
  return {
    ...count,
    perSecond: (count.sold * 1000) / (endedAtMs - beganAtMs),
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    requestsPerBuy:
      sum(tallies, ({ requests }) => requests) / count.sold +
      // Who hears that nothing is left has had the lock, too.
      serverRequests / (count.sold + sum(tallies, ({ soldOutAnswers }) => soldOutAnswers)),
  };
};
