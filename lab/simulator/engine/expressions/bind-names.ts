/**
 * Attribute names apart from the expressions that use them. Expressions are parsed once with each
 * `#name` standing for itself, and the tree is bound to the names of each request. The result is that
 * of the parser while no two parts that differ in the text are the same attribute.
 */
import type { Syntax } from "./parse.ts";

export type Names = Readonly<Record<string, string>>;

/** Names under which each `#name` stands for itself. */
export const unboundNames = (names: Names): Names =>
  Object.fromEntries(Object.keys(names).map((name) => [name, name]));

/** True when the tree, bound to the names, is what the parser returns for them. */
export const canBind = (syntax: Syntax, names: Names): boolean => {
  const attributes = new Set(Object.values(names));
  if (attributes.has("") || attributes.size < Object.keys(names).length) return false;
  return !hasPart(syntax, (part) => attributes.has(part));
};

/** Returns the tree with the attributes in place of their `#names`. */
export const bindNames = (syntax: Syntax, names: Names): Syntax => bind(syntax, names) as Syntax;

/** Arrays with strings are paths, and keys with `#` are their heads. Values stay as they are. */
function bind(node: unknown, names: Names): unknown {
  if (Array.isArray(node)) {
    return node.map((part: unknown) =>
      typeof part === "string" ? nameOf(part, names) : bind(part, names),
    );
  }
  if (!isBranch(node)) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [nameOf(key, names), bind(value, names)]),
  );
}

const nameOf = (part: string, names: Names): string => (part.startsWith("#") ? names[part]! : part);

function hasPart(node: unknown, matches: (part: string) => boolean): boolean {
  if (Array.isArray(node)) {
    return node.some((part: unknown) =>
      typeof part === "string" ? matches(part) : hasPart(part, matches),
    );
  }
  return isBranch(node) && Object.values(node).some((value) => hasPart(value, matches));
}

const isBranch = (node: unknown): node is object =>
  typeof node === "object" && node !== null && !("placeholder" in node);
