/**
 * The page and the README's chart in a real browser, at a phone's width and at a desk's, in light
 * and in dark. What it tries to break: long names, figures of all sizes and rows that were left out
 * must neither be cut, nor lie one over the other, nor push the page wider than the screen.
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dark, light, type Palette } from "../../lab/report/chart/palette.ts";
import { renderPage } from "../../lab/report/page/render-page.ts";
import type { Chart, Part, Report, Result } from "../../lab/report/report.ts";
import { renderSvg } from "../../lab/report/svg/render-svg.ts";
import { launchChromium } from "../support/chromium.ts";
import { benchReport, labReport } from "../support/example-reports.ts";
import {
  countColours,
  measureLayout,
  type Box,
  type ChartLayout,
  type Layout,
  type Text,
} from "./measure-layout.ts";

const reports: Record<string, Report> = { lab: labReport, bench: benchReport };
const widths = [360, 1280];
const schemes: Record<"light" | "dark", Palette> = { light, dark };

const views = Object.keys(reports).flatMap((name) =>
  widths.flatMap((width) =>
    (["light", "dark"] as const).map((scheme) => ({ name, width, scheme })),
  ),
);

let browser: Browser;
let context: BrowserContext;
/** Measures screenshots: a page of a report allows no images. */
let blank: Page;

beforeAll(async () => {
  browser = await launchChromium();
  context = await browser.newContext({ offline: true });
  blank = await context.newPage();
});

afterAll(() => browser?.close());

/** Everything that a page asked for or complained of while it was looked at. */
const watch = (page: Page): string[] => {
  const seen: string[] = [];
  page.on("request", (request) => seen.push(`request: ${request.url()}`));
  page.on("console", (message) => seen.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => seen.push(`error: ${error.message}`));
  return seen;
};

describe.each(views)("the page of the $name at $width pixels in $scheme", (view) => {
  const report = reports[view.name]!;
  const charts = report.parts.flatMap((part) => part.charts.map((chart) => ({ part, chart })));
  let page: Page;
  let layout: Layout;
  let seen: string[];

  beforeAll(async () => {
    page = await context.newPage();
    seen = watch(page);
    await page.setViewportSize({ width: view.width, height: 800 });
    await page.emulateMedia({ colorScheme: view.scheme });
    await page.setContent(renderPage(report));
    layout = await measureLayout(page);
  });

  afterAll(() => page?.close());

  it("asks for nothing, and has nothing to complain of", () => {
    expect(seen).toEqual([]);
  });

  it("is no wider than the screen, and nothing in it is", () => {
    expect(layout.viewportWidth).toBe(view.width);
    expect(layout.documentWidth).toBeLessThanOrEqual(layout.viewportWidth);
    expect(layout.outside).toEqual([]);
  });

  it("cuts no text, and has none that is too small to read", () => {
    expect(layout.texts.length).toBeGreaterThan(100);
    expect(layout.texts.filter(({ isCut }) => isCut)).toEqual([]);
    expect(layout.texts.filter(({ fontSizePx }) => fontSizePx < 12)).toEqual([]);
  });

  it("lays no text of a chart over another, nor over a mark, nor beside the chart", () => {
    for (const { rows, ...chart } of layout.charts) {
      const texts = rows.flatMap((row) => row.texts);
      const marks = rows.flatMap(({ mark }) => mark ?? []);
      expect(overlaps(texts)).toEqual([]);
      expect(texts.filter((text) => marks.some((mark) => overlap(text, mark)))).toEqual([]);
      // What a first tick stands out of a chart, being centred, is less than the page's margin.
      const sidewise = ({ kind }: Text): number => (kind.startsWith("tick") ? 5 : 0);
      expect(texts.filter((text) => !isInside(text, chart, sidewise(text)))).toEqual([]);
    }
  });

  it("has a mark that is seen for each result with figures, on one axis", () => {
    expect(layout.charts.map(({ title }) => title)).toEqual(charts.map(({ chart }) => chart.title));
    for (const [index, { part, chart }] of charts.entries()) {
      const drawn = layout.charts[index]!;
      const marks = drawn.rows.flatMap(({ mark }) => mark ?? []);
      const names = marks.map(({ description }) => description.slice(0, description.indexOf(":")));
      expect(names).toEqual(markedResults(part, chart).map(({ name }) => name));
      for (const mark of marks) {
        expect(mark.right - mark.left).toBeGreaterThanOrEqual(1);
        expect(mark.bottom - mark.top).toBeGreaterThanOrEqual(1);
        expect(isInside(mark, drawn), JSON.stringify({ mark, chart })).toBe(true);
      }
      expect(tracksOf(drawn).size).toBe(1);
    }
  });

  it("says why a result was left out, where its mark would be", () => {
    for (const [index, { part, chart }] of charts.entries()) {
      const drawn = layout.charts[index]!;
      const reasons = drawn.rows.flatMap(({ texts }) =>
        texts.filter(({ kind }) => kind === "reason"),
      );
      const leftOut = resultsOf(part, chart).flatMap((result) => result.leftOut ?? []);
      expect(reasons.map(({ text }) => text)).toEqual(leftOut);
      expect(reasons.filter(({ top, bottom }) => bottom - top < 12)).toEqual([]);
    }
  });

  it("is painted in the scheme's colours", async () => {
    const colours = await countColours(blank, await page.locator(".chart").first().screenshot());
    const { surface, hues } = schemes[view.scheme];
    const groups = new Set(report.parts[0]!.results.map(({ group }) => group));
    const painted = [surface, ...hues.slice(0, groups.size)];
    expect(painted.filter((colour) => !((colours.get(colour) ?? 0) > 50))).toEqual([]);
    // Of letters there are many shades between ink and surface.
    expect(colours.size).toBeGreaterThan(50);
  });
});

