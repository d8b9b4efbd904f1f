/** What is held of each SKU, of as many SKUs at a time as fit into the memory that it may take. */
import { hash } from "node:crypto";

/** SKUs by a part of their hashes, from here on and up to there: all of them are 0 to 2^32. */
export interface HashRange {
  from: number;
  to: number;
}

export const wholeRange: HashRange = { from: 0, to: 2 ** 32 };

const hashOf = (sku: string): number => hash("sha256", sku, "buffer").readUInt32BE(0);

/** Sums by SKU. Where there are too many SKUs, it gives up the upper half of its range. */
export const createHeldUnits = ({ from, to }: HashRange, skusMax: number) => {
  const units = new Map<string, number>();
  let end = to;
  const covers = (sku: string): boolean => {
    if (from === 0 && end === wholeRange.to) return true;
    const at = hashOf(sku);
    return at >= from && at < end;
  };
  return {
    covers,
    add: (sku: string, quantity: number): void => {
      if (!covers(sku)) return;
      units.set(sku, (units.get(sku) ?? 0) + quantity);
      while (units.size > skusMax && end - from > 1) {
        end = from + Math.floor((end - from) / 2);
        for (const known of units.keys()) if (!covers(known)) units.delete(known);
      }
    },
    /** Takes the sum of a SKU out. */
    take: (sku: string): number => {
      const sum = units.get(sku) ?? 0;
      units.delete(sku);
      return sum;
    },
    /** SKUs that were not taken. */
    rest: (): string[] => [...units.keys()],
    /** What another pass has to look at; undefined when that was all. */
    next: (): HashRange | undefined =>
      end === wholeRange.to ? undefined : { from: end, to: wholeRange.to },
  };
};
