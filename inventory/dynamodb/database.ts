import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import {
  contentionMsMax,
  databaseRequestTimeoutMs,
  expiryPartitionsDefault,
  retentionDaysDefault,
} from "../../contract/bounds.ts";
import { InventoryError } from "../errors.ts";
import { systemPlatform, type Platform } from "../platform.ts";

/** The tables that the operations of this room work on, and the platform that they run on. */
export interface Database extends Platform {
  client: DynamoDBDocumentClient;
  /** The tables' names. Reading one that the function was not given throws. */
  tables: { stock: string; reservations: string; movements: string };
  /** How long the record of an ended reservation is kept, in days. */
  retentionDays: number;
  /** Partitions of the index `byExpiry`. */
  expiryPartitions: number;
  /** True when sold units leave `onHand` soon after the confirm. */
  fulfillsOnConfirm: boolean;
  /** The time for which a request waits for others that change the same records, in milliseconds. */
  contentionMsMax: number;
  /** The time for which a call without a deadline of its own goes on, in milliseconds. */
  callMsMax: number;
  /** The maximum age of a refusal for too few units, in milliseconds; 0 for a strict one. */
  refusalMemoryMs: number;
}

/** The context of one call of an operation. */
export interface Call {
  /** Milliseconds until the caller needs its answer. */
  remainingMs(): number;
  /** Milliseconds that are left for waits on other requests. Absent: as many as `remainingMs`. */
  patienceMs?(): number;
  /** True when a throttle ends the call (ThrottledError), since there is another row to write to. */
  endsAtThrottle?: boolean;
  /** The caller, where that is known: written to the ledger. */
  actor?: string;
  /** Called before each attempt that repeats a request. */
  onRetry?(cause: RetryCause): void;
  /** Called for each hold that expired, with the time since its end in milliseconds. */
  onExpired?(lagMs: number): void;
}

/**
 * The call with a bound on its waits for other requests: a popular SKU must not keep the functions of
 * an account busy.
 */
export const withPatience = (database: Database, call: Call): Call => {
  if (call.patienceMs !== undefined) return call;
  const endsAtMs = database.monotonicMs() + database.contentionMsMax;
  return { ...call, patienceMs: () => endsAtMs - database.monotonicMs() };
};

/** The caller, for what is written, where that is known. */
export const actorOf = ({ actor }: Call): { actor?: string } =>
  actor === undefined ? {} : { actor };

export type RetryCause = "conflict" | "throttle";

const callMsMax = 10_000;

/** A call that gives up after `budgetMs`, by default 10 s, of the platform's clock. */
export const callWithin = (
  budgetMs: number = callMsMax,
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
  | "defaultUserAgentProvider"
  | "requestHandler"
  | "protocol"
  | "httpAuthSchemes"
  | "httpAuthSchemeProvider"
> {
  /** How long one attempt of a request may take, connecting included. */
  requestTimeoutMs?: number;
  /** Attempts by the SDK. The core repeats its requests itself, since a repeat needs a new time. */
  maxAttempts?: number;
  /** Makes the client from its configuration. `DynamoDBClient` when absent. */
  newClient?: (configuration: DynamoDBClientConfig) => DynamoDBClient;
}

/**
 * Connects to DynamoDB with every timeout and every attempt set here, none left to the SDK's
 * defaults.
 */
export const connect = ({
  requestTimeoutMs = databaseRequestTimeoutMs,
  maxAttempts = 1,
  newClient = (configuration) => new DynamoDBClient(configuration),
  ...access
}: ConnectOptions): DynamoDBDocumentClient => {
  const client = newClient({
    maxAttempts,
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

/** Fills in the defaults: the platform of the process, and the settings of the stack. */
export const createDatabase = (
  options: Pick<Database, "client" | "tables"> & Partial<Database>,
): Database => ({
  ...systemPlatform,
  retentionDays: retentionDaysDefault,
  expiryPartitions: expiryPartitionsDefault,
  fulfillsOnConfirm: false,
  contentionMsMax,
  callMsMax,
  refusalMemoryMs: 0,
  ...options,
});

const backoffFirstMs = 20;
const backoffMaxMs = 400;

/** Bounds of a wait in milliseconds, before full jitter. */
export interface BackoffBounds {
  firstMs?: number;
  maxMs?: number;
}

/**
 * Waits before attempt `attempt` + 1 (counted from 0), with full jitter: a uniform share of an
 * exponentially growing bound, so that requests that met once do not meet again. (M. Brooker,
 * "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.)
 *
 * @throws InventoryError `busy` when the wait would outlast the caller's deadline or patience.
 */
export const backOff = async (
  database: Database,
  call: Call,
  attempt: number,
  cause: RetryCause,
  { firstMs = backoffFirstMs, maxMs = backoffMaxMs }: BackoffBounds = {},
): Promise<void> => {
  const waitMs = database.random() * Math.min(maxMs, firstMs * 2 ** attempt);
  if (waitMs >= Math.min(call.remainingMs(), call.patienceMs?.() ?? Infinity)) {
    throw new InventoryError(
      "busy",
      `Other requests kept changing the same records: gave up after ${attempt + 1} attempts.`,
    );
  }
  call.onRetry?.(cause);
  await database.sleep(waitMs);
};
