/** The members of requests that the engine reads, as the SDK's serializers send them. */
import type { AttributeValue, Item } from "./attribute-value.ts";
import type { ExpressionInput } from "./expressions/parse.ts";
import { validationError } from "./request-error.ts";
import type { ReturnValues } from "./request.ts";

export interface ItemInput extends ExpressionInput {
  TableName?: string;
  Key?: Item;
  Item?: Item;
  ConsistentRead?: boolean;
  ReturnValues?: ReturnValues;
  ReturnValuesOnConditionCheckFailure?: "ALL_OLD" | "NONE";
}

export interface QueryInput extends ExpressionInput {
  TableName?: string;
  IndexName?: string;
  ConsistentRead?: boolean;
  ScanIndexForward?: boolean;
  Limit?: number;
  Select?: "ALL_ATTRIBUTES" | "ALL_PROJECTED_ATTRIBUTES" | "SPECIFIC_ATTRIBUTES" | "COUNT";
  ExclusiveStartKey?: Record<string, AttributeValue>;
  Segment?: number;
  TotalSegments?: number;
}

export interface KeysInput extends ExpressionInput {
  Keys?: readonly Item[];
  ConsistentRead?: boolean;
}

export interface WriteRequest {
  PutRequest?: { Item?: Item };
  DeleteRequest?: { Key?: Item };
}

export type TransactAction = "ConditionCheck" | "Put" | "Update" | "Delete";

export interface TransactWriteInput {
  TransactItems?: readonly Partial<Record<TransactAction, ItemInput>>[];
  ClientRequestToken?: string;
}

export interface TransactGetInput {
  TransactItems?: readonly { Get?: ItemInput }[];
}

/** The parameters that expressions have replaced. The engine does not know them. */
const legacy = [
  "AttributesToGet",
  "AttributeUpdates",
  "ConditionalOperator",
  "Expected",
  "KeyConditions",
  "QueryFilter",
  "ScanFilter",
];

export const refuseLegacyParameters = (input: object): void => {
  const found = legacy.find((name) => input[name as keyof typeof input] !== undefined);
  if (found !== undefined) throw validationError(`The simulator does not support ${found}`);
};
