/**
 * The parsers of the package `dynalite`. They are undocumented, so the package's version is pinned
 * exactly. What they return is described in expressions/parse.ts.
 */
declare module "dynalite/db/conditionParser.js" {
  export function parse(text: string, options: { context: object }): unknown;
}
declare module "dynalite/db/updateParser.js" {
  export function parse(text: string, options: { context: object }): unknown;
}
declare module "dynalite/db/projectionParser.js" {
  export function parse(text: string, options: { context: object }): unknown;
}
declare module "dynalite/validations/index.js" {
  /** Returns the message of the first error, or undefined. */
  export function validateExpressions(input: object): string | undefined;
}
