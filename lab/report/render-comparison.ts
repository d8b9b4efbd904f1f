import type { Change, Comparison, MachineDifference } from "./compare.ts";
import { widthMax } from "./render-table.ts";
import { cut } from "./wrap.ts";

/** Of an old and a new figure, and of the change in percent. */
const figureWidth = 13;
const changeWidth = 11;
const nameWidth = widthMax - 2 * figureWidth - changeWidth;

/** For a terminal, at most 100 columns wide: what changed alone, and how much did not. */
export const renderComparison = (comparison: Comparison): string => {
  const { old, changes, machineDifferences } = comparison;
  return [
    cut(`Compared with ${old.command} (${old.startedAt})`, widthMax),
    ...(machineDifferences.length > 0 ? describeMachines(machineDifferences) : []),
    ...(changes.length > 0 ? renderTable(changes) : []),
    "",
    ...summarize(comparison),
    ...(changes.length > 0 ? [hint] : []),
  ].join("\n");
};

const hint =
  "Times and rates move with whatever else a machine does; ratios are of one round each.";

const describeMachines = (differences: readonly MachineDifference[]): string[] => [
  "The machines differ, so that only ratios and counts can be compared:",
  ...differences.map(({ property, old, new: now }) =>
    cut(`  ${property}: ${old}, now ${now}`, widthMax),
  ),
];

const renderTable = (changes: readonly Change[]): string[] => {
  const lines = [alignedRow("", "old", "new", "change")];
  let heading = "";
  for (const change of changes) {
    const { part, group, name, figure } = change;
    const own = `${part}: ${group}`;
    if (own !== heading) lines.push("", cut(own, widthMax));
    heading = own;
    const [old, now] = [change.old.median, change.new.median];
    lines.push(alignedRow(`  ${name} ${figure}`, digits(old), digits(now), inPercent(old, now)));
  }
  return ["", ...lines];
};

const alignedRow = (name: string, old: string, now: string, change: string): string =>
  cut(name, nameWidth).padEnd(nameWidth) +
  old.padStart(figureWidth) +
  now.padStart(figureWidth) +
  change.padStart(changeWidth);

const compact = new Intl.NumberFormat("en-US", {
  notation: "compact",
  maximumSignificantDigits: 2,
});

/** A whole number in full, since it may be a count; of others as many digits as may mean something. */
const digits = (value: number): string =>
  Number.isInteger(value) || Math.abs(value) >= 1_000
    ? value.toLocaleString("en-US", { maximumFractionDigits: 0 })
    : value.toLocaleString("en-US", { maximumSignificantDigits: 3 });

/** From nothing there is no way in percent; from ten times on, the times are easier to read. */
const inPercent = (old: number, now: number): string => {
  if (old === 0) return "";
  if (now / old >= 10) return `×${compact.format(now / old)}`;
  const percent = (100 * (now - old)) / Math.abs(old);
  const shown = percent.toLocaleString("en-US", {
    maximumSignificantDigits: 2,
    signDisplay: "always",
  });
  return `${shown}%`;
};

const summarize = ({
  changes,
  comparedCount,
  onlyInOld,
  onlyInNew,
  partsOnlyInOld,
  partsOnlyInNew,
}: Comparison): string[] => [
  `${figures(comparedCount)} compared, ${changes.length} changed beyond the noise; ` +
    `${onlyInOld.length} only in the old report, ${onlyInNew.length} only in the new one.`,
  ...(partsOnlyInOld.length > 0 ? [`Not run this time: ${partsOnlyInOld.join(", ")}.`] : []),
  ...(partsOnlyInNew.length > 0 ? [`Not in the old report: ${partsOnlyInNew.join(", ")}.`] : []),
];

const figures = (count: number): string => `${count} ${count === 1 ? "figure" : "figures"}`;
