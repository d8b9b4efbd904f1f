/** The units of the lines that a record owns, also where it is half written. */
import type { Line, ReservationItem } from "../../../contract/tables.ts";

export const ownedLines = ({ status, lines, remaining }: ReservationItem): readonly Line[] => {
  if (remaining === undefined) return status === "held" ? lines : [];
  return status === "reserving"
    ? lines.slice(0, remaining.from)
    : lines.slice(remaining.from, remaining.to);
};

export const unitsOf = (lines: readonly Line[], sku: string): number =>
  lines.reduce((sum, line) => (line.sku === sku ? sum + line.quantity : sum), 0);
