/** Checks each commit: the account of its rows, the life of a record, and the time of its request. */
import type { ReservationItem } from "../../../contract/tables.ts";
import type { RowAccount } from "./accounts.ts";
import { createLevelCheck } from "./check-level.ts";
import { checkRow } from "./check-row.ts";
import type { CommittedChange, History, NotedChange } from "./history.ts";
import type { RecordChange } from "./record-change.ts";
import { checkLife } from "./check-life.ts";
import { shrinksIn, wrongShrink } from "./shrink.ts";
import type { Report, Violation } from "./violation.ts";

export type { Report };

/**
 * Checks each commit as it comes.
 *
 * @param mayReacquire true for a reservation that a caller wants to be sold also after its end
 */
export const createCommitChecks = (
  history: Pick<History, "reservation" | "rowsOf" | "wasChangedByHand">,
  mayReacquire: (item: ReservationItem) => boolean,
  onViolation: (violation: Violation) => void,
): ((changed: NotedChange) => void) => {
  const checkAccount = createAccountCheck();
  const checkLevelRows = createLevelCheck(history);
  const recordOf = (id: string) => history.reservation(id).last;

  return (changed) => {
    const { commit, stock, reservations, accounts } = changed;
    const report: Report = (kind, subject, message) =>
      onViolation({ kind, subject, atMs: commit.atMs, message });
    const shrinks = shrinksIn(stock);
    for (const change of stock) {
      const { key, after } = change;
      if (history.wasChangedByHand(key)) continue;
      const account = accounts.find(({ row }) => row.sku === key);
      const shrink = shrinks.find(({ last, first }) => last.sku === key || first.key === key);
      checkLevelRows(change, shrink, report);
      if (after === undefined || account === undefined) {
        const reason = shrink === undefined ? "the row was deleted" : wrongShrink(shrink);
        if (reason !== undefined) report("counts", key, reason);
        continue;
      }
      checkRow({ ...change, after }, account, shrink?.last, recordOf, report);
    }
    for (const account of accounts) {
      if (!history.wasChangedByHand(account.row.sku)) checkAccount(account, report);
    }
    for (const { key, before, after } of changed.movements) {
      if (before !== undefined && JSON.stringify(before) !== JSON.stringify(after)) {
        report("transition", key, "a movement was written over");
      }
    }
    for (const change of reservations) {
      checkLife(change, report);
      checkDueness(change, changed, mayReacquire, report);
    }
  };
};

/** Checks rows against their accounts. A difference is reported when it comes to be, not at each commit. */
function createAccountCheck(): (account: RowAccount, report: Report) => void {
  const differences = new Map<string, { onHand: number; reserved: number }>();
  return ({ row, onHand, reserved }, report) => {
    const known = differences.get(row.sku) ?? { onHand: 0, reserved: 0 };
    const now = { onHand: row.onHand - onHand, reserved: row.reserved - reserved };
    differences.set(row.sku, now);
    if (now.reserved !== known.reserved) {
      const found = `${row.reserved} are reserved`;
      report("reserved", row.sku, `${found}, and its records account for ${reserved}`);
    }
    if (now.onHand !== known.onHand) {
      report("on_hand", row.sku, `${row.onHand} are on hand, and ${onHand} are accounted for`);
    }
  };
}

/** A confirm that sees its record before it writes it. */
const isPut = ({ request }: CommittedChange["commit"]["attempt"]): boolean =>
  request.operation === "PutItem";

function checkDueness(
  { key, before, after }: RecordChange<ReservationItem>,
  { commit: { attempt } }: CommittedChange,
  mayReacquire: (item: ReservationItem) => boolean,
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
  const isChanged =
    after.status === "held" && JSON.stringify(after.lines) !== JSON.stringify(before.lines);
  // A late confirm that may take the units of an expired hold again may as well sell them as they are.
  const isSold = after.status === "confirmed" && !(mayReacquire(after) && isPut(attempt));
  if ((isSold || isExtended || isChanged) && lateMs >= 0) {
    const { number } = attempt;
    report("late_decision", key, `${after.status} by attempt ${number}, sent ${lateMs} ms late`);
  }
}
