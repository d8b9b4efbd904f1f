import { describe, expect, it } from "vitest";
import { compareReports, hasChanged } from "../../../../lab/report/compare.ts";
import { renderComparison } from "../../../../lab/report/render-comparison.ts";
import type { Part, Report, Result } from "../../../../lab/report/report.ts";
import { exactly, summarize, type Summary } from "../../../../lab/report/statistics.ts";
import { fullReport } from "./full-report.ts";

const result = (
  name: string,
  figures: Record<string, Summary>,
  group = "16 in flight",
): Result => ({
  group,
  name,
  figures,
});

const part = (name: string, ...results: Result[]): Part => ({
  ...fullReport().parts[0]!,
  name,
  results,
});

const report = (...parts: Part[]): Report => ({ ...fullReport(), parts });

describe("a figure that was counted", () => {
  it("changed if it differs at all", () => {
    expect(hasChanged(exactly(1), exactly(1))).toBe(false);
    expect(hasChanged(exactly(1), exactly(1.01))).toBe(true);
    expect(hasChanged(exactly(297_565), exactly(297_566))).toBe(true);
    expect(hasChanged(exactly(0), exactly(1))).toBe(true);
    expect(hasChanged(summarize([6, 6, 6]), summarize([5, 5]))).toBe(true);
  });
});

describe("a figure that was measured", () => {
  const old = summarize([90, 100, 110]);

  it("changed when its medians are further apart than the wider of both ranges", () => {
    expect(hasChanged(old, summarize([119, 120, 121]))).toBe(false);
    expect(hasChanged(old, summarize([120, 121, 122]))).toBe(true);
    expect(hasChanged(old, summarize([78, 79, 80]))).toBe(true);
    expect(hasChanged(old, summarize([60, 130, 140]))).toBe(false);
  });

  it("did not change by less than 2 %, however steady it was", () => {
    const steady = summarize([99.9, 100, 100.1]);
    expect(hasChanged(steady, summarize([101.8, 101.9, 102]))).toBe(false);
    expect(hasChanged(steady, summarize([101.9, 102, 102.1]))).toBe(true);
    expect(hasChanged(steady, summarize([97.9, 98, 98.1]))).toBe(true);
  });

  it("is judged by its range also where the other run counted", () => {
    expect(hasChanged(exactly(100), summarize([90, 101, 110]))).toBe(false);
    expect(hasChanged(exactly(100), summarize([120, 130, 140]))).toBe(true);
  });

  it("changed from nothing, and below nothing, by the same rule", () => {
    expect(hasChanged(exactly(0), summarize([1, 2, 3]))).toBe(false);
    expect(hasChanged(exactly(0), summarize([3, 4, 5]))).toBe(true);
    expect(hasChanged(summarize([-101, -100, -99]), summarize([-98, -97, -96]))).toBe(true);
  });
});

describe("two reports", () => {
  const perSecond = { perSecond: summarize([900, 1_000, 1_100]) };

  it("are compared figure by figure, by the names of part, group, result and figure", () => {
    const old = report(
      part("reserve", result("raw", perSecond), result("raw", { requests: exactly(1) }, "alone")),
      part("locks", result("raw", { perSecond: exactly(3) })),
    );
    const now = report(
      part("locks", result("raw", { perSecond: exactly(4) })),
      part("reserve", result("raw", { requests: exactly(2) }, "alone"), result("raw", perSecond)),
    );
    const { comparedCount, changes, onlyInOld, onlyInNew } = compareReports(old, now);
    expect({ comparedCount, onlyInOld, onlyInNew }).toEqual({
      comparedCount: 3,
      onlyInOld: [],
      onlyInNew: [],
    });
    expect(changes).toEqual([
      {
        part: "locks",
        group: "16 in flight",
        name: "raw",
        figure: "perSecond",
        old: exactly(3),
        new: exactly(4),
      },
      {
        part: "reserve",
        group: "alone",
        name: "raw",
        figure: "requests",
        old: exactly(1),
        new: exactly(2),
      },
    ]);
  });

  it("may each have figures of their own", () => {
    const comparison = compareReports(
      report(part("reserve", result("raw", { ...perSecond, gone: exactly(1) }))),
      report(part("reserve", result("raw", perSecond), result("new", perSecond))),
    );
    const place = { part: "reserve", group: "16 in flight" };
    expect(comparison.onlyInOld).toEqual([{ ...place, name: "raw", figure: "gone" }]);
    expect(comparison.onlyInNew).toEqual([{ ...place, name: "new", figure: "perSecond" }]);
    expect(comparison.comparedCount).toBe(1);
  });

  it("need not be of the same parts: those of one alone are named, and not compared", () => {
    const comparison = compareReports(
      report(part("reserve", result("raw", perSecond)), part("cold")),
      report(part("cold"), part("locks", result("raw", perSecond))),
    );
    expect(comparison).toMatchObject({
      comparedCount: 0,
      onlyInOld: [],
      onlyInNew: [],
      partsOnlyInOld: ["reserve"],
      partsOnlyInNew: ["locks"],
    });
  });

  it("are of different machines when the processor, its cores or Node.js differ", () => {
    const old = report();
    const busier = { ...old, machine: { ...old.machine, loadAverage: 9, memoryGiB: 1 } };
    expect(compareReports(old, busier).machineDifferences).toEqual([]);
    const other = { ...old, machine: { ...old.machine, cores: 8, node: "v26.0.0" } };
    expect(compareReports(old, other).machineDifferences).toEqual([
      { property: "cores", old: "2", new: "8" },
      { property: "node", old: "v24.21.0", new: "v26.0.0" },
    ]);
  });
});

