/** Checks each commit: the counts, the life of a record, and the time of the request that writes it. */
import type { ReservationItem, StockItem } from "../../../contract/tables.ts";
import { tableNames } from "../../app/table-names.ts";
import type { CommittedChange, History, RecordChange } from "./history.ts";
import { ownedLines } from "./owned-units.ts";
import type { Violation, ViolationKind } from "./violation.ts";

export type Report = (kind: ViolationKind, subject: string, message: string) => void;

/** Checks each commit as it comes. */
export const createCommitChecks = (
  history: History,
  onViolation: (violation: Violation) => void,
): ((changed: CommittedChange) => void) => {
  const owned = new Map<string, number>();
  const applied = new Set<number>();

  const addOwned = (item: ReservationItem | undefined, sign: 1 | -1): void => {
    for (const { sku, quantity } of item ? ownedLines(item) : []) {
      owned.set(sku, (owned.get(sku) ?? 0) + sign * quantity);
    }
  };

  return (changed) => {
    const { commit, stock, reservations } = changed;
    const report: Report = (kind, subject, message) =>
      onViolation({ kind, subject, atMs: commit.atMs, message });
    for (const { before, after } of reservations) {
      addOwned(before, -1);
      addOwned(after, 1);
    }
    checkApplied(changed, applied, report);
    for (const change of stock) {
      if (history.wasChangedByHand(change.key)) continue;
      checkCounts(change, report);
      checkReason(change, changed, report);
      checkLease(change, stock.length, history, report);
      const { sku, reserved } = change.after ?? { sku: change.key, reserved: 0 };
      const units = owned.get(sku) ?? 0;
      if (reserved !== units) {
        report("reserved", sku, `${reserved} are reserved, and its records own ${units}`);
      }
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

function checkApplied(
  { commit: { attempt }, stock, reservations }: CommittedChange,
  applied: Set<number>,
  report: Report,
): void {
  const change = stock[0] ?? reservations[0];
  if (change === undefined || attempt.request.operation === "BatchWriteItem") return;
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
  const expected = (before?.version ?? 0) + 1;
  if (version !== expected) report("transition", key, `version ${version} after ${expected - 1}`);
}

/** Counts of what moves with a reservation, by the kind of the change: on hand, available. */
const movesOf = {
  hold: { onHand: 0, available: -1 },
  sale: { onHand: -1, available: 0 },
  release: { onHand: 0, available: 1 },
  expiry: { onHand: 0, available: 1 },
  rollback: { onHand: 0, available: 1 },
} as const;

function checkReason(
  { key, before, after }: RecordChange<StockItem>,
  { reservations }: CommittedChange,
  report: Report,
): void {
  if (after === undefined) return;
  const { kind, reservationId } = after.lastChange ?? {};
  if (kind === undefined || !(kind in movesOf)) return;
  const moves = movesOf[kind as keyof typeof movesOf];
  const record = reservations.find((one) => one.key === reservationId);
  const lines = (record?.after ?? record?.before)?.lines ?? [];
  const quantity = lines.find(({ sku }) => sku === key)?.quantity ?? Number.NaN;
  const onHand = after.onHand - (before?.onHand ?? 0);
  const available = after.available - (before?.available ?? 0);
  if (onHand !== moves.onHand * quantity || available !== moves.available * quantity) {
    report(
      "unexplained_change",
      key,
      `a ${kind} of ${quantity} units changed onHand by ${onHand} and available by ${available}`,
    );
  }
}

/** An order that is written under a lease writes its token: the lock must not have moved on. */
function checkLease(
  { key, before, after }: RecordChange<StockItem>,
  lines: number,
  history: History,
  report: Report,
): void {
  const fence = after?.fence;
  if (fence === undefined || fence === before?.fence) return;
  const token = history.lock(`lock#${key}`)?.token ?? 0;
  if (token > fence) {
    const written = `${lines} lines were written under token ${fence}`;
    report("lost_lease_write", key, `${written} after ${token} was granted`);
  }
}

/** Which status may follow which. A record that was given up is removed, and its key begins anew. */
const nextStatuses: Record<ReservationItem["status"] | "absent", readonly string[]> = {
  absent: ["held", "reserving", "rejected", "released"],
  reserving: ["reserving", "held", "returning"],
  returning: ["returning", "absent"],
  held: ["held", "confirmed", "released", "expired"],
  confirmed: ["confirmed"],
  released: ["released"],
  expired: ["expired"],
  rejected: ["rejected"],
};

function checkLife({ key, before, after }: RecordChange<ReservationItem>, report: Report): void {
  const from = before?.status ?? "absent";
  const to = after?.status ?? "absent";
  if (!nextStatuses[from].includes(to)) report("transition", key, `${from} became ${to}`);
  if (before === undefined || after === undefined) return;
  if (JSON.stringify(before.lines) !== JSON.stringify(after.lines)) {
    report("transition", key, "its lines changed");
  }
  const isNewVersion = before.status === "held";
  const expected = before.version + (isNewVersion ? 1 : 0);
  if (after.version !== expected) {
    report("transition", key, `version ${after.version} in place of ${expected}`);
  }
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
  if ((after.status === "confirmed" || after.status === "held") && lateMs >= 0) {
    const { number } = attempt;
    report("late_decision", key, `${after.status} by attempt ${number}, sent ${lateMs} ms late`);
  }
}
