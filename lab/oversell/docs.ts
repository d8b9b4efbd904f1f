/** What the documentation shows of a run: a table in docs/locks.md, and the README's chart. */
import { readFile, writeFile } from "node:fs/promises";
import { project } from "../app/project.ts";
import { figureOf, formatNumber } from "../report/figures.ts";
import type { Part, Report, Result } from "../report/report.ts";
import type { Summary } from "../report/statistics.ts";
import { renderSvg } from "../report/svg/render-svg.ts";
import { approachNames, approachesOf, groupOf, type ApproachName } from "./approaches.ts";

const begin = "<!-- Written by npm run lab -- --docs: from here -->";
const end = "<!-- to here -->";

/** By what is measured of them: from the unfenced race, and how they recover. */
const header = [
  "",
  "Sold of the units",
  "Oversold",
  "Oversold, a holder frozen",
  "the same, fenced",
  "Buys a second",
  "p50 ms",
  "p99 ms",
  "Requests a buy",
  "Holder killed: nobody buys for, ms",
  "Server failed: nobody buys for, ms",
];

const partOf = ({ parts }: Report, name: string): Part => parts.find((one) => one.name === name)!;

const resultsOf = (part: Part, name: ApproachName): Result[] =>
  approachesOf([name]).map((approach) =>
    part.results.find((one) => one.group === groupOf(approach) && one.name === name)!,
  );

/** A count with its range, where rounds differ. */
const count = (summary: Summary | undefined): string => {
  if (summary === undefined) return "";
  const { median, min, max } = summary;
  const [middle, least, greatest] = [median, min, max].map((one) => formatNumber(one, 0));
  return min === max ? middle! : `${middle} (${least} to ${greatest})`;
};

const medianOf = (result: Result, name: string, fractionDigits = 0): string => {
  const figure = figureOf(result, name);
  return figure === undefined ? "" : formatNumber(figure.median, fractionDigits);
};

const rowFor = (report: Report, name: ApproachName): string[] => {
  const [race] = resultsOf(partOf(report, "race"), name);
  const [frozen, frozenFenced] = resultsOf(partOf(report, "frozen"), name);
  const recovery = partOf(report, "recovery").results.find((one) => one.name === name)!;
  return [
    name,
    count(race!.figures["sold"]),
    count(race!.figures["oversold"]),
    count(frozen!.figures["oversold"]),
    count(frozenFenced?.figures["oversold"]),
    medianOf(race!, "perSecond"),
    medianOf(race!, "p50Ms", 1),
    medianOf(race!, "p99Ms"),
    medianOf(race!, "requestsPerBuy", 1),
    medianOf(recovery, "afterHolderKilledMs"),
    medianOf(recovery, "afterServerFailedMs"),
  ];
};

/** As Prettier lays a table out, so that it leaves this one as it is. */
const renderMarkdown = (rows: readonly string[][]): string => {
  const widths = rows[0]!.map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [
    line(rows[0]!),
    line(widths.map((width) => "-".repeat(width))),
    ...rows.slice(1).map(line),
  ].join("\n");
};

/** The table with where it comes from. */
export const renderMeasured = (report: Report): string => {
  const { command, startedAt, machine } = report;
  const race = partOf(report, "race");
  return [
    begin,
    "",
    `\`${command}\` on ${startedAt.slice(0, 10)}, on ${machine.cores} × ${machine.processor} with ` +
      `Node ${machine.node}: ${race.title}. Medians.`,
    "",
    renderMarkdown([header, ...approachNames.map((name) => rowFor(report, name))]),
    "",
    race.notes[0]!,
    "",
    end,
  ].join("\n");
};

/** @throws Error where the text has no place for it */
export const replaceMeasured = (text: string, measured: string): string => {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error("docs/locks.md has no place for the lab's table.");
  return text.slice(0, from) + measured + text.slice(to + end.length);
};

/** Writes both, from a run of all approaches in which no server was missing. */
export const writeDocs = async (report: Report): Promise<void> => {
  const leftOut = report.parts.flatMap(({ results }) =>
    results.flatMap((result) => result.leftOut ?? []),
  );
  if (leftOut.length > 0) throw new Error(`The documentation shows all approaches. ${leftOut[0]}`);
  const path = project("docs/locks.md");
  await writeFile(path, replaceMeasured(await readFile(path, "utf8"), renderMeasured(report)));
  const race = partOf(report, "race");
  await writeFile(project("docs/lab.svg"), renderSvg(race.charts[0]!, race));
};
