/** Checks attribute values of a request and brings their numbers to the form that is stored. */
import { typeOf, type AttributeValue, type Item } from "./attribute-value.ts";
import { normalizeNumber } from "./numbers.ts";
import { invalidValue, validationError } from "./request-error.ts";

const depthMax = 32;

/**
 * Returns the same object where there is nothing to change.
 *
 * @throws RequestError `ValidationException`
 */
export const normalizeItem = (item: Item, depth = 0): Item => {
  let changed: Record<string, AttributeValue> | undefined;
  for (const name in item) {
    const value = item[name]!;
    const normal = normalizeValue(value, depth);
    if (normal !== value) (changed ??= { ...item })[name] = normal;
  }
  return changed ?? item;
};

/** @throws RequestError `ValidationException` */
export const normalizeValue = (value: AttributeValue, depth = 0): AttributeValue => {
  if (value.S !== undefined || value.BOOL !== undefined || value.B !== undefined) {
    return onlyOne(value);
  }
  if (value.N !== undefined) {
    onlyOne(value);
    const normal = normalizeNumber(value.N);
    return normal === value.N ? value : { N: normal };
  }
  if (depth >= depthMax) {
    throw validationError("Nesting Levels have exceeded supported limits");
  }
  onlyOne(value);
  if (value.M !== undefined) {
    const normal = normalizeItem(value.M, depth + 1);
    return normal === value.M ? value : { M: normal };
  }
  if (value.L !== undefined) return normalizeList(value, depth + 1);
  return normalizeSet(value);
};

const noType =
  "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
const twoTypes =
  "Supplied AttributeValue has more than one datatypes set, " +
  "must contain exactly one of the supported datatypes";

function onlyOne(value: AttributeValue): AttributeValue {
  let count = 0;
  for (const type in value) if (value[type as keyof AttributeValue] !== undefined) count += 1;
  if (count !== 1) throw validationError(count === 0 ? noType : twoTypes);
  return value;
}

function normalizeList(value: AttributeValue.LMember, depth: number): AttributeValue {
  const list = value.L.map((element) => normalizeValue(element, depth));
  return list.every((element, index) => element === value.L[index]) ? value : { L: list };
}

function normalizeSet(value: AttributeValue): AttributeValue {
  const type = typeOf(value);
  if (type === "NULL") {
    if (value.NULL) return value;
    throw invalidValue("Null attribute value types must have the value of true");
  }
  if (value.SS !== undefined) return distinct(value, value.SS, "An string set  may not be empty");
  if (value.NS !== undefined) {
    const NS = value.NS.map(normalizeNumber);
    return distinct({ NS }, NS, "An number set  may not be empty");
  }
  const members = (value.BS ?? []).map((bytes) => Buffer.from(bytes).toString("base64"));
  return distinct(value, members, "Binary sets should not be empty");
}

function distinct(value: AttributeValue, members: readonly string[], ifEmpty: string) {
  if (members.length === 0) throw invalidValue(ifEmpty);
  if (new Set(members).size !== members.length) {
    throw invalidValue(`Input collection [${members.join(", ")}] contains duplicates.`);
  }
  return value;
}
