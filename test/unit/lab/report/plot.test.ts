import { describe, expect, it } from "vitest";
import { createPlot, isMark } from "../../../../lab/report/chart/plot.ts";
import type { Chart, Result } from "../../../../lab/report/report.ts";
import { exactly, summarize } from "../../../../lab/report/statistics.ts";

const chart: Chart = {
  title: "",
  caption: "",
  figures: ["perSecond"],
  unit: "/s",
  fractionDigits: 0,
  scale: "linear",
};

const result = (group: string, name: string, perSecond?: number): Result => ({
  group,
  name,
  figures: perSecond === undefined ? {} : { perSecond: exactly(perSecond) },
});

const marksOf = (of: Chart, results: Result[]) =>
  createPlot(of, { results }).groups.flatMap(({ rows }) => rows.filter(isMark));

describe("a plot", () => {
  it("has a bar from zero for one figure, and a span between two", () => {
    expect(marksOf(chart, [result("a", "one", 5), result("a", "two", 10)])).toMatchObject([
      { from: 0, to: 0.5, label: "5/s" },
      { from: 0, to: 1, label: "10/s" },
    ]);
    const latencies = { p50Ms: exactly(10), p99Ms: exactly(100) };
    const span: Chart = { ...chart, figures: ["p50Ms", "p99Ms"], unit: "ms", scale: "logarithmic" };
    expect(marksOf(span, [{ group: "a", name: "one", figures: latencies }])).toMatchObject([
      { from: 0.5, to: 1, label: "10–100\u00A0ms", description: "one: 10–100\u00A0ms" },
    ]);
  });

  it("has a whisker from quartile to quartile where there were samples", () => {
    const figures = { perSecond: summarize([80, 90, 100, 110, 120]) };
    const [mark] = marksOf(chart, [{ group: "a", name: "one", figures }]);
    expect(mark!.whiskers).toEqual([[90 / 110, 1]]);
    expect(mark!.description).toBe("one: 100/s; half of 5 samples from 90/s to 110/s");
    expect(marksOf(chart, [result("a", "one", 100)])[0]!.whiskers).toEqual([]);
  });

  it("keeps the row of what was left out, and none of what has another figure", () => {
    const leftOut = { ...result("b", "redis"), leftOut: "There is no redis-server." };
    const noRatio = { group: "a", name: "raw", figures: { perSecond: exactly(Number.NaN) } };
    const { groups } = createPlot(chart, {
      results: [result("a", "one", 1), result("a", "two"), noRatio, leftOut, result("c", "three")],
    });
    expect(groups.map(({ name, rows }) => [name, rows.map((row) => row.name)])).toEqual([
      ["a", ["one"]],
      ["b", ["redis"]],
    ]);
  });

  it("has only the chart's groups, each in the hue that it has in the part's other charts", () => {
    const results = ["a", "b", "c"].map((group) => result(group, "one", 1));
    const { groups } = createPlot({ ...chart, groups: ["c"] }, { results });
    expect(groups).toMatchObject([{ name: "c", hue: 2 }]);
  });

  it("has one hue where groups are too many to be told apart by it", () => {
    const results = ["a", "b", "c", "d", "e"].map((group) => result(group, "one", 1));
    const { groups } = createPlot(chart, { results });
    expect(new Set(groups.map(({ hue }) => hue)).size).toBe(1);
  });

  it("tells of zero that it is there", () => {
    expect(marksOf(chart, [result("a", "one", 0)])).toMatchObject([
      { from: 0, to: 0, isZero: true, label: "0/s" },
    ]);
  });
});
