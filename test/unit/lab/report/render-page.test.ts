import { describe, expect, it } from "vitest";
import { renderPage } from "../../../../lab/report/page/render-page.ts";
import type { Report } from "../../../../lab/report/report.ts";
import { renderSvg } from "../../../../lab/report/svg/render-svg.ts";
import { benchReport, labReport } from "../../../support/example-reports.ts";

/** A report that tries to be markup wherever it has a text. */
const hostile = (report: Report): Report =>
  JSON.parse(JSON.stringify(report), (_, value: unknown) =>
    typeof value === "string" && !/^(linear|logarithmic|\d{4}-.*|\w+)$/u.test(value)
      ? `${value}"'><script>&\u0007`
      : value,
  ) as Report;

describe("the page", () => {
  const page = renderPage(labReport);

  it("stands alone: it has no script, and nothing to fetch", () => {
    expect(page).toContain(
      `content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;;`,
    );
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\ssrc=|https?:/u);
    const addresses = [...page.matchAll(/href="([^"]*)"/gu)].map(([, address]) => address);
    expect(addresses).toEqual(["#race", "#frozen", "#recovery"]);
  });

  it("says when it was, how long it took, on what, and what came out", () => {
    expect(page).toContain("14 March 2026 at 09:26 UTC");
    expect(page).toContain("4\u00A0min 12\u00A0s");
    expect(page).toContain("8 × AMD EPYC 9354P 32-Core Processor, 31 GiB");
    expect(page).toContain("2 of 3 targets met, 4 of 13 rows left out");
    expect(page).toContain(`<span class="verdict missed">✗ Missed</span>`);
  });

  it("explains each row in its sentence, and has all figures", () => {
    const [race] = labReport.parts;
    for (const { explanation } of race!.results) expect(page).toContain(`<dd>${explanation}</dd>`);
    expect(page).toContain(`<td>2,140 <span class="spread">±6%</span></td>`);
  });

  it("names each mark with its figure for those who do not see it", () => {
    expect(page).toContain(
      `aria-label="case-2: 1,265/s; half of 5 samples from 1,189/s to 1,328/s"`,
    );
  });

  it("has no heading over nothing", () => {
    const [part] = benchReport.parts;
    const bare = { ...part!, targets: [], notes: [], charts: [] };
    const bench = renderPage({ ...benchReport, parts: [bare] });
    expect(bench).not.toMatch(/How it was measured|Targets|Row by row|<figure/u);
  });

  it("shows as text what tries to be markup", () => {
    const html = renderPage(hostile(labReport));
    expect(html).not.toContain("<script");
    expect(html).toContain("&quot;&#39;&gt;&lt;script&gt;&amp;\uFFFD");
    // Outside of what is escaped, each tag is one of ours.
    expect(html.match(/<[a-z0-9]+/gu)).toEqual(renderPage(labReport).match(/<[a-z0-9]+/gu));
  });
});

describe("the README's chart", () => {
  const [part] = labReport.parts;
  const svgs = part!.charts.map((chart) => renderSvg(chart, part!));

  it("is as wide as a README, and as high as it has rows", () => {
    for (const svg of svgs) {
      const [, width, height] = /width="(\d+)" height="(\d+)"\s+viewBox/u.exec(svg)!;
      expect(Number(width)).toBe(830);
      expect(svg).toContain(`viewBox="0 0 ${width} ${height}"`);
      expect(Number(height)).toBeGreaterThan(13 * 26);
    }
  });

  it("has a mark with its title for each result that has figures, and the reason of others", () => {
    for (const svg of svgs) {
      expect(svg.match(/<rect class="mark/gu)).toHaveLength(9);
      expect(svg.match(/<rect [^>]*>\s*<title>/gu)).toHaveLength(9);
      expect(svg.match(/class="reason/gu)).toHaveLength(4);
    }
  });

  it("says in words what it shows", () => {
    expect(svgs[0]).toContain(`<title id="title">Buys a second, more is better</title>`);
    expect(svgs[0]).toMatch(/<desc id="desc">[^<]*case-2: 1,265\/s/u);
  });

  it("stands alone, in light and in dark", () => {
    for (const svg of svgs) {
      expect(svg).toContain("@media (prefers-color-scheme: dark)");
      expect(svg.replace("http://www.w3.org/2000/svg", "")).not.toMatch(
        /https?:|url\(|href|<script/u,
      );
    }
  });

  it("shows as text what tries to be markup", () => {
    const [bad] = hostile(labReport).parts;
    const svg = renderSvg(bad!.charts[0]!, bad!);
    expect(svg).not.toContain("<script");
    expect(svg).toContain("&lt;script&gt;&amp;\uFFFD");
  });
});
