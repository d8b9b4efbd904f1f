/** Parses Query and Scan: the index, the key condition, the start key and the limits. */
import { typeOf, type AttributeValue, type Item } from "./attribute-value.ts";
import { compileExpressions, type Expressions } from "./expressions/compile-expressions.ts";
import type { ConditionNode, OperandNode, Path, Values } from "./expressions/syntax.ts";
import { isPath, isPlaceholder } from "./expressions/syntax.ts";
import { normalizeItem } from "./normalize-value.ts";
import { definitionOf, type Definitions } from "./parse-item.ts";
import { invalidValue, validationError } from "./request-error.ts";
import type { QueryPlan, SortCondition } from "./request.ts";
import {
  keyAttributes,
  type IndexDefinition,
  type KeyAttribute,
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
  const conditions = conditionsOf(expressions.keyCondition!, values);
  const partition = partitionOf(schema.partitionKey, conditions);
  const sort = schema.sortKey && sortOf(schema.sortKey, conditions);
  const attributes = keyAttributes(schema).map(({ name }) => name);
  const unknown = [...conditions.keys()].find((name) => !attributes.includes(name));
  if (unknown !== undefined) {
    throw schema.sortKey === undefined || sort !== undefined
      ? validationError("Query key condition not supported")
      : validationError(`Query condition missed key schema element: ${schema.sortKey.name}`);
  }
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

type Conditions = ReadonlyMap<string, SortCondition>;

const flipped = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

/** The conditions that a key condition joins by AND, by the attribute of each. */
function conditionsOf(node: ConditionNode, values: Values): Conditions {
  const conditions = new Map<string, SortCondition>();
  const visit = (one: ConditionNode): void => {
    if (one.type === "and") {
      one.args.forEach(visit);
      return;
    }
    const [name, condition] = conditionOf(one, values);
    if (conditions.has(name)) {
      throw validationError("KeyConditionExpressions must only contain one condition per key");
    }
    conditions.set(name, condition);
  };
  visit(node);
  return conditions;
}

function conditionOf(node: ConditionNode, values: Values): [string, SortCondition] {
  const operator = node.type === "function" ? node.name : node.type;
  switch (operator) {
    case "=":
    case "<":
    case "<=":
    case ">":
    case ">=": {
      const [left, right] = node.args as readonly OperandNode[];
      return isPath(left!)
        ? [nameOf(left), { operator, values: [valueOf(right!, values)] }]
        : [nameOf(right!), { operator: flipped[operator], values: [valueOf(left!, values)] }];
    }
    case "between":
    case "begins_with": {
      const [subject, ...others] = node.args as readonly OperandNode[];
      return [nameOf(subject!), { operator, values: others.map((one) => valueOf(one, values)) }];
    }
    default:
      throw validationError(
        `Invalid operator used in KeyConditionExpression: ${operator.toUpperCase()}`,
      );
  }
}

function nameOf(node: OperandNode): string {
  if (!isPath(node)) {
    throw validationError(
      "Invalid condition in KeyConditionExpression: No key attribute specified",
    );
  }
  if ((node as Path).length > 1) {
    throw validationError("KeyConditionExpressions cannot have conditions on nested attributes");
  }
  return node[0];
}

function valueOf(node: OperandNode, values: Values): AttributeValue {
  if (isPlaceholder(node)) return values[node.placeholder]!;
  throw validationError(
    isPath(node)
      ? "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"
      : "KeyConditionExpressions cannot contain nested operations",
  );
}

function partitionOf(key: KeyAttribute, conditions: Conditions): AttributeValue {
  const condition = conditions.get(key.name);
  if (condition === undefined) {
    throw validationError(`Query condition missed key schema element: ${key.name}`);
  }
  if (condition.operator !== "=") throw validationError("Query key condition not supported");
  checkTypes(key, condition);
  return condition.values[0]!;
}

function sortOf(key: KeyAttribute, conditions: Conditions): SortCondition | undefined {
  const condition = conditions.get(key.name);
  if (condition !== undefined) checkTypes(key, condition);
  return condition;
}

function checkTypes({ name, type }: KeyAttribute, { values }: SortCondition): void {
  for (const value of values) {
    if (value[type] === undefined) {
      throw invalidValue("Condition parameter type does not match schema type");
    }
    if (typeOf(value) === "S" && value.S === "") {
      throw validationError(
        "One or more parameter values are not valid. The AttributeValue for a key attribute " +
          `cannot contain an empty string value. Key: ${name}`,
      );
    }
  }
}
