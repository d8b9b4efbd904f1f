/** Watches a run: checks each commit as it comes, and each answer, against the history. */
import { levelKeyOf } from "../../../inventory/stock/level-key.ts";
import type { CallRecord } from "../cloud/holdfast.ts";
import type { ShopCall } from "../cloud/shop-calls.ts";
import type { Commit } from "../service/context.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import { createCallLog } from "./call-log.ts";
import { falseAnswerOf } from "./check-answers.ts";
import { createEffectChecks } from "./check-effects.ts";
import { createAppliedChecks } from "./check-applied.ts";
import { createCommitChecks } from "./check-commits.ts";
import { createServedCheck } from "./check-served.ts";
import { checkEndReached, checkHeldOnce } from "./check-orders.ts";
import {
  falsehoodOfSourcing,
  falsehoodsOf,
  type ShortageClaim,
  type SourcingClaim,
} from "./check-shortage.ts";
import type { History } from "./history.ts";
import type { Timeline } from "./timeline.ts";
import type { Report, Violation } from "./violation.ts";

export interface Watch {
  onCommit(commit: Commit): void;
  onSend(call: ShopCall): void;
  onCall(record: CallRecord): void;
  report: Report;
  readonly violations: readonly Violation[];
  readonly calls: readonly CallRecord[];
  /**
   * Judges the answers that named a shortage, when the run has ended. Units of holds that ended less
   * than `allowanceMs` before may have been overlooked.
   */
  judgeClaims(allowanceMs: number): void;
}

export interface WatchOptions {
  /** How old a refusal may be. */
  refusalMemoryMs: number;
  /** True for a stack that takes sold units off `onHand` at once. */
  fulfillsOnConfirm: boolean;
}

export const createWatch = (
  time: VirtualTime,
  history: History,
  { refusalMemoryMs, fulfillsOnConfirm }: WatchOptions,
): Watch => {
  const violations: Violation[] = [];
  const report: Report = (kind, subject, message) =>
    void violations.push({ kind, subject, atMs: time.nowMs, message });
  const checkEffects = createEffectChecks(history, { fulfillsOnConfirm }, report);
  const checkCommit = createCommitChecks(
    history,
    (item) => checkEffects.mayReacquire(item),
    (violation) => violations.push(violation),
  );
  const checkApplied = createAppliedChecks(history, report);
  const checkServed = createServedCheck(history, report);
  const claims: (ShortageClaim | SourcingClaim)[] = [];
  const claim = (one: ShortageClaim | SourcingClaim): void =>
    void claims.push({ ...one, fromMs: one.fromMs - refusalMemoryMs });
  const calls = createCallLog();
  const requestsByKey = new Map<string, Set<string>>();
  const requestsUnder = (key: string): number => requestsByKey.get(key)?.size ?? 0;

  return {
    report,
    violations,
    get calls() {
      return calls.records;
    },
    onCommit: (commit) => {
      const changed = history.note(commit);
      checkCommit(changed);
      checkApplied.onCommit(changed);
      checkEffects.onCommit(changed);
      checkHeldOnce(history, changed, report);
      checkServed(changed);
    },
    onSend: (call) => {
      checkApplied.onSend(call);
      checkEffects.onSend(call);
      const { input } = call;
      const key = "idempotencyKey" in input ? input.idempotencyKey : undefined;
      if (key === undefined) return;
      const requests = requestsByKey.get(key) ?? new Set();
      requestsByKey.set(key, requests.add(JSON.stringify(call)));
    },
    onCall: (record) => {
      calls.add(record);
      const { operation, input } = record.call;
      const subject = subjectOf(record);
      if (record.answer.kind === "internal") {
        report("internal_error", subject, `${operation}: ${describe(record.answer.error)}`);
      }
      const falsehood = falseAnswerOf(history, record, requestsUnder, claim);
      if (falsehood !== undefined) {
        report("false_answer", subject, `${operation} ${JSON.stringify(input)}: ${falsehood}`);
      }
      checkEndReached(history, record, report);
    },
    judgeClaims: (allowanceMs) => {
      const truths = new Map<string, Timeline<number>>();
      const truthOf = (levelKey: string): Timeline<number> => {
        const truth = truths.get(levelKey) ?? history.truthOf(levelKey, allowanceMs);
        truths.set(levelKey, truth);
        return truth;
      };
      for (const one of claims) {
        const sourcing = "sourced" in one ? falsehoodOfSourcing(history, one, truthOf) : undefined;
        const found = "sourced" in one ? [] : falsehoodsOf(history, one, truthOf);
        for (const { levelKey, message } of sourcing ? [sourcing] : found) {
          violations.push({ kind: "false_shortage", subject: levelKey, atMs: one.toMs, message });
        }
      }
    },
  };
};

/** An error with the name of what caused it. */
export const describe = (error: Error): string => {
  const cause = error.cause instanceof Error ? ` (${error.cause.name})` : "";
  return `${error.name}: ${error.message}${cause}`;
};

function subjectOf({ call: { input }, answer }: CallRecord): string {
  if ("sku" in input) return levelKeyOf(input);
  if ("reservationId" in input && input.reservationId !== undefined) return input.reservationId;
  if ("orderId" in input && input.orderId !== undefined) return input.orderId;
  const outcome = answer.kind === "outcome" ? answer.outcome : undefined;
  return outcome && "reservation" in outcome ? outcome.reservation.reservationId : "reserve";
}
