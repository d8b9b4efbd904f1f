import { linesPerTransactionMax } from "../../contract/bounds.ts";
import type { RemainingChange, StockChange } from "../../contract/tables.ts";

/** A change to the stock of `lines[from]` up to, without, `lines[end]`; then what is left of it. */
export interface Chunk {
  change: StockChange;
  from: number;
  end: number;
  left: RemainingChange | undefined;
}

/** What of a change one transaction can do. */
export const firstChunk = ({ change, from, to }: RemainingChange): Chunk => {
  const end = Math.min(from + linesPerTransactionMax, to);
  return { change, from, end, left: end < to ? { change, from: end, to } : undefined };
};
