import type { ReservationItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import { changeParts, recordsAtOnce } from "./change-parts.ts";
import { allParts, isShippable } from "./parts.ts";
import { soldRecord } from "./sold-units.ts";

/** True while sold units of the record are still on hand. */
export const awaitsSale = ({ status, parts }: ReservationItem): boolean =>
  status === "confirmed" && parts.some(isShippable);

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
  const rewrite = (item: ReservationItem, nowMs: number) => soldRecord(database, item, nowMs);
  let left = [...new Map(items.map((item) => [item.reservationId, item])).values()];
  while (left.length > 0) {
    const some = left.filter(awaitsSale).slice(0, recordsAtOnce);
    const changes = some.map((item) => allParts(item, isShippable));
    const results = await changeParts(database, changes, { kind: "fulfilment", rewrite }, call);
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
