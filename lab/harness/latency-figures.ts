import { percentile, summarize, type Summary } from "../report/statistics.ts";

export type Latencies = ArrayLike<number>;

/** @param rounds the latencies of each round in milliseconds, sorted */
export const latencyFigures = (
  rounds: readonly Latencies[],
): Record<"p50Ms" | "p99Ms", Summary> => ({
  p50Ms: summarize(rounds.map((latenciesMs) => percentile(latenciesMs, 0.5))),
  p99Ms: summarize(rounds.map((latenciesMs) => percentile(latenciesMs, 0.99))),
});
