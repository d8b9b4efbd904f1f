import { describe, expect, it } from "vitest";
import { renderReport } from "../../../../lab/report/render-report.ts";
import { renderTable } from "../../../../lab/report/render-table.ts";
import type { Column, Result } from "../../../../lab/report/report.ts";
import { exactly } from "../../../../lab/report/statistics.ts";
import { benchReport, labReport } from "../../../support/example-reports.ts";

const column: Column = { figure: "perSecond", title: "per second", fractionDigits: 0 };
const withBar: Column = { ...column, showsBar: true };

const results = (figures: Record<string, number | undefined>): Result[] =>
  Object.entries(figures).map(([name, perSecond]): Result => ({
    group: "a group",
    name,
    figures: perSecond === undefined ? {} : { perSecond: exactly(perSecond) },
  }));

const widthOf = (text: string): number => Math.max(...text.split("\n").map((line) => line.length));

describe("a table", () => {
  it("has bars as long as figures are great among their column's, to an eighth of a column", () => {
    const table = renderTable(results({ one: 1_000, two: 500, three: 506.25 }), [withBar]);
    expect(table).toMatch(/^ {2}one +1,000 █{20}$/m);
    expect(table).toMatch(/^ {2}two +500 █{10}$/m);
    expect(table).toMatch(/^ {2}three +506 █{10}▏$/m);
  });

  it("has no bar for nothing, and the shortest for what is hardly something", () => {
    const all = { most: 1_000, tiny: 0.01, none: 0, missing: undefined, unknown: Number.NaN };
    const table = renderTable(results(all), [withBar]);
    expect(table).toMatch(/^ {2}tiny +<1 ▏$/m);
    expect(table).toMatch(/^ {2}none +0$/m);
    expect(table).toMatch(/^ {2}missing$/m);
    expect(table).toMatch(/^ {2}unknown$/m);
  });

  it("has no bars where all is nothing", () => {
    expect(renderTable(results({ one: 0, two: 0 }), [withBar])).not.toMatch(/[█-▏]/u);
  });

  it("keeps the next column in its place behind a bar", () => {
    const table = renderTable(results({ one: 1_000, two: 10 }), [withBar, column]);
    const ends = table
      .split("\n")
      .filter((line) => line.startsWith("  "))
      .map((line) => line.length);
    expect(new Set(ends).size).toBe(1);
  });

  it("says why a row has no figures, on one line where there is room", () => {
    const leftOut = "There is no redis-server on this machine. To install: apt-get install redis";
    const [row] = results({ redis: undefined });
    expect(renderTable([{ ...row!, leftOut }], [column])).toContain(`  redis  ${leftOut}`);
  });

  it("keeps a command whole where the reason is longer than a line", () => {
    const reason = `There is no server ${"of that kind ".repeat(8)}here.`;
    const command = "To install: apt-get install redis-server";
    const [row] = results({ redis: undefined });
    const table = renderTable([{ ...row!, leftOut: `${reason} ${command}` }], [column]);
    expect(widthOf(table)).toBeLessThanOrEqual(100);
    expect(table.split("\n").map((line) => line.trim())).toContain(command);
  });

  it("wraps titles before it does without bars", () => {
    const titles = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"];
    const many = titles.map((title) => ({ ...column, title: `${title} of them all` }));
    const table = renderTable(results({ one: 1_000 }), [...many, withBar]);
    expect(widthOf(table)).toBeLessThanOrEqual(100);
    expect(table).toContain("█");
    // On two lines, since there is room for that.
    expect(table).toMatch(/^ +first of +second of .*\n +them all +them all /u);
  });

  it("shares columns out among several tables where one would be too wide", () => {
    const many = Array.from({ length: 30 }, (_, index) => ({ ...column, title: `title${index}` }));
    const table = renderTable(results({ one: 1_000, two: 2_000 }), many);
    expect(widthOf(table)).toBeLessThanOrEqual(100);
    expect(many.filter(({ title }) => !table.includes(title))).toEqual([]);
    expect(table.match(/^ {2}two/gm)!.length).toBeGreaterThan(1);
  });

  it("cuts a name that leaves no room for figures, and wraps a group's", () => {
    const [row] = results({ ["n".repeat(120)]: 1_000 });
    const table = renderTable([{ ...row!, group: "group ".repeat(30) }], [withBar]);
    expect(widthOf(table)).toBeLessThanOrEqual(100);
    expect(table).toMatch(/n… +1,000 █/);
  });
});

describe.each([labReport, benchReport])("the report of $command", (report) => {
  const text = renderReport(report);

  it("fits 100 columns, bars and reasons as well", () => {
    expect(widthOf(text)).toBeLessThanOrEqual(100);
    for (const { results: rows } of report.parts) {
      for (const { leftOut } of rows) if (leftOut !== undefined) expect(text).toContain(leftOut);
    }
  });

  it("has bars, and leaves explanations to the page", () => {
    expect(text).toMatch(/█{4}/u);
    for (const { explanation } of report.parts.flatMap((part) => part.results)) {
      if (explanation !== undefined) expect(text).not.toContain(explanation.slice(0, 30));
    }
  });
});
