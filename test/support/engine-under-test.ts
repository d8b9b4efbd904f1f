/** An engine under test: a client, and tables of the suite's own. */
import { randomUUID } from "node:crypto";
import { CreateTableCommand, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { describeTables } from "./database.ts";
import type { TableDescription } from "./table-descriptions.ts";

export type EngineName = "simulator" | "dynoxide" | "dynamodb-local";

/** A table with a sort key and an index over all attributes, which none of Holdfast's has. */
const sortedTable = {
  KeySchema: [
    { AttributeName: "group", KeyType: "HASH" },
    { AttributeName: "name", KeyType: "RANGE" },
  ],
  AttributeDefinitions: [
    { AttributeName: "group", AttributeType: "S" },
    { AttributeName: "name", AttributeType: "S" },
    { AttributeName: "team", AttributeType: "S" },
    { AttributeName: "rank", AttributeType: "N" },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: "byRank",
      KeySchema: [
        { AttributeName: "team", KeyType: "HASH" },
        { AttributeName: "rank", KeyType: "RANGE" },
      ],
      Projection: { ProjectionType: "ALL" },
    },
  ],
  BillingMode: "PAY_PER_REQUEST",
} satisfies TableDescription;

/** Holdfast's tables as its template describes them, one with a sort key, and one to scan. */
export const describeEngineTables = () => {
  const tables = describeTables();
  return {
    stock: tables.get("sku")!,
    reservations: tables.get("reservationId")!,
    sorted: sortedTable as TableDescription,
    scanned: tables.get("lockName")!,
  };
};

export type EngineTables = Record<keyof ReturnType<typeof describeEngineTables>, string>;

export interface EngineUnderTest {
  client: DynamoDBDocumentClient;
  tables: EngineTables;
}

/** Creates the tables of the suite on an engine, under names of their own. */
export const createEngineTables = async (client: DynamoDBDocumentClient): Promise<EngineTables> => {
  const names: Record<string, string> = {};
  for (const [table, description] of Object.entries(describeEngineTables())) {
    const TableName = `${randomUUID()}-${table}`;
    await client.send(new CreateTableCommand({ TableName, ...description }));
    await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 0.05 }, { TableName });
    names[table] = TableName;
  }
  return names as EngineTables;
};
