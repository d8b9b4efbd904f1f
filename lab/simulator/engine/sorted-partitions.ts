/**
 * Rows by partition, sorted by sort key and then by the table's key. A partition is an array: most
 * rows come at its end or leave at its start, and a splice in between moves a few kilobytes.
 */
import { compareText, compareValues, type AttributeValue, type Item } from "./attribute-value.ts";

export interface SortedRow {
  /** Unique text of the partition key's value. */
  partition: string;
  /** Undefined: all rows of the partition are equal, and sorted by `id`. */
  sort: AttributeValue | undefined;
  /** Unique text of the table's key. */
  id: string;
  item: Item;
  /** The size of `item`. */
  bytes: number;
}

/** A place between rows: that of a row, or before or after all rows of a sort key. */
export interface Place {
  sort: AttributeValue | undefined;
  /** Undefined: before or after all rows with this sort key. */
  id?: string;
}

export class SortedPartitions {
  readonly #partitions = new Map<string, SortedRow[]>();

  /** Adds a row, or replaces the one with the same sort key and `id`. */
  put(row: SortedRow): void {
    let rows = this.#partitions.get(row.partition);
    if (rows === undefined) this.#partitions.set(row.partition, (rows = []));
    const index = firstNotBefore(rows, row);
    const isThere = rows[index]?.id === row.id && order(rows[index], row) === 0;
    rows.splice(index, isThere ? 1 : 0, row);
  }

  /** Removes the row with this sort key and `id`, if there is one. */
  remove(row: Pick<SortedRow, "partition" | "sort" | "id">): void {
    const rows = this.#partitions.get(row.partition);
    if (rows === undefined) return;
    const index = firstNotBefore(rows, row);
    if (rows[index] === undefined || order(rows[index], row) !== 0) return;
    rows.splice(index, 1);
    if (rows.length === 0) this.#partitions.delete(row.partition);
  }

  rows(partition: string): readonly SortedRow[] {
    return this.#partitions.get(partition) ?? [];
  }

  /** All rows, the partitions in the order of their text. */
  *all(): Iterable<SortedRow> {
    for (const partition of [...this.#partitions.keys()].toSorted(compareText))
      yield* this.rows(partition);
  }
}

/** The index of the first row at or after a place. Without `id`: of the first with its sort key. */
export const firstNotBefore = (rows: readonly SortedRow[], place: Place): number => {
  const last = rows.at(-1);
  if (last === undefined || order(last, place) < 0) return rows.length;
  return search(rows, (row) => order(row, place) >= 0);
};

export const isAfter = (row: SortedRow, place: Place): boolean => order(row, place) > 0;

/** The index of the first row after a place. Without `id`: after all rows with its sort key. */
export const firstAfter = (rows: readonly SortedRow[], place: Place): number =>
  search(rows, (row) => order(row, place) > 0);

function search(rows: readonly SortedRow[], isAtOrAfter: (row: SortedRow) => boolean): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isAtOrAfter(rows[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function order(row: SortedRow, { sort, id }: Place): number {
  const bySort =
    row.sort === undefined || sort === undefined ? 0 : (compareValues(row.sort, sort) ?? 0);
  if (bySort !== 0 || id === undefined) return bySort;
  return compareText(row.id, id);
}
