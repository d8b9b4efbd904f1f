import type { ReservationItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import { endingsAtOnce, endParts } from "./end-parts.ts";
import { endedTtlSeconds, isOpen } from "./reservation.ts";

/** True while sold units of the record are still on hand. */
export const awaitsSale = ({ status, parts }: ReservationItem): boolean =>
  status === "confirmed" && parts.some(isOpen);

/**
 * Takes the units of confirmed reservations off `onHand`. Reservations whose sale is settled are left
 * alone, so that a repeat changes nothing.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`, `inconsistent`: some are settled then
 */
export const settleSales = async (
  database: Database,
  items: readonly ReservationItem[],
  call: Call,
): Promise<void> => {
  const ending = (item: ReservationItem, nowMs: number): ReservationItem => ({
    ...item,
    ttlSeconds: endedTtlSeconds(database, nowMs),
  });
  let left = [...new Map(items.map((item) => [item.reservationId, item])).values()];
  while (left.length > 0) {
    const some = left.filter(awaitsSale).slice(0, endingsAtOnce);
    const results = await endParts(database, some, "sale", ending, call);
    const rest = left.filter((item) => awaitsSale(item) && !some.includes(item));
    const changed = results.flatMap((result) => ("found" in result ? (result.found ?? []) : []));
    left = [...rest, ...changed];
  }
};

/** Settles the sales of these reservations, as they are now. */
export const settleSalesOf = async (
  database: Database,
  reservationIds: readonly string[],
  call: Call,
): Promise<void> => {
  const ids = [...new Set(reservationIds)];
  await settleSales(database, await readReservations(database, ids, call), call);
};
