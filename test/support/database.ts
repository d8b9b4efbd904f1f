/** The engine room on a real database, with tables as the stack describes them. */
import { randomUUID } from "node:crypto";
import {
  CreateTableCommand,
  type DynamoDBClient,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { inject } from "vitest";
import { connect, createDatabase, type Database } from "../../inventory/dynamodb/database.ts";
import { withLeases, type LeasingDatabase } from "../../inventory/reservations/leases.ts";
import { createDynamoDbLocks } from "../../locks/dynamodb/dynamodb-locks.ts";
import { localAccess } from "./local-access.ts";
import type { TableDescription } from "./table-descriptions.ts";

/**
 * The tables of the template, as `CreateTable` takes them, by their keys. Streams are for those who
 * read them: without an index, which only a file can be given, dynoxide is slow with them.
 */
export const describeTables = (hasStreams = false): Map<string, TableDescription> => {
  const tables = new Map<string, TableDescription>();
  for (const properties of inject("tableDescriptions")) {
    const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, BillingMode } = properties;
    const { StreamSpecification: stream } = properties;
    const description = {
      KeySchema,
      AttributeDefinitions,
      GlobalSecondaryIndexes,
      BillingMode,
      ...(hasStreams && stream && { StreamSpecification: { ...stream, StreamEnabled: true } }),
    };
    tables.set(KeySchema![0]!.AttributeName!, description);
  }
  return tables;
};

const tablesByKey = {
  stock: "sku",
  reservations: "reservationId",
  movements: "movementId",
  locks: "lockName",
};

const createTable = async (
  client: DynamoDBClient,
  name: keyof typeof tablesByKey,
  descriptions: Map<string, TableDescription>,
): Promise<string> => {
  const TableName = `${randomUUID()}-${name}`;
  const description = descriptions.get(tablesByKey[name])!;
  await client.send(new CreateTableCommand({ TableName, ...description }));
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 0.05 }, { TableName });
  return TableName;
};

/** A fresh lock table on an engine; resolves with its name. */
export const createLocksTable = async (endpoint: string): Promise<string> => {
  const client = connect({ ...localAccess, endpoint });
  try {
    return await createTable(client, "locks", describeTables());
  } finally {
    client.destroy();
  }
};

const patientMs = 60_000;

/** Fresh tables on the tier's engine. `options` replaces the clock, the jitter, the retention. */
export const createTestDatabase = async (
  options: Partial<
    Pick<
      LeasingDatabase,
      | "now"
      | "random"
      | "retentionDays"
      | "multiItemStrategy"
      | "fulfillsOnConfirm"
      | "refusalMemoryMs"
      | "expiryPartitions"
      | "contentionMsMax"
    >
  > & { hasStreams?: boolean } = {},
): Promise<TestDatabase> => {
  const client = connect({
    ...localAccess,
    endpoint: inject("engineEndpoint"),
    // A stampede from one process on a small machine is slow; being slow is not what is tested.
    requestTimeoutMs: patientMs,
  });
  const descriptions = describeTables(options.hasStreams);
  const tables = {
    stock: await createTable(client, "stock", descriptions),
    reservations: await createTable(client, "reservations", descriptions),
    movements: await createTable(client, "movements", descriptions),
  };
  const locksTable = await createTable(client, "locks", descriptions);
  const patience = { contentionMsMax: patientMs, callMsMax: patientMs };
  const database = createDatabase({ client, tables, ...patience, ...options });
  return {
    ...over(database, locksTable, options),
    locksTable,
  };
};

/** Tables with the name of the lock table beside them. */
export type TestDatabase = LeasingDatabase & { locksTable: string };

const over = (
  database: Database,
  locksTable: string,
  options: Partial<LeasingDatabase> = {},
  lockClient?: Database["client"],
): LeasingDatabase =>
  withLeases(database, {
    ...options,
    locks: createDynamoDbLocks({
      client: lockClient ?? database.client,
      table: locksTable,
    }),
  });

/** The same tables, reached by another address of the engine, such as a fault proxy. */
export const throughEndpoint = (database: TestDatabase, endpoint: string): TestDatabase => {
  const { locksTable, ...options } = database;
  const access = { ...localAccess, endpoint, requestTimeoutMs: patientMs };
  const client = connect(access);
  // The lock library leaves its repeats to the SDK.
  const lockClient = connect({ ...access, maxAttempts: 3 });
  const through = over({ ...database, client }, locksTable, { ...options, client }, lockClient);
  return { ...through, locksTable };
};
