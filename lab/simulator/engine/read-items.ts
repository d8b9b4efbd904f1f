/** The answers to reads by key. */
import type { Item } from "./attribute-value.ts";
import { project } from "./expressions/paths.ts";
import type { Row } from "./hashed-rows.ts";
import { validationError } from "./request-error.ts";
import type { Request, Target } from "./request.ts";
import type { KeysInput } from "./wire-input.ts";

export interface ReadResult {
  output: object;
  /** The size of everything that was read, in bytes, before filters and projections. */
  bytes: number;
  /** The sizes of the single items, in the order of the targets; 0 for none. */
  targetBytes: readonly number[];
}

const transactionBytesMax = 4 * 1024 * 1024;

/**
 * Reads the targets of a GetItem, BatchGetItem or TransactGetItems. `unprocessed` are the indexes of
 * targets that a BatchGetItem answers among `UnprocessedKeys`.
 *
 * @throws RequestError `ValidationException` for a transaction of more than 4 MB
 */
export const readItems = (
  request: Request,
  rowOf: (target: Target) => Row | undefined,
  unprocessed?: ReadonlySet<number>,
): ReadResult => {
  const rows = request.targets.map((target, index) =>
    unprocessed?.has(index) ? undefined : rowOf(target),
  );
  const targetBytes = rows.map((row) => row?.bytes ?? 0);
  const bytes = targetBytes.reduce((total, size) => total + size, 0);
  const items = rows.map((row, index) => row && projected(request.targets[index]!, row.item));
  return { output: outputOf(request, items, bytes, unprocessed), bytes, targetBytes };
};

const projected = ({ expressions: { projection } }: Target, item: Item): Item =>
  projection === undefined ? item : project(item, projection);

function outputOf(
  request: Request,
  items: readonly (Item | undefined)[],
  bytes: number,
  unprocessed: ReadonlySet<number> | undefined,
): object {
  if (request.operation === "GetItem") return withItem(items[0]);
  if (request.operation === "BatchGetItem") return batchOutput(request, items, unprocessed);
  if (bytes > transactionBytesMax) {
    throw validationError("Transaction request exceeds the maximum size of 4 MB");
  }
  return { Responses: items.map(withItem) };
}

const withItem = (item: Item | undefined): object => (item === undefined ? {} : { Item: item });

function batchOutput(
  { input, targets }: Request,
  items: readonly (Item | undefined)[],
  unprocessed: ReadonlySet<number> | undefined,
): object {
  const { RequestItems } = input as { RequestItems: Record<string, KeysInput> };
  const responses: Record<string, Item[]> = {};
  for (const table in RequestItems) responses[table] = [];
  const left: Record<string, KeysInput & { Keys: Item[] }> = {};
  for (const [index, { table, key }] of targets.entries()) {
    const item = items[index];
    if (item !== undefined) responses[table]!.push(item);
    if (!unprocessed?.has(index)) continue;
    left[table] ??= { ...RequestItems[table], Keys: [] };
    left[table].Keys.push(key);
  }
  return { Responses: responses, UnprocessedKeys: left };
}
