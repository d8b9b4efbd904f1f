/** Reads a record of a table's stream as the change of a record. */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { DynamoDBRecord } from "aws-lambda";
import type { ReservationItem, StockItem, StockTableItem } from "../../contract/tables.ts";
import { isRow } from "../../inventory/stock/row.ts";

/** `before` is absent when the record is new, `after` when it is gone. */
interface Images<Item> {
  before?: Item;
  after?: Item;
}

/** Its `id` is the same at every delivery. */
export type Change = { id: string } & (
  ({ table: "stock" } & Images<StockItem>) | ({ table: "reservations" } & Images<ReservationItem>)
);

type Image = NonNullable<DynamoDBRecord["dynamodb"]>["NewImage"];

const readImage = (image: Image): Record<string, unknown> | undefined =>
  image && unmarshall(image as Record<string, AttributeValue>);

/** The record; undefined for a record of the table Stock that is no row. */
const readRecord = (table: Change["table"], image: Image): Record<string, unknown> | undefined => {
  const record = readImage(image);
  if (table !== "stock" || record === undefined) return record;
  return isRow(record as unknown as StockTableItem) ? record : undefined;
};

const wholeNumbers = {
  stock: ["onHand", "available", "reserved", "version"],
  reservations: ["version"],
} as const;

const times = {
  stock: ["updatedAtMs"],
  reservations: ["createdAtMs", "expiresAtMs", "updatedAtMs"],
} as const;

/** Milliseconds that a date can have: others cannot be written as text. */
const isTime = (value: unknown): boolean =>
  Number.isSafeInteger(value) && !Number.isNaN(new Date(value as number).getTime());

const isLine = (value: unknown): boolean => {
  const { sku, quantity } = (value ?? {}) as Record<string, unknown>;
  return typeof sku === "string" && Number.isSafeInteger(quantity);
};

/** @throws Error that names the record and the attribute: the core has not written it */
const check = (table: Change["table"], key: string, item: Record<string, unknown>): void => {
  const refuse = (name: string, wanted: string): never => {
    const value = JSON.stringify(item[name]);
    throw new Error(`The record ${key} of ${table} has ${name} ${value}: no ${wanted}.`);
  };
  for (const name of wholeNumbers[table]) {
    if (!Number.isSafeInteger(item[name])) refuse(name, "whole number");
  }
  for (const name of times[table]) {
    if (!isTime(item[name])) refuse(name, "time in milliseconds");
  }
  if (table === "stock") {
    if (typeof item["open"] !== "object") refuse("open", "map of markers");
    return;
  }
  const { lines, parts, status } = item;
  const hasLines = Array.isArray(lines) && lines.every(isLine);
  if (typeof status !== "string" || !hasLines || !Array.isArray(parts)) {
    throw new Error(`The record ${key} of ${table} has no lines, no parts or no status.`);
  }
};

/** @throws Error for a record that the core has not written */
export const readChange = ({ dynamodb, eventID: id = "" }: DynamoDBRecord): Change => {
  const keys = readImage(dynamodb?.Keys) ?? {};
  const [name = "", key] = Object.entries(keys)[0] ?? [];
  const table = ({ sku: "stock", reservationId: "reservations" } as const)[name];
  if (table === undefined) throw new Error(`No table has the key ${JSON.stringify(keys)}.`);
  const before = readRecord(table, dynamodb?.OldImage);
  const after = readRecord(table, dynamodb?.NewImage);
  if (after !== undefined) check(table, String(key), after);
  return { id, table, ...(before && { before }), ...(after && { after }) } as unknown as Change;
};
