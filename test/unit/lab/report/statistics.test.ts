import { describe, expect, it } from "vitest";
import {
  exactly,
  median,
  percentile,
  ratios,
  spread,
  summarize,
} from "../../../../lab/report/statistics.ts";

describe("percentile", () => {
  it("is the sample itself where a sample stands", () => {
    const hundred = Array.from({ length: 101 }, (_, index) => index);
    expect(percentile(hundred, 0)).toBe(0);
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile(hundred, 1)).toBe(100);
  });

  it("lies between two samples in proportion where none stands", () => {
    expect(percentile([10, 20], 0.25)).toBe(12.5);
    expect(percentile([1, 2, 3, 4], 0.5)).toBe(2.5);
  });

  it("is the only sample, whatever the share", () => {
    expect(percentile([7], 0.01)).toBe(7);
    expect(percentile([7], 0.99)).toBe(7);
  });

  it("reads latencies as they are kept", () => {
    expect(percentile(Float64Array.of(1, 2, 4), 0.75)).toBe(3);
  });

  it("refuses no samples, and a percentage in place of a share", () => {
    expect(() => percentile([], 0.5)).toThrow("no samples");
    expect(() => percentile([1], 99)).toThrow("A share is from 0 to 1, not 99.");
    expect(() => percentile([1], Number.NaN)).toThrow("A share is from 0 to 1");
  });
});

describe("median", () => {
  it("sorts by value, not by text, and leaves the samples as they were", () => {
    const samples = [100, 9, 20];
    expect(median(samples)).toBe(20);
    expect(samples).toEqual([100, 9, 20]);
  });

  it("is not moved by one round that met with noise", () => {
    expect(median([10, 11, 10, 11, 900])).toBe(11);
  });
});

describe("spread", () => {
  it("is half the distance of the quartiles, as a share of the median", () => {
    const five = { median: 3, low: 2, high: 4, min: 1, max: 5, samples: 5 };
    expect(summarize([5, 1, 3, 2, 4])).toEqual(five);
    expect(spread(summarize([1, 2, 3, 4, 5]))).toBeCloseTo(1 / 3);
  });

  it("is nothing for what was counted, also for a count of 0", () => {
    expect(spread(exactly(6))).toBe(0);
    expect(spread(exactly(0))).toBe(0);
  });

  it("is never negative", () => {
    expect(spread(summarize([-1, -2, -3]))).toBeCloseTo(0.25);
  });
});

describe("ratios", () => {
  it("compares each round with itself, so that a slow minute cancels out", () => {
    expect(ratios([90, 45, 9], [100, 50, 10])).toEqual([0.9, 0.9, 0.9]);
  });

  it("refuses rounds without a counterpart", () => {
    expect(() => ratios([1, 2], [1])).toThrow("2 samples have no ratio to 1.");
  });
});
