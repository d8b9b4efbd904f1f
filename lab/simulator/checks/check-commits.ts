/** Checks each commit: the counts, the life of a record, and the time of the request that writes it. */
import type { ReservationItem, StockItem } from "../../../contract/tables.ts";
import { movementsBetween } from "../../../inventory/stock/ledger.ts";
import { tableNames } from "../../app/table-names.ts";
import type { CommittedChange, History, RecordChange } from "./history.ts";
import { accountOf, ownedParts } from "./owned-units.ts";
import type { Violation, ViolationKind } from "./violation.ts";

export type Report = (kind: ViolationKind, subject: string, message: string) => void;

/** Checks each commit as it comes. */
export const createCommitChecks = (
  history: History,
  onViolation: (violation: Violation) => void,
): ((changed: CommittedChange) => void) => {
  const owned = new Map<string, number>();
  const applied = new Set<number>();
  const record = (id: string) => history.reservation(id).last;

  const addOwned = (item: ReservationItem | undefined, sign: 1 | -1, rows: Set<string>): void => {
    for (const { row, quantity } of item ? ownedParts(item) : []) {
      owned.set(row, (owned.get(row) ?? 0) + sign * quantity);
      rows.add(row);
    }
  };

  return (changed) => {
    const { commit, stock, reservations } = changed;
    const report: Report = (kind, subject, message) =>
      onViolation({ kind, subject, atMs: commit.atMs, message });
    const rows = new Set(stock.map(({ key }) => key));
    for (const { key, before, after } of reservations) {
      addOwned(before, -1, rows);
      addOwned(after, 1, rows);
      // The record may decide markers of rows that it owns no part of.
      for (const row of history.rowsMarkedBy(key)) rows.add(row);
    }
    checkApplied(changed, applied, report);
    for (const key of rows) {
      const row = history.stockOf(key).last;
      if (row === undefined || history.wasChangedByHand(key)) continue;
      const account = accountOf(row, owned.get(key) ?? 0, record);
      history.noteAvailable(key, commit.atMs, account.available);
      if (row.reserved !== account.reserved) {
        const found = `${row.reserved} are reserved`;
        report("reserved", key, `${found}, and its records account for ${account.reserved}`);
      }
    }
    for (const change of stock) {
      if (history.wasChangedByHand(change.key)) continue;
      checkCounts(change, report);
      checkReason(change, report);
    }
    for (const { key, before, after } of changed.movements) {
      if (before !== undefined && JSON.stringify(before) !== JSON.stringify(after)) {
        report("transition", key, "a movement was written over");
      }
    }
    for (const change of reservations) {
      checkLife(change, report);
      checkDueness(change, changed, report);
    }
  };
};

/** Repeats of a hold's writes are undone by design. Those of a count or an extension must not be. */
function checkApplied(
  { commit: { attempt }, stock, reservations }: CommittedChange,
  applied: Set<number>,
  report: Report,
): void {
  const change = stock[0] ?? reservations[0];
  if (change === undefined || attempt.request.operation === "BatchWriteItem") return;
  if (stock.length > 0 ? !isCount(stock[0]!) : !isExtension(reservations[0]!)) return;
  if (applied.has(attempt.requestNumber)) {
    const { requestNumber, request } = attempt;
    const table = stock.length > 0 ? tableNames.stock : tableNames.reservations;
    const effect = `${shown(change.before)} became ${shown(change.after)}`;
    report(
      "applied_twice",
      change.key,
      `#${requestNumber}, ${request.operation} of ${table}: ${effect}`,
    );
  }
  applied.add(attempt.requestNumber);
}

/** Removing a marker leaves the reason of the last change in the row. */
const isCount = ({ before, after }: RecordChange<StockItem>): boolean =>
  after?.lastChange?.kind === "count" && after.version !== before?.version;

const isExtension = ({ before, after }: RecordChange<ReservationItem>): boolean =>
  before?.status === "held" && after?.status === "held" && before.expiresAtMs !== after.expiresAtMs;

function shown(item: StockItem | ReservationItem | undefined): string {
  if (item === undefined) return "nothing";
  return "sku" in item ? `${item.onHand} on hand` : `${item.status} until ${item.expiresAtMs}`;
}

