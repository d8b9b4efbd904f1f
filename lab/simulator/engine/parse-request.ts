import {
  parseBatchGet,
  parseBatchWrite,
  parseTransactGet,
  parseTransactWrite,
} from "./parse-batch.ts";
import { parseReturnValues, parseTarget, type Definitions } from "./parse-item.ts";
import { parseQuery, parseScan } from "./parse-query.ts";
import { RequestError } from "./request-error.ts";
import type { OperationName, Request, TargetAction } from "./request.ts";
import {
  refuseLegacyParameters,
  type ItemInput,
  type KeysInput,
  type QueryInput,
  type TransactWriteInput,
} from "./wire-input.ts";

type Parsed = Partial<Request> & Pick<Request, "targets">;
type Parser = (tables: Definitions, input: object) => Parsed;

const parseItemOf =
  (action: TargetAction): Parser =>
  (tables, input: ItemInput) => ({
    targets: [parseTarget(tables, action, input)],
    isConsistent: input.ConsistentRead ?? false,
    returnValues: parseReturnValues(action, input),
  });

const parsers: Record<OperationName, Parser> = {
  GetItem: parseItemOf("get"),
  PutItem: parseItemOf("put"),
  UpdateItem: parseItemOf("update"),
  DeleteItem: parseItemOf("delete"),
  BatchGetItem: (tables, input: { RequestItems?: Record<string, KeysInput> }) => ({
    targets: parseBatchGet(tables, input),
    isConsistent: Object.values(input.RequestItems ?? {}).some((keys) => keys.ConsistentRead),
  }),
  BatchWriteItem: (tables, input) => ({ targets: parseBatchWrite(tables, input) }),
  TransactGetItems: (tables, input) => ({
    targets: parseTransactGet(tables, input),
    isConsistent: true,
  }),
  TransactWriteItems: (tables, input: TransactWriteInput) => ({
    targets: parseTransactWrite(tables, input),
    ...(input.ClientRequestToken && { clientToken: input.ClientRequestToken }),
  }),
  Query: (tables, input: QueryInput) => ({
    targets: [],
    query: parseQuery(tables, input),
    isConsistent: input.ConsistentRead ?? false,
  }),
  Scan: (tables, input: QueryInput) => ({
    targets: [],
    query: parseScan(tables, input),
    isConsistent: input.ConsistentRead ?? false,
  }),
};

/**
 * Parses and validates a request against the tables' keys and indexes.
 *
 * @throws RequestError `ValidationException`, `ResourceNotFoundException`,
 *   `UnknownOperationException`
 */
export const parseRequest = (
  tables: Definitions,
  operation: OperationName,
  input: object,
): Request => {
  const parse = parsers[operation] as Parser | undefined;
  if (parse === undefined) {
    throw new RequestError("UnknownOperationException", `The simulator has no ${operation}`);
  }
  refuseLegacyParameters(input);
  return {
    operation,
    input,
    isConsistent: false,
    returnValues: "NONE",
    ...parse(tables, input),
  };
};
