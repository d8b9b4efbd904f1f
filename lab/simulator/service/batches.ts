/** BatchGetItem and BatchWriteItem: each item by itself, and what was refused is handed back. */
import type { Evaluation } from "../engine/engine.ts";
import type { Attempt, Reply, ServiceContext } from "./context.ts";
import { throttling } from "./refusals.ts";
import { read } from "./reads.ts";
import { writeItem } from "./single-writes.ts";

/** Reads the items of a batch. Some keys may be handed back, as AWS does under load. */
export const readBatch = (context: ServiceContext, attempt: Attempt): Reply => {
  const { random } = context;
  const { throttled } = context.faults();
  const { targets } = attempt.request;
  const unprocessed = new Set([...targets.keys()].filter(() => random.chance(throttled)));
  return unprocessed.size === targets.length
    ? { error: throttling("partition") }
    : read(context, attempt, unprocessed);
};

/** Writes the items of a batch, each by itself. Those that are refused are handed back. */
export const writeBatch = (
  context: ServiceContext,
  attempt: Attempt,
  reply: (reply: Reply) => void,
): void => {
  const { request } = attempt;
  const evaluations: (Evaluation | undefined)[] = [];
  let left = request.targets.length;
  let refusal: Error | undefined;
  for (const index of request.targets.keys()) {
    writeItem(context, attempt, index, (result, evaluation) => {
      evaluations[index] = evaluation;
      if ("error" in result) refusal = result.error;
      left -= 1;
      if (left > 0) return;
      const isRefused = refusal !== undefined && evaluations.every((one) => one === undefined);
      reply(
        isRefused ? { error: refusal! } : { output: context.engine.reply(request, evaluations) },
      );
    });
  }
};
