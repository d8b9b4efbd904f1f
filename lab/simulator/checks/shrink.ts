/**
 * A level that shrinks by its last row, in one transaction: the row's counts go to the first row, and
 * the row is gone. Its later ends go to the first row as well.
 */
import type { StockItem } from "../../../contract/tables.ts";
import { isFirstRow, levelKeyOfRow, shardOf } from "../../../inventory/stock/level-key.ts";
import { shardsOf } from "../../../inventory/stock/level.ts";
import type { RecordChange } from "./record-change.ts";

export interface Shrink {
  /** The row that is deleted, as it was. */
  last: StockItem;
  first: { key: string; before: StockItem; after: StockItem };
}

/** Returns the deletions of a commit that write the first row as well. */
export const shrinksIn = (stock: readonly RecordChange<StockItem>[]): Shrink[] =>
  stock.flatMap(({ key, before: last, after }) => {
    if (last === undefined || after !== undefined || isFirstRow(key)) return [];
    const first = stock.find((change) => change.key === levelKeyOfRow(key));
    if (first?.before === undefined || first.after === undefined) return [];
    return [{ last, first: { key: first.key, before: first.before, after: first.after } }];
  });

/** The growth of the first row's version when a row goes into it. */
export const versionsOfShrink = ({ version, startVersion = 0 }: StockItem): number =>
  version - startVersion + 1;

/** The reason why a shrink is wrong; undefined where it is right. The counts are the account's. */
export const wrongShrink = ({ last, first }: Shrink): string | undefined => {
  const shard = shardOf(last.sku);
  const open = Object.keys(last.open);
  if (open.length > 0) return `the row was deleted with open markers: ${open.join(", ")}`;
  if (shardsOf(first.before) !== shard + 1) {
    return `the row was deleted as the last of ${shardsOf(first.before)}`;
  }
  if (shardsOf(first.after) !== shard) {
    return `the row was deleted, and its level has ${shardsOf(first.after)} rows after that`;
  }
  if (first.after.lastChange?.kind !== "move") {
    return `the row was deleted by ${first.after.lastChange?.kind ?? "no"} change`;
  }
  return undefined;
};
