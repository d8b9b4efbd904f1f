import { describe, expect, it } from "vitest";
import { createScale, formatTick, shareOf } from "../../../../lab/report/chart/scale.ts";

const labels = (...scaleOf: Parameters<typeof createScale>): string[] => {
  const scale = createScale(...scaleOf);
  return scale.ticks.map((tick) => formatTick(scale, tick));
};

describe("a linear scale", () => {
  it("begins at zero, so that a bar is as long as its figure is great", () => {
    const scale = createScale("linear", [800, 1_000], 0);
    expect([0, 500, 800, 1_000].map((figure) => shareOf(scale, figure))).toEqual([0, 0.5, 0.8, 1]);
  });

  it("has a few ticks at ones, twos and fives, without what binary fractions add", () => {
    expect(createScale("linear", [2_247], 0).ticks).toEqual([0, 1_000, 2_000]);
    expect(createScale("linear", [0.62], 2).ticks).toEqual([0, 0.2, 0.4, 0.6]);
    expect(createScale("linear", [20], 0).ticks).toEqual([0, 5, 10, 15, 20]);
  });

  it("has no tick at a part of what is only counted", () => {
    expect(createScale("linear", [2], 0).ticks).toEqual([0, 1, 2]);
  });

  it("is an axis also where all is zero, or nothing there at all", () => {
    for (const figures of [[0, 0], []]) {
      const scale = createScale("linear", figures, 0);
      expect(scale).toMatchObject({ from: 0, to: 1, ticks: [0, 1] });
      expect(shareOf(scale, 0)).toBe(0);
    }
  });

  it("writes tens of thousands short, and thousands beside them", () => {
    expect(labels("linear", [9_000], 0)).toEqual(["0", "5,000"]);
    expect(labels("linear", [26_000], 0)).toEqual(["0", "10k", "20k"]);
    expect(labels("linear", [2_000_000], 0)).toEqual(["0", "500k", "1M", "1.5M", "2M"]);
  });
});

describe("a logarithmic scale", () => {
  it("begins at the power of ten below the least, and has the same way for each decade", () => {
    const scale = createScale("logarithmic", [3, 3_000], 1);
    expect(scale).toMatchObject({ from: 1, to: 3_000, ticks: [1, 10, 100, 1_000] });
    const decade = shareOf(scale, 10);
    expect(shareOf(scale, 1_000)).toBeCloseTo(3 * decade);
    expect(shareOf(scale, 3_000)).toBe(1);
  });

  it("shows a least that is a power of ten itself", () => {
    const scale = createScale("logarithmic", [1, 100, 1_000], 0);
    expect(scale.from).toBe(0.1);
    expect(shareOf(scale, 1)).toBe(0.25);
  });

  it("draws zero at its beginning, and does not let it say where that is", () => {
    const scale = createScale("logarithmic", [0, 20, 700], 0);
    expect(scale.from).toBe(10);
    expect(shareOf(scale, 0)).toBe(0);
  });

  it("has twos and fives among few decades, and leaves some of many out", () => {
    expect(createScale("logarithmic", [1_834, 1_844], 0)).toMatchObject({
      to: 2_000,
      ticks: [1_000, 2_000],
    });
    expect(createScale("logarithmic", [3, 60], 0).ticks).toEqual([1, 2, 5, 10, 20, 50]);
    expect(labels("logarithmic", [0.004, 90_000], 0)).toEqual(["0.001", "0.1", "10", "1,000"]);
  });

  it("is an axis also where nothing is there, or only zero", () => {
    expect(createScale("logarithmic", [0], 0)).toMatchObject({ from: 1, to: 10, ticks: [1, 10] });
  });
});
