/** A benchmark's findings with all that is needed to compare them later, as JSON or as text. */
import type { Findings, Result, Target } from "./benchmark.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { renderTable } from "./render-table.ts";

/** Changes when the shape does, so that nobody compares what cannot be compared. */
export const reportSchema = "holdfast-bench/1";

export interface Report {
  schema: typeof reportSchema;
  benchmark: string;
  startedAt: string;
  machine: Machine;
  node: string;
  results: Result[];
  targets: Target[];
  notes: string[];
}

/** @param now milliseconds since the epoch */
export const openReport = (benchmark: string, now: number) => {
  const startedAt = new Date(now).toISOString();
  const machine = describeMachine();
  return ({ results, targets, notes }: Findings): Report => ({
    schema: reportSchema,
    benchmark,
    startedAt,
    machine,
    node: process.version,
    results,
    targets,
    notes,
  });
};

export const renderReport = (report: Report, { columns }: Findings): string => {
  const { machine, targets, notes } = report;
  const place =
    `${machine.cores} × ${machine.processor}, ${machine.memoryGiB} GiB, ` +
    `${machine.system}, Node ${report.node}, load ${machine.loadAverage}`;
  return [
    `${report.benchmark} (${report.startedAt})`,
    place,
    "",
    renderTable(report.results, columns),
    "",
    ...notes.flatMap((note) => wrap(note)),
    ...(targets.length > 0 ? ["", ...targets.map(renderTarget)] : []),
    "",
  ].join("\n");
};

const renderTarget = ({ name, figure, isMet }: Target): string => {
  const measured = figure.toLocaleString("en-US", { maximumFractionDigits: 3 });
  return `${isMet ? "met   " : "MISSED"}  ${name}: ${measured}`;
};

const widthMax = 100;

const wrap = (text: string): string[] => {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > widthMax) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
};
