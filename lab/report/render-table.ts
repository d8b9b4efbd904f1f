import type { Column, Result } from "./report.ts";
import { spread } from "./statistics.ts";

/**
 * Results as a table for a terminal: a heading for each group, a row for each result, figures to the
 * right. A figure that a result has not got stays empty.
 */
export const renderTable = (results: readonly Result[], columns: readonly Column[]): string => {
  const rows = [["", ...columns.map(({ title }) => title)]];
  let group = "";
  for (const result of results) {
    if (result.group !== group) rows.push([result.group]);
    group = result.group;
    rows.push([`  ${result.name}`, ...columns.map((column) => renderFigure(result, column))]);
  }
  const widths = rows[0]!.map((_, index) =>
    Math.max(...rows.filter((row) => !isHeading(row)).map((row) => row[index]!.length)),
  );
  const alignedRow = (row: string[]) =>
    row.map((cell, index) =>
      index === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[index]! + 2),
    );
  return rows
    .map((row) => (isHeading(row) ? `\n${row[0]}` : alignedRow(row).join("").trimEnd()))
    .join("\n");
};

const isHeading = (row: readonly string[]): boolean => row.length === 1;

const renderFigure = (
  { figures }: Result,
  { figure: name, fractionDigits, showsSpread }: Column,
): string => {
  const figure = figures[name];
  if (figure === undefined) return "";
  const text = figure.median.toLocaleString("en-US", {
    minimumFractionDigits: fractionDigits,
    maximumFractionDigits: fractionDigits,
  });
  return showsSpread ? `${text} ${`±${Math.round(spread(figure) * 100)}%`.padStart(4)}` : text;
};
