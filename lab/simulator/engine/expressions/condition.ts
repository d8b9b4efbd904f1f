/** Compiles the tree of a condition into a function of an item and the request's values. */
import {
  areEqual,
  compareValues,
  membersOf,
  typeOf,
  type AttributeValue,
  type Item,
} from "../attribute-value.ts";
import { validationError } from "../request-error.ts";
import { valueAt } from "./paths.ts";
import {
  isPath,
  isPlaceholder,
  type Call,
  type Comparator,
  type ConditionNode,
  type OperandNode,
  type Placeholder,
  type Values,
} from "./syntax.ts";

/** An absent item has no attributes. */
export type Condition = (item: Item | undefined, values: Values) => boolean;
type Operand = (item: Item | undefined, values: Values) => AttributeValue | undefined;

export const compileCondition = (node: ConditionNode): Condition => {
  switch (node.type) {
    case "and": {
      const [one, other] = node.args.map(compileCondition) as [Condition, Condition];
      return (item, values) => one(item, values) && other(item, values);
    }
    case "or": {
      const [one, other] = node.args.map(compileCondition) as [Condition, Condition];
      return (item, values) => one(item, values) || other(item, values);
    }
    case "not": {
      const condition = compileCondition(node.args[0]);
      return (item, values) => !condition(item, values);
    }
    case "between":
      return between(node.args);
    case "in":
      return isIn(node.args);
    case "function":
      return functionOf(node);
    case "=":
    case "<>":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return comparison(node.type, node.args);
  }
};

/** Pairs of bounds that are values of the request: their order is checked in each request. */
export const boundsOf = (node: ConditionNode): [Placeholder, Placeholder][] => {
  if (node.type === "and" || node.type === "or" || node.type === "not") {
    return (node.args as readonly ConditionNode[]).flatMap(boundsOf);
  }
  if (node.type !== "between") return [];
  const [, low, high] = node.args;
  return isPlaceholder(low!) && isPlaceholder(high!) ? [[low, high]] : [];
};

/** @throws RequestError `ValidationException` when a lower bound is above its upper bound */
export const checkBounds = (
  expression: string,
  bounds: readonly [Placeholder, Placeholder][],
  values: Values,
): void => {
  for (const [{ placeholder: low }, { placeholder: high }] of bounds) {
    const [lower, upper] = [values[low]!, values[high]!];
    if ((compareValues(lower, upper) ?? 0) <= 0) continue;
    throw validationError(
      `Invalid ${expression}: The BETWEEN operator requires upper bound to be greater than or ` +
        `equal to lower bound; lower bound operand: ${quote(lower)}, ` +
        `upper bound operand: ${quote(upper)}`,
    );
  }
};

const quote = (value: AttributeValue): string => {
  return `AttributeValue: {${typeOf(value)}:${value.S ?? value.N ?? ""}}`;
};

const operand = (node: OperandNode): Operand => {
  if (isPath(node)) {
    const [head] = node;
    return node.length === 1 ? (item) => item?.[head] : (item) => valueAt(item, node);
  }
  if (isPlaceholder(node)) return (_, values) => values[node.placeholder];
  const measured = operand((node as Call).args[0]!);
  return (item, values) => sizeOf(measured(item, values));
};

/** The result of `size`: characters, bytes or elements. Numbers and truth values have none. */
function sizeOf(value: AttributeValue | undefined): AttributeValue | undefined {
  if (value === undefined) return undefined;
  const size =
    value.S?.length ??
    value.B?.byteLength ??
    value.L?.length ??
    (value.M === undefined ? membersOf(value).length || undefined : Object.keys(value.M).length);
  return size === undefined ? undefined : { N: String(size) };
}

function comparison(type: Comparator, [left, right]: readonly OperandNode[]): Condition {
  const [one, other] = [operand(left!), operand(right!)];
  if (type === "=" || type === "<>") {
    const isWanted = type === "=";
    return (item, values) => {
      const [first, second] = [one(item, values), other(item, values)];
      const equal = first !== undefined && second !== undefined && areEqual(first, second);
      return equal === isWanted;
    };
  }
  const holds = inOrder[type];
  return (item, values) => {
    const order = orderOf(one(item, values), other(item, values));
    return order !== undefined && holds(order);
  };
}

const inOrder = {
  "<": (order: number) => order < 0,
  "<=": (order: number) => order <= 0,
  ">": (order: number) => order > 0,
  ">=": (order: number) => order >= 0,
};

const orderOf = (one: AttributeValue | undefined, other: AttributeValue | undefined) =>
  one === undefined || other === undefined ? undefined : compareValues(one, other);

function between(nodes: readonly OperandNode[]): Condition {
  const [value, low, high] = nodes.map(operand) as [Operand, Operand, Operand];
  return (item, values) => {
    const found = value(item, values);
    const fromLow = orderOf(found, low(item, values));
    const fromHigh = orderOf(found, high(item, values));
    return fromLow !== undefined && fromHigh !== undefined && fromLow >= 0 && fromHigh <= 0;
  };
}

function isIn(nodes: readonly OperandNode[]): Condition {
  const [value, ...others] = nodes.map(operand) as [Operand, ...Operand[]];
  return (item, values) => {
    const found = value(item, values);
    if (found === undefined) return false;
    return others.some((other) => {
      const candidate = other(item, values);
      return candidate !== undefined && areEqual(found, candidate);
    });
  };
}

function functionOf({ name, args }: Call): Condition {
  const [subject, argument] = args.map(operand) as [Operand, Operand];
  switch (name) {
    case "attribute_exists":
      return (item, values) => subject(item, values) !== undefined;
    case "attribute_not_exists":
      return (item, values) => subject(item, values) === undefined;
    case "attribute_type":
      return both(subject, argument, (value, type) => typeOf(value) === type.S);
    case "begins_with":
      return both(subject, argument, beginsWith);
    case "contains":
      return both(subject, argument, contains);
    default:
      throw new TypeError(`The parser accepts an unknown function: ${name}`);
  }
}

const both =
  (
    one: Operand,
    other: Operand,
    holds: (value: AttributeValue, argument: AttributeValue) => boolean,
  ): Condition =>
  (item, values) => {
    const [value, argument] = [one(item, values), other(item, values)];
    return value !== undefined && argument !== undefined && holds(value, argument);
  };

export const beginsWith = (value: AttributeValue, prefix: AttributeValue): boolean => {
  if (value.S !== undefined) return prefix.S !== undefined && value.S.startsWith(prefix.S);
  if (value.B === undefined || prefix.B === undefined) return false;
  return Buffer.compare(value.B.subarray(0, prefix.B.byteLength), prefix.B) === 0;
};

function contains(value: AttributeValue, wanted: AttributeValue): boolean {
  if (value.S !== undefined) return wanted.S !== undefined && value.S.includes(wanted.S);
  if (value.SS !== undefined) return wanted.S !== undefined && value.SS.includes(wanted.S);
  if (value.B !== undefined) {
    return wanted.B !== undefined && Buffer.from(value.B).includes(Buffer.from(wanted.B));
  }
  return (value.L ?? membersOf(value)).some((member) => areEqual(member, wanted));
}
