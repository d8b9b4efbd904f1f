/** Checks a run that has come to rest: nothing is overdue or open, and the ledger is whole. */
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { MovementItem } from "../../../contract/tables.ts";
import type { Counts } from "../../../inventory/stock/counts.ts";
import { skuOf } from "../../../inventory/stock/level.ts";
import { epochMs } from "../cloud/environment.ts";
import type { Engine } from "../engine/engine.ts";
import { tableNames } from "../../app/table-names.ts";
import type { Report } from "./violation.ts";
import type { History } from "./history.ts";
import { ownedParts } from "./owned-units.ts";

/** Checks the records. `graceMs` is how long after its end a hold may still be held. */
export const checkRecords = (
  history: Pick<
    History,
    "skus" | "rows" | "stockOf" | "levelOf" | "reservationIds" | "reservation" | "wasChangedByHand"
  >,
  nowMs: number,
  graceMs: number,
  report: Report,
  isAtRest = true,
): void => {
  for (const id of history.reservationIds) {
    const item = history.reservation(id).last;
    if (item === undefined) continue;
    const lateMs = epochMs + nowMs - item.expiresAtMs;
    if (item.status === "held" && lateMs > graceMs) {
      report("overdue", id, `still held ${Math.round(lateMs)} ms after its end`);
    }
    if (item.status === "confirmed" && ownedParts(item).length > 0) {
      report("unsettled", id, "its units are still on hand");
    }
  }
  // Markers may stay until a sweep reads the rows.
  if (!isAtRest) return;
  let isSettled = true;
  for (const row of history.rows) {
    const open = Object.keys(history.stockOf(row).last?.open ?? {});
    if (open.length === 0) continue;
    isSettled = false;
    report("unsettled", row, `open markers: ${open.join(", ")}`);
  }
  if (isSettled) checkReserved(history, report);
};

/** Without open markers, all rows of a level reserve what records own, in whichever row. */
function checkReserved(
  history: Pick<
    History,
    "skus" | "levelOf" | "reservationIds" | "reservation" | "wasChangedByHand"
  >,
  report: Report,
): void {
  const owned = new Map<string, number>();
  for (const id of history.reservationIds) {
    const item = history.reservation(id).last;
    for (const { row, quantity } of item ? ownedParts(item) : []) {
      owned.set(skuOf(row), (owned.get(skuOf(row)) ?? 0) + quantity);
    }
  }
  for (const sku of history.skus) {
    const level = history.levelOf(sku).last;
    const units = owned.get(sku) ?? 0;
    if (level === undefined || level.reserved === units || history.wasChangedByHand(sku)) continue;
    report("reserved", sku, `all rows reserve ${level.reserved}, and records own ${units}`);
  }
}

/** Checks that the movements of each SKU add up to its rows, and those of each reservation to its units. */
export const checkLedger = (
  history: Pick<
    History,
    "skus" | "levelOf" | "reservationIds" | "reservation" | "wasChangedByHand"
  >,
  engine: Pick<Engine, "items">,
  report: Report,
  isAtRest = true,
): void => {
  const sums = new Map<string, Counts>();
  const reservedBy = new Map<string, number>();
  const addReserved = (id: string, sku: string, units: number): void => {
    if (history.wasChangedByHand(sku)) return;
    const key = `${id} ${sku}`;
    reservedBy.set(key, (reservedBy.get(key) ?? 0) + units);
  };
  for (const image of engine.items(tableNames.movements)) {
    const { reservationId = "no reservation", ...movement } = unmarshall(image) as MovementItem;
    const sku = skuOf(movement.sku);
    const sum = sums.get(sku) ?? { onHand: 0, available: 0, reserved: 0 };
    sum.onHand += movement.onHandDelta;
    sum.available += movement.availableDelta;
    sum.reserved += movement.reservedDelta;
    sums.set(sku, sum);
    addReserved(reservationId, sku, movement.reservedDelta);
  }
  for (const sku of history.skus) {
    const level = history.levelOf(sku).last;
    if (level === undefined) continue;
    const { onHand, available, reserved } = level;
    const sum = sums.get(sku);
    const expected = JSON.stringify({ onHand, available, reserved });
    if (JSON.stringify(sum) !== expected) {
      report("ledger", sku, `its movements sum up to ${JSON.stringify(sum)}, not to ${expected}`);
    }
  }
  // Units of open markers have movements, and may have no record.
  if (!isAtRest) return;
  for (const id of history.reservationIds) {
    const item = history.reservation(id).last;
    for (const { row, quantity } of item ? ownedParts(item) : []) {
      addReserved(id, skuOf(row), -quantity);
    }
  }
  for (const [key, units] of reservedBy) {
    if (units === 0) continue;
    const [id, sku] = key.split(/ (?=[^ ]*$)/) as [string, string];
    report("ledger", sku, `the movements of ${id} reserve ${units} more than it owns`);
  }
};
