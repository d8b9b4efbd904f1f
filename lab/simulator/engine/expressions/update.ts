/** Compiles the tree of an update into a function from an item to its next version. */
import { areEqual, membersOf, typeOf, type AttributeValue, type Item } from "../attribute-value.ts";
import { addNumbers } from "../numbers.ts";
import { validationError } from "../request-error.ts";
import { valueAt, withValueAt, type Copies } from "./paths.ts";
import {
  isPath,
  isPlaceholder,
  type OperandNode,
  type Path,
  type Placeholder,
  type UpdateSection,
  type UpdateSyntax,
  type Values,
} from "./syntax.ts";

/**
 * Returns the next version of an item. Every operand is read from the item as it was before.
 *
 * @throws RequestError `ValidationException`
 */
export type Update = (item: Item, values: Values) => Item;

type Step = (before: Item, next: Item, values: Values, copies: Copies) => Item;
type Operand = (item: Item, values: Values) => AttributeValue;

export const compileUpdate = ({ sections }: UpdateSyntax): Update => {
  const removals = sections.filter(({ type }) => type === "remove").toSorted(laterElementsFirst);
  const others = sections.filter(({ type }) => type !== "remove");
  const steps = [...others, ...removals].map(compileSection);
  return (before, values) => {
    const copies: Copies = new Set();
    return steps.reduce((next, step) => step(before, next, values, copies), before);
  };
};

/** Elements of a list are removed from its end, so that indexes stay those of the old list. */
function laterElementsFirst({ path: one }: UpdateSection, { path: other }: UpdateSection): number {
  return Number(other.at(-1)) - Number(one.at(-1)) || 0;
}

function compileSection({ type, path, val }: UpdateSection): Step {
  switch (type) {
    case "set": {
      const value = operand(val!);
      if (path.length === 1) {
        const [name] = path;
        return (before, next, values) => ({ ...next, [name]: value(before, values) });
      }
      return (before, next, values, copies) =>
        withValueAt(next, path, value(before, values), copies);
    }
    case "remove":
      return (before, next, _, copies) => {
        if (valueAt(before, path) === undefined) return checkParent(before, path) ?? next;
        return withValueAt(next, path, undefined, copies);
      };
    case "add":
      return changeAt(path, val as Placeholder, added);
    case "delete":
      return changeAt(path, val as Placeholder, deleted);
  }
}

/** @throws RequestError `ValidationException` when the path leads nowhere */
function checkParent(item: Item, path: Path): undefined {
  if (path.length === 1) return;
  const parent = valueAt(item, path.slice(0, -1) as unknown as Path);
  const isIndex = typeof path.at(-1) === "number";
  if ((isIndex ? parent?.L : parent?.M) !== undefined) return;
  throw validationError(
    "The document path provided in the update expression is invalid for update",
  );
}

type Merge = (existing: AttributeValue | undefined, value: AttributeValue) => typeof existing;

const changeAt =
  (path: Path, { placeholder }: Placeholder, merge: Merge): Step =>
  (before, next, values, copies) =>
    withValueAt(next, path, merge(valueAt(before, path), values[placeholder]!), copies);

function added(existing: AttributeValue | undefined, value: AttributeValue): AttributeValue {
  if (existing === undefined) return value;
  checkSameType(existing, value);
  if (existing.N !== undefined) return { N: addNumbers(existing.N, value.N!, 1) };
  const members = membersOf(existing);
  const missing = membersOf(value).filter((member) => !isAmong(member, members));
  return setOf(existing, [...members, ...missing]);
}

function deleted(existing: AttributeValue | undefined, value: AttributeValue) {
  if (existing === undefined) return undefined;
  checkSameType(existing, value);
  const gone = membersOf(value);
  const rest = membersOf(existing).filter((member) => !isAmong(member, gone));
  return rest.length === 0 ? undefined : setOf(existing, rest);
}

const isAmong = (member: AttributeValue, members: readonly AttributeValue[]): boolean =>
  members.some((candidate) => areEqual(candidate, member));

function setOf(like: AttributeValue, members: readonly AttributeValue[]): AttributeValue {
  if (like.SS !== undefined) return { SS: members.map((member) => member.S!) };
  if (like.NS !== undefined) return { NS: members.map((member) => member.N!) };
  return { BS: members.map((member) => member.B!) };
}

const wrongType = () =>
  validationError("An operand in the update expression has an incorrect data type");

function checkSameType(existing: AttributeValue, value: AttributeValue): void {
  if (typeOf(existing) !== typeOf(value)) throw wrongType();
}

function operand(node: OperandNode): Operand {
  if (isPath(node)) {
    return (item, values) => optional(node)(item, values) ?? missing();
  }
  if (isPlaceholder(node)) return (_, values) => values[node.placeholder]!;
  if (node.type === "function") {
    const [first, second] = node.args as [OperandNode, OperandNode];
    if (node.name === "list_append") return listAppend(operand(first), operand(second));
    const [existing, otherwise] = [optional(first as Path), operand(second)];
    return (item, values) => existing(item, values) ?? otherwise(item, values);
  }
  const [one, other] = node.args.map(operand) as [Operand, Operand];
  const sign = node.type === "add" ? 1 : -1;
  return (item, values) => {
    const [first, second] = [one(item, values).N, other(item, values).N];
    if (first === undefined || second === undefined) throw wrongType();
    return { N: addNumbers(first, second, sign) };
  };
}

const optional =
  (path: Path): ((item: Item, values: Values) => AttributeValue | undefined) =>
  (item) =>
    valueAt(item, path);

const missing = () => {
  throw validationError(
    "The provided expression refers to an attribute that does not exist in the item",
  );
};

function listAppend(one: Operand, other: Operand): Operand {
  return (item, values) => {
    const [first, second] = [one(item, values).L, other(item, values).L];
    if (first === undefined || second === undefined) throw wrongType();
    return { L: [...first, ...second] };
  };
}
