/** Totals by SKU, of as many SKUs at a time as fit into the memory that they may take. */
import { hash } from "node:crypto";

/** SKUs by a part of their hashes, from here on and up to there: all of them are 0 to 2^32. */
export interface HashRange {
  from: number;
  to: number;
}

export const wholeRange: HashRange = { from: 0, to: 2 ** 32 };

const hashOf = (sku: string): number => hash("sha256", sku, "buffer").readUInt32BE(0);

/** Sums up by SKU. Where there are too many SKUs, it gives up the upper half of its range. */
export const createTotals = <Value>(
  { from, to }: HashRange,
  skusMax: number,
  plus: (one: Value, other: Value) => Value,
) => {
  const totals = new Map<string, Value>();
  let end = to;
  const covers = (sku: string): boolean => {
    if (from === 0 && end === wholeRange.to) return true;
    const at = hashOf(sku);
    return at >= from && at < end;
  };
  return {
    covers,
    add: (sku: string, value: Value): void => {
      if (!covers(sku)) return;
      const total = totals.get(sku);
      totals.set(sku, total === undefined ? value : plus(total, value));
      while (totals.size > skusMax && end - from > 1) {
        end = from + Math.floor((end - from) / 2);
        for (const known of totals.keys()) if (!covers(known)) totals.delete(known);
      }
    },
    /** Takes the total of a SKU out. */
    take: (sku: string): Value | undefined => {
      const total = totals.get(sku);
      totals.delete(sku);
      return total;
    },
    /** The totals that were not taken, by SKU. */
    rest: (): [string, Value][] => [...totals],
    /** What another pass has to look at; undefined when that was all. */
    next: (): HashRange | undefined =>
      end === wholeRange.to ? undefined : { from: end, to: wholeRange.to },
  };
};
