/**
 * What the lab and the benchmarks find, in one shape: for a terminal (render-report.ts), as JSON
 * (report.schema.json) and as a page. What is in the JSON is a promise to those who read it.
 */
import { describeMachine, type Machine } from "./machine.ts";
import type { Summary } from "./statistics.ts";

/** Changes when the shape does, so that nobody compares what cannot be compared. */
export const reportSchema = "holdfast-report/1";

export interface Report {
  schema: typeof reportSchema;
  /** As it was typed: `npm run bench -- reserve`. */
  command: string;
  /** ISO 8601, UTC. */
  startedAt: string;
  tookSeconds: number;
  machine: Machine;
  parts: Part[];
}

/** One benchmark, or one race of the lab. */
export interface Part extends Findings {
  /** One word, the same in every run. */
  name: string;
  /** What it measures, in a line. */
  title: string;
}

export interface Findings {
  results: Result[];
  /** Which figures the tables show, and how. */
  columns: Column[];
  /** Which figures are drawn on the page. */
  charts: Chart[];
  targets: Target[];
  /** How the figures were come by, where that is not plain. */
  notes: string[];
}

export interface Result {
  /** Results that belong together, such as those of one load. */
  group: string;
  name: string;
  /** By a name that has its unit in it. */
  figures: Record<string, Summary>;
  /** What it is and what was found, in a sentence. */
  explanation?: string;
  /** A few words more, which stand behind its figures. */
  remark?: string;
  /** Why it has no figures, and how it gets some. */
  leftOut?: string;
}

export interface Column {
  figure: string;
  title: string;
  fractionDigits: number;
  showsSpread?: boolean;
  /** A bar beside the figure, as long as it is great among its column's. */
  showsBar?: boolean;
}

export interface Chart {
  /** What is drawn, and whether more is better: "Buys a second, more is better". */
  title: string;
  /** What to see in it, in a sentence. */
  caption: string;
  /** One figure is a bar from zero; two are a span from the one to the other. */
  figures: [figure: string] | [from: string, to: string];
  /** Behind each number: "/s", "ms", "units". */
  unit: string;
  fractionDigits: number;
  /** A logarithmic one begins at the power of ten below the least. Zero is drawn at its beginning. */
  scale: "linear" | "logarithmic";
  /** Only these of the part's groups; all of them when absent. */
  groups?: string[];
}

export interface Target {
  name: string;
  figure: number;
  bound: number;
  isMet: boolean;
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

/** Begins a report: what is returned ends it. */
export const openReport = (command: string): ((parts: Part[]) => Report) => {
  const startedAtMs = Date.now();
  const machine = describeMachine();
  return (parts) => ({
    schema: reportSchema,
    command,
    startedAt: new Date(startedAtMs).toISOString(),
    tookSeconds: Math.round((Date.now() - startedAtMs) / 1000),
    machine,
    parts,
  });
};
