/** Attribute values as they are on the wire: their types, equality and order. */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { compareNumbers } from "./numbers.ts";

export type { AttributeValue };

/** An item or a key. Never changed once it is made: a write makes another. */
export type Item = Readonly<Record<string, AttributeValue>>;

export type ValueType = "S" | "N" | "B" | "BOOL" | "NULL" | "SS" | "NS" | "BS" | "L" | "M";

export const typeOf = (value: AttributeValue): ValueType => {
  for (const type in value) {
    if (value[type as keyof AttributeValue] !== undefined) return type as ValueType;
  }
  return "NULL";
};

/** Equality as `=` has it: the same type and the same content, sets in any order. */
export const areEqual = (one: AttributeValue, other: AttributeValue): boolean => {
  if (one === other) return true;
  if (one.S !== undefined) return one.S === other.S;
  if (one.N !== undefined) return other.N !== undefined && compareNumbers(one.N, other.N) === 0;
  if (one.BOOL !== undefined) return one.BOOL === other.BOOL;
  if (one.NULL !== undefined) return one.NULL === other.NULL;
  if (one.B !== undefined) return other.B !== undefined && Buffer.compare(one.B, other.B) === 0;
  if (one.L !== undefined) return areListsEqual(one.L, other.L);
  if (one.M !== undefined) return areMapsEqual(one.M, other.M);
  const type = typeOf(one);
  const [members, others] = [membersOf(one), membersOf(other)];
  return (
    type === typeOf(other) &&
    members.length === others.length &&
    members.every((member) => others.some((candidate) => areEqual(member, candidate)))
  );
};

const areListsEqual = (one: readonly AttributeValue[], other?: readonly AttributeValue[]) =>
  one.length === other?.length && one.every((value, index) => areEqual(value, other[index]!));

const areMapsEqual = (one: Item, other?: Item): boolean => {
  if (other === undefined) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => other[name] !== undefined && areEqual(one[name]!, other[name]))
  );
};

/** The members of a set as values of their own; none for another type. */
export const membersOf = (value: AttributeValue): AttributeValue[] => {
  if (value.SS !== undefined) return value.SS.map((S) => ({ S }));
  if (value.NS !== undefined) return value.NS.map((N) => ({ N }));
  if (value.BS !== undefined) return value.BS.map((B) => ({ B }));
  return [];
};

/** Less than, equal to or greater than 0; undefined for types that differ or have no order. */
export const compareValues = (one: AttributeValue, other: AttributeValue): number | undefined => {
  if (one.N !== undefined) {
    return other.N === undefined ? undefined : compareNumbers(one.N, other.N);
  }
  if (one.S !== undefined) return other.S === undefined ? undefined : compareText(one.S, other.S);
  if (one.B === undefined || other.B === undefined) return undefined;
  return Buffer.compare(one.B, other.B);
};

const aboveSurrogates = /[\ud800-\uffff]/;

/** The order of the UTF-8 bytes. JavaScript's own differs from it above U+D7FF. */
export const compareText = (one: string, other: string): number => {
  if (one === other) return 0;
  if (aboveSurrogates.test(one) && aboveSurrogates.test(other)) {
    return Buffer.compare(Buffer.from(one), Buffer.from(other));
  }
  return one < other ? -1 : 1;
};
