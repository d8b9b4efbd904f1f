/** Evaluates one write of a request against the item that it meets. It changes nothing. */
import type { Item } from "./attribute-value.ts";
import type { Row } from "./hashed-rows.ts";
import { indexChanges, type IndexChange } from "./index-changes.ts";
import { itemBytes } from "./item-size.ts";
import { checkIndexKeys } from "./keys.ts";
import { itemBytesMax } from "./parse-item.ts";
import { RequestError, validationError } from "./request-error.ts";
import type { Target } from "./request.ts";

/** The effect of a write on an item. Sizes are in bytes, 0 for no item. */
export interface Change {
  target: Target;
  /** Absent: there was no such item. */
  before?: Item;
  /** Absent: the item is deleted. */
  after?: Item;
  bytesBefore: number;
  bytesAfter: number;
  /** The writes to indexes. Empty where no entry changes, which AWS does not charge. */
  indexes: readonly IndexChange[];
}

export type Evaluation =
  /** `change` is absent for a condition check and for a delete of nothing. */
  | { outcome: "apply"; change?: Change; bytes: number }
  | { outcome: "condition_failed"; found?: Item; bytes: number }
  | { outcome: "invalid"; error: RequestError };

/** `bytes` of the result is the larger of the item's sizes before and after: what is charged. */
export const evaluateWrite = (target: Target, row: Row | undefined): Evaluation => {
  const { condition } = target.expressions;
  const bytesBefore = row?.bytes ?? 0;
  if (condition !== undefined && !condition(row?.item, target.values)) {
    return {
      outcome: "condition_failed",
      ...(row && { found: row.item }),
      bytes: bytesBefore,
    };
  }
  if (target.action === "check") return { outcome: "apply", bytes: bytesBefore };
  try {
    const after = itemAfter(target, row?.item);
    if (row === undefined && after === undefined) return { outcome: "apply", bytes: 0 };
    return applied(target, row, after);
  } catch (error) {
    if (error instanceof RequestError) return { outcome: "invalid", error };
    throw error;
  }
};

function applied(target: Target, row: Row | undefined, after: Item | undefined): Evaluation {
  const bytesBefore = row?.bytes ?? 0;
  const bytesAfter = after === undefined ? 0 : itemBytes(after);
  if (target.action === "update" && bytesAfter > itemBytesMax) {
    throw validationError("Item size to update has exceeded the maximum allowed size");
  }
  const change: Change = {
    target,
    ...(row && { before: row.item }),
    ...(after && { after }),
    bytesBefore,
    bytesAfter,
    indexes: indexChanges(target.definition, target.id, row?.item, after),
  };
  return { outcome: "apply", change, bytes: Math.max(bytesBefore, bytesAfter) };
}

function itemAfter(target: Target, before: Item | undefined): Item | undefined {
  const { action, item, key, expressions, values, definition } = target;
  if (action === "delete") return undefined;
  if (action === "put") return item;
  const after = expressions.update?.apply(before ?? key, values) ?? before ?? key;
  checkIndexKeys(definition, after);
  return after;
}
