/** The tables of the races, as the stack has them, and the SKUs that are raced for. */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import {
  locksTable,
  movementsTable,
  reservationsTable,
  stockTable,
  type StockItem,
} from "../../contract/tables.ts";
import { createTables } from "../../local/tables/create-tables.ts";
import { localAccess } from "../app/access.ts";
import { tableNames } from "../app/table-names.ts";
import { openInventory, type OpenInventory } from "../app/open-inventory.ts";

const table = (name: string, partitionKey: string) => ({
  logicalId: name,
  name,
  keySchema: [{ AttributeName: partitionKey, KeyType: "HASH" as const }],
  attributeDefinitions: [{ AttributeName: partitionKey, AttributeType: "S" as const }],
  globalIndexes: [],
  localIndexes: [],
});

const { byExpiry, byOrder } = reservationsTable;

const keys = (partitionKey: string, sortKey: string) => [
  { AttributeName: partitionKey, KeyType: "HASH" as const },
  { AttributeName: sortKey, KeyType: "RANGE" as const },
];
const numeric = (name: string) => ({ AttributeName: name, AttributeType: "N" as const });

/** Without streams: what is told of a sale comes after it, and behind every approach alike. */
const tables = [
  table(tableNames.stock, stockTable.partitionKey),
  table(tableNames.movements, movementsTable.partitionKey),
  table(tableNames.locks, locksTable.partitionKey),
  {
    ...table(tableNames.reservations, reservationsTable.partitionKey),
    attributeDefinitions: [
      { AttributeName: reservationsTable.partitionKey, AttributeType: "S" as const },
      numeric(byExpiry.partitionKey),
      numeric(byExpiry.sortKey),
      { AttributeName: byOrder.partitionKey, AttributeType: "S" as const },
      numeric(byOrder.sortKey),
    ],
    globalIndexes: [
      {
        IndexName: byExpiry.indexName,
        KeySchema: keys(byExpiry.partitionKey, byExpiry.sortKey),
        Projection: {
          ProjectionType: "INCLUDE" as const,
          NonKeyAttributes: [byExpiry.carries],
        },
      },
      {
        IndexName: byOrder.indexName,
        KeySchema: keys(byOrder.partitionKey, byOrder.sortKey),
        Projection: { ProjectionType: "KEYS_ONLY" as const },
      },
    ],
  },
];

/** What a buyer, or whoever watches, talks to the database with. */
export interface DatabaseAccess extends OpenInventory {
  /** As `client`, but each request is sent once. */
  once: DynamoDBClient;
  /** How many requests the work has sent, repeated ones included. */
  countRequests<Result>(work: () => Promise<Result>): Promise<{ result: Result; requests: number }>;
}

export const openDatabase = (endpoint: string): DatabaseAccess => {
  const opened = openInventory({ dynamodb: endpoint, tables: tableNames });
  const { client } = opened;
  const { requestHandler } = client.config;
  const once = new DynamoDBClient({ ...localAccess, endpoint, maxAttempts: 1, requestHandler });
  const counters = new AsyncLocalStorage<{ requests: number }>();
  for (const { middlewareStack } of [client, once]) {
    // The last step before the wire, behind the one that repeats.
    middlewareStack.add(
      (next) => (args) => {
        const counter = counters.getStore();
        if (counter !== undefined) counter.requests += 1;
        return next(args);
      },
      { step: "finalizeRequest", priority: "low", name: "countRequests" },
    );
  }
  return {
    ...opened,
    once,
    countRequests: (work) => {
      const counter = { requests: 0 };
      return counters.run(counter, async () => ({ result: await work(), ...counter }));
    },
    [Symbol.dispose]: () => {
      opened[Symbol.dispose]();
      once.destroy();
    },
  };
};

export interface Shelf {
  /** Puts so many units of a new SKU on it. */
  stock(units: number): Promise<string>;
  /** The units that the record says are left. */
  left(sku: string): Promise<number>;
}

/** Makes the tables. */
export const openShelf = async (endpoint: string, database: DatabaseAccess): Promise<Shelf> => {
  await createTables(endpoint, tables, "the lab's own folder");
  return {
    stock: async (units) => {
      const sku = `lab-${randomUUID()}`;
      await database.inventory.setStock({ sku, onHand: units });
      return sku;
    },
    left: async (sku) => {
      const command = new GetCommand({
        TableName: tableNames.stock,
        Key: { [stockTable.partitionKey]: sku },
        ConsistentRead: true,
      });
      const { Item } = await database.client.send(command);
      return (Item as StockItem).available;
    },
  };
};
