import { describe, expect, it } from "vitest";
import { figureOf, formatNumber, formatSpread, withUnit } from "../../../../lab/report/figures.ts";
import { exactly, summarize } from "../../../../lab/report/statistics.ts";

describe("a figure", () => {
  it("is told with its digits, and never as nothing where it is something", () => {
    expect(formatNumber(12_345.678, 1)).toBe("12,345.7");
    expect(formatNumber(0, 2)).toBe("0.00");
    expect(formatNumber(0.004, 2)).toBe("<0.01");
    expect(formatNumber(0.005, 2)).toBe("0.01");
    expect(formatNumber(0.4, 0)).toBe("<1");
  });

  it("has its unit beside it, a word apart", () => {
    expect(withUnit("12", "/s")).toBe("12/s");
    expect(withUnit("12", "ms")).toBe("12\u00A0ms");
    expect(withUnit("12", "")).toBe("12");
  });

  it("has a spread, if there is a median to take it of", () => {
    expect(formatSpread(summarize([90, 95, 100, 105, 110]))).toBe("±5%");
    expect(formatSpread(summarize([0, 0, 0, 4, 8]))).toBe("");
  });

  it("is none where it is a ratio to nothing, also once it has been JSON", () => {
    const figures = { ratio: exactly(Number.NaN), sold: exactly(0) };
    const result = { group: "", name: "", figures };
    expect(figureOf(result, "ratio")).toBeUndefined();
    expect(figureOf(JSON.parse(JSON.stringify(result)), "ratio")).toBeUndefined();
    expect(figureOf(result, "sold")).toBe(figures.sold);
    expect(figureOf(result, "bought")).toBeUndefined();
  });
});
