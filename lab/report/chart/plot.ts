/**
 * What a chart shows, apart from how it is drawn: the page makes HTML of it and the README has an
 * SVG. Places are shares of the axis, from 0 to 1.
 */
import { figureOf, formatNumber, withUnit } from "../figures.ts";
import type { Chart, Part, Result } from "../report.ts";
import type { Summary } from "../statistics.ts";
import { createScale, shareOf, type Scale } from "./scale.ts";
import { groupHueCount, neutralHue } from "./palette.ts";

export interface Plot {
  scale: Scale;
  /** "ms, logarithmic" */
  axisTitle: string;
  groups: PlotGroup[];
}

export interface PlotGroup {
  name: string;
  /** Which of the palette's hues; the neutral one for all where there are more groups than hues. */
  hue: number;
  rows: PlotRow[];
}

export type PlotRow = Mark | Gap;

export interface Mark {
  name: string;
  from: number;
  to: number;
  isZero: boolean;
  /** From the lower to the upper quartile of each figure that has more than one sample. */
  whiskers: [from: number, to: number][];
  /** Beside the mark: the figures with their unit. */
  label: string;
  /** For those who do not see it: the name, the figures, the quartiles. */
  description: string;
}

/** A result without figures, which is not passed over in silence. */
export interface Gap {
  name: string;
  leftOut: string;
}

export const isMark = (row: PlotRow): row is Mark => !("leftOut" in row);

/** Results that have none of the chart's figures, and no reason for it, have no place in it. */
export const createPlot = (chart: Chart, { results }: Pick<Part, "results">): Plot => {
  const drawn = results.filter(({ group }) => chart.groups?.includes(group) ?? true);
  const scale = createScale(
    chart.scale,
    drawn.flatMap((result) => (figuresOf(result, chart) ?? []).flatMap(endsOf)),
    chart.fractionDigits,
  );
  const hues = huesOf(results, drawn);
  const groups = [...Map.groupBy(drawn, ({ group }) => group)].map(([name, ofGroup]) => ({
    name,
    hue: hues.get(name) ?? neutralHue,
    rows: ofGroup
      .map((result) => createRow(result, chart, scale))
      .filter((row) => row !== undefined),
  }));
  return {
    scale,
    axisTitle: axisTitleOf(chart),
    groups: groups.filter(({ rows }) => rows.length > 0),
  };
};

/** A unit that is no word, such as "/s", says nothing alone: it is behind each figure. */
const axisTitleOf = ({ unit, scale }: Chart): string =>
  [
    ...(/^\p{Letter}/u.test(unit) ? [unit] : []),
    ...(scale === "linear" ? [] : ["logarithmic"]),
  ].join(", ");

/** A group has the same hue in all of a part's charts, if the part's groups are few enough. */
const huesOf = (all: readonly Result[], drawn: readonly Result[]): Map<string, number> => {
  const groupSets = [all, drawn].map((results) => new Set(results.map(({ group }) => group)));
  const few = groupSets.find(({ size }) => size <= groupHueCount);
  return new Map([...(few ?? [])].map((group, index) => [group, index]));
};

/** All of the chart's figures, or none. */
const figuresOf = (result: Result, { figures: names }: Chart): Summary[] | undefined => {
  const figures = names.map((name) => figureOf(result, name)).filter((one) => one !== undefined);
  return result.leftOut === undefined && figures.length === names.length ? figures : undefined;
};

const createRow = (result: Result, chart: Chart, scale: Scale): PlotRow | undefined => {
  const { name, leftOut } = result;
  if (leftOut !== undefined) return { name, leftOut };
  const figures = figuresOf(result, chart);
  if (figures === undefined) return undefined;
  const places = figures.map(({ median }) => shareOf(scale, median));
  const label = labelOf(figures, chart);
  const quartiles = figures.filter(hasSpread);
  return {
    name,
    from: places.length === 1 ? 0 : Math.min(...places),
    to: Math.max(...places),
    isZero: figures.every(({ median }) => median === 0),
    whiskers: quartiles.map(({ low, high }) => [shareOf(scale, low), shareOf(scale, high)]),
    label,
    description: [`${name}: ${label}`, ...quartiles.map((one) => describeSpread(one, chart))].join(
      "; ",
    ),
  };
};

const labelOf = (figures: readonly Summary[], { fractionDigits, unit }: Chart): string =>
  withUnit(figures.map(({ median }) => formatNumber(median, fractionDigits)).join("–"), unit);

const describeSpread = (
  { low, high, samples }: Summary,
  { fractionDigits, unit }: Chart,
): string => {
  const [from, to] = [low, high].map((end) => withUnit(formatNumber(end, fractionDigits), unit));
  return `half of ${samples} samples from ${from} to ${to}`;
};

const endsOf = (figure: Summary): number[] =>
  hasSpread(figure) ? [figure.median, figure.low, figure.high] : [figure.median];

const hasSpread = ({ samples, low, high }: Summary): boolean => samples > 1 && high > low;
