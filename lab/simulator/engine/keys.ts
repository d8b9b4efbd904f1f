/** Keys of tables and indexes: checks with AWS's messages, and the texts that identify them. */
import { typeOf, type AttributeValue, type Item } from "./attribute-value.ts";
import { valueBytes } from "./item-size.ts";
import { normalizeItem } from "./normalize-value.ts";
import { invalidValue, validationError } from "./request-error.ts";
import {
  keyAttributes,
  type IndexDefinition,
  type KeyAttribute,
  type KeySchema,
  type TableDefinition,
} from "./table-definition.ts";

const partitionKeyBytesMax = 2_048;
const sortKeyBytesMax = 1_024;

/** Unique text of a key value. Numbers are in their stored form. */
export const textOf = (value: AttributeValue): string => {
  if (value.S !== undefined) return `S${value.S}`;
  if (value.N !== undefined) return `N${value.N}`;
  return `B${Buffer.from(value.B!).toString("base64")}`;
};

/** Unique text of a table and a key in it. */
export const idOf = (table: TableDefinition, key: Item): string => {
  const partition = `${table.name}/${textOf(key[table.partitionKey.name]!)}`;
  return table.sortKey === undefined
    ? partition
    : `${partition}\0${textOf(key[table.sortKey.name]!)}`;
};

/**
 * Checks the `Key` of a request and returns it in the stored form.
 *
 * @throws RequestError `ValidationException`
 */
export const checkKey = (table: TableDefinition, given: Item | undefined): Item => {
  const key = normalizeItem(given ?? {});
  const attributes = keyAttributes(table);
  const fits = attributes.every(({ name, type }) => key[name]?.[type] !== undefined);
  if (!fits || Object.keys(key).length !== attributes.length) {
    throw validationError("The provided key element does not match the schema");
  }
  checkKeyValues(table, key);
  return key;
};

/**
 * Checks the key attributes of an item that is put, and returns the key.
 *
 * @throws RequestError `ValidationException`
 */
export const keyOf = (table: TableDefinition, item: Item): Item => {
  const key: Record<string, AttributeValue> = {};
  for (const { name, type } of keyAttributes(table)) {
    const value = item[name];
    if (value === undefined) throw invalidValue(`Missing the key ${name} in the item`);
    if (value[type] === undefined) {
      throw invalidValue(
        `Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`,
      );
    }
    key[name] = value;
  }
  checkKeyValues(table, key);
  return key;
};

function checkKeyValues({ partitionKey, sortKey }: KeySchema, key: Item): void {
  checkKeyValue(partitionKey, key[partitionKey.name]!, "hashkey", partitionKeyBytesMax);
  if (sortKey !== undefined) {
    checkKeyValue(sortKey, key[sortKey.name]!, "rangekey", sortKeyBytesMax);
  }
}

function checkKeyValue(
  { name }: KeyAttribute,
  value: AttributeValue,
  kind: "hashkey" | "rangekey",
  bytesMax: number,
): void {
  const bytes = valueBytes(value);
  if (bytes === 0) {
    throw validationError(
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot " +
        `contain an empty ${value.S === undefined ? "binary" : "string"} value. Key: ${name}`,
    );
  }
  if (bytes > bytesMax) {
    throw invalidValue(`Size of ${kind} has exceeded the maximum size limit of ${bytesMax} bytes`);
  }
}

/**
 * Checks the attributes of an item that are keys of indexes. They may be absent.
 *
 * @throws RequestError `ValidationException`
 */
export const checkIndexKeys = (table: TableDefinition, item: Item): void => {
  for (const index of table.indexes) {
    for (const attribute of keyAttributes(index)) checkIndexKey(index, attribute, item);
  }
};

function checkIndexKey(index: IndexDefinition, { name, type }: KeyAttribute, item: Item): void {
  const value = item[name];
  if (value === undefined) return;
  if (value[type] === undefined) {
    throw invalidValue(
      `Type mismatch for Index Key ${name} Expected: ${type} Actual: ${typeOf(value)} ` +
        `IndexName: ${index.name}`,
    );
  }
  if (value.S === "" || value.B?.byteLength === 0) {
    throw validationError(
      "One or more parameter values are not valid. A value specified for a secondary index key " +
        "is not supported. The AttributeValue for a key attribute cannot contain an empty " +
        `${value.S === "" ? "string" : "binary"} value. ` +
        `IndexName: ${index.name}, IndexKey: ${name}`,
    );
  }
}