describe("a comparison on a terminal", () => {
  const figures = (factor: number) => ({
    perSecond: summarize([1_234 * factor, 1_235 * factor]),
    bundleBytes: exactly(297_565 * factor),
    ratio: summarize([0.501, 0.502]),
    busy: exactly(factor - 1),
  });
  const old = report(part("reserve", result("raw", figures(1))));

  it("shows what changed alone, under its part and group, with both figures and percent", () => {
    const now = report(part("reserve", result("raw", figures(2))));
    const text = renderComparison(compareReports(old, now));
    expect(text).toContain("Compared with npm run bench -- reserve (2026-01-02T03:04:05.678Z)\n");
    expect(text).toMatch(/^ +old +new +change$/m);
    expect(text).toMatch(/^reserve: 16 in flight$/m);
    expect(text).toMatch(/^ {2}raw perSecond +1,235 +2,469 +\+100%$/m);
    expect(text).toMatch(/^ {2}raw bundleBytes +297,565 +595,130 +\+100%$/m);
    expect(text).toMatch(/^ {2}raw busy +0 +1 *$/m);
    expect(text).not.toContain("raw ratio");
    expect(text.split("\n").slice(-2)).toEqual([
      "4 figures compared, 3 changed beyond the noise; 0 only in the old report, 0 only in the new one.",
      "Times and rates move with whatever else a machine does; ratios are of one round each.",
    ]);
  });

  it("tells changes to ten times and more as such, and less as less", () => {
    const ofBusy = (count: number) => report(part("orders", result("a", { busy: exactly(count) })));
    const changeOf = (from: number, to: number) =>
      / busy .* (\S+)$/m.exec(renderComparison(compareReports(ofBusy(from), ofBusy(to))))?.[1];
    expect(changeOf(3, 2)).toBe("-33%");
    expect(changeOf(1, 9.9)).toBe("+890%");
    expect(changeOf(1, 10)).toBe("×10");
    expect(changeOf(2, 0)).toBe("-100%");
  });

  it("is a line where nothing changed", () => {
    expect(renderComparison(compareReports(old, old)).split("\n").slice(1)).toEqual([
      "",
      "4 figures compared, 0 changed beyond the noise; 0 only in the old report, 0 only in the new one.",
    ]);
  });

  it("names the parts that were not compared, and warns of another machine", () => {
    const machine = { ...old.machine, processor: "Another One" };
    const now = { ...report(part("locks")), machine };
    const text = renderComparison(compareReports(old, now));
    expect(text).toContain("only ratios and counts can be compared");
    expect(text).toContain("  processor: A Processor 9000, now Another One\n");
    expect(text).toContain("Not run this time: reserve.\nNot in the old report: locks.");
  });

  it("is at most 100 columns wide, whatever the names", () => {
    const long = "a name that goes on and on ".repeat(8);
    const longReport = (count: number): Report => ({
      ...report(part(long, result(long, { [long]: exactly(count) }, long))),
      command: long,
      machine: { ...old.machine, processor: `${long} ${count}` },
    });
    const text = renderComparison(compareReports(longReport(0.001), longReport(123_456_789)));
    expect(text).toContain("…");
    expect(text).toMatch(/0\.001 +123,456,789 +×120B$/m);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});
