/** The units that a record accounts for. */
import type { Part, ReservationItem } from "../../../contract/tables.ts";

export const hasUnits = (item: ReservationItem | undefined): boolean =>
  item?.status === "held" || item?.status === "confirmed";

/** The parts whose units the record owns. */
export const ownedParts = (item: ReservationItem): readonly Part[] =>
  hasUnits(item) ? item.parts.filter(({ ended }) => ended === undefined) : [];

/** The units on hand that the record added to rows, or took off: adjustments, moves, transfers, fulfilments, returns. */
export const unitsOnHandBy = ({
  status,
  parts,
  adjustment,
}: ReservationItem): { part: Part; units: number }[] => {
  if (status === "adjustment") {
    const sign = Math.sign(adjustment?.delta ?? 0);
    return parts.map((part) => ({ part, units: sign * part.quantity }));
  }
  // A transfer of one part changes the state of its units.
  if (status === "transfer" && parts.length === 1) return [];
  if (status === "move" || status === "transfer") {
    return parts.map((part) => ({ part, units: part.arrives ? part.quantity : -part.quantity }));
  }
  return parts.flatMap(({ ended, returned, ...part }) => {
    if (ended?.by !== "fulfilment") return [];
    const left = { part: { ...part, ended }, units: -part.quantity };
    if (returned === undefined) return [left];
    return [left, { part: { ...part, row: returned.row }, units: part.quantity }];
  });
};
