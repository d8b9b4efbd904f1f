/** The row of a once-only run, and the conditional writes upon it. All times in milliseconds. */
import type { DeleteCommandInput, UpdateCommandInput } from "@aws-sdk/lib-dynamodb";

/** Claimed: `owner` and `leaseUntilMs`. Done: `doneUntilMs` alone. */
export interface OnceRow {
  lockName: string;
  owner?: string;
  /** Of the epoch, by the clock of the call that runs. */
  leaseUntilMs?: number;
  /** Of the epoch. The clock judges it, since TTL removes a row days late. */
  doneUntilMs?: number;
  /** When DynamoDB may remove the row, in seconds of the epoch. */
  ttlSeconds: number;
}

/** A run's row cannot be taken for that of a lock (lock-table.ts), whatever their names. */
const keyOf = (key: string): { lockName: string } => ({ lockName: `once#${key}` });

const ttlSecondsAt = (atMs: number): number => Math.ceil(atMs / 1_000);

export interface ClaimRow {
  table: string;
  key: string;
  owner: string;
  leaseMs: number;
  nowMs: number;
  clockSkewMs: number;
}

/**
 * Takes a row that is neither done nor another's. Ours is taken again, which extends the claim and
 * resolves a lost reply; not by a late repeat, which would shorten the claim or undo the mark.
 */
export const claimRow = (claim: ClaimRow): UpdateCommandInput => ({
  TableName: claim.table,
  Key: keyOf(claim.key),
  UpdateExpression:
    "SET #owner = :owner, leaseUntilMs = :until, ttlSeconds = :ttl REMOVE doneUntilMs",
  ConditionExpression:
    "(attribute_not_exists(doneUntilMs) OR doneUntilMs < :now)" +
    " AND (attribute_not_exists(#owner) OR leaseUntilMs < :free" +
    " OR (#owner = :owner AND leaseUntilMs <= :until))",
  ExpressionAttributeNames: { "#owner": "owner" },
  ExpressionAttributeValues: {
    ":owner": claim.owner,
    ":until": claim.nowMs + claim.leaseMs,
    ":ttl": ttlSecondsAt(claim.nowMs + claim.leaseMs),
    ":now": claim.nowMs,
    ":free": claim.nowMs - claim.clockSkewMs,
  },
  ReturnValuesOnConditionCheckFailure: "ALL_OLD",
});

export interface CompleteRow {
  table: string;
  key: string;
  retentionMs: number;
  nowMs: number;
}

/** The mark. Whoever has the claim by now: the work has happened. */
export const completeRow = (done: CompleteRow): UpdateCommandInput => ({
  TableName: done.table,
  Key: keyOf(done.key),
  UpdateExpression: "SET doneUntilMs = :until, ttlSeconds = :ttl REMOVE #owner, leaseUntilMs",
  ExpressionAttributeNames: { "#owner": "owner" },
  ExpressionAttributeValues: {
    ":until": done.nowMs + done.retentionMs,
    ":ttl": ttlSecondsAt(done.nowMs + done.retentionMs),
  },
});

/** Gives a claim back. A mark has no owner, so that no claim takes it along. */
export const abandonRow = (claim: {
  table: string;
  key: string;
  owner: string;
}): DeleteCommandInput => ({
  TableName: claim.table,
  Key: keyOf(claim.key),
  ConditionExpression: "#owner = :owner",
  ExpressionAttributeNames: { "#owner": "owner" },
  ExpressionAttributeValues: { ":owner": claim.owner },
  ReturnValuesOnConditionCheckFailure: "ALL_OLD",
});
