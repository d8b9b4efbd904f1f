/**
 * Brings the engine to what the template says: a table that is not there is created, one that is
 * must have the template's keys and indexes. Never changes or removes a table that holds data.
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ResourceNotFoundException,
  type TableDescription as ExistingTable,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import type { TableDescription } from "../assembly/read-tables.ts";
import { localCredentials, localRegion } from "../local-account.ts";
import { LocalRunError } from "../local-run-error.ts";

const activeTimeoutMs = 30_000;
const pauseMs = 50;

/**
 * Resolves when every table is active. `where` tells the user what to remove when a table of
 * another shape is there: rejects then with a LocalRunError of code `data`, having changed nothing
 * in that table.
 */
export const createTables = async (
  endpoint: string,
  tables: readonly TableDescription[],
  where: string,
): Promise<void> => {
  const client = new DynamoDBClient({
    endpoint,
    region: localRegion,
    credentials: localCredentials,
    maxAttempts: 3,
  });
  try {
    for (const table of tables) {
      const existing = await describe(client, table.name);
      if (existing) assertSameShape(table, existing, where);
      else await create(client, table);
      await waitUntilActive(client, table.name);
      await enableTimeToLive(client, table);
    }
  } finally {
    client.destroy();
  }
};

const describe = async (
  client: DynamoDBClient,
  name: string,
): Promise<ExistingTable | undefined> => {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
};

const create = async (client: DynamoDBClient, table: TableDescription): Promise<void> => {
  const { globalIndexes, localIndexes, streamViewType } = table;
  await client.send(
    new CreateTableCommand({
      TableName: table.name,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: table.keySchema,
      AttributeDefinitions: table.attributeDefinitions,
      // Engines refuse an empty list.
      ...(globalIndexes.length > 0 && { GlobalSecondaryIndexes: globalIndexes }),
      ...(localIndexes.length > 0 && { LocalSecondaryIndexes: localIndexes }),
      ...(streamViewType && {
        StreamSpecification: { StreamEnabled: true, StreamViewType: streamViewType },
      }),
    }),
  );
};

const waitUntilActive = async (client: DynamoDBClient, name: string): Promise<void> => {
  const deadlineMs = performance.now() + activeTimeoutMs;
  while ((await describe(client, name))?.TableStatus !== "ACTIVE") {
    if (performance.now() > deadlineMs) {
      const seconds = activeTimeoutMs / 1_000;
      throw new LocalRunError("engine", `The table ${name} was not active after ${seconds} s.`);
    }
    await delay(pauseMs);
  }
};

const enableTimeToLive = async (client: DynamoDBClient, table: TableDescription): Promise<void> => {
  const { name: TableName, timeToLiveAttribute: AttributeName } = table;
  if (AttributeName === undefined) return;
  const found = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  if (found.TimeToLiveDescription?.AttributeName === AttributeName) return;
  const TimeToLiveSpecification = { AttributeName, Enabled: true };
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
};

const assertSameShape = (table: TableDescription, existing: ExistingTable, where: string): void => {
  const wanted = shapeOf(table.keySchema, table.attributeDefinitions);
  const found = shapeOf(existing.KeySchema, existing.AttributeDefinitions);
  const refuse = (difference: string): never => {
    const message = `The table ${table.name} that is there ${difference}. Remove ${where}.`;
    throw new LocalRunError("data", message);
  };
  if (found !== wanted) refuse(`has the key ${found}, and the template's has ${wanted}`);
  const existingIndexes = [
    ...(existing.GlobalSecondaryIndexes ?? []),
    ...(existing.LocalSecondaryIndexes ?? []),
  ];
  for (const index of [...table.globalIndexes, ...table.localIndexes]) {
    const same = existingIndexes.find(({ IndexName }) => IndexName === index.IndexName);
    if (!same) refuse(`lacks the template's index ${index.IndexName}`);
    const wantedIndex = indexShapeOf(index, table.attributeDefinitions);
    const foundIndex = indexShapeOf(same ?? {}, existing.AttributeDefinitions);
    if (wantedIndex !== foundIndex) {
      refuse(`has the index ${index.IndexName} as ${foundIndex}, the template as ${wantedIndex}`);
    }
  }
  const stream = existing.StreamSpecification?.StreamViewType;
  if (table.streamViewType && stream !== table.streamViewType) {
    refuse(`has ${stream ? `a stream of ${stream}` : "no stream"}, the template's has one`);
  }
};

interface Index {
  KeySchema?: ExistingTable["KeySchema"];
  Projection?: { ProjectionType?: string; NonKeyAttributes?: string[] };
}

/** Keys and projection in words, alike for alike, for example `orderId S HASH (KEYS_ONLY)`. */
const indexShapeOf = (index: Index, attributes: ExistingTable["AttributeDefinitions"]): string => {
  const { ProjectionType = "ALL", NonKeyAttributes = [] } = index.Projection ?? {};
  const projection = [ProjectionType, ...NonKeyAttributes.toSorted()].join(" ");
  return `${shapeOf(index.KeySchema, attributes)} (${projection})`;
};

const shapeOf = (
  keys: ExistingTable["KeySchema"] = [],
  attributes: ExistingTable["AttributeDefinitions"] = [],
): string =>
  keys
    .map(({ AttributeName: name, KeyType }) => {
      const type = attributes.find(({ AttributeName }) => AttributeName === name)?.AttributeType;
      return `${name} ${type} ${KeyType}`;
    })
    .join(", ");
