import { createPlot, isMark, type Mark, type Plot, type PlotRow } from "../chart/plot.ts";
import { formatTick, shareOf } from "../chart/scale.ts";
import { markup, type Markup } from "../markup.ts";
import type { Chart, Part } from "../report.ts";

/** Names longer than this have several lines. */
const nameLengthMax = 22;

/** A chart as a list of rows in HTML: unlike an image it is laid out anew on a narrow screen. */
export const renderChart = (chart: Chart, part: Part): Markup => {
  const plot = createPlot(chart, part);
  const kind = chart.figures.length === 1 ? "bar" : "span";
  return markup`<figure class="chart ${kind}">
<figcaption><h3>${chart.title}</h3><p>${chart.caption}</p></figcaption>
<div class="plot" style="${measuresOf(plot)}">
${renderAxis(plot)}
${plot.groups.map(
  ({ name, hue, rows }) => markup`<div class="group" style="--hue: var(--hue-${hue})">
<h4>${name}</h4>
<ul>
${rows.map(renderRow)}
</ul>
</div>`,
)}
</div>
</figure>`;
};

/** Room for names and labels by their longest; a gridline for each tick, behind every track. */
const measuresOf = ({ scale, axisTitle, groups }: Plot): string => {
  const rows = groups.flatMap((group) => group.rows);
  const nameLength = Math.max(axisTitle.length, ...rows.map(({ name }) => name.length));
  const labelLength = Math.max(0, ...rows.filter(isMark).map(({ label }) => label.length));
  const gridlines = scale.ticks.map(
    (tick) =>
      `linear-gradient(var(--line) 0 0) ${percent(shareOf(scale, tick))} 0 / 1px 100% no-repeat`,
  );
  return [
    `--names: ${Math.min(nameLength, nameLengthMax) + 1}ch`,
    `--labels: ${labelLength + 2}ch`,
    `--gridlines: ${gridlines.join(", ")}`,
  ].join("; ");
};

const renderAxis = ({ scale, axisTitle }: Plot): Markup => markup`<div class="row axis">
<span class="name">${axisTitle}</span>
<span class="track" aria-hidden="true">${scale.ticks.map((tick) => {
  const share = shareOf(scale, tick);
  // Centred, the last one would stand out of a narrow screen.
  const kind = share > 0.94 ? "tick last" : "tick";
  return markup`<span class="${kind}"
 style="left: ${percent(share)}">${formatTick(scale, tick)}</span>`;
})}</span>
</div>`;

const renderRow = (row: PlotRow): Markup =>
  isMark(row)
    ? renderMark(row)
    : markup`<li class="row left-out"><span class="name">${row.name}</span>
<span class="reason">${row.leftOut}</span></li>`;

/** Name and label are hidden from those who are read the mark's description, which says both. */
const renderMark = ({ name, from, to, isZero, whiskers, label, description }: Mark): Markup => {
  const zero = isZero ? " zero" : "";
  const end = Math.max(to, ...whiskers.map(([, upper]) => upper));
  return markup`<li class="row"><span class="name" aria-hidden="true">${name}</span>
<span class="track"><span class="mark${zero}" role="img"
 aria-label="${description}" title="${description}"
 style="${placeOf(from, to)}"></span>${whiskers.map(
   (whisker) => markup`<span class="whisker" style="${placeOf(...whisker)}"></span>`,
 )}</span>
<span class="label${zero}" aria-hidden="true"
 style="--end: ${Math.round(end * 1e4) / 1e4}">${label}</span></li>`;
};

const placeOf = (from: number, to: number): string =>
  `left: ${percent(from)}; width: ${percent(to - from)}`;

const percent = (share: number): string => `${Math.round(share * 1e4) / 1e2}%`;
