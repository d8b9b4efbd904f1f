/**
 * The rows of the lock table and the conditional writes upon them. A row outlives its lease, with
 * its token, until TTL removes it a day after the last lease has ended.
 */
import type { TransactWriteCommandInput } from "@aws-sdk/lib-dynamodb";

export type RowUpdate = NonNullable<
  NonNullable<TransactWriteCommandInput["TransactItems"]>[number]["Update"]
>;

/** A row while it is leased; without `owner` and with `leaseUntilMs` 0 once it is released. */
export interface LockRow {
  lockName: string;
  owner?: string;
  token: number;
  /** Of the epoch, by the holder's clock. */
  leaseUntilMs: number;
  /** When DynamoDB may remove the row, in seconds of the epoch. */
  ttlSeconds: number;
}

/** A lock's row cannot be taken for that of a run (once-table.ts), whatever their names. */
const prefix = "lock#";
export const keyOf = (name: string): { lockName: string } => ({ lockName: prefix + name });
export const nameOf = (row: LockRow): string => row.lockName.slice(prefix.length);

/** How long an idle row keeps its token, in milliseconds: a day. */
const idleRowMs = 24 * 60 * 60 * 1_000;

/** DynamoDB takes seconds. With milliseconds the row would stay until the year 52984. */
export const ttlSecondsAfter = (endsAtMs: number): number =>
  Math.ceil((endsAtMs + idleRowMs) / 1_000);

const names = { "#owner": "owner", "#token": "token" };

export interface AcquireRow {
  table: string;
  name: string;
  owner: string;
  token: number;
  leaseUntilMs: number;
  /** Leases that ended before are free, in milliseconds of the epoch. */
  freeBeforeMs: number;
}

/**
 * Takes a row that is free, or ours already, under a token that is greater than its last one. That
 * also refuses an attempt of ours that DynamoDB applies late:
 *
 *   attempt 1, token 7   sent ············ no answer ·················· arrives: 7 < 8, refused
 *   attempt 2, token 8          sent ── granted ── released, token 8 stays
 */
export const acquireRow = (wanted: AcquireRow): RowUpdate => ({
  TableName: wanted.table,
  Key: keyOf(wanted.name),
  UpdateExpression:
    "SET #owner = :owner, #token = :token, leaseUntilMs = :until, ttlSeconds = :ttl",
  ConditionExpression:
    "(attribute_not_exists(lockName) OR leaseUntilMs < :free OR #owner = :owner)" +
    " AND (attribute_not_exists(#token) OR #token < :token)",
  ExpressionAttributeNames: names,
  ExpressionAttributeValues: {
    ":owner": wanted.owner,
    ":token": wanted.token,
    ":until": wanted.leaseUntilMs,
    ":ttl": ttlSecondsAfter(wanted.leaseUntilMs),
    ":free": wanted.freeBeforeMs,
  },
  ReturnValuesOnConditionCheckFailure: "ALL_OLD",
});

export interface RenewRow {
  table: string;
  name: string;
  owner: string;
  token: number;
  leaseUntilMs: number;
}

/**
 * Pushes the end of a lease on, and never back: that also refuses a renewal that DynamoDB applies
 * after the next one. Once it was released it cannot be renewed, however late.
 */
export const renewRow = ({ table, name, owner, token, leaseUntilMs }: RenewRow): RowUpdate => ({
  TableName: table,
  Key: keyOf(name),
  UpdateExpression: "SET leaseUntilMs = :until, ttlSeconds = :ttl",
  ConditionExpression: "#owner = :owner AND #token = :token AND leaseUntilMs <= :until",
  ExpressionAttributeNames: names,
  ExpressionAttributeValues: {
    ":owner": owner,
    ":token": token,
    ":until": leaseUntilMs,
    ":ttl": ttlSecondsAfter(leaseUntilMs),
  },
  ReturnValuesOnConditionCheckFailure: "ALL_OLD",
});

export interface ReleaseRow {
  table: string;
  name: string;
  owner: string;
  /** Milliseconds of the epoch. */
  nowMs: number;
}

/** Frees a row and keeps its token. */
export const releaseRow = ({ table, name, owner, nowMs }: ReleaseRow): RowUpdate => ({
  TableName: table,
  Key: keyOf(name),
  UpdateExpression: "SET leaseUntilMs = :free, ttlSeconds = :ttl REMOVE #owner",
  ConditionExpression: "#owner = :owner",
  ExpressionAttributeNames: { "#owner": names["#owner"] },
  ExpressionAttributeValues: { ":owner": owner, ":free": 0, ":ttl": ttlSecondsAfter(nowMs) },
  ReturnValuesOnConditionCheckFailure: "ALL_OLD",
});
