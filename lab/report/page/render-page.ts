/**
 * A report as one HTML document that needs nothing else: no script, no font, no image, no request.
 * It is read on a phone as on a desk, in light as in dark, and shows each chart's figures as text.
 * Next: part.ts, chart.ts and table.ts for what is in it, style.ts for how it looks.
 */
import { withUnit } from "../figures.ts";
import { markup, Markup } from "../markup.ts";
import { describe } from "../render-report.ts";
import type { Part, Report } from "../report.ts";
import { capitalize, renderPart } from "./part.ts";
import { style } from "./style.ts";

/** Forbids all that the page does not need, also should a name in a report try to be markup. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

export const renderPage = (report: Report): string => {
  const { command, parts } = report;
  return `${
    markup`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${command} · Holdfast</title>
<style>${new Markup(style)}</style>
</head>
<body>
<div class="page">
<header>
<p class="eyebrow">Holdfast</p>
<h1>${command.split(" ").map((word) => markup`<span>${word}</span>`)}</h1>
${renderAbout(report)}
${renderContents(parts)}
</header>
<main>
${parts.map(renderPart)}
</main>
</div>
</body>
</html>`.text
  }\n`;
};

const renderAbout = ({
  startedAt,
  tookSeconds,
  machine,
}: Report): Markup => markup`<dl class="about">
<dt>Run</dt><dd><time datetime="${startedAt}">${formatTime(startedAt)}</time>,
in ${formatDuration(tookSeconds)}</dd>
<dt>Machine</dt><dd>${describe(machine)}</dd>
</dl>`;

const renderContents = (
  parts: readonly Part[],
): Markup => markup`<nav class="contents" aria-label="Parts">
<ul>
${parts.map(
  ({ name, title, ...part }) =>
    markup`<li><a href="#${name}">${capitalize(title)}</a>
<span class="muted">${summarize(part)}</span></li>`,
)}
</ul>
</nav>`;

/** What somebody wants to know before reading on: was all met, was all there? */
const summarize = ({ results, targets }: Pick<Part, "results" | "targets">): string => {
  const met = targets.filter(({ isMet }) => isMet).length;
  const leftOut = results.filter((result) => result.leftOut !== undefined).length;
  return [
    ...(targets.length > 0 ? [`${met} of ${targets.length} targets met`] : []),
    ...(leftOut > 0 ? [`${leftOut} of ${results.length} rows left out`] : []),
  ].join(", ");
};

const formatTime = (iso: string): string => {
  const time = new Date(iso).toLocaleString("en-GB", {
    dateStyle: "long",
    timeStyle: "short",
    timeZone: "UTC",
  });
  return `${time} UTC`;
};

const formatDuration = (seconds: number): string =>
  [
    ...(seconds >= 60 ? [withUnit(String(Math.floor(seconds / 60)), "min")] : []),
    withUnit(String(seconds % 60), "s"),
  ].join(" ");
