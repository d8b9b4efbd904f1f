/**
 * Locks in a DynamoDB table: one row for each name (lock-table.ts), one conditional request for each
 * operation, one transaction for several names. Waiting is polling (claim.ts).
 *
 * A row says until when it is leased, by its holder's clock, and others compare that to theirs. So
 * clocks may differ by `clockSkewMs`; a dead holder's names are free that much later.
 */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { integerWithin } from "../engine/arguments.ts";
import type { Backend } from "../engine/backend.ts";
import { platformOf } from "../engine/platform.ts";
import { createLocks } from "../engine/create-locks.ts";
import type { Lease, Locks, LocksOptions } from "../locks.ts";
import { createClaim, type Place, type TransactionAction } from "./claim.ts";
import { isFinal } from "./errors.ts";

export interface DynamoDbLocksOptions extends LocksOptions {
  /** Its own attempts and timeouts count within the time of one request. */
  client: DynamoDBDocumentClient;
  /** The table's name. Its key is `lockName`, a string. */
  table: string;
  /** How far apart the clocks of those who lock may be, in milliseconds. 1 s when absent. */
  clockSkewMs?: number;
}

/** A lease that a transaction can release which writes what was locked. */
export interface DynamoDbLease extends Lease {
  /**
   * Releases the lease by a transaction of the caller's own, for no request more. `write` gets the
   * actions to put into it, one for each name, and tells whether it was applied:
   *
   *   acquire ── one TransactWriteItems: what was locked is written, and the lease released
   *
   * The actions refuse the transaction once the lease is another's. When it was not applied, the
   * lease is held as before; also when `write` throws, and `release` then finds out. An outer lease
   * of the same context keeps the names: there are no actions then.
   *
   * @returns whether it was applied
   * @throws what `write` throws; LockError `lost` before anything is written
   */
  releaseWithin(
    write: (releases: readonly TransactionAction[]) => Promise<boolean>,
  ): Promise<boolean>;
}

export type DynamoDbLocks = Locks<DynamoDbLease>;

const clockSkewMsDefault = 1_000;
const clockSkewMsMax = 60_000;

/** @throws LockError `invalid_argument` */
export const createDynamoDbLocks = (options: DynamoDbLocksOptions): DynamoDbLocks => {
  const { client, table, clockSkewMs = clockSkewMsDefault } = options;
  const place: Place = {
    ...platformOf(options),
    client,
    table,
    clockSkewMs: integerWithin("clockSkewMs", clockSkewMs, 0, clockSkewMsMax),
    lastToken: 0,
  };
  const backend: Backend<TransactionAction> = {
    name: "dynamodb",
    claim: (request) => createClaim(place, request),
    isFinal,
    // The client is whose it was.
    close: async () => {},
  };
  return createLocks(backend, options);
};
