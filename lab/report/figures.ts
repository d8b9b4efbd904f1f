/** Figures as people read them, the same in the terminal, on the page and in the SVG. */
import type { Result } from "./report.ts";
import { spread, type Summary } from "./statistics.ts";

/** A figure that a result has got. A ratio to nothing is none, and JSON has turned it into null. */
export const figureOf = ({ figures }: Result, name: string): Summary | undefined => {
  const figure = figures[name];
  return figure !== undefined && Number.isFinite(figure.median) ? figure : undefined;
};

/** What would be rounded to nothing is told as less than the least that can be told. */
export const formatNumber = (value: number, fractionDigits: number): string => {
  const least = 10 ** -fractionDigits;
  return value !== 0 && Math.abs(value) < least / 2
    ? `<${group(least, fractionDigits)}`
    : group(value, fractionDigits);
};

/** Half the distance of the quartiles: "±5%". Nothing where there is no median to take it of. */
export const formatSpread = (figure: Summary): string => {
  const share = spread(figure);
  return Number.isFinite(share) ? `±${Math.round(share * 100)}%` : "";
};

/** "12/s", but "12 ms": a word stands apart, and is not parted from its number at a line's end. */
export const withUnit = (number: string, unit: string): string =>
  /^\p{Letter}/u.test(unit) ? `${number}\u00A0${unit}` : `${number}${unit}`;

const group = (value: number, fractionDigits: number): string =>
  value.toLocaleString("en-US", {
    minimumFractionDigits: fractionDigits,
    maximumFractionDigits: fractionDigits,
  });
