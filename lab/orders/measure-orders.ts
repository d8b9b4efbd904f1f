/** What is measured of orders of some size in one turn, with nobody in the way and among others. */
import { summarize, type Summary } from "../report/statistics.ts";
import type { Meter, Reading } from "../reserve/meter.ts";
import type { Shop } from "./shop.ts";

export type Figures = Record<string, Summary>;

const countedOrders = 5;
export const streams = 16;

/**
 * What an order of these SKUs takes of DynamoDB, counted on the wire. One that takes long, on a busy
 * machine, has its leases renewed, which is why the others are looked at too.
 */
export const countAlone = async (
  { order }: Shop,
  meter: Meter,
  skus: readonly string[],
): Promise<Figures> => {
  const readings: Reading[] = [];
  for (let turn = 0; turn < countedOrders; turn += 1) {
    readings.push(await meter.reading(() => order(skus)));
  }
  return {
    requests: summarize(readings.map(({ requests }) => requests)),
    writeUnits: summarize(readings.map(({ writeUnits }) => writeUnits)),
  };
};

/** What some tries came to, one after the other. */
export interface Tries {
  /** Of those that were held, sorted. */
  latenciesMs: number[];
  tries: number;
  elapsedMs: number;
}

/** What tries among small orders came to. */
export interface ContendedTries extends Tries {
  /** Requests of anybody that were refused for one. */
  conflictsPerSecond: number;
  smallPerSecond: number;
}

export interface TriesBounds {
  triesMax: number;
  /** There is one try at least, however long it takes. */
  durationMsMax: number;
}

/** Tries to get orders of these SKUs in. */
export const tryOrders = async (
  { order }: Shop,
  skus: readonly string[],
  { triesMax, durationMsMax }: TriesBounds,
  signal: AbortSignal,
): Promise<Tries> => {
  const latenciesMs: number[] = [];
  const beganAtMs = performance.now();
  let tries = 0;
  let elapsedMs = 0;
  while (tries < triesMax && (tries === 0 || elapsedMs < durationMsMax)) {
    signal.throwIfAborted();
    const outcome = await order(skus);
    const tookMs = performance.now() - beganAtMs - elapsedMs;
    if (outcome === "reserved") latenciesMs.push(tookMs);
    elapsedMs += tookMs;
    tries += 1;
  }
  return { latenciesMs: latenciesMs.toSorted((a, b) => a - b), tries, elapsedMs };
};

/** The same, among small orders over the same SKUs, one after the other in each stream. */
export const tryOrdersAmongOthers = async (
  shops: { own: Shop; crowd: Shop },
  conflicts: () => number,
  skus: readonly string[],
  bounds: TriesBounds,
  signal: AbortSignal,
): Promise<ContendedTries> => {
  const conflictsBefore = conflicts();
  const over = new AbortController();
  let small = 0;
  const stream = async (seed: number): Promise<void> => {
    for (let turn = seed; !over.signal.aborted && !signal.aborted; turn += streams) {
      if ((await shops.crowd.order(smallOrder(skus, turn))) === "reserved") small += 1;
    }
  };
  const running = Array.from({ length: streams }, (_, seed) => stream(seed));
  try {
    const tries = await tryOrders(shops.own, skus, bounds, signal);
    return {
      ...tries,
      conflictsPerSecond: ((conflicts() - conflictsBefore) * 1000) / tries.elapsedMs,
      smallPerSecond: (small * 1000) / tries.elapsedMs,
    };
  } finally {
    over.abort();
    await Promise.all(running);
  }
};

/** One to three of the SKUs: other ones in each turn, and the same ones in each run. */
const smallOrder = (skus: readonly string[], turn: number): string[] => {
  const size = 1 + (turn % 3);
  const wanted = Array.from({ length: size }, (_, line) => (turn * 7 + line * 11) % skus.length);
  return [...new Set(wanted)].map((index) => skus[index]!);
};
