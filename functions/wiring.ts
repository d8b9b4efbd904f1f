/**
 * Ties a function to its surroundings, and is the only reader of `process.env`: the tables that the
 * stack names, the credentials that Lambda sets, the address of another DynamoDB when there is one.
 */
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SESv2Client } from "@aws-sdk/client-sesv2";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { databaseRequestTimeoutMs, messagingRequestTimeoutMs } from "../contract/bounds.ts";
import * as environment from "../contract/environment.ts";
import type { LateOrderPayment, NotificationChannel } from "../contract/settings.ts";
import type { MultiItemStrategy } from "../contract/tables.ts";
import { connect, createDatabase } from "../inventory/dynamodb/database.ts";
import { withLeases } from "../inventory/reservations/leases.ts";
import { createDynamoDbLocks } from "../locks/dynamodb/dynamodb-locks.ts";
import { createDynamoDbOnce } from "../locks/dynamodb/dynamodb-once.ts";
import type { LockEvent } from "../locks/locks.ts";
import type { Once } from "../locks/once.ts";
import { sendDeadLetter, type DeadLetter } from "./events/dead-letters.ts";
import type { EventSettings } from "./events/inventory-events.ts";
import { createLogger } from "./logger.ts";
import { createMetrics, MetricUnit } from "./metrics.ts";
import { createLogChannel } from "./notifications/log-channel.ts";
import type { Channel } from "./notifications/notification.ts";
import { createRedisOnceBySecret } from "./notifications/redis-once-by-secret.ts";
import { createSesChannel } from "./notifications/ses-channel.ts";

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

const optional = (name: string): string | undefined => {
  const value = process.env[name];
  return value === "" ? undefined : value;
};

/** What every client of a service is made of; `service` is its name in `AWS_ENDPOINT_URL_…`. */
const access = (service: string) => {
  const endpoint = optional(`AWS_ENDPOINT_URL_${service}`);
  return {
    region: required("AWS_REGION"),
    credentials,
    defaultUserAgentProvider: async (): Promise<[string, string][]> => [
      ["holdfast", optional(environment.serviceVersion) ?? "unknown"],
    ],
    ...(endpoint !== undefined && { endpoint }),
  };
};

/** As for the database, no timeout and no number of attempts is left to the SDK's defaults. */
const clientSettings = (service: string) => ({
  ...access(service),
  maxAttempts: 3,
  retryMode: "standard",
  requestHandler: {
    connectionTimeout: databaseRequestTimeoutMs,
    requestTimeout: messagingRequestTimeoutMs,
    throwOnRequestTimeout: true,
  },
});

/** The tables by name, each read when it is used: a function receives only those that it may access. */
const openDatabase = () => {
  const retentionDays = optional(environment.retentionDays);
  const expiryPartitions = optional(environment.expiryPartitions);
  const refusalMemoryMs = optional(environment.refusalMemoryMs);
  return createDatabase({
    client: connect(access("DYNAMODB")),
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
    ...(retentionDays !== undefined && { retentionDays: Number(retentionDays) }),
    ...(expiryPartitions !== undefined && { expiryPartitions: Number(expiryPartitions) }),
    ...(refusalMemoryMs !== undefined && { refusalMemoryMs: Number(refusalMemoryMs) }),
    fulfillsOnConfirm: optional(environment.fulfillOnConfirm) === "true",
  });
};

export const locksTable = (): string => required(environment.locksTable);

const openOrderDatabase = () => {
  const locks = createDynamoDbLocks({
    // The lock library leaves its repeats to the SDK.
    client: connect({ ...access("DYNAMODB"), maxAttempts: 3 }),
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

const openSns = () => new SNSClient(clientSettings("SNS"));
const openSqs = () => new SQSClient(clientSettings("SQS"));

/** E-mail where there is a sender, or where the service stands in for another one, as it does locally. */
const openChannel = (): Channel => {
  const settings = clientSettings("SESV2");
  const sender = optional(environment.notificationSender);
  const isLog = required(environment.notificationChannel) === ("log" satisfies NotificationChannel);
  if (isLog && !("endpoint" in settings)) return createLogChannel(logger);
  return createSesChannel(new SESv2Client(settings), {
    sender: sender ?? "holdfast@localhost",
    recipient: optional(environment.notificationRecipient) ?? sender ?? "shop@localhost",
  });
};

/** In Redis where there is one; the lock table does it too, at the price of its writes. */
const openOnce = (): Once => {
  const url = optional(environment.redisUrl);
  if (url === undefined) {
    const client = connect({ ...access("DYNAMODB"), maxAttempts: 3 });
    return createDynamoDbOnce({ client, table: locksTable() });
  }
  return createRedisOnceBySecret({
    url,
    token: optional(environment.redisToken),
    secretId: optional(environment.redisTokenSecret),
    openSecrets: () => new SecretsManagerClient(clientSettings("SECRETS_MANAGER")),
  });
};

// Marked pure, so that the bundle of a function without tables has no database client in it.
export const database = /* @__PURE__ */ openDatabase();
export const logger = createLogger(process.env);
export const metrics = createMetrics(process.env);
/** The same with what orders of several lines need. */
export const orderDatabase = /* @__PURE__ */ openOrderDatabase();

export const sns = /* @__PURE__ */ openSns();
export const sqs = /* @__PURE__ */ openSqs();
export const channel = /* @__PURE__ */ openChannel();
export const once = /* @__PURE__ */ openOnce();

export const inventoryEventsTopic = (): string => required(environment.inventoryEventsTopic);
export const eventSettings = (): EventSettings => ({
  source: required(environment.eventSource),
  lowStockThreshold: Number(required(environment.lowStockThreshold)),
});

/** True when a payment of an expired order takes its units again. */
export const reacquiresOnLatePayment = (): boolean =>
  required(environment.lateOrderPayment) === ("reacquire" satisfies LateOrderPayment);

export const queueUrl = (): string => required(environment.queue);
export const deadLetter = (letter: DeadLetter): Promise<void> =>
  sendDeadLetter(sqs, required(environment.deadLetterQueue), letter);

export const serviceVersion = (): string => required(environment.serviceVersion);
