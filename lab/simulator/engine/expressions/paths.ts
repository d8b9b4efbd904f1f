/** Reads and changes of documents by path. An update copies what lies on its paths, once. */
import type { AttributeValue, Item } from "../attribute-value.ts";
import { validationError } from "../request-error.ts";
import type { Path } from "./syntax.ts";

/** The value at a path; undefined where there is none. */
export const valueAt = (item: Item | undefined, path: Path): AttributeValue | undefined => {
  let value = item?.[path[0]];
  for (let depth = 1; value !== undefined && depth < path.length; depth += 1) {
    const part = path[depth]!;
    value = typeof part === "number" ? value.L?.[part] : value.M?.[part];
  }
  return value;
};

/** The parts of an item that lie at these paths. Elements of a list keep their order. */
export const project = (item: Item, paths: readonly Path[]): Item => {
  const chosen: Choice = { parts: new Map() };
  for (const path of paths) if (valueAt(item, path) !== undefined) choose(chosen, path);
  return pick({ M: item }, chosen).M!;
};

interface Choice {
  /** Undefined: the whole value. */
  parts: Map<string | number, Choice> | undefined;
}

function choose(choice: Choice, path: Path): void {
  let level = choice;
  for (const [depth, part] of path.entries()) {
    const next = level.parts?.get(part) ?? { parts: new Map() };
    level.parts?.set(part, next);
    if (depth === path.length - 1) next.parts = undefined;
    level = next;
  }
}

function pick(value: AttributeValue, { parts }: Choice): AttributeValue {
  if (parts === undefined) return value;
  if (value.L !== undefined) {
    const indexes = [...parts].toSorted(([one], [other]) => Number(one) - Number(other));
    return { L: indexes.map(([index, choice]) => pick(value.L[index as number]!, choice)) };
  }
  const M: Record<string, AttributeValue> = {};
  for (const [name, choice] of parts) M[name] = pick(value.M![name]!, choice);
  return { M };
}

/** The lists and maps that an update has copied, and may change in place from then on. */
export type Copies = Set<object>;

/**
 * A copy of the item with another value at the path; without one where `value` is undefined. Past
 * the end of a list it is appended. What lies on the path is copied once for each `copies`.
 *
 * @throws RequestError `ValidationException` when the parent is missing or of another type
 */
export const withValueAt = (
  item: Item,
  path: Path,
  value: AttributeValue | undefined,
  copies: Copies,
): Item => {
  const [head] = path;
  const next: Record<string, AttributeValue> = { ...item };
  const changed = path.length === 1 ? value : within(item[head], path, 1, value, copies);
  if (changed === undefined) delete next[head];
  else next[head] = changed;
  return next;
};

function within(
  parent: AttributeValue | undefined,
  path: Path,
  depth: number,
  value: AttributeValue | undefined,
  copies: Copies,
): AttributeValue {
  const part = path[depth];
  const isLast = depth === path.length - 1;
  if (typeof part === "number" && parent?.L !== undefined) {
    const L = copies.has(parent.L) ? parent.L : [...parent.L];
    copies.add(L);
    const changed = isLast ? value : within(L[part], path, depth + 1, value, copies);
    if (changed === undefined) L.splice(part, 1);
    else L[Math.min(part, L.length)] = changed;
    return { L };
  }
  if (typeof part === "string" && parent?.M !== undefined) {
    const M = copies.has(parent.M) ? parent.M : { ...parent.M };
    copies.add(M);
    const changed = isLast ? value : within(M[part], path, depth + 1, value, copies);
    if (changed === undefined) delete M[part];
    else M[part] = changed;
    return { M };
  }
  throw validationError(
    "The document path provided in the update expression is invalid for update",
  );
}
