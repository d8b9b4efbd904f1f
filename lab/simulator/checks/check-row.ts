/** Checks one write of a row: its counts, its version, and the reason of each unit that moved. */
import type { ReservationItem, StockItem } from "../../../contract/tables.ts";
import { deltasBetween } from "../../../inventory/stock/counts.ts";
import { decisionOf, effectOf, kindOf } from "../../../inventory/stock/marker.ts";
import { setsOnHand, type RowAccount } from "./accounts.ts";
import type { Report } from "./violation.ts";
import type { RecordChange } from "./record-change.ts";

/** @param account the account of the row after the write; undefined when the row is gone */
export const checkRow = (
  change: RecordChange<StockItem>,
  account: RowAccount | undefined,
  recordOf: (reservationId: string) => ReservationItem | undefined,
  report: Report,
): void => {
  const { key, before, after } = change;
  if (after === undefined || account === undefined) {
    return report("counts", key, "the row was deleted");
  }
  checkCounts(after, report);
  checkVersion(before, after, report);
  checkReason(before, account, recordOf, report);
};

function checkCounts({ sku, onHand, available, reserved }: StockItem, report: Report): void {
  const counts = `${onHand} on hand, ${available} available, ${reserved} reserved`;
  if (onHand !== available + reserved) report("counts", sku, `${counts}: do not add up`);
  if (Math.min(onHand, available, reserved) < 0) {
    report("counts", sku, `${counts}: one is negative`);
  }
}

const hasMoved = ({ onHandDelta, availableDelta, reservedDelta }: Deltas): boolean =>
  onHandDelta !== 0 || availableDelta !== 0 || reservedDelta !== 0;
type Deltas = ReturnType<typeof deltasBetween>;

/** The attributes that a write may change without a new version. */
const unversioned: readonly string[] = [
  "open",
  "searchedAtMs",
  "nextEndMs",
  "lowStockThreshold",
] satisfies (keyof StockItem)[];

function checkVersion(before: StockItem | undefined, after: StockItem, report: Report): void {
  const { sku, version } = after;
  const isNew = before === undefined || hasMoved(deltasBetween(before, after));
  // A count of the very units that are there has a version as well.
  const expected = (before?.version ?? 0) + (isNew || setsOnHand(before, after) ? 1 : 0);
  if (version !== expected) report("transition", sku, `version ${version} in place of ${expected}`);
  if (version !== before?.version) return;
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof StockItem>;
  const changed = [...names].filter(
    (name) =>
      !unversioned.includes(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  if (changed.length > 0) {
    report("transition", sku, `${changed.join(", ")} changed under version ${version}`);
  }
}

/** Reports units that moved without a marker whose record explains them, or a count. */
function checkReason(
  before: StockItem | undefined,
  { row, placed, gone }: RowAccount,
  recordOf: (reservationId: string) => ReservationItem | undefined,
  report: Report,
): void {
  const { sku } = row;
  const unexplained = deltasBetween(before, row);
  const explain = (effect: ReturnType<typeof effectOf>): void => {
    unexplained.onHandDelta -= effect.onHand;
    unexplained.availableDelta -= effect.available;
    unexplained.reservedDelta -= effect.reserved;
  };
  explain(effectOf(placed.filter((marker) => kindOf(marker).isEager)));
  for (const marker of gone) {
    const { kind, reservationId, base } = marker;
    const decision = decisionOf(sku, marker, recordOf(reservationId));
    if (decision === "undecided") {
      const undecided = `its ${kind} marker of ${reservationId} on base ${base}`;
      report("unexplained_change", sku, `${undecided} was removed before it was decided`);
    }
    const { isEager } = kindOf(marker);
    if (isEager && decision !== "decided") explain(effectOf([marker], -1));
    if (!isEager && decision === "decided") explain(effectOf([marker]));
  }
  if (setsOnHand(before, row)) {
    // A count sets the units on hand, and keeps the reserved ones.
    unexplained.availableDelta -= unexplained.onHandDelta;
    unexplained.onHandDelta = 0;
  }
  if (!hasMoved(unexplained)) return;
  const { onHandDelta, availableDelta, reservedDelta } = unexplained;
  report(
    "unexplained_change",
    sku,
    `${onHandDelta} on hand, ${availableDelta} available and ${reservedDelta} reserved moved ` +
      `with no marker that explains it (${row.lastChange?.kind})`,
  );
}
