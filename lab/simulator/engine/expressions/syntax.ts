/** The syntax trees that dynalite's parsers return, with values replaced by their names. */
import type { AttributeValue, ValueType } from "../attribute-value.ts";

/** A document path: names of attributes and indexes of lists. */
export type Path = readonly [string, ...(string | number)[]];

/** A `:name` in an expression. The parser passes it through as it passes a value. */
export interface Placeholder {
  placeholder: string;
}

export interface Call {
  type: "function";
  name: string;
  args: readonly OperandNode[];
}

export interface Sum {
  type: "add" | "subtract";
  args: readonly [OperandNode, OperandNode];
}

export type OperandNode = Path | Placeholder | Call | Sum;

export type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">=";

export type ConditionNode =
  | { type: "and" | "or"; args: readonly [ConditionNode, ConditionNode] }
  | { type: "not"; args: readonly [ConditionNode] }
  | { type: Comparator | "between" | "in"; args: readonly OperandNode[] }
  | Call;

export interface ConditionSyntax {
  expression: ConditionNode;
  /** The attributes that the expression names, by the first part of each path. */
  pathHeads: Record<string, true>;
}

export interface UpdateSection {
  type: "set" | "remove" | "add" | "delete";
  path: Path;
  val?: OperandNode;
  attrType?: ValueType;
}

export interface UpdateSyntax {
  sections: readonly UpdateSection[];
  paths: readonly Path[];
}

export interface ProjectionSyntax {
  paths: readonly Path[];
}

export const isPath = (node: OperandNode): node is Path => Array.isArray(node);
export const isPlaceholder = (node: OperandNode): node is Placeholder => "placeholder" in node;

/** The values of a request by their `:names`. */
export type Values = Readonly<Record<string, AttributeValue>>;
