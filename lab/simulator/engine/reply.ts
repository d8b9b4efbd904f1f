/** The answers to writes: outputs, or the errors that failed conditions become. */
import type { Item } from "./attribute-value.ts";
import type { Evaluation } from "./evaluate.ts";
import { project } from "./expressions/paths.ts";
import { RequestError, validationError, type CancellationReason } from "./request-error.ts";
import type { Request, Target } from "./request.ts";
import type { WriteRequest } from "./wire-input.ts";

const transactionBytesMax = 4 * 1024 * 1024;

/**
 * The output of a write. `evaluations` are in the order of the targets. An undefined one, of a
 * BatchWriteItem, is answered among `UnprocessedItems`.
 *
 * @throws RequestError `ConditionalCheckFailedException`, `TransactionCanceledException`,
 *   `ValidationException`
 */
export const replyTo = (
  request: Request,
  evaluations: readonly (Evaluation | undefined)[],
): object => {
  const { operation } = request;
  if (operation === "BatchWriteItem") return replyToBatch(request, evaluations);
  if (operation !== "TransactWriteItems") return replyToItem(request, evaluations[0]!);
  return replyToTransaction(request, evaluations as readonly Evaluation[]);
};

function replyToItem({ targets, returnValues }: Request, evaluation: Evaluation): object {
  const target = targets[0]!;
  if (evaluation.outcome === "invalid") throw evaluation.error;
  if (evaluation.outcome === "condition_failed") {
    throw new RequestError(
      "ConditionalCheckFailedException",
      conditionFailed,
      foundBy(target, evaluation),
    );
  }
  const { before, after } = evaluation.change ?? {};
  const paths = target.expressions.update?.paths ?? [];
  switch (returnValues) {
    case "NONE":
      return {};
    case "ALL_OLD":
      return attributes(before);
    case "ALL_NEW":
      return attributes(after);
    case "UPDATED_OLD":
      return attributes(before && project(before, paths));
    case "UPDATED_NEW":
      return attributes(after && project(after, paths));
  }
}

const conditionFailed = "The conditional request failed";

const foundBy = (
  { returnsFound }: Target,
  { found }: Extract<Evaluation, { outcome: "condition_failed" }>,
): { Item?: Item } => (returnsFound && found !== undefined ? { Item: found } : {});

const attributes = (item: Item | undefined): object =>
  item === undefined || Object.keys(item).length === 0 ? {} : { Attributes: item };

function replyToTransaction({ targets }: Request, evaluations: readonly Evaluation[]): object {
  if (evaluations.some(({ outcome }) => outcome !== "apply")) {
    throw transactionCancelled(
      evaluations.map((evaluation, index) => reasonOf(targets[index]!, evaluation)),
    );
  }
  let bytes = 0;
  for (const evaluation of evaluations) if ("bytes" in evaluation) bytes += evaluation.bytes;
  if (bytes > transactionBytesMax) {
    throw validationError("Transaction request exceeds the maximum size of 4 MB");
  }
  return {};
}

/** The reason that answers for one action, by what became of it. */
export const reasonOf = (target: Target, evaluation: Evaluation): CancellationReason => {
  switch (evaluation.outcome) {
    case "apply":
      return { Code: "None" };
    case "invalid":
      return { Code: "ValidationError", Message: evaluation.error.message };
    case "condition_failed":
      return {
        Code: "ConditionalCheckFailed",
        Message: conditionFailed,
        ...foundBy(target, evaluation),
      };
  }
};

/** The error of a cancelled transaction: one reason for each action, in their order. */
export const transactionCancelled = (reasons: readonly CancellationReason[]): RequestError =>
  new RequestError(
    "TransactionCanceledException",
    "Transaction cancelled, please refer cancellation reasons for specific reasons " +
      `[${reasons.map(({ Code }) => Code).join(", ")}]`,
    { CancellationReasons: reasons },
  );

function replyToBatch(
  { input, targets }: Request,
  evaluations: readonly (Evaluation | undefined)[],
): object {
  const { RequestItems } = input as { RequestItems: Record<string, readonly WriteRequest[]> };
  const writes = Object.values(RequestItems).flat();
  const unprocessed: Record<string, WriteRequest[]> = {};
  for (const [index, { table }] of targets.entries()) {
    const evaluation = evaluations[index];
    if (evaluation?.outcome === "invalid") throw evaluation.error;
    if (evaluation === undefined) (unprocessed[table] ??= []).push(writes[index]!);
  }
  return { UnprocessedItems: unprocessed };
}
