/** The account of a row: the units that records own, and those that its open markers account for. */
import type { Part, ReservationItem, StockItem } from "../../../contract/tables.ts";
import { decisionOf, markersOf } from "../../../inventory/stock/marker.ts";

/** The parts whose units the record owns. */
export const ownedParts = ({ status, parts }: ReservationItem): readonly Part[] =>
  status === "held" || status === "confirmed"
    ? parts.filter(({ ended }) => ended === undefined)
    : [];

export const unitsOf = (parts: readonly Part[], row: string): number =>
  parts.reduce((sum, part) => (part.row === row ? sum + part.quantity : sum), 0);

export interface Account {
  /** The units that must be reserved. */
  reserved: number;
  /** The units that are available by the records alone. */
  available: number;
}

/** @param owned units of the row that records own */
export const accountOf = (
  row: StockItem,
  owned: number,
  record: (reservationId: string) => ReservationItem | undefined,
): Account => {
  const account = { reserved: owned, available: row.available };
  for (const marker of markersOf(row)) {
    const { kind, quantity, reservationId } = marker;
    const isDecided = decisionOf(row.sku, marker, record(reservationId)) === "decided";
    switch (kind) {
      case "hold":
        // No record owns the units, so that they are available to all.
        if (!isDecided) account.reserved += quantity;
        if (!isDecided) account.available += quantity;
        break;
      case "release":
      case "expiry":
        // The record gave them up, and the row still has them as reserved.
        if (isDecided) account.reserved += quantity;
        if (isDecided) account.available += quantity;
        break;
      case "sale":
        if (isDecided) account.reserved += quantity;
        break;
      case "removal":
        if (!isDecided) account.available += quantity;
        break;
      case "addition":
        if (isDecided) account.available += quantity;
        break;
    }
  }
  return account;
};
