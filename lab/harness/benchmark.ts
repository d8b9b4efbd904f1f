/** What a benchmark is, and what it finds: the shape of the JSON is a promise to those who read it. */
import type { Summary } from "./statistics.ts";

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
  /** Measure whether the local run stays as fast, in place of how fast it is. */
  endurance: boolean;
}

export interface Findings {
  results: Result[];
  targets: Target[];
  /** How the figures were come by, where that is not plain. */
  notes: string[];
  /** Which figures the table shows, and how. */
  columns: Column[];
}

export interface Result {
  /** Results that belong together, such as those of one load. */
  group: string;
  name: string;
  /** By a name that has its unit in it. */
  figures: Record<string, Summary>;
}

export interface Target {
  name: string;
  figure: number;
  bound: number;
  isMet: boolean;
}

export interface Column {
  figure: string;
  title: string;
  fractionDigits: number;
  showsSpread?: boolean;
}

export const atLeast = (name: string, bound: number, figure: number): Target => ({
  name: `${name} is at least ${bound.toLocaleString("en-US")}`,
  figure,
  bound,
  isMet: figure >= bound,
});

export const atMost = (name: string, bound: number, figure: number): Target => ({
  name: `${name} is at most ${bound.toLocaleString("en-US")}`,
  figure,
  bound,
  isMet: figure <= bound,
});

export const equal = (name: string, bound: number, figure: number): Target => ({
  name: `${name} is exactly ${bound.toLocaleString("en-US")}`,
  figure,
  bound,
  isMet: figure === bound,
});
