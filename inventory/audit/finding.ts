/** The kinds of findings. A new kind does not compile until it has its words. */
export const damages = {
  reserved_drift: "more or fewer units are reserved than reservations own",
  available_drift: "available and reserved do not add up to on hand",
  negative_count: "a count is negative",
  oversold: "more units are reserved than are on hand",
  malformed_stock: "a count is missing or is no whole number",
  stock_missing: "a reservation owns units of a row that does not exist",
  first_row_missing: "a stock level has rows, and its first row does not exist",
  row_past_level: "a row has units, and its stock level has fewer rows",
  hold_not_indexed: "a hold would never be found by the sweeper",
  hold_overdue: "a hold is long past its end, and was not given back",
  sale_overdue: "sold units are still on hand long after their confirm",
  marker_overdue: "a row has an open marker that no sweep has resolved",
  ended_indexed: "a reservation that has ended is still listed as held",
  ended_without_ttl: "a reservation that has ended would be kept for ever",
  malformed_reservation: "a reservation has no known status, no lines or no parts",
  ledger_drift: "the movements of a row do not add up to it",
  lease_too_long: "a lease ends later than any lease may",
  lease_ttl_wrong: "the row of a lease would be kept for ever",
} as const;

export type Damage = keyof typeof damages;

export interface Finding {
  damage: Damage;
  /** The key of a row, the id of a reservation, or the name of a lock. */
  subject: string;
  /** The values, in a sentence. */
  detail: string;
  /** Reservations that are involved. */
  reservationIds: readonly string[];
  /** The change that would repair it; absent where only people can know what is right. */
  repair?: string;
  /** With `apply`: `moved` when the record had changed in the meantime and was left alone. */
  result?: "repaired" | "moved";
}

/** A finding and how to repair it, which resolves with false when the record has moved. */
export interface Case extends Finding {
  apply?: () => Promise<boolean>;
}
