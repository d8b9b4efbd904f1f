/** PutItem, UpdateItem, DeleteItem: writes of one item queue at it, and meet transactions. */
import { RequestError, type Evaluation } from "../engine/engine.ts";
import type { Attempt, Reply, ServiceContext } from "./context.ts";
import { conflict, throttling } from "./refusals.ts";
import { demandOfCheck, demandsOf } from "./units.ts";

/** Writes the item when it is free, and replies at that instant. */
export const writeItem = (
  context: ServiceContext,
  attempt: Attempt,
  index: number,
  reply: (reply: Reply, evaluation?: Evaluation) => void,
): void => {
  const { time, engine, parameters, capacity, items } = context;
  const target = attempt.request.targets[index]!;
  const state = items.of(target.id);
  if (state.busyUntilMs > time.nowMs) {
    time.scheduleQuietly(state.busyUntilMs, () => writeItem(context, attempt, index, reply));
    return;
  }
  if (items.isLocked(target.id)) return reply({ error: conflict() });
  const evaluation = engine.evaluate(attempt.request, index);
  if (evaluation.outcome === "invalid") return reply({ error: evaluation.error });
  const demands =
    evaluation.outcome === "condition_failed"
      ? [demandOfCheck(target, evaluation.bytes)]
      : evaluation.change === undefined
        ? [demandOfCheck(target, 0)]
        : demandsOf(evaluation.change);
  const exhausted = capacity.exhaustedBy("write", demands);
  if (exhausted !== undefined) return reply({ error: throttling(exhausted) });
  context.charge("write", attempt, demands);
  state.busyUntilMs = time.nowMs + parameters.itemBusyMs;
  if (evaluation.outcome === "apply" && evaluation.change !== undefined) {
    context.commit(attempt, [evaluation.change]);
  }
  reply({ output: {} }, evaluation);
};

/** The reply to a request of one write. */
export const replyTo = (
  context: ServiceContext,
  attempt: Attempt,
  evaluation: Evaluation,
): Reply => {
  try {
    return { output: context.engine.reply(attempt.request, [evaluation]) };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return { error };
  }
};
