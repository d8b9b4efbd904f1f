/**
 * The size of items in bytes, by the rules of "DynamoDB item sizes and formats" in AWS's
 * documentation. Capacity and the limit of 400 KB are counted by it.
 */
import type { AttributeValue, Item } from "./attribute-value.ts";
import { significantDigits } from "./numbers.ts";

const collectionBytes = 3;
const elementBytes = 1;

export const itemBytes = (item: Item): number => {
  let bytes = 0;
  for (const name in item) bytes += nameBytes(name) + valueBytes(item[name]!);
  return bytes;
};

const namesBytes = new Map<string, number>();

/** Names are few and repeat, so their sizes are kept. */
const nameBytes = (name: string): number => {
  let bytes = namesBytes.get(name);
  if (bytes === undefined) {
    bytes = Buffer.byteLength(name);
    if (namesBytes.size < 1_000) namesBytes.set(name, bytes);
  }
  return bytes;
};

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);

export const valueBytes = (value: AttributeValue): number => {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.SS !== undefined) return sum(value.SS.map((text) => Buffer.byteLength(text)));
  if (value.NS !== undefined) return sum(value.NS.map(numberBytes));
  if (value.BS !== undefined) return sum(value.BS.map((bytes) => bytes.byteLength));
  if (value.L !== undefined) {
    return collectionBytes + sum(value.L.map((element) => elementBytes + valueBytes(element)));
  }
  if (value.M !== undefined) {
    const size = Object.keys(value.M).length;
    return collectionBytes + size * elementBytes + itemBytes(value.M);
  }
  return 1;
};

/** One byte per two significant digits, one more, and one for a minus sign. */
const numberBytes = (text: string): number =>
  Math.ceil(significantDigits(text) / 2) + 1 + (text.startsWith("-") ? 1 : 0);
