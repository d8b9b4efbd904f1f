/**
 * Checks that a count or an extension is applied once, however often its request is repeated. A hold
 * that is placed again needs no such check: its units go back, or its account does not add up.
 */
import type { ReservationItem, StockItem } from "../../../contract/tables.ts";
import type { ShopCall } from "../cloud/shop-calls.ts";
import type { Report } from "./violation.ts";
import type { CommittedChange, History } from "./history.ts";
import type { RecordChange } from "./record-change.ts";

export interface AppliedChecks {
  onSend(call: ShopCall): void;
  onCommit(changed: CommittedChange): void;
}

export const createAppliedChecks = (
  history: Pick<History, "wasChangedByHand">,
  report: Report,
): AppliedChecks => {
  const counts = new Set<string>();
  const extensionRequests = new Set<number>();
  const extensions = new Map<string, { sent: number; applied: number }>();

  const extensionsOf = (reservationId: string) => {
    const numbers = extensions.get(reservationId) ?? { sent: 0, applied: 0 };
    extensions.set(reservationId, numbers);
    return numbers;
  };

  const checkCount = ({ key, before, after }: RecordChange<StockItem>): void => {
    if (after === undefined || !isCount(before, after)) return;
    const count = `${key} ${after.countId}`;
    if (counts.has(count)) {
      const effect = `${before?.onHand} on hand became ${after.onHand}`;
      report("applied_twice", key, `the count ${after.countId}: ${effect}`);
    }
    counts.add(count);
  };

  const checkExtension = (
    { key, before, after }: RecordChange<ReservationItem>,
    requestNumber: number,
  ): void => {
    if (before?.status !== "held" || after?.status !== "held") return;
    if (before.expiresAtMs === after.expiresAtMs) return;
    const numbers = extensionsOf(key);
    numbers.applied += 1;
    if (extensionRequests.has(requestNumber) || numbers.applied > numbers.sent) {
      const effect = `${before.expiresAtMs} became ${after.expiresAtMs}`;
      report("applied_twice", key, `an extension, by request #${requestNumber}: ${effect}`);
    }
    extensionRequests.add(requestNumber);
  };

  return {
    onSend: ({ operation, input }) => {
      if (operation === "extend") extensionsOf(input.reservationId).sent += 1;
    },
    onCommit: ({ commit, stock, reservations }) => {
      for (const change of stock) {
        if (!history.wasChangedByHand(change.key)) checkCount(change);
      }
      for (const change of reservations) checkExtension(change, commit.attempt.requestNumber);
    },
  };
};

/** Removing a marker leaves the reason of the last change in the row. */
const isCount = (before: StockItem | undefined, after: StockItem): boolean =>
  after.version !== before?.version && after.lastChange?.kind === "count";
