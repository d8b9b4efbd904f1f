/** From a figure to its place on an axis, and which figures are written beside it. */

export interface Scale {
  kind: "linear" | "logarithmic";
  from: number;
  to: number;
  ticks: number[];
}

/** More are hard to tell apart on a phone. */
const tickCountMax = 6;

/**
 * The scale on which all of the figures have a place, the greatest at its end. A linear one begins
 * at zero: a bar's length is its figure. A logarithmic one begins at the power of ten below the
 * least, so that each figure but zero has a length to be seen.
 */
export const createScale = (
  kind: Scale["kind"],
  figures: readonly number[],
  fractionDigits: number,
): Scale => {
  const positive = figures.filter((figure) => Number.isFinite(figure) && figure > 0);
  return kind === "linear"
    ? linearScale(Math.max(0, ...positive), 10 ** -fractionDigits)
    : logarithmicScale(Math.min(...positive), Math.max(...positive));
};

/** Where a figure is: 0 at the beginning, 1 at the end. */
export const shareOf = ({ kind, from, to }: Scale, figure: number): number => {
  if (figure <= from) return 0;
  const share =
    kind === "linear"
      ? (figure - from) / (to - from)
      : Math.log10(figure / from) / Math.log10(to / from);
  return Math.min(1, share);
};

/** As short as phones need it: thousands as "k" where there are tens of thousands. */
export const formatTick = ({ ticks }: Scale, tick: number): string => {
  const greatest = ticks.at(-1)!;
  if (greatest >= 1e6 && tick >= 1e6) return `${tick / 1e6}M`;
  if (greatest >= 1e4 && tick >= 1e3) return `${tick / 1e3}k`;
  return tick.toLocaleString("en-US", { maximumFractionDigits: 6 });
};

/** Ticks at one, two or five of a power of ten; none at a part of what is only counted. */
const linearScale = (greatest: number, leastStep: number): Scale => {
  const to = greatest > 0 ? greatest : leastStep;
  const step = Math.max(leastStep, roundUp(to / 4));
  const count = Math.floor(exact(to / step));
  const ticks = Array.from({ length: count + 1 }, (_, index) => exact(index * step));
  return { kind: "linear", from: 0, to, ticks };
};

const logarithmicScale = (least: number, greatest: number): Scale => {
  if (!Number.isFinite(least)) return { kind: "logarithmic", from: 1, to: 10, ticks: [1, 10] };
  const first = Math.ceil(Math.log10(least)) - 1;
  const from = powerOfTen(first);
  const ticks = logarithmicTicks(first, Math.floor(Math.log10(greatest)) + 1);
  const covered = ticks.filter((tick) => tick <= greatest);
  // One tick is no axis: from 1,000 to 1,800 it is told by 1,000 and 2,000.
  const to = covered.length > 1 ? greatest : ticks[1]!;
  return { kind: "logarithmic", from, to, ticks: ticks.filter((tick) => tick <= to) };
};

/** Powers of ten; with twos and fives where they are few, and only each second one where many. */
const logarithmicTicks = (first: number, last: number): number[] => {
  const powers = Array.from({ length: last - first + 1 }, (_, index) => powerOfTen(first + index));
  if (powers.length < 4) return powers.flatMap((power) => [1, 2, 5].map((of) => exact(of * power)));
  const every = Math.ceil((powers.length - 1) / tickCountMax);
  return powers.filter((_, index) => index % every === 0);
};

/** The next one, two or five of a power of ten. */
const roundUp = (value: number): number => {
  const power = powerOfTen(Math.floor(Math.log10(value)));
  const factor = [1, 2, 5, 10].find((some) => some * power >= value * (1 - 1e-12))!;
  return exact(factor * power);
};

const powerOfTen = (exponent: number): number => Number(`1e${exponent}`);

/** Without what binary fractions add: 0.1 + 0.2. */
const exact = (value: number): number => Number(value.toPrecision(12));
