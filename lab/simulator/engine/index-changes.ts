/** The writes that a change of an item brings to the table's indexes. */
import { areEqual, type AttributeValue, type Item } from "./attribute-value.ts";
import { itemBytes } from "./item-size.ts";
import { textOf } from "./keys.ts";
import type { SortedRow } from "./sorted-partitions.ts";
import { keyAttributes, type IndexDefinition, type TableDefinition } from "./table-definition.ts";

/** An entry of an index: the projected item, its size and its place. */
export type IndexEntry = SortedRow;

/**
 * The writes to one index, at least one of them. Each of the two costs a write of its own. `put`
 * alone is a new entry, or one whose projected attributes changed and whose key did not.
 */
export interface IndexChange {
  index: string;
  removed?: IndexEntry;
  put?: IndexEntry;
}

export const indexChanges = (
  table: TableDefinition,
  id: string,
  before: Item | undefined,
  after: Item | undefined,
): IndexChange[] =>
  table.indexes.flatMap((index) => {
    const removed = before && entryOf(table, index, id, before);
    const put = after && entryOf(table, index, id, after);
    if (removed === undefined && put === undefined) return [];
    const isSamePlace =
      removed?.partition === put?.partition &&
      (removed?.sort === undefined || areEqual(removed.sort, put!.sort!));
    if (isSamePlace && areEqual(asMap(removed!.item), asMap(put!.item))) return [];
    return [
      {
        index: index.name,
        ...(removed && !isSamePlace && { removed }),
        ...(put && { put }),
      },
    ];
  });

const asMap = (item: Item) => ({ M: item as Record<string, AttributeValue> });

/** Undefined for an item that has not all keys of the index. */
function entryOf(
  table: TableDefinition,
  index: IndexDefinition,
  id: string,
  item: Item,
): IndexEntry | undefined {
  const { partitionKey, sortKey } = index;
  const partition = item[partitionKey.name];
  const sort = sortKey && item[sortKey.name];
  if (partition === undefined || (sortKey !== undefined && sort === undefined)) return undefined;
  const projected = projectOnto(table, index, item);
  return { partition: textOf(partition), sort, id, item: projected, bytes: itemBytes(projected) };
}

function projectOnto(table: TableDefinition, index: IndexDefinition, item: Item): Item {
  const { projection } = index;
  if (projection === "ALL") return item;
  const names = [...keyAttributes(table), ...keyAttributes(index)].map(({ name }) => name);
  if (projection !== "KEYS_ONLY") names.push(...projection);
  const projected: Record<string, AttributeValue> = {};
  for (const name of names) if (item[name] !== undefined) projected[name] = item[name];
  return projected;
}
