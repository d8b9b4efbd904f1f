/**
 * DynamoDB's semantics in one process: pure and synchronous, without time, faults or randomness. A
 * request is parsed, each of its writes evaluated, and the changes committed, in steps of their own,
 * so that the layer around it decides when each happens and what fails. Input and output are those
 * of the wire, with attribute values as `{ S: "…" }`.
 *
 *   parse ── evaluate each target ── reply (throws what failed) ── commit ── replicate, updateIndex
 *   parse ── read
 *
 * Next: request.ts (a parsed request), evaluate.ts (a change), expressions/ (their language).
 */
import type { Item } from "./attribute-value.ts";
import { createTokenMemory } from "./client-tokens.ts";
import { evaluateWrite, type Change, type Evaluation } from "./evaluate.ts";
import type { IndexChange } from "./index-changes.ts";
import { parseRequest } from "./parse-request.ts";
import { readItems, type ReadResult } from "./read-items.ts";
import { readQuery } from "./read-query.ts";
import { replyTo } from "./reply.ts";
import type { OperationName, Request, Target } from "./request.ts";
import type { TableDefinition } from "./table-definition.ts";
import { TableState, type View } from "./table-state.ts";

export type { AttributeValue, Item } from "./attribute-value.ts";
export type { Change, Evaluation } from "./evaluate.ts";
export type { IndexChange, IndexEntry } from "./index-changes.ts";
export { itemBytes } from "./item-size.ts";
export type { ReadResult } from "./read-items.ts";
export { reasonOf, transactionCancelled } from "./reply.ts";
export { RequestError, validationError, type CancellationReason } from "./request-error.ts";
export { operationNames, type OperationName, type Request, type Target } from "./request.ts";
export {
  describeTable,
  type IndexDefinition,
  type KeyAttribute,
  type TableDefinition,
} from "./table-definition.ts";
export type { View } from "./table-state.ts";

export interface Engine {
  readonly tables: readonly TableDefinition[];

  /**
   * Parses and validates a request. It reads no items.
   *
   * @throws RequestError `ValidationException`, `ResourceNotFoundException`
   */
  parse(operation: OperationName, input: object): Request;

  /** The item of a target, by default in its latest state. Do not change it. */
  itemOf(target: Pick<Target, "table" | "id">, view?: View): Item | undefined;

  /** Evaluates the write of target `index` against the latest state. It changes nothing. */
  evaluate(request: Request, index: number): Evaluation;

  /** Brings a change to the latest state. */
  commit(change: Change): void;

  /** Brings a change to the view `replica`. The changes of one item come in their order. */
  replicate(change: Change): void;

  /** Brings a change to one index. The changes of one item come in their order. */
  updateIndex(target: Pick<Target, "table">, change: IndexChange): void;

  /** Brings a change to all indexes of its table. */
  updateIndexes(change: Change): void;

  /**
   * Answers a read. An index has one state, which does not depend on `view`. `unprocessed` are the
   * indexes of those targets of a BatchGetItem that are answered among `UnprocessedKeys`.
   *
   * @throws RequestError `ValidationException`
   */
  read(request: Request, view: View, unprocessed?: ReadonlySet<number>): ReadResult;

  /**
   * The output of a write, from the evaluations in the order of the targets. An undefined one, of a
   * BatchWriteItem, is answered among `UnprocessedItems`. It changes nothing: it goes before
   * `commit`, since it also refuses transactions of more than 4 MB.
   *
   * @throws RequestError `ConditionalCheckFailedException`, `TransactionCanceledException`,
   *   `ValidationException`
   */
  reply(request: Request, evaluations: readonly (Evaluation | undefined)[]): object;

  /**
   * Does all steps of a request at once, and remembers client tokens without end.
   *
   * @throws RequestError what the steps throw, `IdempotentParameterMismatchException`
   */
  execute(operation: OperationName, input: object): object;

  /** The items of a table in their latest state, in no particular order. */
  items(table: string): Iterable<Item>;
}

export const createEngine = (tables: readonly TableDefinition[]): Engine => {
  const definitions = new Map(tables.map((definition) => [definition.name, definition]));
  const states = new Map(tables.map((definition) => [definition.name, new TableState(definition)]));
  const stateOf = (table: string): TableState => {
    const state = states.get(table);
    if (state === undefined) throw new RangeError(`The engine has no table ${table}`);
    return state;
  };
  const rowOf = ({ table, id }: Pick<Target, "table" | "id">, view: View) =>
    stateOf(table).rows[view].get(id);

  const parse: Engine["parse"] = (operation, input) => parseRequest(definitions, operation, input);
  const evaluate: Engine["evaluate"] = ({ targets }, index) =>
    evaluateWrite(targets[index]!, rowOf(targets[index]!, "latest"));
  const write = (view: View, { target, after, bytesAfter }: Change): void => {
    const { id, key, table } = target;
    stateOf(table).write(view, { id, key, after, bytesAfter });
  };
  const updateIndex: Engine["updateIndex"] = ({ table }, change) =>
    stateOf(table).writeIndex(change);
  const updateIndexes: Engine["updateIndexes"] = ({ target, indexes }) => {
    for (const change of indexes) updateIndex(target, change);
  };
  const read: Engine["read"] = (request, view, unprocessed) =>
    request.query === undefined
      ? readItems(request, (target) => rowOf(target, view), unprocessed)
      : readQuery(stateOf(request.query.table), request.query, view);

  const tokens = createTokenMemory();
  const execute: Engine["execute"] = (operation, input) => {
    const request = parse(operation, input);
    if (isRead(request)) return read(request, "latest").output;
    if (tokens.isRepeat(request)) return {};
    const evaluations = request.targets.map((_, index) => evaluate(request, index));
    const output = replyTo(request, evaluations);
    for (const evaluation of evaluations) {
      if (evaluation.outcome !== "apply" || evaluation.change === undefined) continue;
      write("latest", evaluation.change);
      write("replica", evaluation.change);
      updateIndexes(evaluation.change);
    }
    tokens.remember(request);
    return output;
  };

  return {
    tables,
    parse,
    itemOf: (target, view = "latest") => rowOf(target, view)?.item,
    evaluate,
    commit: (change) => write("latest", change),
    replicate: (change) => write("replica", change),
    updateIndex,
    updateIndexes,
    read,
    reply: replyTo,
    execute,
    *items(table) {
      for (const { item } of stateOf(table).rows.latest.values()) yield item;
    },
  };
};

const isRead = ({ query, targets }: Request): boolean =>
  query !== undefined || targets[0]?.action === "get";
