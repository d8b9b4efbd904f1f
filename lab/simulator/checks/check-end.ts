/** Checks a run that has come to rest: nothing is overdue or open, and the ledger is whole. */
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { MovementItem, StockItem } from "../../../contract/tables.ts";
import { epochMs } from "../cloud/environment.ts";
import type { Engine } from "../engine/engine.ts";
import { tableNames } from "../../app/table-names.ts";
import type { Report } from "./violation.ts";
import type { History } from "./history.ts";
import { ownedParts } from "./owned-units.ts";

/** Checks the records. `graceMs` is how long after its end a hold may still be held. */
export const checkRecords = (
  history: Pick<History, "skus" | "stockOf" | "reservationIds" | "reservation">,
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
  for (const sku of history.skus) {
    const open = Object.keys(history.stockOf(sku).last?.open ?? {});
    if (open.length > 0) report("unsettled", sku, `open markers: ${open.join(", ")}`);
  }
};

type Counts = Pick<StockItem, "onHand" | "available" | "reserved">;

/** Checks that the movements of each SKU add up to its row, and those of each reservation to its units. */
export const checkLedger = (
  history: Pick<
    History,
    "skus" | "stockOf" | "reservationIds" | "reservation" | "wasChangedByHand"
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
    const {
      sku,
      reservationId = "no reservation",
      ...movement
    } = unmarshall(image) as MovementItem;
    const sum = sums.get(sku) ?? { onHand: 0, available: 0, reserved: 0 };
    sum.onHand += movement.onHandDelta;
    sum.available += movement.availableDelta;
    sum.reserved += movement.reservedDelta;
    sums.set(sku, sum);
    addReserved(reservationId, sku, movement.reservedDelta);
  }
  for (const sku of history.skus) {
    const row = history.stockOf(sku).last;
    if (row === undefined) continue;
    const { onHand, available, reserved } = row;
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
    for (const { row, quantity } of item ? ownedParts(item) : []) addReserved(id, row, -quantity);
  }
  for (const [key, units] of reservedBy) {
    if (units === 0) continue;
    const [id, sku] = key.split(/ (?=[^ ]*$)/) as [string, string];
    report("ledger", sku, `the movements of ${id} reserve ${units} more than it owns`);
  }
};
