import { renderBar } from "./bar.ts";
import { figureOf, formatNumber, formatSpread } from "./figures.ts";
import type { Column, Result } from "./report.ts";
import { cut, wrap, wrapSentences } from "./wrap.ts";

export const widthMax = 100;

/** A name longer than this is cut: the figures are what the table is for. */
const nameLengthMax = 36;

/** Bars are not worth their place below the one, nor clearer above the other. */
const barWidthMin = 6;
const barWidthMax = 20;

/** From the roomiest to the tightest: the first that has room for everything is taken. */
const layouts = [
  { gap: 2, titleLinesMax: 1 },
  { gap: 2, titleLinesMax: 2 },
  { gap: 2, titleLinesMax: Infinity },
  { gap: 1, titleLinesMax: Infinity },
];

interface Cells {
  column: Column;
  titleLines: string[];
  /** By result, in their order. */
  texts: string[];
  width: number;
}

interface Grid {
  gap: number;
  nameWidth: number;
  cells: Cells[];
  barWidth: number;
}

/**
 * Results as a table for a terminal, at most 100 columns wide: a heading for each group, a row for
 * each result, figures to the right. A figure that a result has not got stays empty; one that was
 * left out has the reason in their place. Where even the tightest layout is too wide, the columns
 * are shared out among several tables, one below the other.
 */
export const renderTable = (results: readonly Result[], columns: readonly Column[]): string => {
  const grid = layOut(results, columns);
  if (grid !== undefined) return renderGrid(results, grid);
  const half = Math.ceil(columns.length / 2);
  return [columns.slice(0, half), columns.slice(half)]
    .map((some) => renderTable(results, some))
    .join("\n\n");
};

/** The first layout that has room for bars, or else for the figures at least. */
const layOut = (results: readonly Result[], columns: readonly Column[]): Grid | undefined => {
  const barCount = columns.filter(({ showsBar }) => showsBar).length;
  const grids = layouts.map(({ gap, titleLinesMax }): Grid & { left: number } => {
    const cells = columns.map((column) => fillColumn(results, column, titleLinesMax));
    const nameWidth = Math.max(0, ...results.map((result) => nameOf(result).length));
    const remarkWidth = Math.max(0, ...results.map((result) => remarkOf(result).length));
    const width = cells.reduce((sum, cell) => sum + gap + cell.width, nameWidth + remarkWidth);
    const left = widthMax - width;
    const barWidth = barCount === 0 ? 0 : Math.floor(left / barCount) - 1;
    return { gap, nameWidth, cells, left, barWidth: Math.min(barWidth, barWidthMax) };
  });
  const withBars = barCount === 0 ? undefined : grids.find((grid) => grid.barWidth >= barWidthMin);
  if (withBars !== undefined) return withBars;
  const fits = grids.find(({ left }) => left >= 0) ?? (columns.length > 1 ? undefined : grids[0]);
  return fits && { ...fits, barWidth: 0 };
};

/** As narrow as its figures and its title allow, the latter on so many lines. */
const fillColumn = (results: readonly Result[], column: Column, titleLinesMax: number): Cells => {
  const texts = results.map((result) => renderFigure(result, column));
  const longestWord = Math.max(...column.title.split(" ").map((word) => word.length));
  let width = Math.max(longestWord, ...texts.map((text) => text.length));
  while (wrap(column.title, width).length > titleLinesMax) width += 1;
  return { column, titleLines: wrap(column.title, width), texts, width };
};

const renderFigure = (
  result: Result,
  { figure: name, fractionDigits, showsSpread }: Column,
): string => {
  const figure = figureOf(result, name);
  if (figure === undefined) return "";
  const text = formatNumber(figure.median, fractionDigits);
  return showsSpread ? `${text} ${formatSpread(figure).padStart(4)}` : text;
};

const renderGrid = (results: readonly Result[], grid: Grid): string => {
  const lines = renderTitles(grid);
  let group = "";
  for (const [index, result] of results.entries()) {
    if (result.group !== group) lines.push("", ...wrap(result.group, widthMax));
    group = result.group;
    lines.push(...renderRow(results, index, grid));
  }
  return lines.map((line) => line.trimEnd()).join("\n");
};

/** Titles of several lines end on the same one, just above the figures. */
const renderTitles = ({ gap, nameWidth, cells, barWidth }: Grid): string[] => {
  const height = Math.max(0, ...cells.map(({ titleLines }) => titleLines.length));
  return Array.from({ length: height }, (_, line) => {
    const titles = cells.map(({ column, titleLines, width }) => {
      const title = titleLines[titleLines.length - height + line] ?? "";
      return " ".repeat(gap) + title.padStart(width) + barOf(column, "", barWidth);
    });
    return " ".repeat(nameWidth) + titles.join("");
  });
};

const renderRow = (results: readonly Result[], index: number, grid: Grid): string[] => {
  const result = results[index]!;
  const { gap, nameWidth, cells, barWidth } = grid;
  const name = nameOf(result).padEnd(nameWidth);
  if (result.leftOut !== undefined) {
    return wrapSentences(result.leftOut, widthMax - nameWidth - 2).map(
      (line, at) => `${at === 0 ? name : " ".repeat(nameWidth)}  ${line}`,
    );
  }
  const figures = cells.map(({ column, texts, width }) => {
    const bar = renderBar(medianOf(result, column), greatestOf(results, column), barWidth);
    return " ".repeat(gap) + texts[index]!.padStart(width) + barOf(column, bar, barWidth);
  });
  return [name + figures.join("") + remarkOf(result)];
};

const barOf = ({ showsBar }: Column, bar: string, width: number): string =>
  showsBar && width > 0 ? ` ${bar.padEnd(width)}` : "";

const greatestOf = (results: readonly Result[], column: Column): number =>
  Math.max(0, ...results.map((result) => medianOf(result, column)));

const medianOf = (result: Result, { figure }: Column): number =>
  figureOf(result, figure)?.median ?? 0;

const remarkOf = ({ remark }: Result): string => (remark === undefined ? "" : `  ${remark}`);

const nameOf = ({ name }: Result): string => `  ${cut(name, nameLengthMax)}`;
