/** The rows of one view of a table: by key for reads, and in the order of the keys' hashes for scans. */
import type { Item } from "./attribute-value.ts";

export interface Row {
  /** Unique text of the key. */
  id: string;
  item: Item;
  /** The size of `item`. */
  bytes: number;
}

const bucketCount = 1_024;

export class HashedRows {
  readonly #rows = new Map<string, Row>();
  /** Sorted ids by the first bits of their hashes. */
  readonly #buckets: string[][] = Array.from({ length: bucketCount }, () => []);

  get(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  put(row: Row): void {
    if (!this.#rows.has(row.id)) {
      const bucket = this.#bucketOf(row.id);
      bucket.splice(placeOf(bucket, row.id), 0, row.id);
    }
    this.#rows.set(row.id, row);
  }

  remove(id: string): void {
    if (!this.#rows.delete(id)) return;
    const bucket = this.#bucketOf(id);
    bucket.splice(placeOf(bucket, id), 1);
  }

  /** The rows of a segment in the order of a scan, those after the key `afterId` only. */
  *inScanOrder(segment: number, segments: number, afterId?: string): Iterable<Row> {
    const firstOf = (part: number): number => Math.ceil((part * bucketCount) / segments);
    const start = afterId === undefined ? firstOf(segment) : hashOf(afterId);
    const end = firstOf(segment + 1);
    for (let index = start; index < end; index += 1) {
      const bucket = this.#buckets[index]!;
      const isStart = afterId !== undefined && index === start;
      let place = isStart ? placeAfter(bucket, afterId) : 0;
      for (; place < bucket.length; place += 1) yield this.#rows.get(bucket[place]!)!;
    }
  }

  /** The rows in no particular order. */
  values(): Iterable<Row> {
    return this.#rows.values();
  }

  #bucketOf(id: string): string[] {
    return this.#buckets[hashOf(id)]!;
  }
}

/** FNV-1a, folded to the number of buckets. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  }
  return ((hash >>> 16) ^ hash) & (bucketCount - 1);
}

/** The place of an id in a bucket, which is short. */
function placeOf(bucket: readonly string[], id: string): number {
  let low = 0;
  let high = bucket.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bucket[middle]! < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function placeAfter(bucket: readonly string[], id: string): number {
  const place = placeOf(bucket, id);
  return bucket[place] === id ? place + 1 : place;
}
