import type { Findings } from "../report/report.ts";

export interface Benchmark {
  /** What it measures, in a line. */
  description: string;
  run(context: BenchmarkContext): Promise<Findings>;
}

export interface BenchmarkContext {
  /** Ctrl-C. What has been started must be stopped before `run` settles. */
  signal: AbortSignal;
  /** Tells whoever waits what is being done. */
  tell: (progress: string) => void;
  /** Resolves with the path of the synthesized app, which is the same one for all benchmarks. */
  assembly: () => Promise<string>;
  /** Measure whether the local run stays as fast, in place of how fast it is. */
  endurance: boolean;
}