function checkCounts({ key, before, after }: RecordChange<StockItem>, report: Report): void {
  if (after === undefined) return report("counts", key, "the record of the SKU was deleted");
  const { onHand, available, reserved, version } = after;
  const counts = `${onHand} on hand, ${available} available, ${reserved} reserved`;
  if (onHand !== available + reserved) report("counts", key, `${counts}: do not add up`);
  if (Math.min(onHand, available, reserved) < 0)
    report("counts", key, `${counts}: one is negative`);
  const hasMoved =
    before?.onHand !== onHand || before.available !== available || before.reserved !== reserved;
  const isCounted = after.lastChange?.kind === "count" && before?.version !== version;
  const expected = (before?.version ?? 0) + (hasMoved || isCounted ? 1 : 0);
  if (version !== expected) report("transition", key, `version ${version} in place of ${expected}`);
}

/** Changes that no reservation explains. */
const unexplainedKinds = ["hold", "sale", "release", "expiry", "rollback"] as const;

/** Reports units that moved with no marker of a reservation that names them. */
function checkReason({ key, before, after }: RecordChange<StockItem>, report: Report): void {
  if (after === undefined) return;
  for (const { kind, reservationId, ...deltas } of movementsBetween(before, after, "")) {
    const isOfReservation = (unexplainedKinds as readonly string[]).includes(kind);
    if (kind !== "edit" && (!isOfReservation || reservationId !== undefined)) continue;
    const { onHandDelta, availableDelta } = deltas;
    report(
      "unexplained_change",
      key,
      `a ${kind} changed onHand by ${onHandDelta} and available by ${availableDelta}`,
    );
  }
}

/** The statuses that may follow each status. An abandoned record is replaced by another request. */
const nextStatuses: Record<ReservationItem["status"] | "absent", readonly string[]> = {
  absent: ["held", "rejected", "released", "abandoned", "adjustment", "order"],
  abandoned: ["abandoned", "held", "rejected", "released", "adjustment"],
  held: ["held", "confirmed", "released", "expired"],
  confirmed: ["confirmed"],
  released: ["released"],
  expired: ["expired"],
  rejected: ["rejected"],
  adjustment: ["adjustment"],
  order: ["order"],
};

function checkLife({ key, before, after }: RecordChange<ReservationItem>, report: Report): void {
  const from = before?.status ?? "absent";
  const to = after?.status ?? "absent";
  if (!nextStatuses[from].includes(to)) report("transition", key, `${from} became ${to}`);
  if (before === undefined || after === undefined) return;
  if (after.version !== before.version + 1) {
    report("transition", key, `version ${after.version} after ${before.version}`);
  }
  if (from === "abandoned") return;
  if (JSON.stringify(before.lines) !== JSON.stringify(after.lines)) {
    report("transition", key, "its lines changed");
  }
  const keepsParts = before.parts.every((part, index) => {
    const { row, version, ended } = after.parts[index] ?? {};
    const isSame = row === part.row && version === part.version;
    return isSame && (part.ended === undefined || part.ended.version === ended?.version);
  });
  if (!keepsParts) report("transition", key, "a part was removed or changed");
}

function checkDueness(
  { key, before, after }: RecordChange<ReservationItem>,
  { commit: { attempt } }: CommittedChange,
  report: Report,
): void {
  if (after?.status === "held" && before?.status !== "held") {
    const lateMs = attempt.sentAtWallMs - after.expiresAtMs;
    if (lateMs >= 0)
      report("late_decision", key, `begun by a request sent ${lateMs} ms after its end`);
  }
  if (before?.status !== "held" || after === undefined) return;
  const lateMs = attempt.sentAtWallMs - before.expiresAtMs;
  if (after.status === "expired" && lateMs < 0) {
    report("early_expiry", key, `expired ${-lateMs} ms before its end`);
  }
  const isExtended = after.status === "held" && after.expiresAtMs !== before.expiresAtMs;
  if ((after.status === "confirmed" || isExtended) && lateMs >= 0) {
    const { number } = attempt;
    report("late_decision", key, `${after.status} by attempt ${number}, sent ${lateMs} ms late`);
  }
}
