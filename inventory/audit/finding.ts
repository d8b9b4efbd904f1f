/** What an audit can find. A new kind does not compile until it has its words. */
export const damages = {
  reserved_drift: "more or fewer units are reserved than held reservations hold",
  available_drift: "available and reserved do not add up to on hand",
  negative_count: "a count is negative",
  oversold: "more units are held than are on hand",
  malformed_stock: "a count is missing or is no whole number",
  stock_missing: "a reservation holds units of a SKU that has no stock record",
  hold_not_indexed: "a hold would never be found by the sweeper",
  hold_overdue: "a hold is long past its end, and was not given back",
  unsettled_not_indexed: "a half-written order would never be found by the sweeper",
  unsettled_overdue: "a half-written order was long since left alone",
  ended_indexed: "a reservation that has ended is still listed as held",
  ended_without_ttl: "a reservation that has ended would be kept for ever",
  malformed_reservation: "a reservation has no known status, or no lines",
  ledger_drift: "the movements of a SKU do not add up to its record",
  lease_too_long: "a lease ends later than any lease may",
  lease_ttl_wrong: "the row of a lease would be kept for ever",
} as const;

export type Damage = keyof typeof damages;

export interface Finding {
  damage: Damage;
  /** What it is about: a SKU, a reservation's id, a lock's name. */
  subject: string;
  /** The values, in a sentence. */
  detail: string;
  /** Reservations that are involved. */
  reservationIds: readonly string[];
  /** What would be changed; absent where only people can know what is right. */
  repair?: string;
  /** With `apply`: whether it was changed, or had moved in the meantime and was left alone. */
  result?: "repaired" | "moved";
}

/** A finding and how to repair it, which resolves with false when the record has moved. */
export interface Case extends Finding {
  apply?: () => Promise<boolean>;
}
