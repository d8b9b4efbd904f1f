/** The state of one table: its items in both views, and the entries of its indexes. */
import type { Item } from "./attribute-value.ts";
import { HashedRows } from "./hashed-rows.ts";
import type { IndexChange } from "./index-changes.ts";
import { textOf } from "./keys.ts";
import { SortedPartitions, type SortedRow } from "./sorted-partitions.ts";
import type { TableDefinition } from "./table-definition.ts";

/** `replica` is the past that an eventually consistent read may see. */
export type View = "latest" | "replica";

/** One item's write, for both views and the indexes. */
export interface ItemChange {
  id: string;
  key: Item;
  after: Item | undefined;
  bytesAfter: number;
}

export class TableState {
  readonly definition: TableDefinition;
  readonly rows: Record<View, HashedRows> = { latest: new HashedRows(), replica: new HashedRows() };
  /** The items by partition, in a table that has a sort key. */
  readonly sorted: Record<View, SortedPartitions> = {
    latest: new SortedPartitions(),
    replica: new SortedPartitions(),
  };
  readonly #indexes: ReadonlyMap<string, SortedPartitions>;

  constructor(definition: TableDefinition) {
    this.definition = definition;
    this.#indexes = new Map(definition.indexes.map(({ name }) => [name, new SortedPartitions()]));
  }

  index(name: string): SortedPartitions {
    return this.#indexes.get(name)!;
  }

  write(view: View, change: ItemChange): void {
    const { id, after: item, bytesAfter: bytes } = change;
    const place = this.#placeOf(change);
    if (item === undefined) {
      this.rows[view].remove(id);
      if (place !== undefined) this.sorted[view].remove(place);
      return;
    }
    this.rows[view].put({ id, item, bytes });
    if (place !== undefined) this.sorted[view].put({ ...place, item, bytes });
  }

  writeIndex({ index, removed, put }: IndexChange): void {
    const entries = this.index(index);
    if (removed !== undefined) entries.remove(removed);
    if (put !== undefined) entries.put(put);
  }

  #placeOf({ id, key }: ItemChange): Pick<SortedRow, "partition" | "sort" | "id"> | undefined {
    const { partitionKey, sortKey } = this.definition;
    if (sortKey === undefined) return undefined;
    return { partition: textOf(key[partitionKey.name]!), sort: key[sortKey.name], id };
  }
}
