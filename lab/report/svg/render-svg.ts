/**
 * One chart as an SVG that stands alone, for the README. Embedded through <img> it cannot be laid
 * out anew, so that texts have their places by how wide they are at most; and it knows the reader's
 * scheme but not the page's, so that it brings its own surface.
 */
import { createPlot, isMark, type Mark, type Plot } from "../chart/plot.ts";
import { customProperties, dark, light } from "../chart/palette.ts";
import { formatTick, shareOf } from "../chart/scale.ts";
import { Markup, markup } from "../markup.ts";
import type { Chart, Part } from "../report.ts";
import { wrap, wrapSentences } from "../wrap.ts";

/** GitHub shows a README at about this width. */
const width = 830;
const margin = 24;
const fontSize = 14;
const lineHeight = 20;
const rowHeight = 26;
const markHeight = 14;
const nameLengthMax = 24;

/**
 * How wide a character is in wide fonts such as DejaVu Sans, as a share of the font's size: a
 * figure, and a letter of a sentence on average. In a narrower font there is some room left.
 */
const figureWidth = fontSize * 0.64;
const letterShare = 0.56;

const titleFontSize = 17;
const reasonFontSize = 13;

const style = `
:root { ${customProperties(light)} }
@media (prefers-color-scheme: dark) { :root { ${customProperties(dark)} } }
text {
  font-size: ${fontSize}px;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  fill: var(--ink);
}
.surface { fill: var(--surface); stroke: var(--line); }
.title { font-size: ${titleFontSize}px; font-weight: 600; }
.group { font-weight: 600; }
.muted { fill: var(--muted); }
.reason { font-size: ${reasonFontSize}px; }
.axis, .tick { font-size: 13px; fill: var(--muted); }
.tick { text-anchor: middle; }
.label { font-variant-numeric: tabular-nums; }
.seamed { paint-order: stroke; stroke: var(--surface); stroke-width: 6px; stroke-linejoin: round; }
.gridline { stroke: var(--line); }
.whisker { stroke: var(--ink); fill: none; }
.zero.mark { fill: var(--muted); }
.zero.label { fill: var(--muted); }
${light.hues.map((_, hue) => `.hue-${hue} { fill: var(--hue-${hue}); }`).join("\n")}
`;

/** Where the axis is: left of it names, right of it labels. */
interface Axis {
  left: number;
  width: number;
}

/** Drawn from top to bottom: each block says how high it is. */
interface Block {
  height: number;
  draw: (top: number) => Markup;
}

export const renderSvg = (chart: Chart, part: Pick<Part, "results">): string => {
  const plot = createPlot(chart, part);
  const axis = placeAxis(plot);
  const heading = [
    ...paragraph(chart.title, "title", titleFontSize),
    space(4),
    ...paragraph(chart.caption, "muted", fontSize),
    space(12),
    renderTicks(plot, axis),
  ];
  const body = plot.groups.flatMap(({ name, hue, rows }): Block[] => [
    space(8),
    textBlock(margin, name, "group"),
    ...rows.map((row) =>
      isMark(row) ? renderRow(row, hue, plot, axis) : renderGap(row.name, row.leftOut, axis),
    ),
  ]);
  const headingHeight = heightOf(heading);
  const height = margin + headingHeight + heightOf(body) + margin;
  return `${
    markup`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"
 viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">
<title id="title">${chart.title}</title>
<desc id="desc">${describe(chart, plot)}</desc>
<style>${new Markup(style)}</style>
<rect class="surface" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6"/>
${stack(heading, margin)}
${stack(body, margin + headingHeight)}
</svg>`.text
  }\n`;
};

const placeAxis = ({ axisTitle, groups }: Plot): Axis => {
  const rows = groups.flatMap((group) => group.rows);
  const nameLength = Math.max(axisTitle.length, ...rows.map(({ name }) => name.length));
  const labelLength = Math.max(0, ...rows.filter(isMark).map(({ label }) => label.length));
  const left = Math.round(margin + (Math.min(nameLength, nameLengthMax) + 1) * figureWidth);
  const right = Math.round(width - margin - (labelLength + 1) * figureWidth);
  return { left, width: right - left };
};

