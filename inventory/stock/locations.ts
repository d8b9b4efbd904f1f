/**
 * The locations that a SKU has stock at, but for the default one: a record of their names beside the levels,
 * by which the levels are found. A location is in it before its level is made.
 */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { locationsPerSkuMax } from "../../contract/bounds.ts";
import type { LocationsItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { readItem } from "../dynamodb/read-item.ts";
import { writeIf } from "../dynamodb/write-if.ts";
import { invalidArgument } from "../errors.ts";
import { locationsKeyOf } from "./level-key.ts";

/**
 * Adds a location to those of the SKU.
 *
 * @throws InventoryError `invalid_argument` when the SKU has too many, `busy`, `unavailable`, `rejected`
 */
export const addLocation = async (
  database: Database,
  sku: string,
  location: string,
  call: Call,
): Promise<void> => {
  const command = () =>
    new UpdateCommand({
      TableName: database.tables.stock,
      Key: { sku: locationsKeyOf(sku) },
      UpdateExpression: "ADD #locations :added",
      ConditionExpression:
        "attribute_not_exists(#locations) OR contains(#locations, :location) OR " +
        "size(#locations) < :max",
      ExpressionAttributeNames: { "#locations": "locations" },
      ExpressionAttributeValues: {
        ":added": new Set([location]),
        ":location": location,
        ":max": locationsPerSkuMax,
      },
    });
  const { applied } = await writeIf(database, command, call);
  if (applied) return;
  const message = `must be one of the ${locationsPerSkuMax} locations that ${sku} has, the most that a SKU can have, not ${location}`;
  throw invalidArgument("location", message);
};

/**
 * The locations of the SKU, but for the default one, by their names. One that was just added may have no
 * level yet.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const readLocations = async (
  database: Database,
  sku: string,
  call: Call,
): Promise<string[]> => {
  const { stock } = database.tables;
  const item = await readItem<LocationsItem>(database, stock, { sku: locationsKeyOf(sku) }, call);
  return [...(item?.locations ?? [])].toSorted();
};
