import { figureOf, formatNumber, formatSpread } from "../figures.ts";
import { markup, type Markup } from "../markup.ts";
import type { Column, Part, Result } from "../report.ts";

/** All of a part's figures, in a container of its own that scrolls where they are too many. */
export const renderTable = ({ name, results, columns }: Part): Markup => {
  const groups = [...Map.groupBy(results, ({ group }) => group)];
  return markup`<div class="scroller" role="region" tabindex="0"
 aria-label="All figures of ${name}">
<table>
<thead><tr>
<td></td>${columns.map(({ title }) => markup`<th scope="col">${unparted(title)}</th>`)}
</tr></thead>
${groups.map(
  ([group, rows]) => markup`<tbody>
<tr><th scope="rowgroup" colspan="${columns.length + 1}"><span>${group}</span></th></tr>
${rows.map((result) => renderRow(result, columns))}
</tbody>`,
)}
</table>
</div>`;
};

const renderRow = (result: Result, columns: readonly Column[]): Markup => {
  const reason = result.leftOut && markup`<span>${result.leftOut}</span>`;
  const cells = reason
    ? markup`<td class="reason" colspan="${columns.length}">${reason}</td>`
    : [...columns.map((column) => renderCell(result, column)), ...renderRemark(result)];
  return markup`<tr><th scope="row">${result.name}</th>${cells}</tr>`;
};

const renderRemark = ({ remark }: Result): Markup[] =>
  remark === undefined ? [] : [markup`<td class="remark">${remark}</td>`];

const renderCell = (
  result: Result,
  { figure: name, fractionDigits, showsSpread }: Column,
): Markup => {
  const figure = figureOf(result, name);
  if (figure === undefined) return markup`<td></td>`;
  const text = formatNumber(figure.median, fractionDigits);
  return showsSpread
    ? markup`<td>${text} <span class="spread">${formatSpread(figure)}</span></td>`
    : markup`<td>${text}</td>`;
};

/** Two lines for a few letters are harder to read than a column that is a little wider. */
const unparted = (title: string): string =>
  title.length <= 10 ? title.replaceAll(" ", "\u00A0") : title;