describe.each(["light", "dark"] as const)("the README's chart in %s", (scheme) => {
  const part = labReport.parts[0]!;

  it.each(part.charts)("is an image that stands alone: $title", async (chart) => {
    const svg = renderSvg(chart, part);
    const page = await context.newPage();
    await page.setViewportSize({ width: 900, height: 800 });
    await page.emulateMedia({ colorScheme: scheme });
    const address = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
    await page.setContent(`<body style="margin: 0"><img src="${address}">`);
    const image = page.locator("img");
    await image.evaluate((element) => element.decode());
    const colours = await countColours(blank, await image.screenshot());
    await page.close();

    const { surface, hues } = schemes[scheme];
    const hue = hues[chart.figures[0] === "oversold" ? 0 : 3];
    expect(colours.get(surface)).toBeGreaterThan(10_000);
    expect(colours.get(hue)).toBeGreaterThan(50);
    expect(colours.size).toBeGreaterThan(50);
  });

  it.each(part.charts)(
    "has each text and mark in its frame, none over another: $title",
    async (chart) => {
      const page = await context.newPage();
      await page.setContent(`<body style="margin: 0">${renderSvg(chart, part)}`);
      const boxes = await page.locator("svg").evaluate((root) => {
        const boxOf = (element: typeof root): Text => ({
          ...element.getBoundingClientRect().toJSON(),
          text: element.textContent,
          kind: element.tagName,
        });
        return {
          frame: boxOf(root),
          texts: [...root.querySelectorAll("text")].map(boxOf),
          marks: [...root.querySelectorAll(".mark")].map(boxOf),
        };
      });
      await page.close();

      expect(boxes.marks).toHaveLength(markedResults(part, chart).length);
      const drawn = [...boxes.texts, ...boxes.marks];
      expect(drawn.filter((box) => !isInside(box, boxes.frame))).toEqual([]);
      expect(boxes.marks.filter((mark) => !(mark.right - mark.left >= 1))).toEqual([]);
      expect(overlaps(boxes.texts)).toEqual([]);
      expect(
        boxes.marks.flatMap((mark) => boxes.texts.filter((text) => overlap(text, mark))),
      ).toEqual([]);
    },
  );
});

const resultsOf = (part: Part, chart: Chart): Result[] =>
  part.results.filter(({ group }) => chart.groups?.includes(group) ?? true);

const markedResults = (part: Part, chart: Chart): Result[] =>
  resultsOf(part, chart).filter(({ figures }) =>
    chart.figures.every((name) => figures[name] !== undefined),
  );

/** Less than a pixel is how boxes are rounded. */
const overlap = (one: Box, other: Box): boolean =>
  Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 &&
  Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 1;

const overlaps = (texts: readonly Text[]): string[] =>
  texts.flatMap((one, index) =>
    texts
      .slice(index + 1)
      .filter((other) => overlap(one, other))
      .map((other) => `"${one.text}" and "${other.text}"`),
  );

const isInside = (inner: Box, outer: Box, sidewise = 0): boolean =>
  inner.left >= outer.left - sidewise - 0.5 &&
  inner.right <= outer.right + sidewise + 0.5 &&
  inner.top >= outer.top - 0.5 &&
  inner.bottom <= outer.bottom + 0.5;

/** Where tracks begin and end: one place in all of a chart's rows, and in its axis. */
const tracksOf = ({ rows }: ChartLayout): Set<string> =>
  new Set(
    rows.flatMap(({ track }) =>
      track ? `${Math.round(track.left)} to ${Math.round(track.right)}` : [],
    ),
  );
