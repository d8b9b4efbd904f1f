/** Reads the key condition of a Query: the partition, and the condition on the sort key. */
import { typeOf, type AttributeValue } from "./attribute-value.ts";
import {
  isPath,
  isPlaceholder,
  type ConditionNode,
  type OperandNode,
  type Values,
} from "./expressions/syntax.ts";
import { invalidValue, validationError } from "./request-error.ts";
import type { SortCondition } from "./request.ts";
import { keyAttributes, type KeyAttribute, type KeySchema } from "./table-definition.ts";

/** @throws RequestError `ValidationException` */
export const readKeyCondition = (
  schema: KeySchema,
  node: ConditionNode,
  values: Values,
): { partition: AttributeValue; sort: SortCondition | undefined } => {
  const conditions = conditionsOf(node, values);
  const partition = partitionOf(schema.partitionKey, conditions);
  const sort = schema.sortKey && sortOf(schema.sortKey, conditions);
  const attributes = keyAttributes(schema).map(({ name }) => name);
  const isForeign = [...conditions.keys()].some((name) => !attributes.includes(name));
  if (!isForeign) return { partition, sort };
  throw schema.sortKey === undefined || sort !== undefined
    ? validationError("Query key condition not supported")
    : validationError(`Query condition missed key schema element: ${schema.sortKey.name}`);
};

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
  if (node.length > 1) {
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
