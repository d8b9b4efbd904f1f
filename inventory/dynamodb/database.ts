import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { databaseRequestTimeoutMs, retentionDaysDefault } from "../../contract/bounds.ts";
import { InventoryError } from "../errors.ts";
import { systemPlatform, type Platform } from "../platform.ts";

/** The tables that the operations of this room work on, and the platform that they run on. */
export interface Database extends Platform {
  client: DynamoDBDocumentClient;
  /** The tables' names. Reading one that the function was not given throws. */
  tables: { stock: string; reservations: string; movements: string };
  /** How long the record of an ended reservation is kept, in days. */
  retentionDays: number;
}

/** What one call of an operation brings with it. */
export interface Call {
  /** Milliseconds until the caller needs its answer. */
  remainingMs(): number;
  /** Who asks, where that is known: told in the ledger. */
  actor?: string;
  /** Told of each attempt that has to be repeated. */
  onRetry?(cause: RetryCause): void;
  /** Told of each hold that expired: how long after its end its units came back, in milliseconds. */
  onExpired?(lagMs: number): void;
}

/** Who asks, for what is written, where that is known. */
export const actorOf = ({ actor }: Call): { actor?: string } =>
  actor === undefined ? {} : { actor };

export type RetryCause = "conflict" | "throttle";

const withoutDeadlineMs = 10_000;

/** A call that gives up after `budgetMs`, by default 10 s of the platform's clock. */
export const callWithin = (
  budgetMs: number = withoutDeadlineMs,
  platform: Pick<Platform, "monotonicMs"> = systemPlatform,
): Call => {
  const endsAtMs = platform.monotonicMs() + budgetMs;
  return { remainingMs: () => endsAtMs - platform.monotonicMs() };
};

export interface ConnectOptions extends Pick<
  DynamoDBClientConfig,
  | "region"
  | "endpoint"
  | "credentials"
  | "requestHandler"
  | "protocol"
  | "httpAuthSchemes"
  | "httpAuthSchemeProvider"
> {
  /** How long one attempt of a request may take, connecting included. */
  requestTimeoutMs?: number;
  /** Makes the client from its configuration. `DynamoDBClient` when absent. */
  newClient?: (configuration: DynamoDBClientConfig) => DynamoDBClient;
}

/**
 * Connects to DynamoDB with every timeout and every attempt set here, none left to the SDK's
 * defaults. The SDK repeats throttled and unanswered requests; a transaction carries the same token
 * in each of these attempts, so that it is applied once.
 */
export const connect = ({
  requestTimeoutMs = databaseRequestTimeoutMs,
  newClient = (configuration) => new DynamoDBClient(configuration),
  ...access
}: ConnectOptions): DynamoDBDocumentClient => {
  const client = newClient({
    maxAttempts: 3,
    retryMode: "standard",
    requestHandler: {
      connectionTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      // A request that waits for a free socket counts as one that does not connect.
      httpAgent: { keepAlive: true, maxSockets: 1_000 },
      httpsAgent: { keepAlive: true, maxSockets: 1_000 },
    },
    ...access,
  });
  return DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
  });
};

/** Fills in the defaults: the platform of the process, and the retention. */
export const createDatabase = (
  options: Pick<Database, "client" | "tables"> & Partial<Database>,
): Database => ({
  ...systemPlatform,
  retentionDays: retentionDaysDefault,
  ...options,
});

const backoffFirstMs = 20;
const backoffMaxMs = 400;

/**
 * Waits before attempt `attempt` + 1 (counted from 0), with full jitter: a uniform share of an
 * exponentially growing bound, so that those who met once do not meet again. (M. Brooker,
 * "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.)
 *
 * @throws InventoryError `busy` when the wait would outlast the caller's deadline.
 */
export const backOff = async (
  database: Database,
  call: Call,
  attempt: number,
  cause: RetryCause,
): Promise<void> => {
  const waitMs = database.random() * Math.min(backoffMaxMs, backoffFirstMs * 2 ** attempt);
  if (waitMs >= call.remainingMs()) {
    throw new InventoryError(
      "busy",
      `Other requests kept changing the same records: gave up after ${attempt + 1} attempts.`,
    );
  }
  call.onRetry?.(cause);
  await database.sleep(waitMs);
};
