import { runLoad } from "../harness/load.ts";
import { operationsPerSecond } from "../harness/rounds.ts";
import { exactly, percentile, summarize, type Summary } from "../report/statistics.ts";
import type { Meter } from "../reserve/meter.ts";
import type { Shop } from "./shop.ts";

export type Figures = Record<string, Summary>;

const rounds = 5;
const ordersMax = 60;
const roundMs = 700;
const countedOrders = 5;
const contenders = 16;

/** What orders of these SKUs take, one at a time with nobody in the way. */
export const measureAlone = async (
  { order }: Shop,
  skus: readonly string[],
  signal: AbortSignal,
): Promise<Figures> => {
  const operation = async (): Promise<void> => {
    if ((await order(skus)) !== "reserved") throw new Error("An order alone was refused.");
  };
  const bounds = { inFlight: 1, operationsMax: ordersMax, durationMsMax: roundMs };
  const loads = [];
  for (let round = -1; round < rounds; round += 1) {
    const load = await runLoad(operation, bounds, signal);
    if (round >= 0) loads.push(load);
  }
  return {
    p50Ms: summarize(loads.map(({ latenciesMs }) => percentile(latenciesMs, 0.5))),
    p99Ms: summarize(loads.map(({ latenciesMs }) => percentile(latenciesMs, 0.99))),
    perSecond: summarize(loads.map(operationsPerSecond)),
  };
};

/** What they take of DynamoDB, counted on the wire. */
export const countAlone = async (
  { order }: Shop,
  meter: Meter,
  skus: readonly string[],
): Promise<Figures> => {
  const reading = await meter.reading(async () => {
    for (let turn = 0; turn < countedOrders; turn += 1) await order(skus);
  });
  return {
    requests: exactly(reading.requests / countedOrders),
    writeUnits: exactly(reading.writeUnits / countedOrders),
  };
};

/** Small orders over the same SKUs, one after the other, until the work has ended. */
const amongSmallOrders = async <Result>(
  { order }: Shop,
  skus: readonly string[],
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<{ result: Result; smallPerSecond: number }> => {
  const over = new AbortController();
  let small = 0;
  const beganAtMs = performance.now();
  const stream = async (seed: number): Promise<void> => {
    for (let turn = seed; !over.signal.aborted && !signal.aborted; turn += contenders) {
      const size = 1 + (turn % 3);
      const wanted = Array.from(
        { length: size },
        (_, line) => (turn * 7 + line * 11) % skus.length,
      );
      if ((await order([...new Set(wanted)].map((index) => skus[index]!))) === "reserved")
        small += 1;
    }
  };
  const streams = Array.from({ length: contenders }, (_, seed) => stream(seed));
  try {
    const result = await work();
    return { result, smallPerSecond: (small * 1000) / (performance.now() - beganAtMs) };
  } finally {
    over.abort();
    await Promise.all(streams);
  }
};

export interface Tries {
  figures: Figures;
  held: number;
  tries: number;
}

/** Tries to get orders of these SKUs in among small ones. */
export const measureContended = async (
  { order }: Shop,
  crowd: Shop,
  conflicts: () => number,
  skus: readonly string[],
  { triesMax, durationMsMax }: { triesMax: number; durationMsMax: number },
  signal: AbortSignal,
): Promise<Tries> => {
  const latenciesMs: number[] = [];
  const conflictsBefore = conflicts();
  const { result: tries, smallPerSecond } = await amongSmallOrders(
    crowd,
    skus,
    signal,
    async () => {
      const endsAtMs = performance.now() + durationMsMax;
      let count = 0;
      while (count < triesMax && (count === 0 || performance.now() < endsAtMs)) {
        signal.throwIfAborted();
        const beginMs = performance.now();
        if ((await order(skus)) === "reserved") latenciesMs.push(performance.now() - beginMs);
        count += 1;
      }
      return count;
    },
  );
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const held = sorted.length;
  const totalMs = sorted.reduce((sum, one) => sum + one, 0);
  return {
    figures: {
      ...(held > 0 && {
        p50Ms: exactly(percentile(sorted, 0.5)),
        p99Ms: exactly(percentile(sorted, 0.99)),
        perSecond: exactly((held * 1000) / totalMs),
      }),
      heldShare: exactly((100 * held) / tries),
      busy: exactly(tries - held),
      conflicts: exactly(conflicts() - conflictsBefore),
      smallPerSecond: exactly(smallPerSecond),
    },
    held,
    tries,
  };
};
