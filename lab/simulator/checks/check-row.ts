/** Checks one write of a row: its counts, its version, and the reason of each unit that moved. */
import type { ReservationItem, StockItem } from "../../../contract/tables.ts";
import { deltasBetween, type Counts } from "../../../inventory/stock/counts.ts";
import { beginsAnew } from "./levels.ts";
import { isFirstRow } from "../../../inventory/stock/level-key.ts";
import {
  keptOf,
  leastAvailableOf,
  safetyStockOf,
  unavailableOf,
} from "../../../inventory/stock/level.ts";
import { decisionOf, effectOf, kindOf } from "../../../inventory/stock/marker.ts";
import { setsOnHand, type RowAccount } from "./accounts.ts";
import { versionsOfShrink } from "./shrink.ts";
import type { Report } from "./violation.ts";
import type { RecordChange } from "./record-change.ts";

/**
 * @param account the account of the row after the write
 * @param takenOver the last row of the level, which the write takes over
 */
export const checkRow = (
  { before, after }: RecordChange<StockItem> & { after: StockItem },
  account: RowAccount,
  takenOver: StockItem | undefined,
  recordOf: (reservationId: string) => ReservationItem | undefined,
  report: Report,
): void => {
  checkCounts(after, report);
  checkVersion(before, after, takenOver, report);
  checkReason(before, account, takenOver, recordOf, report);
};

function checkCounts(row: StockItem, report: Report): void {
  const { sku, onHand, available, reserved } = row;
  const counts = `${onHand} on hand, ${available} available, ${reserved} reserved`;
  if (onHand !== available + reserved + keptOf(row))
    report("counts", sku, `${counts}: do not add up`);
  const isBelow = Math.min(onHand, available) < leastAvailableOf(row);
  if (isBelow || reserved < 0 || unavailableOf(row) < 0) {
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
  "shards",
] satisfies (keyof StockItem)[];

/** Those of the first row alone. */
const unversionedInFirst: readonly string[] = [
  "areShardsSet",
  "shardsVersion",
  "spreadAtMs",
] satisfies (keyof StockItem)[];

function checkVersion(
  before: StockItem | undefined,
  after: StockItem,
  takenOver: StockItem | undefined,
  report: Report,
): void {
  const { sku, version } = after;
  const expected = expectedVersion(before, after, takenOver);
  if (version !== expected) report("transition", sku, `version ${version} in place of ${expected}`);
  const isRestarted = before !== undefined && beginsAnew(before, after);
  if (before !== undefined && !isRestarted && before.startVersion !== after.startVersion) {
    report("transition", sku, `it began at ${before.startVersion}, and then ${after.startVersion}`);
  }
  if (version !== before?.version) return;
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof StockItem>;
  const changed = [...names].filter(
    (name) =>
      !unversioned.includes(name) &&
      !(isFirstRow(sku) && unversionedInFirst.includes(name)) &&
      JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  if (changed.length > 0) {
    report("transition", sku, `${changed.join(", ")} changed under version ${version}`);
  }
}

function expectedVersion(
  before: StockItem | undefined,
  after: StockItem,
  takenOver: StockItem | undefined,
): number | undefined {
  // The level's version goes on where the row of a level begins, and where it ends.
  if (before === undefined) return isFirstRow(after.sku) ? 1 : after.startVersion;
  if (takenOver !== undefined) return before.version + versionsOfShrink(takenOver);
  if (beginsAnew(before, after)) return after.startVersion;
  // A count of the very units that are there has a version as well.
  const isNew = hasMoved(deltasBetween(before, after)) || setsOnHand(before, after);
  return before.version + (isNew ? 1 : 0);
}

/** Reports units that moved without a marker whose record explains them, or a count. */
function checkReason(
  before: StockItem | undefined,
  { row, placed, gone }: RowAccount,
  takenOver: StockItem | undefined,
  recordOf: (reservationId: string) => ReservationItem | undefined,
  report: Report,
): void {
  const { sku } = row;
  const unexplained = deltasBetween(before, row);
  const explain = (effect: Counts): void => {
    unexplained.onHandDelta -= effect.onHand;
    unexplained.availableDelta -= effect.available;
    unexplained.reservedDelta -= effect.reserved;
  };
  if (takenOver !== undefined) explain(takenOver);
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
    // A count sets the units on hand and those that are kept from sale, and keeps the reserved ones.
    const keptDelta = safetyStockOf(row) - safetyStockOf(before ?? {});
    unexplained.availableDelta -= unexplained.onHandDelta - keptDelta;
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
