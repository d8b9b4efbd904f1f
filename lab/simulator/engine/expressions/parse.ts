/**
 * Parses the expressions of one request by dynalite's parsers, which know AWS's grammar, rules and
 * messages. Values are replaced by placeholders of the same types, so that one tree serves all
 * requests that differ in their values only (compile-expressions.ts keeps it).
 */
import { createRequire } from "node:module";
import conditionParser from "dynalite/db/conditionParser.js";
import projectionParser from "dynalite/db/projectionParser.js";
import updateParser from "dynalite/db/updateParser.js";
import type * as Validations from "dynalite/validations/index.js";
import { typeOf } from "../attribute-value.ts";
import { validationError } from "../request-error.ts";
import type { ConditionSyntax, ProjectionSyntax, UpdateSyntax, Values } from "./syntax.ts";

/** The members of a request that hold expressions, their names and their values. */
export interface ExpressionInput {
  UpdateExpression?: string | undefined;
  ConditionExpression?: string | undefined;
  KeyConditionExpression?: string | undefined;
  FilterExpression?: string | undefined;
  ProjectionExpression?: string | undefined;
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Values | undefined;
}

export interface Syntax {
  UpdateExpression?: UpdateSyntax;
  ConditionExpression?: ConditionSyntax;
  KeyConditionExpression?: ConditionSyntax;
  FilterExpression?: ConditionSyntax;
  ProjectionExpression?: ProjectionSyntax;
}

/** The expressions of a request in the order in which AWS checks them, with their parsers. */
const parsers = {
  UpdateExpression: updateParser,
  ConditionExpression: conditionParser,
  KeyConditionExpression: conditionParser,
  FilterExpression: conditionParser,
  ProjectionExpression: projectionParser,
};
export type ExpressionName = keyof typeof parsers;
export const expressionNames = Object.keys(parsers) as ExpressionName[];

/** @throws RequestError `ValidationException` */
export const parseExpressions = (input: ExpressionInput): Syntax => {
  const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = input;
  checkNames(names);
  checkValueNames(values);
  const unusedAttrNames = { ...names };
  const unusedAttrVals = { ...values };
  const context = {
    attrNames: names,
    attrVals: values && placeholders(values),
    unusedAttrNames,
    unusedAttrVals,
    isReserved,
    // Bounds are compared in each request: the tree knows their types only.
    compare: () => false,
  };
  const syntax: Record<string, unknown> = {};
  for (const name of expressionNames) {
    const text = input[name];
    if (text !== undefined) syntax[name] = parse(name, text, context);
  }
  checkUnused("ExpressionAttributeNames", unusedAttrNames);
  checkUnused("ExpressionAttributeValues", unusedAttrVals);
  return syntax;
};

function parse(name: ExpressionName, text: string, context: object): unknown {
  if (text === "") throw validationError(`Invalid ${name}: The expression can not be empty;`);
  const result = parseText(parsers[name], text, context);
  if (typeof result === "string") throw validationError(`Invalid ${name}: ${result}`);
  return result;
}

/** A tree, or the message of the first error. */
function parseText(parser: typeof conditionParser, text: string, context: object): unknown {
  try {
    return parser.parse(text, { context });
  } catch (error) {
    const { name, message } = error as Error;
    return name === "SyntaxError" ? `Syntax error; ${message}` : message;
  }
}

/** The value stays, since the parser looks at its type, and at the text of an `attribute_type`. */
const placeholders = (values: Values): Record<string, object> =>
  Object.fromEntries(
    Object.entries(values).map(([placeholder, value]) => {
      const type = typeOf(value);
      return [placeholder, { [type]: value[type], placeholder }];
    }),
  );

function checkNames(names: Record<string, string> | undefined): void {
  if (names === undefined) return;
  checkKeys("ExpressionAttributeNames", /^#[0-9a-zA-Z_]+$/, names);
}

function checkValueNames(values: Values | undefined): void {
  if (values === undefined) return;
  checkKeys("ExpressionAttributeValues", /^:[0-9a-zA-Z_]+$/, values);
}

function checkKeys(member: string, valid: RegExp, given: object): void {
  const keys = Object.keys(given);
  if (keys.length === 0) throw validationError(`${member} must not be empty`);
  const wrong = keys.find((key) => !valid.test(key));
  if (wrong !== undefined) {
    throw validationError(`${member} contains invalid key: Syntax error; key: "${wrong}"`);
  }
}

function checkUnused(member: string, unused: object): void {
  const keys = Object.keys(unused);
  if (keys.length === 0) return;
  throw validationError(
    `Value provided in ${member} unused in expressions: keys: {${keys.join(", ")}}`,
  );
}

const reserved = new Map<string, boolean>();
let validations: Pick<typeof Validations, "validateExpressions"> | undefined;

/** Dynalite does not export its list of reserved words: a projection of the word alone is refused. */
function isReserved(word: string): boolean {
  // Loads the package's server too, which takes 90 ms.
  validations ??= createRequire(import.meta.url)("dynalite/validations/index.js");
  let isWord = reserved.get(word);
  if (isWord === undefined) {
    const message = validations!.validateExpressions({ ProjectionExpression: word });
    isWord = message?.includes("reserved keyword") ?? false;
    reserved.set(word, isWord);
  }
  return isWord;
}
