/** Parses and compiles the expressions of a request once for all requests that share their text. */
import { typeOf } from "../attribute-value.ts";
import { normalizeValue } from "../normalize-value.ts";
import { RequestError, validationError } from "../request-error.ts";
import {
  attributeOf,
  bindNames,
  canBind,
  partsOf,
  unboundNames,
  type Names,
} from "./bind-names.ts";
import { boundsOf, checkBounds, compileCondition, type Condition } from "./condition.ts";
import { expressionNames, parseExpressions, type ExpressionInput, type Syntax } from "./parse.ts";
import type { ConditionNode, ConditionSyntax, Path, Placeholder, Values } from "./syntax.ts";
import { compileUpdate, type Update } from "./update.ts";

/** The expressions of a request. They take the values of any request with the same texts. */
export interface Expressions {
  update?: { apply: Update; paths: readonly Path[] };
  condition?: Condition;
  keyCondition?: ConditionNode;
  filter?: { holds: Condition; attributes: readonly string[] };
  projection?: readonly Path[];
}

interface CompiledExpressions extends Expressions {
  bounds: readonly { expression: string; pairs: [Placeholder, Placeholder][] }[];
}

/** The syntax that requests share which differ in their names and values only. */
interface SharedSyntax {
  /** With each `#name` standing for itself. */
  syntax: Syntax;
  parts: ReadonlySet<string>;
  /** The last names, and what they compiled to. */
  names: Names;
  expressions: CompiledExpressions;
}

const cache = new Map<string, SharedSyntax>();
const cacheSizeMax = 10_000;

const noExpressions: Expressions = {};
const noValues: Values = {};
const noNames: Names = {};

/** @throws RequestError `ValidationException` */
export const compileExpressions = (
  input: ExpressionInput,
): { expressions: Expressions; values: Values } => {
  if (expressionNames.every((name) => input[name] === undefined)) {
    checkAlone(input);
    return { expressions: noExpressions, values: noValues };
  }
  const values = normalizeValues(input.ExpressionAttributeValues);
  const expressions = compileShared(input, values);
  for (const { expression, pairs } of expressions.bounds) checkBounds(expression, pairs, values);
  return { expressions, values };
};

/** Refuses names and values that have no expression. */
function checkAlone({ ExpressionAttributeNames, ExpressionAttributeValues }: ExpressionInput) {
  if (ExpressionAttributeNames !== undefined) {
    throw validationError("ExpressionAttributeNames can only be specified when using expressions");
  }
  if (ExpressionAttributeValues !== undefined) {
    throw validationError("ExpressionAttributeValues can only be specified when using expressions");
  }
}

function normalizeValues(values: Values | undefined): Values {
  if (values === undefined) return noValues;
  let changed: Record<string, Values[string]> | undefined;
  for (const name in values) {
    try {
      const value = values[name]!;
      const normal = normalizeValue(value);
      if (normal !== value) (changed ??= { ...values })[name] = normal;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      throw validationError(
        `ExpressionAttributeValues contains invalid value: ${error.message} for key ${name}`,
      );
    }
  }
  return changed ?? values;
}

/** Rows name their markers in expressions, so most requests have names that none had before. */
function compileShared(input: ExpressionInput, values: Values): CompiledExpressions {
  const key = cacheKey(input, values);
  const { ExpressionAttributeNames: names = noNames } = input;
  const known = cache.get(key);
  if (known !== undefined && areSameNames(known.names, names)) return known.expressions;
  const syntax = known?.syntax ?? parseUnbound(input);
  const parts = known?.parts ?? partsOf(syntax);
  if (!canBind(parts, names)) return compile(parseExpressions(input), noNames);
  const expressions = compile(bindNames(syntax, names), names);
  if (known === undefined && cache.size >= cacheSizeMax) cache.clear();
  cache.set(key, { syntax, parts, names, expressions });
  return expressions;
}

function parseUnbound(input: ExpressionInput): Syntax {
  const names = input.ExpressionAttributeNames;
  if (names === undefined) return parseExpressions(input);
  try {
    return parseExpressions({ ...input, ExpressionAttributeNames: unboundNames(names) });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    // The error that AWS answers with has the names.
    return parseExpressions(input);
  }
}

/** For names with the same keys. */
function areSameNames(one: Names, other: Names): boolean {
  for (const name in one) if (one[name] !== other[name]) return false;
  return true;
}

/** The texts, the `#names`, and the types of the values. */
function cacheKey(input: ExpressionInput, values: Values): string {
  let key = "";
  for (const name of expressionNames) key += `${input[name] ?? ""}\0`;
  for (const name in input.ExpressionAttributeNames) key += `${name}\0`;
  // The parser checks the text of a type's name.
  const hasTypeNames = key.includes("attribute_type");
  for (const name in values) {
    const value = values[name]!;
    key += `${name}:${typeOf(value)}${hasTypeNames ? (value.S ?? "") : ""}\0`;
  }
  return key;
}

function compile(syntax: Syntax, names: Names): CompiledExpressions {
  const { UpdateExpression: update, ProjectionExpression: projection } = syntax;
  const { ConditionExpression: condition, FilterExpression: filter } = syntax;
  const { KeyConditionExpression: keyCondition } = syntax;
  const conditions = Object.entries({ condition, filter, keyCondition });
  return {
    ...(update && { update: { apply: compileUpdate(update), paths: update.paths } }),
    ...(condition && { condition: compileCondition(condition.expression) }),
    ...(keyCondition && { keyCondition: keyCondition.expression }),
    ...(filter && { filter: filterOf(filter, names) }),
    ...(projection && { projection: projection.paths }),
    bounds: conditions.flatMap(([name, one]) => {
      const pairs = one === undefined ? [] : boundsOf(one.expression);
      return pairs.length === 0 ? [] : [{ expression: expressionOf[name]!, pairs }];
    }),
  };
}

const expressionOf: Record<string, string> = {
  condition: "ConditionExpression",
  filter: "FilterExpression",
  keyCondition: "KeyConditionExpression",
};

const filterOf = ({ expression, pathHeads }: ConditionSyntax, names: Names) => ({
  holds: compileCondition(expression),
  attributes: Object.keys(pathHeads).map((head) => attributeOf(head, names)),
});
