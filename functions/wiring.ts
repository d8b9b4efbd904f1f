/**
 * Ties a function to its surroundings, and is the only reader of `process.env`: the tables that the
 * stack names, the credentials that Lambda sets, the address of another DynamoDB when there is one.
 */
import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { environment } from "../contract/environment.ts";
import type { MultiItemStrategy } from "../contract/tables.ts";
import { connect, createDatabase } from "../inventory/database.ts";
import { withLeases } from "../inventory/leases.ts";
import { createDynamoDbLocks } from "../locks/dynamodb/dynamodb-locks.ts";
import type { LockEvent } from "../locks/locks.ts";

const required = (name: string): string => {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new Error(`The environment variable ${name} is missing: the stack must set it.`);
  }
  return value;
};

/**
 * Lambda hands a function its credentials in the environment and replaces the whole environment
 * with the process. Reading them here keeps the SDK's default chain, which looks for files, profiles
 * and endpoints, out of the bundle and out of the cold start.
 */
const credentials = async () => ({
  accessKeyId: required("AWS_ACCESS_KEY_ID"),
  secretAccessKey: required("AWS_SECRET_ACCESS_KEY"),
  ...(process.env["AWS_SESSION_TOKEN"] && { sessionToken: process.env["AWS_SESSION_TOKEN"] }),
});

/** The tables by name, each read when it is used: a function is told only of those that it may. */
const openDatabase = () => {
  const endpoint = process.env["AWS_ENDPOINT_URL_DYNAMODB"];
  const retentionDays = process.env[environment.retentionDays];
  return createDatabase({
    client: connect({
      region: required("AWS_REGION"),
      credentials,
      ...(endpoint === undefined ? {} : { endpoint }),
    }),
    tables: {
      get stock() {
        return required(environment.stockTable);
      },
      get reservations() {
        return required(environment.reservationsTable);
      },
      get movements() {
        return required(environment.movementsTable);
      },
    },
    ...(retentionDays === undefined ? {} : { retentionDays: Number(retentionDays) }),
  });
};

export const locksTable = (): string => required(environment.locksTable);

const openOrderDatabase = () => {
  const locks = createDynamoDbLocks({
    client: database.client,
    table: locksTable(),
    onEvent: measureLeases,
  });
  const multiItemStrategy = required(environment.multiItemStrategy) as MultiItemStrategy;
  return withLeases(database, { locks, multiItemStrategy });
};

const measureLeases = (event: LockEvent): void => {
  if (event.type === "acquired") {
    metrics.addMetric("LeaseWaitMs", MetricUnit.Milliseconds, event.waitedMs);
  }
  if (event.type === "lost") metrics.addMetric("LeasesLost", MetricUnit.Count, 1);
};

// Marked pure, so that the bundle of a function without tables has no database client in it.
export const database = /* @__PURE__ */ openDatabase();
export const logger = new Logger();
export const metrics = new Metrics();
/** The same with what orders of several lines need. */
export const orderDatabase = /* @__PURE__ */ openOrderDatabase();

export const serviceVersion = (): string => required(environment.serviceVersion);
