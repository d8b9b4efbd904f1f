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

/** The attributes that the text of expressions has without `#`, and all their `#names`. */
export const partsOf = (syntax: Syntax): ReadonlySet<string> => {
  const parts = new Set<string>();
  addParts(syntax, parts);
  return parts;
};

function addParts(node: unknown, parts: Set<string>): void {
  if (typeof node === "string") parts.add(node);
  else if (Array.isArray(node)) for (const member of node) addParts(member, parts);
  else if (isBranch(node)) {
    for (const member of Object.values(node))
      if (typeof member === "object") addParts(member, parts);
  }
}

/** True when a tree with these parts, bound to the names, is what the parser returns for them. */
export const canBind = (parts: ReadonlySet<string>, names: Names): boolean => {
  const attributes = Object.values(names);
  return (
    attributes.every((attribute) => attribute !== "" && !parts.has(attribute)) &&
    new Set(attributes).size === attributes.length
  );
};

/** Returns the tree with the attributes in place of their `#names`. */
export const bindNames = (syntax: Syntax, names: Names): Syntax => bind(syntax, names) as Syntax;

/** Strings in arrays are parts of paths. Values stay as they are. */
function bind(node: unknown, names: Names): unknown {
  if (typeof node === "string") return attributeOf(node, names);
  if (Array.isArray(node)) return node.map((member: unknown) => bind(member, names));
  if (!isBranch(node)) return node;
  const bound: Record<string, unknown> = { ...node };
  for (const name in bound) {
    if (typeof bound[name] === "object") bound[name] = bind(bound[name], names);
  }
  return bound;
}

/** The attribute that a part of a path stands for. */
export const attributeOf = (part: string, names: Names): string =>
  part.startsWith("#") ? names[part]! : part;

const isBranch = (node: unknown): node is object =>
  typeof node === "object" && node !== null && !("placeholder" in node);
