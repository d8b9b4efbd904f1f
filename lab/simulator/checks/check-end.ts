/** Checks a run that has come to rest: nothing is overdue or open, and the ledger is whole. */
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { MovementItem, Part } from "../../../contract/tables.ts";
import type { Counts } from "../../../inventory/stock/counts.ts";
import {
  isBackorderKey,
  levelKeyOf,
  levelKeyOfRow,
  levelNameOf,
} from "../../../inventory/stock/level-key.ts";
import { isReservation } from "../../../inventory/reservations/reservation.ts";
import { epochMs } from "../cloud/environment.ts";
import type { Engine } from "../engine/engine.ts";
import { tableNames } from "../../app/table-names.ts";
import type { Report } from "./violation.ts";
import type { History } from "./history.ts";
import { ownedParts, unitsOnHandBy } from "./owned-units.ts";

export interface RestOptions {
  /** How long after its end a hold may still be held. */
  graceMs: number;
  /** True for a stack that takes sold units off `onHand` at once. */
  fulfillsOnConfirm: boolean;
  /** False where markers may stay until a sweep reads the rows. */
  isAtRest: boolean;
}

const isThere = ({ row }: Part): boolean => !isBackorderKey(row);

type Rested = Pick<
  History,
  "skus" | "levelOf" | "countsOf" | "reservationIds" | "reservation" | "wasChangedByHand"
>;

/** Checks the records and the rows of a run that has come to rest. */
export const checkRecords = (
  history: Rested & Pick<History, "rows" | "stockOf">,
  nowMs: number,
  { graceMs, fulfillsOnConfirm, isAtRest }: RestOptions,
  report: Report,
): void => {
  for (const id of history.reservationIds) {
    const item = history.reservation(id).last;
    if (item === undefined) continue;
    const lateMs = epochMs + nowMs - item.expiresAtMs;
    if (item.status === "held" && lateMs > graceMs) {
      report("overdue", id, `still held ${Math.round(lateMs)} ms after its end`);
    }
    if (fulfillsOnConfirm && item.status === "confirmed" && ownedParts(item).some(isThere)) {
      report("unsettled", id, "its units are still on hand");
    }
  }
  if (!isAtRest) return;
  let isSettled = true;
  for (const row of history.rows) {
    const open = Object.keys(history.stockOf(row).last?.open ?? {});
    if (open.length === 0) continue;
    isSettled = false;
    report("unsettled", row, `open markers: ${open.join(", ")}`);
  }
  if (isSettled) checkLevels(history, report);
  checkServed(history, report);
};

/** No reservation waits for units that are available. */
function checkServed(history: Rested, report: Report): void {
  for (const key of history.skus) {
    const waiting = isBackorderKey(key) ? (history.levelOf(key).last?.reserved ?? 0) : 0;
    const { sku, location } = levelNameOf(key);
    const available = history.levelOf(levelKeyOf({ sku, location })).last?.available ?? 0;
    if (waiting > 0 && available > 0) {
      report("unsettled", key, `${waiting} units are waited for, and ${available} are available`);
    }
  }
}

/**
 * Without open markers, all rows of a level reserve the open units of holds and of sold reservations, in
 * whichever row. They have on hand the counted units, with those of adjustments, without the fulfilled ones,
 * and with the returned ones.
 */
function checkLevels(history: Rested, report: Report): void {
  const owned = new Map<string, number>();
  const onHand = new Map<string, number>();
  for (const id of history.reservationIds) {
    const item = history.reservation(id).last;
    if (item === undefined) continue;
    for (const { row, quantity } of ownedParts(item)) addUnits(owned, row, quantity);
    for (const { part, units } of unitsOnHandBy(item)) addUnits(onHand, part.row, units);
  }
  for (const sku of history.skus) {
    for (const { delta } of history.countsOf(sku)) addUnits(onHand, sku, delta);
    const level = history.levelOf(sku).last;
    if (level === undefined || history.wasChangedByHand(sku)) continue;
    const units = owned.get(sku) ?? 0;
    if (level.reserved !== units) {
      report("reserved", sku, `all rows reserve ${level.reserved}, and records own ${units}`);
    }
    const expected = onHand.get(sku) ?? 0;
    if (level.onHand !== expected) {
      report("on_hand", sku, `all rows have ${level.onHand} on hand, not ${expected}`);
    }
  }
}

const addUnits = (sums: Map<string, number>, row: string, units: number): void =>
  void sums.set(levelKeyOfRow(row), (sums.get(levelKeyOfRow(row)) ?? 0) + units);

const noReservation = "no reservation";

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
  const onHandBy = new Map<string, number>();
  const add = (of: Map<string, number>, id: string, sku: string, units: number): void => {
    if (history.wasChangedByHand(sku)) return;
    const key = `${id} ${sku}`;
    of.set(key, (of.get(key) ?? 0) + units);
  };
  for (const image of engine.items(tableNames.movements)) {
    const { reservationId = noReservation, ...movement } = unmarshall(image) as MovementItem;
    const sku = levelKeyOfRow(movement.sku);
    const sum = sums.get(sku) ?? { onHand: 0, available: 0, reserved: 0 };
    sum.onHand += movement.onHandDelta;
    sum.available += movement.availableDelta;
    sum.reserved += movement.reservedDelta;
    sums.set(sku, sum);
    add(reservedBy, reservationId, sku, movement.reservedDelta);
    add(onHandBy, reservationId, sku, movement.onHandDelta);
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
    if (item === undefined) continue;
    for (const { row, quantity } of ownedParts(item))
      add(reservedBy, id, levelKeyOfRow(row), -quantity);
    for (const { part, units } of unitsOnHandBy(item))
      add(onHandBy, id, levelKeyOfRow(part.row), -units);
  }
  const reportEach = (of: Map<string, number>, describe: (units: number) => string): void => {
    for (const [key, units] of of) {
      const [id, sku] = key.split(/ (?=[^ ]*$)/) as [string, string];
      // Movements of adjustments name their record only where they are undone.
      const item = history.reservation(id).last;
      const isOther = of === onHandBy && !(item !== undefined && isReservation(item));
      if (units === 0 || isOther) continue;
      report("ledger", sku, `the movements of ${id} ${describe(units)}`);
    }
  };
  reportEach(reservedBy, (units) => `reserve ${units} more than it owns`);
  reportEach(onHandBy, (units) => `bring ${units} more units than it fulfilled and returned`);
};
