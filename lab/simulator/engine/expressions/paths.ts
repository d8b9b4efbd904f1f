/** Reads and changes of documents by path. A change copies what lies on its path. */
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

/**
 * A copy of the item with another value at the path; without one where `value` is undefined. Past
 * the end of a list it is appended.
 *
 * @throws RequestError `ValidationException` when the parent is missing or of another type
 */
export const withValueAt = (item: Item, path: Path, value: AttributeValue | undefined): Item => {
  const [head, ...rest] = path;
  const next: Record<string, AttributeValue> = { ...item };
  const changed = rest.length === 0 ? value : within(item[head], rest, value);
  if (changed === undefined) delete next[head];
  else next[head] = changed;
  return next;
};

function within(
  parent: AttributeValue | undefined,
  [part, ...rest]: readonly (string | number)[],
  value: AttributeValue | undefined,
): AttributeValue {
  if (typeof part === "number" && parent?.L !== undefined) {
    const L = [...parent.L];
    const changed = rest.length === 0 ? value : within(L[part], rest, value);
    if (changed === undefined) L.splice(part, 1);
    else L[Math.min(part, L.length)] = changed;
    return { L };
  }
  if (typeof part === "string" && parent?.M !== undefined) {
    const M = { ...parent.M };
    const changed = rest.length === 0 ? value : within(M[part], rest, value);
    if (changed === undefined) delete M[part];
    else M[part] = changed;
    return { M };
  }
  throw validationError(
    "The document path provided in the update expression is invalid for update",
  );
}
