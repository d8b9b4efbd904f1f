/** Parses batches and transactions: their limits, and their parts as requests for one item. */
import { parseTarget, type Definitions } from "./parse-item.ts";
import { validationError } from "./request-error.ts";
import type { Target, TargetAction } from "./request.ts";
import type {
  KeysInput,
  TransactAction,
  TransactGetInput,
  TransactWriteInput,
  WriteRequest,
} from "./wire-input.ts";

const batchKeysMax = 100;
const batchWritesMax = 25;
const transactionActionsMax = 100;
const clientTokenLengthMax = 36;

/** @throws RequestError `ResourceNotFoundException`, `ValidationException` */
export const parseBatchGet = (
  tables: Definitions,
  { RequestItems = {} }: { RequestItems?: Record<string, KeysInput> },
): Target[] => {
  const targets = Object.entries(RequestItems).flatMap(([TableName, { Keys = [], ...more }]) =>
    Keys.map((Key) => parseTarget(tables, "get", { ...more, TableName, Key })),
  );
  if (targets.length === 0) throw outOfLength("requestItems", "greater than or equal to 1");
  if (targets.length > batchKeysMax) {
    throw validationError("Too many items requested for the BatchGetItem call");
  }
  return distinct(targets, "Provided list of item keys contains duplicates");
};

/** @throws RequestError `ResourceNotFoundException`, `ValidationException` */
export const parseBatchWrite = (
  tables: Definitions,
  { RequestItems = {} }: { RequestItems?: Record<string, readonly WriteRequest[]> },
): Target[] => {
  const writes = Object.entries(RequestItems).flatMap(([TableName, requests]) =>
    requests.map((request) => ({ TableName, ...request })),
  );
  if (writes.length === 0) throw outOfLength("requestItems", "greater than or equal to 1");
  if (writes.length > batchWritesMax) {
    throw validationError("Too many items requested for the BatchWriteItem call");
  }
  const targets = writes.map(({ TableName, PutRequest, DeleteRequest }) =>
    PutRequest === undefined
      ? parseTarget(tables, "delete", { TableName, ...DeleteRequest })
      : parseTarget(tables, "put", { TableName, ...PutRequest }),
  );
  return distinct(targets, "Provided list of item keys contains duplicates");
};

const actions = {
  ConditionCheck: "check",
  Put: "put",
  Update: "update",
  Delete: "delete",
} as const satisfies Record<TransactAction, TargetAction>;

/** @throws RequestError `ResourceNotFoundException`, `ValidationException` */
export const parseTransactWrite = (
  tables: Definitions,
  { TransactItems = [], ClientRequestToken: token }: TransactWriteInput,
): Target[] => {
  checkTransactionLength(TransactItems.length);
  if (token !== undefined && token.length > clientTokenLengthMax) {
    throw outOfLength("clientRequestToken", `less than or equal to ${clientTokenLengthMax}`);
  }
  const targets = TransactItems.map((part) => {
    const given = (Object.keys(actions) as TransactAction[]).filter((name) => part[name]);
    if (given.length !== 1) {
      throw validationError("TransactItems can only contain one of Check, Put, Update or Delete");
    }
    return parseTarget(tables, actions[given[0]!], part[given[0]!]!);
  });
  return distinct(targets, twiceInTransaction);
};

/** @throws RequestError `ResourceNotFoundException`, `ValidationException` */
export const parseTransactGet = (
  tables: Definitions,
  { TransactItems = [] }: TransactGetInput,
): Target[] => {
  checkTransactionLength(TransactItems.length);
  const targets = TransactItems.map(({ Get = {} }) => parseTarget(tables, "get", Get));
  return distinct(targets, twiceInTransaction);
};

const twiceInTransaction = "Transaction request cannot include multiple operations on one item";

function checkTransactionLength(length: number): void {
  if (length === 0) throw outOfLength("transactItems", "greater than or equal to 1");
  if (length > transactionActionsMax) {
    throw outOfLength("transactItems", `less than or equal to ${transactionActionsMax}`);
  }
}

const outOfLength = (member: string, bound: string) =>
  validationError(
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: ` +
      `Member must have length ${bound}`,
  );

function distinct(targets: Target[], message: string): Target[] {
  if (new Set(targets.map(({ id }) => id)).size === targets.length) return targets;
  throw validationError(message);
}
