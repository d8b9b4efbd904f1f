/** Parses Query and Scan: the index, the start key, the filter and the limits. */
import type { Item } from "./attribute-value.ts";
import { compileExpressions, type Expressions } from "./expressions/compile-expressions.ts";
import { readKeyCondition } from "./key-condition.ts";
import { normalizeItem } from "./normalize-value.ts";
import { definitionOf, type Definitions } from "./parse-item.ts";
import { invalidValue, validationError } from "./request-error.ts";
import type { QueryPlan } from "./request.ts";
import {
  keyAttributes,
  type IndexDefinition,
  type KeySchema,
  type TableDefinition,
} from "./table-definition.ts";
import type { QueryInput } from "./wire-input.ts";

/** @throws RequestError `ResourceNotFoundException`, `ValidationException` */
export const parseQuery = (tables: Definitions, input: QueryInput): QueryPlan => {
  if (input.KeyConditionExpression === undefined) {
    throw validationError(
      "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
    );
  }
  const { plan, expressions } = parseRead(tables, input);
  const { schema, values } = plan;
  const { partition, sort } = readKeyCondition(schema, expressions.keyCondition!, values);
  const attributes = keyAttributes(schema).map(({ name }) => name);
  const filtered = expressions.filter?.attributes.find((name) => attributes.includes(name));
  if (filtered !== undefined) {
    throw validationError(
      "Filter Expression can only contain non-primary key attributes: " +
        `Primary key attribute: ${filtered}`,
    );
  }
  return { ...plan, partition, ...(sort && { sort }) };
};

/** @throws RequestError `ResourceNotFoundException`, `ValidationException` */
export const parseScan = (tables: Definitions, input: QueryInput): QueryPlan => {
  const { plan } = parseRead(tables, input);
  if (plan.segments > plan.segment && plan.segment >= 0) return plan;
  throw validationError(
    "The Segment parameter is zero-based and must be less than parameter TotalSegments: " +
      `Segment: ${plan.segment} is not less than TotalSegments: ${plan.segments}`,
  );
};

function parseRead(tables: Definitions, input: QueryInput) {
  const definition = definitionOf(tables, input.TableName);
  const { expressions, values } = compileExpressions(input);
  const index = indexOf(definition, input);
  const { Limit: limit = Infinity, Select: select } = input;
  if (limit < 1) {
    throw validationError(
      `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: ` +
        "Member must have value greater than or equal to 1",
    );
  }
  if (index !== undefined) checkProjection(index, definition, expressions, select);
  const start = input.ExclusiveStartKey && startOf(definition, index, input.ExclusiveStartKey);
  const plan: QueryPlan = {
    table: definition.name,
    ...(index && { index: index.name }),
    definition,
    schema: index ?? definition,
    isForward: input.ScanIndexForward ?? true,
    limit,
    ...(start && { start }),
    isCount: select === "COUNT",
    filter: expressions.filter,
    projection: expressions.projection,
    values,
    segment: input.Segment ?? 0,
    segments: input.TotalSegments ?? 1,
  };
  return { plan, expressions };
}

function indexOf(definition: TableDefinition, { IndexName: name, ConsistentRead }: QueryInput) {
  if (name === undefined) return undefined;
  const index = definition.indexes.find((one) => one.name === name);
  if (index === undefined) {
    throw validationError(`The table does not have the specified index: ${name}`);
  }
  if (ConsistentRead) {
    throw validationError("Consistent reads are not supported on global secondary indexes");
  }
  return index;
}

function checkProjection(
  index: IndexDefinition,
  definition: TableDefinition,
  { projection }: Expressions,
  select: QueryInput["Select"],
): void {
  if (index.projection === "ALL") return;
  if (select === "ALL_ATTRIBUTES") {
    throw invalidValue(
      "Select type ALL_ATTRIBUTES is not supported for global secondary index " +
        `${index.name} because its projection type is not ALL`,
    );
  }
  const names = new Set([...keyAttributes(definition), ...keyAttributes(index)].map((k) => k.name));
  if (index.projection !== "KEYS_ONLY") for (const name of index.projection) names.add(name);
  const missing = (projection ?? []).filter(([head]) => !names.has(head)).map(([head]) => head);
  if (missing.length > 0) {
    throw invalidValue(
      `Global secondary index ${index.name} does not project [${missing.join(", ")}]`,
    );
  }
}

/** The keys of the index and of the table, each of its type and none besides. */
function startOf(definition: TableDefinition, index: KeySchema | undefined, given: Item): Item {
  const start = normalizeItem(given);
  const attributes = [...keyAttributes(definition), ...(index ? keyAttributes(index) : [])];
  const names = new Set(attributes.map(({ name }) => name));
  const fits = attributes.every(({ name, type }) => start[name]?.[type] !== undefined);
  if (fits && Object.keys(start).length === names.size) return start;
  throw validationError("The provided starting key is invalid");
}