/** What the picture says, for those who do not see it. */
const describe = ({ caption }: Chart, { groups }: Plot): string => {
  const rows = groups.flatMap(({ name, rows: ofGroup }) =>
    ofGroup.map((row) =>
      isMark(row) ? `${name}, ${row.description}.` : `${name}, ${row.name}: ${row.leftOut}`,
    ),
  );
  return [caption, ...rows].join(" ");
};

const renderTicks = ({ scale, axisTitle }: Plot, { left, width: length }: Axis): Block => ({
  height: lineHeight,
  draw: (top) => markup`${textAt(margin, top, axisTitle, "axis")}
${scale.ticks.map((tick) =>
  textAt(round(left + shareOf(scale, tick) * length), top, formatTick(scale, tick), "tick"),
)}`,
});

const renderRow = (mark: Mark, hue: number, { scale }: Plot, axis: Axis): Block => ({
  height: rowHeight,
  draw: (top) => {
    const place = (share: number): number => round(axis.left + share * axis.width);
    const kind = mark.isZero ? "zero" : `hue-${hue}`;
    const markWidth = Math.max(mark.isZero ? 2 : 3, place(mark.to) - place(mark.from));
    const labelFrom = Math.max(
      place(mark.from) + markWidth,
      ...mark.whiskers.map(([, end]) => place(end)),
    );
    const textTop = top + (rowHeight - lineHeight) / 2;
    const gridlines = scale.ticks.map((tick) => {
      const x = Math.round(place(shareOf(scale, tick))) + 0.5;
      return markup`<path class="gridline" d="M${x} ${top}v${rowHeight}"/>`;
    });
    return markup`${gridlines}
${textAt(margin, textTop, cut(mark.name), "name")}
<rect class="mark ${kind}" x="${place(mark.from)}" y="${top + (rowHeight - markHeight) / 2}"
 width="${round(markWidth)}" height="${markHeight}" rx="1.5">
<title>${mark.description}</title></rect>
${mark.whiskers.map(([from, to]) => renderWhisker(place(from), place(to), top + rowHeight / 2))}
${labelAt(labelFrom + 8, textTop, mark.label, mark.isZero ? "label zero" : "label")}`;
  },
});

const renderWhisker = (from: number, to: number, middle: number): Markup =>
  markup`<path class="whisker"
 d="M${from} ${middle - 3}v6M${from} ${middle}H${to}M${to} ${middle - 3}v6"/>`;

const renderGap = (name: string, reason: string, { left }: Axis): Block => {
  const lines = wrapSentences(
    reason,
    Math.floor((width - margin - left) / (reasonFontSize * letterShare)),
  );
  return {
    height: lines.length * lineHeight + rowHeight - lineHeight,
    draw: (top) => {
      const textTop = top + (rowHeight - lineHeight) / 2;
      return markup`${textAt(margin, textTop, cut(name), "name")}
${lines.map((line, index) => textAt(left, textTop + index * lineHeight, line, "reason muted"))}`;
    },
  };
};

const paragraph = (text: string, kind: string, size: number): Block[] =>
  wrap(text, Math.floor((width - 2 * margin) / (size * letterShare))).map((line) =>
    textBlock(margin, line, kind),
  );

const textBlock = (x: number, text: string, kind: string): Block => ({
  height: lineHeight,
  draw: (top) => textAt(x, top, text, kind),
});

const space = (height: number): Block => ({ height, draw: () => markup`` });

const textAt = (x: number, top: number, text: string, kind: string): Markup =>
  markup`<text class="${kind}" x="${x}" y="${top + 15}">${text}</text>`;

/** With a seam of the surface, so that gridlines end before it and go on behind it. */
const labelAt = (x: number, top: number, text: string, kind: string): Markup =>
  textAt(round(x), top, text, `${kind} seamed`);

const stack = (blocks: readonly Block[], top: number): Markup[] => {
  let y = top;
  return blocks.map(({ height, draw }) => {
    const drawn = draw(y);
    y += height;
    return drawn;
  });
};

const heightOf = (blocks: readonly Block[]): number =>
  blocks.reduce((sum, { height }) => sum + height, 0);

const cut = (name: string): string =>
  name.length > nameLengthMax ? `${name.slice(0, nameLengthMax - 1)}…` : name;

const round = (value: number): number => Math.round(value * 10) / 10;
