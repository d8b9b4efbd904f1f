import { describe, expect, it } from "vitest";
import {
  atLeast,
  atMost,
  equal,
  openReport,
  type Findings,
} from "../../../../lab/report/report.ts";
import { renderReport } from "../../../../lab/report/render-report.ts";
import { exactly, summarize } from "../../../../lab/report/statistics.ts";

const findings: Findings = {
  results: [
    {
      group: "16 in flight",
      name: "raw",
      figures: { perSecond: summarize([900, 1_000, 1_100]), requests: exactly(1) },
    },
    { group: "16 in flight", name: "http", figures: { perSecond: exactly(512.4) } },
  ],
  targets: [atLeast("HTTP's ratio", 0.4, 0.512), atMost("The bytes", 280_000, 280_001)],
  notes: ["A note. ".repeat(20).trim()],
  charts: [],
  columns: [
    { figure: "perSecond", title: "per second", fractionDigits: 0, showsSpread: true },
    { figure: "requests", title: "requests", fractionDigits: 2 },
  ],
};

describe("a target", () => {
  it("is met at its bound", () => {
    expect(atLeast("", 0.85, 0.85).isMet).toBe(true);
    expect(atMost("", 0.6, 0.6).isMet).toBe(true);
    expect(equal("", 1, 1).isMet).toBe(true);
    expect(equal("", 1, 1.01).isMet).toBe(false);
    expect(atLeast("", 0.85, Number.NaN).isMet).toBe(false);
  });
});

describe("a report", () => {
  const report = openReport("npm run bench")([
    { name: "reserve", title: "a reservation by three ways", ...findings },
  ]);

  it("has the shape that readers of its JSON rely on", () => {
    expect(JSON.parse(JSON.stringify(report))).toMatchObject({
      schema: "holdfast-report/1",
      command: "npm run bench",
      startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      tookSeconds: expect.any(Number),
      machine: { cores: expect.any(Number), processor: expect.any(String), node: process.version },
      parts: [
        {
          name: "reserve",
          results: [
            {
              name: "raw",
              figures: {
                perSecond: { median: 1_000, low: 950, high: 1_050, min: 900, max: 1_100 },
              },
            },
            { name: "http" },
          ],
          targets: [{ isMet: true }, { isMet: false }],
        },
      ],
    });
  });

  it("reads as a table of at most 100 columns, with each target met or missed", () => {
    const text = renderReport(report);
    expect(text).toContain("16 in flight\n");
    expect(text).toMatch(/^ {2}raw +1,000 +±5% +1\.00$/m);
    expect(text).toMatch(/^ {2}http +512 +±0%$/m);
    expect(text).toMatch(/^met +HTTP's ratio is at least 0\.4: 0\.512$/m);
    expect(text).toMatch(/^MISSED +The bytes is at most 280,000: 280,001$/m);
    const ours = text.split("\n").filter((line) => !line.includes(report.machine.processor));
    expect(Math.max(...ours.map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});
