import { customProperties, dark, light } from "../chart/palette.ts";

/** Below this a name stands above its bar, and a row's name above its sentence. */
const narrow = "(max-width: 42rem)";

export const style = `
:root { color-scheme: light dark; ${customProperties(light)} }
@media (prefers-color-scheme: dark) { :root { ${customProperties(dark)} } }

*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  background: var(--surface);
  color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  overflow-wrap: break-word;
}
.page {
  max-width: 60rem; margin: 0 auto; padding: clamp(1.5rem, 5vw, 4rem) clamp(1rem, 4vw, 2rem);
}
h1, h2, h3, h4 { line-height: 1.25; font-weight: 650; text-wrap: balance; margin: 0; }
h1 { font-size: 2rem; letter-spacing: -0.01em; }
/* A command is not parted at its hyphens. */
h1 span { display: inline-block; max-width: 100%; }
h2 { font-size: 1.5rem; letter-spacing: -0.005em; }
h3 { font-size: 1.0625rem; }
h4 { font-size: 0.875rem; }
p, ul, ol, dl, dd, figure { margin: 0; padding: 0; }
p, dd { max-width: 68ch; text-wrap: pretty; }
ul, ol { list-style: none; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 0.2em; }
a:focus-visible, .scroller:focus-visible { outline: 2px solid var(--link); outline-offset: 3px; }
.muted { color: var(--muted); }

/* The heading: what was run, when and where. */
.about {
  margin-top: 1.25rem; display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.25rem;
}
.about dt { color: var(--muted); }
.contents { margin-top: 2.5rem; border-top: 1px solid var(--line); }
.contents li {
  display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1.5rem;
  padding: 0.625rem 0; border-bottom: 1px solid var(--line);
}
.part { margin-top: clamp(4rem, 9vw, 6rem); }
.part > h3 { margin-top: 3.5rem; }
.eyebrow { color: var(--muted); font-size: 0.875rem; margin-bottom: 0.375rem; }
.notes { display: grid; gap: 0.75rem; margin-top: 0.75rem; }

/*
 * A chart: rows of a name, a track with its marks, and a label that stands where the mark ends. The
 * track leaves room for the longest label. On a narrow screen the label is beside the name and the
 * track, as wide as the screen, below them.
 */
.chart { margin-top: 3rem; }
.chart figcaption p { color: var(--muted); margin-top: 0.375rem; }
.plot { margin-top: 1.25rem; font-size: 0.875rem; line-height: 1.375rem; }
.plot h4 { font-size: 0.8125rem; margin: 1.125rem 0 0.25rem; }
.axis + .group h4 { margin-top: 0.25rem; }
.row {
  display: grid; grid-template: "name track" / var(--names) minmax(0, 1fr);
  column-gap: 1rem; align-items: start;
}
.name { grid-area: name; overflow-wrap: anywhere; padding: 0.1875rem 0; }
.track {
  grid-area: track; position: relative; height: 1.75rem; margin-right: var(--labels);
  background: var(--gridlines);
}
.axis .track { height: 1.5rem; background: none; }
/* The names' width is in characters of the row: its texts are made smaller, not the row itself. */
.axis .name, .tick { font-size: 0.75rem; color: var(--muted); }
.axis .name { padding: 0; }
.tick { position: absolute; top: 0; transform: translateX(-50%); white-space: nowrap; }
.tick:first-child { transform: translateX(-0.25em); }
.mark {
  position: absolute; top: 0.4375rem; height: 0.875rem; min-width: 3px;
  background: var(--hue); border-radius: 0 2px 2px 0;
}
.span .mark { border-radius: 2px; min-width: 4px; }
.zero.mark { background: var(--muted); border-radius: 0; min-width: 2px; width: 2px; }
.whisker {
  position: absolute; top: 0.6875rem; height: 0.375rem; min-width: 1px;
  border: solid var(--ink); border-width: 0 1px;
  background: linear-gradient(var(--ink) 0 0) center / 100% 1px no-repeat;
}
.label {
  grid-area: track; position: relative; left: calc(var(--end) * (100% - var(--labels)));
  justify-self: start; margin: 0.1875rem 0 0 0.5rem; padding: 0 0.125rem;
  background: var(--surface); white-space: nowrap; font-variant-numeric: tabular-nums;
}
.zero.label { color: var(--muted); }
.reason { color: var(--muted); text-wrap: pretty; }
.row .reason { grid-area: track; padding: 0.1875rem 0; }

/* What was promised. */
.targets { max-width: 48rem; margin-top: 0.75rem; border-top: 1px solid var(--line); }
.targets li {
  display: grid; grid-template-columns: 5.5rem minmax(0, 1fr) max-content; gap: 0 1rem;
  padding: 0.5rem 0; border-bottom: 1px solid var(--line);
}
.verdict { font-weight: 650; white-space: nowrap; }
.met { color: var(--met); }
.missed { color: var(--missed); }
.figure { text-align: right; font-variant-numeric: tabular-nums; }

/*
 * All figures. On a phone the table is moved beneath the names, which stay. At the right edge there
 * is a shade as long as more columns follow: the table's own end covers it.
 */
.scroller {
  overflow-x: auto; margin-top: 0.75rem; container-type: inline-size;
  border-bottom: 1px solid var(--line);
  background:
    linear-gradient(to left, var(--surface) 50%, transparent) right / 2.5rem 100% no-repeat local,
    linear-gradient(to left, var(--line), transparent) right / 1.25rem 100% no-repeat scroll;
}
table {
  border-collapse: separate; border-spacing: 0; min-width: 100%; font-size: 0.875rem;
  line-height: 1.4;
}
th, td {
  padding: 0.375rem 0 0.375rem 1.25rem; text-align: right; vertical-align: baseline;
  white-space: nowrap;
}
td { border-top: 1px solid var(--line); font-variant-numeric: tabular-nums; }
thead th {
  vertical-align: bottom; font-weight: 500; color: var(--muted); white-space: normal;
  text-wrap: balance;
}
tbody th { text-align: left; font-weight: 400; }
tbody th, thead td {
  position: sticky; left: 0; padding-left: 0; padding-right: 0.5rem; background: var(--surface);
}
tbody th[scope="row"] {
  border-top: 1px solid var(--line); min-width: 6.5rem; max-width: 12rem; white-space: normal;
}
thead td { border-top: 0; }
th[scope="rowgroup"] {
  position: static; background: none; font-weight: 650; padding-top: 1.25rem; white-space: normal;
}
th[scope="rowgroup"] span { position: sticky; left: 0; }
.spread { color: var(--muted); display: inline-block; min-width: 3.25em; }
td.remark { text-align: left; color: var(--muted); }
td.reason { text-align: left; white-space: normal; }
td.reason span { position: sticky; left: 8rem; display: block; max-width: calc(100cqi - 8.5rem); }

/* The rows in sentences. */
.rows { margin-top: 0.75rem; }
.rows h4 { margin: 1.5rem 0 0.25rem; }
.rows dl > div {
  display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: 0 1.25rem;
  padding: 0.5rem 0; border-top: 1px solid var(--line);
}
.rows dd { grid-column: 2; }
.rows dd + dd { margin-top: 0.25rem; }
.rows dt { font-weight: 500; overflow-wrap: anywhere; }

@media ${narrow} {
  h1 { font-size: 1.625rem; }
  h2 { font-size: 1.3125rem; }
  .about { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .about dd + dt { margin-top: 0.625rem; }
  .row { grid-template-columns: minmax(0, 1fr); }
  .row {
    grid-template: "name label" "track track" / minmax(0, 1fr) max-content;
    margin-top: 0.5rem;
  }
  .row .name, .row .reason { padding: 0; }
  .track { margin-right: 0; height: 1.25rem; }
  .tick.last { transform: translateX(-100%); }
  .mark { top: 0.1875rem; }
  .whisker { top: 0.4375rem; }
  .label { grid-area: label; left: 0; margin: 0; padding: 0; }
  .targets li { grid-template-columns: minmax(0, 1fr) max-content; }
  .targets li .verdict { grid-column: 1 / -1; }
  .rows dl > div { grid-template-columns: minmax(0, 1fr); }
  .rows dt { font-weight: 600; }
  .rows dd { grid-column: 1; }
}
@media print {
  .mark, .whisker, .track { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .chart, .rows dl > div, tr { break-inside: avoid; }
}
@media (forced-colors: active) {
  .mark, .zero.mark, .whisker { forced-color-adjust: none; background: CanvasText; }
}
`;
