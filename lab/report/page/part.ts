import { markup, type Markup } from "../markup.ts";
import type { Part, Result, Target } from "../report.ts";
import { renderChart } from "./chart.ts";
import { renderTable } from "./table.ts";

/** One part, from what is seen at a glance to what is read: charts, notes, targets, all figures. */
export const renderPart = (part: Part): Markup => {
  const { name, title, charts, notes, targets, results } = part;
  return markup`<section class="part" id="${name}" aria-labelledby="${name}-title">
<p class="eyebrow">${name}</p>
<h2 id="${name}-title">${capitalize(title)}</h2>
${charts.map((chart) => renderChart(chart, part))}
${under("How it was measured", notes, renderNotes)}
${under("Targets", targets, renderTargets)}
<h3>All figures</h3>
${renderTable(part)}
${under("Row by row", results.filter(isExplained), renderExplanations)}
</section>`;
};

/** A heading and what is under it, or nothing where nothing would be under it. */
const under = <Item>(
  heading: string,
  items: readonly Item[],
  render: (items: readonly Item[]) => Markup,
): Markup | undefined =>
  items.length === 0 ? undefined : markup`<h3>${heading}</h3>${render(items)}`;

const renderNotes = (notes: readonly string[]): Markup =>
  markup`<div class="notes">${notes.map((note) => markup`<p>${note}</p>`)}</div>`;

const renderTargets = (targets: readonly Target[]): Markup =>
  markup`<ul class="targets">
${targets.map(
  ({ name, figure, isMet }) => markup`<li>
<span class="verdict ${isMet ? "met" : "missed"}">${isMet ? "✓ Met" : "✗ Missed"}</span>
<span>${capitalize(name)}</span>
<span class="figure">${figure.toLocaleString("en-US", { maximumFractionDigits: 3 })}</span>
</li>`,
)}
</ul>`;

const renderExplanations = (results: readonly Result[]): Markup =>
  markup`<div class="rows">${[...Map.groupBy(results, ({ group }) => group)].map(
    ([group, rows]) => markup`<h4>${group}</h4>
<dl>
${rows.map(renderExplanation)}
</dl>`,
  )}</div>`;

const renderExplanation = ({ name, explanation, leftOut }: Result): Markup =>
  markup`<div><dt>${name}</dt>
<dd>${explanation}</dd>
${leftOut === undefined ? undefined : markup`<dd class="muted">${leftOut}</dd>`}</div>`;

const isExplained = ({ explanation }: Result): boolean => explanation !== undefined;

export const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
