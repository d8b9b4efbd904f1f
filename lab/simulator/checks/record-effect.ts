/** The effect of one write of a record, as callers see it. */
import type { ReservationItem } from "../../../contract/tables.ts";
import { keyedRequest } from "../../../inventory/reservations/request-keys.ts";
import { linesTogether } from "../../../inventory/reservations/lines.ts";
import { isReservation } from "../../../inventory/reservations/reservation.ts";
import { growthOf, unitsIn, type Units } from "./line-units.ts";

/** The name under which a record has the key of a request; undefined for a request without one. */
export const keyNameOf = (idempotencyKey: string | undefined): string | undefined =>
  keyedRequest(idempotencyKey, null)?.name;

export interface RecordEffect {
  /** The units that were fulfilled, cancelled or returned by it. */
  fulfilled: Units;
  cancelled: Units;
  returned: Units;
  /** True when the lines of a hold became others. */
  isChange: boolean;
  /** True when it is sold by the write, from a hold or from an expired one. */
  isSale: boolean;
  /** The names of keyed requests that the record did not have. */
  newKeys: string[];
}

/** Returns undefined for a write of a record that was no reservation before, or is none after it. */
export const effectOfWrite = (
  before: ReservationItem | undefined,
  after: ReservationItem | undefined,
): RecordEffect | undefined => {
  if (before === undefined || after === undefined) return undefined;
  if (!isReservation(before) || !isReservation(after)) return undefined;
  const growth = (...states: Parameters<typeof unitsIn>[1]): Units =>
    growthOf(unitsIn(before.parts, states), unitsIn(after.parts, states));
  const had = Object.keys(before.requests ?? {});
  return {
    fulfilled: growth("fulfilled", "returned"),
    cancelled: growth("cancelled"),
    returned: growth("returned"),
    isChange:
      after.status === "held" &&
      JSON.stringify(linesTogether(before.lines)) !== JSON.stringify(linesTogether(after.lines)),
    isSale: after.status === "confirmed" && before.status !== "confirmed",
    newKeys: Object.keys(after.requests ?? {}).filter((name) => !had.includes(name)),
  };
};
