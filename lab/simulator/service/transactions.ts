/**
 * Transactions: refused, not queued, where they meet. (M. Idziorek et al., "Distributed Transactions at
 * Scale in Amazon DynamoDB", USENIX ATC 2023.)
 *
 *   sent ── timestamp ── items locked, conditions checked ── items written, unlocked ── reply
 *   0 %     5 %          30 %                                85 %                       100 %
 *
 * A write that reaches an item between the timestamp and the lock cancels the transaction; so does
 * another transaction that has the item locked.
 */
import {
  reasonOf,
  transactionCancelled,
  type CancellationReason,
  type Evaluation,
  type Target,
} from "../engine/engine.ts";
import type { Demand } from "./capacity.ts";
import type { Attempt, Reply, ServiceContext } from "./context.ts";
import { conflictReason, throttlingReasons } from "./refusals.ts";
import type { Tokens } from "./tokens.ts";
import { demandOfCheck, demandsOf } from "./units.ts";

/** The outcome of one action, or the reason why it was not evaluated. */
type Outcome = Evaluation | CancellationReason;

/** Runs a `TransactWriteItems` that is sent at this instant and takes `durationMs` in all. */
export const runTransaction = (
  context: ServiceContext,
  tokens: Tokens,
  attempt: Attempt,
  durationMs: number,
  reply: (reply: Reply) => void,
): void => {
  const { time, engine, parameters, items, capacity } = context;
  const { request } = attempt;
  const sentAtMs = time.nowMs;
  const timestampMs = sentAtMs + durationMs * parameters.timestampShare;
  const after = (share: number, step: () => void) =>
    time.scheduleQuietly(sentAtMs + durationMs * share, step);
  const finish = (result: Reply): void => void after(1, () => reply(result));
  after(parameters.lockShare, prepare);

  function prepare(): void {
    const known = tokens.begin(request);
    if (known !== undefined) return finish(known);
    const outcomes = request.targets.map(check);
    const evaluations = outcomes.filter((one): one is Evaluation => "outcome" in one);
    // Preparing costs once what the writes would, and writing costs as much again.
    const demands = request.targets.flatMap((target, index) =>
      demandsOfCheck(target, outcomes[index]!, parameters.conflictUnits),
    );
    context.charge("write", attempt, demands);
    if (evaluations.length < outcomes.length || evaluations.some(isRefused)) {
      tokens.forget(request);
      return finish({ error: transactionCancelled(outcomes.map(reason)) });
    }
    for (const { id } of request.targets) items.of(id).isLocked = true;
    after(parameters.writeShare, () => write(evaluations));
  }

  function check(target: Target, index: number): Outcome {
    const isContended = items.isLocked(target.id) || items.wasWrittenAfter(target.id, timestampMs);
    if (isContended) return conflictReason;
    const evaluation = engine.evaluate(request, index);
    const exhausted = capacity.exhaustedBy("write", demandsOfWrite(target, evaluation));
    return exhausted === undefined ? evaluation : throttlingReasons[exhausted];
  }

  function reason(outcome: Outcome, index: number): CancellationReason {
    return "outcome" in outcome ? reasonOf(request.targets[index]!, outcome) : outcome;
  }

  function write(evaluations: readonly Evaluation[]): void {
    for (const { id } of request.targets) items.of(id).isLocked = false;
    const changes = evaluations.flatMap((one) =>
      one.outcome === "apply" && one.change !== undefined ? [one.change] : [],
    );
    const demands = request.targets.flatMap((target, index) =>
      demandsOfWrite(target, evaluations[index]!),
    );
    context.charge("write", attempt, demands);
    context.commit(attempt, changes);
    const output = engine.reply(request, evaluations);
    tokens.complete(request, output);
    finish({ output });
  }
};

const isRefused = ({ outcome }: Evaluation): boolean => outcome !== "apply";

const demandsOfWrite = (target: Target, evaluation: Evaluation): Demand[] =>
  evaluation.outcome === "apply" && evaluation.change !== undefined
    ? demandsOf(evaluation.change)
    : demandsOfCheck(target, evaluation, 0);

/** The cost of checking an item. An action that was not evaluated costs `refusedUnits`. */
function demandsOfCheck(target: Target, outcome: Outcome, refusedUnits: number): Demand[] {
  if (!("outcome" in outcome)) return [{ ...demandOfCheck(target, 0), units: refusedUnits }];
  if (outcome.outcome === "condition_failed") return [demandOfCheck(target, outcome.bytes)];
  if (outcome.outcome === "invalid" || outcome.change === undefined) {
    return [demandOfCheck(target, 0)];
  }
  const { bytesBefore, bytesAfter } = outcome.change;
  return [demandOfCheck(target, Math.max(bytesBefore, bytesAfter))];
}
