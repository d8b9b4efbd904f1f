/** One load: an operation repeated with a given number in flight, bounded in count and in time. */

/** One operation, which rejects when its outcome is another than the wanted one. */
export type Operation = () => Promise<void>;

export interface LoadBounds {
  inFlight: number;
  operationsMax: number;
  durationMsMax: number;
}

export interface LoadResult {
  operations: number;
  elapsedMs: number;
  /** Of each operation, sorted. */
  latenciesMs: Float64Array;
}

/**
 * Keeps `inFlight` operations going until one of the bounds is met. The first one that rejects, or
 * the signal, ends the load, which rejects when what was in flight has come back.
 */
export const runLoad = async (
  operation: Operation,
  { inFlight, operationsMax, durationMsMax }: LoadBounds,
  signal: AbortSignal,
): Promise<LoadResult> => {
  const latenciesMs = new Float64Array(operationsMax);
  const startedAtMs = performance.now();
  let startedCount = 0;
  let operations = 0;
  const failed = new AbortController();
  const stopped = AbortSignal.any([signal, failed.signal]);

  const lane = async (): Promise<void> => {
    let beginMs = performance.now();
    while (startedCount < operationsMax && beginMs - startedAtMs < durationMsMax) {
      stopped.throwIfAborted();
      startedCount += 1;
      await operation();
      const endMs = performance.now();
      latenciesMs[operations] = endMs - beginMs;
      operations += 1;
      beginMs = endMs;
    }
  };
  const guardedLane = () =>
    lane().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    });

  const lanes = await Promise.allSettled(Array.from({ length: inFlight }, guardedLane));
  const elapsedMs = performance.now() - startedAtMs;
  const broken = lanes.find((one) => one.status === "rejected");
  if (broken) throw broken.reason;
  return { operations, elapsedMs, latenciesMs: latenciesMs.subarray(0, operations).toSorted() };
};

/** Contenders of rounds, each of which puts one such load on its operation in each round. */
export const asLoads = <Name extends string>(
  operations: Readonly<Record<Name, Operation>>,
  bounds: LoadBounds,
  signal: AbortSignal,
): Record<Name, () => Promise<LoadResult>> => {
  const entries = Object.entries<Operation>(operations).map(([name, operation]) => [
    name,
    () => runLoad(operation, bounds, signal),
  ]);
  return Object.fromEntries(entries) as Record<Name, () => Promise<LoadResult>>;
};

export const operationsPerSecond = ({ operations, elapsedMs }: LoadResult): number =>
  (operations * 1000) / elapsedMs;
