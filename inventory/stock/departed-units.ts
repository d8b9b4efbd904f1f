import type { StockItem } from "../../contract/tables.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { decisionOf, isMove, kindOf, markersOf } from "./marker.ts";

/**
 * The units that have left one row of a level and are in no other: they arrive, or return.
 *
 * @param rows the level as it was at one time
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const countDepartedUnits = async (
  database: Database,
  rows: readonly StockItem[],
  call: Call,
): Promise<number> => {
  const moving = rows.flatMap((row) =>
    markersOf(row)
      .filter(isMove)
      .map((marker) => ({ row: row.sku, marker })),
  );
  if (moving.length === 0) return 0;
  const ids = [...new Set(moving.map(({ marker }) => marker.reservationId))];
  const items = await readReservations(database, ids, call);
  const records = new Map(items.map((item) => [item.reservationId, item]));
  return moving
    .filter(({ row, marker }) => {
      const isDecided = decisionOf(row, marker, records.get(marker.reservationId)) === "decided";
      // A decided departure may have arrived. Until it has, the marker of its arrival counts.
      return isDecided !== kindOf(marker).isEager;
    })
    .reduce((sum, { marker }) => sum + marker.quantity, 0);
};
