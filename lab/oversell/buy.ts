/**
 * How each approach sells one unit of a SKU, in its requests to DynamoDB. The lines that decide who
 * oversells are these.
 */
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { callWithin } from "../../inventory/dynamodb/database.ts";
import type { Inventory } from "../../inventory/inventory.ts";
import { LockError } from "../../locks/lock-error.ts";
import type { Lease, Locks } from "../../locks/locks.ts";
import { leaseMs } from "./bounds.ts";

/** `superseded`: a condition on the token has refused it, nothing was sold; the buyer tries again. */
export type Answer = "sold" | "sold_out" | "superseded";

/**
 * Tries to buy one unit. `beforeWrite` runs between the last look that the buyer takes and its write:
 * what stops a process there, a garbage collector, a hypervisor, a debugger, nobody can exclude.
 */
export type Buy = (sku: string, beforeWrite: () => Promise<void>) => Promise<Answer>;

/** A table of counts: `available` by `sku`. */
export interface Counts {
  /** Sends each request once: a repeated one is another buyer here. */
  client: DynamoDBClient;
  table: string;
}

const keyOf = ({ table }: Counts, sku: string) => ({
  TableName: table,
  Key: { sku: { S: sku } },
});

/** Resolves with undefined where the condition refuses. */
const ifAllowed = async <Output>(request: Promise<Output>): Promise<Output | undefined> => {
  try {
    return await request;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
};

const read = async (counts: Counts, sku: string): Promise<number> => {
  const command = new GetItemCommand({ ...keyOf(counts, sku), ConsistentRead: true });
  const { Item } = await counts.client.send(command);
  return Number(Item!["available"]!.N);
};

const write = async (counts: Counts, sku: string, count: number): Promise<void> => {
  const command = new UpdateItemCommand({
    ...keyOf(counts, sku),
    UpdateExpression: "SET available = :count",
    ExpressionAttributeValues: { ":count": { N: String(count) } },
  });
  await counts.client.send(command);
};

/** Case 1: read the count, subtract here, write the target count back. */
export const readThenWrite =
  (counts: Counts): Buy =>
  async (sku, beforeWrite) => {
    const count = await read(counts, sku);
    if (count === 0) return "sold_out";
    await beforeWrite();
    await write(counts, sku, count - 1);
    return "sold";
  };

/** Runs it under a lock on the SKU. That its lease was lost meanwhile undoes nothing of it. */
const underLease = async (
  locks: Locks,
  sku: string,
  buy: (lease: Lease) => Promise<Answer>,
): Promise<Answer> => {
  const lease = await locks.acquire(sku, { leaseMs, waitMs: lockWaitMs });
  try {
    return await buy(lease);
  } finally {
    await lease.release().catch(ignoreEndedLease);
  }
};

/** Lost, it has ended already; where the server does not answer, it ends by itself. */
const ignoreEndedLease = (error: unknown): void => {
  if (!(error instanceof LockError)) throw error;
};

const lockWaitMs = 10_000;

/** Case 1 under a lock. It looks at its lease last thing before it writes: no lock lets it do more. */
export const lockedReadThenWrite =
  (counts: Counts, locks: Locks): Buy =>
  (sku, beforeWrite) =>
    underLease(locks, sku, async ({ signal }) => {
      const count = await read(counts, sku);
      if (count === 0) return "sold_out";
      signal.throwIfAborted();
      await beforeWrite();
      await write(counts, sku, count - 1);
      return "sold";
    });

/**
 * Reads the count and leaves the token beside it. A token that only came with the write would be too
 * late: an older holder could still write between this one's read and its write.
 */
const readFenced = async (
  counts: Counts,
  sku: string,
  token: number,
): Promise<number | undefined> => {
  const command = new UpdateItemCommand({
    ...keyOf(counts, sku),
    UpdateExpression: "SET fence = :token",
    ConditionExpression: "attribute_not_exists(fence) OR fence <= :token",
    ExpressionAttributeValues: { ":token": { N: String(token) } },
    ReturnValues: "ALL_NEW",
  });
  const answer = await ifAllowed(counts.client.send(command));
  return answer && Number(answer.Attributes!["available"]!.N);
};

/** Resolves with whether it was allowed: no greater token has been there since. */
const writeFenced = async (
  counts: Counts,
  sku: string,
  count: number,
  token: number,
): Promise<boolean> => {
  const command = new UpdateItemCommand({
    ...keyOf(counts, sku),
    UpdateExpression: "SET available = :count",
    ConditionExpression: "fence = :token",
    ExpressionAttributeValues: { ":count": { N: String(count) }, ":token": { N: String(token) } },
  });
  return (await ifAllowed(counts.client.send(command))) !== undefined;
};

/** Case 1 under a lock whose token the record keeps: it refuses who comes too late. */
export const fencedReadThenWrite =
  (counts: Counts, locks: Locks): Buy =>
  (sku, beforeWrite) =>
    underLease(locks, sku, async ({ signal, token }) => {
      const count = await readFenced(counts, sku, token);
      if (count === undefined) return "superseded";
      if (count === 0) return "sold_out";
      signal.throwIfAborted();
      await beforeWrite();
      return (await writeFenced(counts, sku, count - 1, token)) ? "sold" : "superseded";
    });

/** Case 2: the database subtracts, under a condition. */
export const subtractIfAvailable =
  (counts: Counts): Buy =>
  async (sku, beforeWrite) => {
    const command = new UpdateItemCommand({
      ...keyOf(counts, sku),
      UpdateExpression: "SET available = available - :one",
      ConditionExpression: "available >= :one",
      ExpressionAttributeValues: { ":one": { N: "1" } },
    });
    await beforeWrite();
    return (await ifAllowed(counts.client.send(command))) === undefined ? "sold_out" : "sold";
  };

/** The whole of Holdfast's reserve: the same condition, and a record of the hold, in one transaction. */
export const reserve =
  (inventory: Inventory): Buy =>
  async (sku, beforeWrite) => {
    await beforeWrite();
    const result = await inventory.reserve({ lines: [{ sku, quantity: 1 }] }, callWithin());
    if (result.outcome === "reserved") return "sold";
    if (result.outcome === "insufficient_stock") return "sold_out";
    throw new Error(`The reserve of ${sku} ended as ${result.outcome}.`);
  };
