import type { Part, Report, Target } from "./report.ts";
import type { Machine } from "./machine.ts";
import { renderTable, widthMax } from "./render-table.ts";
import { wrap } from "./wrap.ts";

/** A report for a terminal, at most 100 columns wide. */
export const renderReport = ({ command, startedAt, machine, parts }: Report): string =>
  [
    ...paragraph(`${command} (${startedAt})`),
    ...paragraph(describe(machine)),
    "",
    ...parts.map(renderPart),
  ].join("\n");

export const describe = (machine: Machine): string =>
  `${machine.cores} × ${machine.processor}, ${machine.memoryGiB} GiB, ${machine.system}, ` +
  `Node ${machine.node}, load ${machine.loadAverage}`;

const renderPart = ({ name, title, results, columns, notes, targets }: Part): string =>
  [
    ...paragraph(`${name}: ${title}`),
    renderTable(results, columns),
    "",
    ...notes.flatMap(paragraph),
    ...(targets.length > 0 ? ["", ...targets.flatMap(renderTarget)] : []),
    "",
  ].join("\n");

const renderTarget = (target: Target): string[] => {
  const verdict = target.isMet ? "met     " : "MISSED  ";
  return wrap(tellTarget(target), widthMax - verdict.length).map((line, index) =>
    index === 0 ? verdict + line : " ".repeat(verdict.length) + line,
  );
};

const tellTarget = ({ name, figure }: Target): string =>
  `${name}: ${figure.toLocaleString("en-US", { maximumFractionDigits: 3 })}`;

const paragraph = (text: string): string[] => wrap(text, widthMax);
