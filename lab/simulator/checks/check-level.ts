/**
 * Checks the rows of a level: each begins empty, past the versions that it had before, and units are in
 * no row that the first row does not count.
 */
import type { StockItem } from "../../../contract/tables.ts";
import { isFirstRow, levelKeyOfRow, shardOf } from "../../../inventory/stock/level-key.ts";
import { shardsOf } from "../../../inventory/stock/level.ts";
import type { History } from "./history.ts";
import { beginsAnew } from "./levels.ts";
import type { RecordChange } from "./record-change.ts";
import type { Shrink } from "./shrink.ts";
import type { Report } from "./violation.ts";

export const createLevelCheck = (
  history: Pick<History, "rowsOf">,
): ((change: RecordChange<StockItem>, shrink: Shrink | undefined, report: Report) => void) => {
  /** The last versions of rows that are gone. */
  const endedAt = new Map<string, number>();

  const checkStart = (row: StockItem, first: StockItem, report: Report): void => {
    const { sku, version, startVersion, onHand, available, reserved, lastChange } = row;
    const begins = (as: string): void => report("level_rows", sku, `the row begins ${as}`);
    if (onHand !== 0 || available !== 0 || reserved !== 0) begins("with units");
    if (startVersion !== version) begins(`at version ${version}, and names ${startVersion}`);
    if (version > first.version)
      begins(`at version ${version}, the first row is at ${first.version}`);
    const earlier = endedAt.get(sku) ?? 0;
    if (version <= earlier) begins(`at version ${version}, and had version ${earlier} before`);
    if (lastChange?.kind !== "move")
      begins(`by a change of the kind ${lastChange?.kind ?? "none"}`);
  };

  return ({ key, before, after }, shrink, report) => {
    if (after === undefined) {
      if (before !== undefined) endedAt.set(key, before.version);
      return;
    }
    const rows = history.rowsOf(levelKeyOfRow(key));
    const first = rows.get(levelKeyOfRow(key));
    if (first === undefined) return report("level_rows", key, "the level has no first row");
    if (first.available < 0 && [...rows.values()].some(({ available }) => available > 0)) {
      report("level_rows", key, "a row has units, and the level fewer than none");
    }
    const isNew = before === undefined || beginsAnew(before, after);
    if (!isFirstRow(key) && isNew) checkStart(after, first, report);
    const isLess = before !== undefined && shardsOf(after) < shardsOf(before);
    const changed = !isFirstRow(key)
      ? [after]
      : isLess && shrink === undefined
        ? rows.values()
        : [];
    for (const row of changed) {
      if (shardOf(row.sku) < shardsOf(first)) continue;
      const wasOutside = !isFirstRow(key) && before !== undefined && hasUnits(before);
      if (!hasUnits(row) || wasOutside) continue;
      const of = `the first row counts ${shardsOf(first)}`;
      report("level_rows", row.sku, `units are in the row, and ${of}`);
    }
  };
};

const hasUnits = ({ onHand, available, reserved }: StockItem): boolean =>
  onHand !== 0 || available !== 0 || reserved !== 0;
