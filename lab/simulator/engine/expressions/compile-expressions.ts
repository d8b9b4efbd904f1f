/** Parses and compiles the expressions of a request once for all requests that share their text. */
import { typeOf } from "../attribute-value.ts";
import { normalizeValue } from "../normalize-value.ts";
import { RequestError, validationError } from "../request-error.ts";
import { boundsOf, checkBounds, compileCondition, type Condition } from "./condition.ts";
import { expressionNames, parseExpressions, type ExpressionInput } from "./parse.ts";
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

interface CachedExpressions extends Expressions {
  bounds: readonly { expression: string; pairs: [Placeholder, Placeholder][] }[];
}

const cache = new Map<string, CachedExpressions>();
const cacheSizeMax = 10_000;

const noExpressions: Expressions = {};
const noValues: Values = {};

/** @throws RequestError `ValidationException` */
export const compileExpressions = (
  input: ExpressionInput,
): { expressions: Expressions; values: Values } => {
  if (expressionNames.every((name) => input[name] === undefined)) {
    checkAlone(input);
    return { expressions: noExpressions, values: noValues };
  }
  const values = normalizeValues(input.ExpressionAttributeValues);
  const key = cacheKey(input, values);
  let expressions = cache.get(key);
  if (expressions === undefined) {
    expressions = compile(input);
    if (cache.size >= cacheSizeMax) cache.clear();
    cache.set(key, expressions);
  }
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

function cacheKey(input: ExpressionInput, values: Values): string {
  let key = "";
  for (const name of expressionNames) key += `${input[name] ?? ""}\0`;
  const names = input.ExpressionAttributeNames;
  for (const name in names) key += `${name}=${names[name]}\0`;
  // The parser checks the text of a type's name.
  const hasTypeNames = key.includes("attribute_type");
  for (const name in values) {
    const value = values[name]!;
    key += `${name}:${typeOf(value)}${hasTypeNames ? (value.S ?? "") : ""}\0`;
  }
  return key;
}

function compile(input: ExpressionInput): CachedExpressions {
  const syntax = parseExpressions(input);
  const { UpdateExpression: update, ProjectionExpression: projection } = syntax;
  const { ConditionExpression: condition, FilterExpression: filter } = syntax;
  const { KeyConditionExpression: keyCondition } = syntax;
  const conditions = Object.entries({ condition, filter, keyCondition });
  return {
    ...(update && { update: { apply: compileUpdate(update), paths: update.paths } }),
    ...(condition && { condition: compileCondition(condition.expression) }),
    ...(keyCondition && { keyCondition: keyCondition.expression }),
    ...(filter && { filter: filterOf(filter) }),
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

const filterOf = ({ expression, pathHeads }: ConditionSyntax) => ({
  holds: compileCondition(expression),
  attributes: Object.keys(pathHeads),
});
