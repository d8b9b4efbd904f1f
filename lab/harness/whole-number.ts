import { UsageError } from "./usage-error.ts";

export interface WholeNumberBounds {
  least: number;
  greatest: number;
}

/**
 * Reads the value of the option `--name`.
 *
 * @throws UsageError that names the bounds and the value
 */
export const readWholeNumber = (
  name: string,
  text: string,
  { least, greatest }: WholeNumberBounds,
): number => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= greatest) return value;
  const range = `from ${least} to ${greatest.toLocaleString("en-US")}`;
  throw new UsageError(`--${name} is a whole number ${range}, not ${text}.`);
};
