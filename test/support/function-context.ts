/** Runs a function's own handler in this process, as the stack would have it set up. */
import type { Context } from "aws-lambda";
import { expiryPartitionsDefault } from "../../contract/bounds.ts";
import * as environment from "../../contract/environment.ts";
import type { TestDatabase } from "./database.ts";
import { localAccess } from "./local-access.ts";

export interface Surroundings {
  database: TestDatabase;
  dynamodbEndpoint: string;
  messagingEndpoint: string;
  queueUrl?: string;
  deadLetterQueueUrl?: string;
}

/**
 * Sets the variables that the function reads when it is imported, which has to come after. Those that
 * only other functions use are set to a word that is none of theirs.
 */
export const surround = (surroundings: Surroundings): void => {
  const { database, dynamodbEndpoint, messagingEndpoint } = surroundings;
  const { tables, locksTable } = database;
  const variables: Record<string, string> = {
    ...Object.fromEntries(Object.values(environment).map((name) => [name, "unused"])),
    [environment.stockTable]: tables.stock,
    [environment.reservationsTable]: tables.reservations,
    [environment.movementsTable]: tables.movements,
    [environment.locksTable]: locksTable,
    [environment.multiItemStrategy]: "leased",
    [environment.retentionDays]: "30",
    [environment.expiryPartitions]: String(expiryPartitionsDefault),
    [environment.fulfillOnConfirm]: "true",
    [environment.lateOrderPayment]: "reacquire",
    [environment.refusalMemoryMs]: "0",
    [environment.queue]: surroundings.queueUrl ?? "unused",
    [environment.deadLetterQueue]: surroundings.deadLetterQueueUrl ?? "unused",
    AWS_REGION: localAccess.region,
    AWS_ACCESS_KEY_ID: localAccess.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localAccess.credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodbEndpoint,
    AWS_ENDPOINT_URL_SNS: messagingEndpoint,
    AWS_ENDPOINT_URL_SQS: messagingEndpoint,
    POWERTOOLS_LOG_LEVEL: "SILENT",
    POWERTOOLS_METRICS_NAMESPACE: "Test",
    POWERTOOLS_METRICS_DISABLED: "true",
  };
  Object.assign(process.env, variables);
};

export const contextWithin = (remainingMs: number): Context => {
  const endsAtMs = performance.now() + remainingMs;
  return {
    awsRequestId: "test",
    getRemainingTimeInMillis: () => endsAtMs - performance.now(),
  } as unknown as Context;
};
