/** The arithmetic of all benchmarks. Samples need no order, except where a function says so. */

/** What several rounds say of one figure: the middle, the quartiles around it, and the ends. */
export interface Summary {
  median: number;
  low: number;
  high: number;
  min: number;
  max: number;
  samples: number;
}

/**
 * The value below which `share` (0 to 1) of the samples lie, interpolated between neighbours, so
 * that few samples have quartiles too. (R. Hyndman and Y. Fan, "Sample Quantiles in Statistical
 * Packages", 1996: definition 7.) The samples are sorted, and at least one.
 */
export const percentile = (sorted: ArrayLike<number>, share: number): number => {
  if (sorted.length === 0) throw new RangeError("There is no percentile of no samples.");
  if (!(share >= 0 && share <= 1)) throw new RangeError(`A share is from 0 to 1, not ${share}.`);
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  return below + (above - below) * (position - Math.floor(position));
};

export const median = (samples: readonly number[]): number =>
  percentile(
    samples.toSorted((a, b) => a - b),
    0.5,
  );

export const summarize = (samples: readonly number[]): Summary => {
  const sorted = samples.toSorted((a, b) => a - b);
  return {
    median: percentile(sorted, 0.5),
    low: percentile(sorted, 0.25),
    high: percentile(sorted, 0.75),
    min: sorted[0]!,
    max: sorted.at(-1)!,
    samples: sorted.length,
  };
};

/** A figure that was counted, not sampled. */
export const exactly = (value: number): Summary => summarize([value]);

/** Half the distance of the quartiles, as a share of the median: the "±" of the tables. */
export const spread = ({ median: middle, low, high }: Summary): number =>
  high === low ? 0 : (high - low) / 2 / Math.abs(middle);

/**
 * Each sample as a ratio to the reference's of the same round. Neighbours in time share the noise
 * of the machine, so that their ratio is steadier than a ratio of medians.
 */
export const ratios = (samples: readonly number[], reference: readonly number[]): number[] => {
  if (samples.length !== reference.length) {
    throw new RangeError(`${samples.length} samples have no ratio to ${reference.length}.`);
  }
  return samples.map((sample, index) => sample / reference[index]!);
};
