import type { Part, Report, Target } from "./report.ts";
import type { Machine } from "./machine.ts";
import { renderTable } from "./render-table.ts";

/** A report for a terminal, at most 100 columns wide. */
export const renderReport = ({ command, startedAt, machine, parts }: Report): string =>
  [`${command} (${startedAt})`, ...wrap(describe(machine)), "", ...parts.map(renderPart)].join(
    "\n",
  );

export const describe = (machine: Machine): string =>
  `${machine.cores} × ${machine.processor}, ${machine.memoryGiB} GiB, ${machine.system}, ` +
  `Node ${machine.node}, load ${machine.loadAverage}`;

const renderPart = ({ name, title, results, columns, notes, targets }: Part): string =>
  [
    ...wrap(`${name}: ${title}`),
    renderTable(results, columns),
    "",
    ...notes.flatMap(wrap),
    ...(targets.length > 0 ? ["", ...targets.map(renderTarget)] : []),
    "",
  ].join("\n");

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
