/** A parsed and validated request, as the engine and the layers around it pass it on. */
import type { AttributeValue, Item } from "./attribute-value.ts";
import type { Expressions } from "./expressions/compile-expressions.ts";
import type { Comparator, Path, Values } from "./expressions/syntax.ts";
import type { KeySchema, TableDefinition } from "./table-definition.ts";

export const operationNames = [
  "GetItem",
  "BatchGetItem",
  "TransactGetItems",
  "Query",
  "Scan",
  "PutItem",
  "UpdateItem",
  "DeleteItem",
  "BatchWriteItem",
  "TransactWriteItems",
] as const;
export type OperationName = (typeof operationNames)[number];

export type TargetAction = "get" | "put" | "update" | "delete" | "check";

/** One item that a request reads or writes. */
export interface Target {
  /** The table's name. */
  table: string;
  key: Item;
  /** Unique text of the table and the key. */
  id: string;
  action: TargetAction;
  definition: TableDefinition;
  /** The item of a put. */
  item?: Item;
  expressions: Expressions;
  values: Values;
  /** True when a failed condition answers with the item: `ReturnValuesOnConditionCheckFailure`. */
  returnsFound: boolean;
}

/** The condition on the sort key of a Query. */
export interface SortCondition {
  operator: Exclude<Comparator, "<>"> | "between" | "begins_with";
  /** One value, or the two bounds of `between`. */
  values: readonly AttributeValue[];
}

/** A Query, or a Scan, which has no partition. */
export interface QueryPlan {
  table: string;
  index?: string;
  /** The value of the partition key of a Query. */
  partition?: AttributeValue;
  definition: TableDefinition;
  /** The keys of the table, or of the index that is read. */
  schema: KeySchema;
  sort?: SortCondition;
  isForward: boolean;
  limit: number;
  start?: Item;
  /** True when only the number of items is answered. */
  isCount: boolean;
  filter: Expressions["filter"] | undefined;
  projection: readonly Path[] | undefined;
  values: Values;
  segment: number;
  segments: number;
}

export type ReturnValues = "NONE" | "ALL_OLD" | "ALL_NEW" | "UPDATED_OLD" | "UPDATED_NEW";

export interface Request {
  operation: OperationName;
  input: object;
  /** The items in the order of the request. None for Query and Scan. */
  targets: readonly Target[];
  query?: QueryPlan;
  /** True for a strongly consistent read; for a BatchGetItem, when it is so for any table. */
  isConsistent: boolean;
  /** Of a TransactWriteItems. */
  clientToken?: string;
  returnValues: ReturnValues;
}
