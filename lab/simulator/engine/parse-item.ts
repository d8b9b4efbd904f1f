/** Parses requests for one item, and the parts of batches and transactions that are like them. */
import type { Item } from "./attribute-value.ts";
import { compileExpressions } from "./expressions/compile-expressions.ts";
import { itemBytes } from "./item-size.ts";
import { checkIndexKeys, checkKey, idOf, keyOf } from "./keys.ts";
import { normalizeItem } from "./normalize-value.ts";
import { invalidValue, RequestError, validationError } from "./request-error.ts";
import type { ReturnValues, Target, TargetAction } from "./request.ts";
import { keyAttributes, type TableDefinition } from "./table-definition.ts";
import type { ItemInput } from "./wire-input.ts";

/** The tables by their names. */
export type Definitions = ReadonlyMap<string, TableDefinition>;

export const itemBytesMax = 400 * 1024;

/** @throws RequestError `ResourceNotFoundException`, `ValidationException` */
export const definitionOf = (tables: Definitions, name: string | undefined): TableDefinition => {
  if (name === undefined) {
    throw validationError(
      "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: " +
        "Member must not be null",
    );
  }
  const found = tables.get(name);
  if (found !== undefined) return found;
  throw new RequestError("ResourceNotFoundException", "Requested resource not found");
};

/** @throws RequestError `ResourceNotFoundException`, `ValidationException` */
export const parseTarget = (
  tables: Definitions,
  action: TargetAction,
  input: ItemInput,
): Target => {
  const definition = definitionOf(tables, input.TableName);
  const { expressions, values } = compileExpressions(input);
  const item = action === "put" ? checkItem(definition, input.Item) : undefined;
  const key = item === undefined ? checkKey(definition, input.Key) : keyOf(definition, item);
  if (expressions.update) refuseKeyUpdates(definition, expressions.update.paths);
  if (action === "check" && expressions.condition === undefined) {
    throw validationError(
      "1 validation error detected: Value null at 'conditionExpression' failed to satisfy " +
        "constraint: Member must not be null",
    );
  }
  return {
    table: definition.name,
    key,
    id: idOf(definition, key),
    action,
    definition,
    ...(item && { item }),
    expressions,
    values,
    returnsFound: input.ReturnValuesOnConditionCheckFailure === "ALL_OLD",
  };
};

function checkItem(definition: TableDefinition, given: Item | undefined): Item {
  const item = normalizeItem(given ?? {});
  checkIndexKeys(definition, item);
  if (itemBytes(item) > itemBytesMax) {
    throw validationError("Item size has exceeded the maximum allowed size");
  }
  return item;
}

function refuseKeyUpdates(
  definition: TableDefinition,
  paths: readonly (readonly (string | number)[])[],
): void {
  for (const { name } of keyAttributes(definition)) {
    if (paths.some(([head]) => head === name)) {
      throw invalidValue(`Cannot update attribute ${name}. This attribute is part of the key`);
    }
  }
}

const allowed: Partial<Record<TargetAction, readonly ReturnValues[]>> = {
  put: ["NONE", "ALL_OLD"],
  delete: ["NONE", "ALL_OLD"],
  update: ["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"],
};

/** @throws RequestError `ValidationException` */
export const parseReturnValues = (
  action: TargetAction,
  { ReturnValues: wanted = "NONE" }: ItemInput,
): ReturnValues => {
  if (action === "get" || allowed[action]!.includes(wanted)) return wanted;
  throw validationError("Return values set to invalid value");
};
