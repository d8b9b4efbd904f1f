import { TransactWriteCommand, type TransactWriteCommandInput } from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { StockItem } from "../../contract/tables.ts";
import { backOff, type Call, type Database, type RetryCause } from "./database.ts";
import { InventoryError } from "../errors.ts";
import { send } from "./send.ts";

export type Action = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];

/** One write of a record (a reservation, a movement) together with the stock that it changes. */
export interface Transaction {
  record: Action;
  stock: readonly Action[];
  /** The token of the lease under which the stock is written, if there is one. */
  fence?: number | undefined;
  /** Releases that lease. */
  releases?: readonly Action[];
}

/** A stock condition that failed: with the item that it met, or without when there was none. */
export interface StockFailure {
  /** Of the action, as they were given. */
  index: number;
  found?: StockItem;
}

/** What became of it. `lease`: it is another's by now, or its token is older than what was written. */
export type TransactionResult<Item> =
  | { applied: true }
  | { applied: false; by: "record"; found?: Item }
  | { applied: false; by: "lease" }
  | { applied: false; by: "stock"; failures: StockFailure[] };

type CancellationReason = { Code?: string; Item?: Record<string, never> };

const retryCauses = {
  TransactionConflict: "conflict",
  ProvisionedThroughputExceeded: "throttle",
  ThrottlingError: "throttle",
} as const satisfies Record<string, RetryCause>;

const found = <Item>(reason: CancellationReason): { found?: Item } =>
  reason.Item === undefined ? {} : { found: unmarshall(reason.Item) as Item };

const retryCause = (reasons: CancellationReason[]) => {
  for (const { Code } of reasons) {
    if (Code !== undefined && Code in retryCauses) {
      return retryCauses[Code as keyof typeof retryCauses];
    }
  }
  return undefined;
};

const failed = (reason: CancellationReason): boolean => reason.Code === "ConditionalCheckFailed";

/**
 * Reads all the reasons of a cancelled transaction, the record's first.
 *
 * The record decides: if it was refused, the stock is beside the point (a repeat of a reservation
 * that took the last unit meets both). If another transaction was just then writing the record,
 * nothing is known yet, whatever the stock says. A lease that is over comes next: what was written
 * under a later one has to be looked at anew. Only then a failed stock condition counts; it is an
 * observation, and a conflict on another line does not take it back. What is left is contention.
 */
const readReasons = <Item>(
  reasons: CancellationReason[],
  { stock, fence = Infinity }: Transaction,
): TransactionResult<Item> | Contention | undefined => {
  const [record = {}, ...others] = reasons;
  if (failed(record)) return { applied: false, by: "record", ...found<Item>(record) };
  const recordRetry = retryCause([record]);
  if (recordRetry !== undefined) return { retry: recordRetry };
  const failures: StockFailure[] = others
    .slice(0, stock.length)
    .flatMap((reason, index) => (failed(reason) ? [{ index, ...found<StockItem>(reason) }] : []));
  const isOvertaken = failures.some(({ found: item }) => (item?.fence ?? 0) >= fence);
  if (isOvertaken || others.slice(stock.length).some(failed))
    return { applied: false, by: "lease" };
  if (failures.length > 0) return { applied: false, by: "stock", failures };
  const retry = retryCause(others);
  return retry === undefined ? undefined : { retry };
};

/** DynamoDB has applied nothing, and another attempt may succeed after a wait. */
export interface Contention {
  retry: RetryCause;
}

/**
 * Applies a transaction: all of it or nothing, in one attempt.
 *
 * @throws InventoryError as `send` does, and `rejected` for a cancellation without a known reason
 */
export const transactOnce = async <Item>(
  database: Database,
  transaction: Transaction,
  call: Call,
): Promise<TransactionResult<Item> | Contention> => {
  const { record, stock, releases = [] } = transaction;
  const actions = [record, ...stock, ...releases];
  const command = new TransactWriteCommand({ TransactItems: actions });
  try {
    await send(database, (options) => database.client.send(command, options), call);
    return { applied: true };
  } catch (error) {
    if ((error as Error).name !== "TransactionCanceledException") throw error;
    const reasons = (error as { CancellationReasons?: CancellationReason[] }).CancellationReasons;
    const result = readReasons<Item>(reasons ?? [], transaction);
    if (result !== undefined) return result;
    throw new InventoryError("rejected", "DynamoDB cancelled the transaction.", { cause: error });
  }
};

/**
 * Applies a transaction: all of it or nothing. A transaction that meets another one is cancelled by
 * DynamoDB at once and by the SDK not repeated, so it is repeated here, inside the deadline. Each
 * attempt asks `build` anew, since what was right to write may not be after a wait.
 *
 * @throws InventoryError `busy` when the deadline ends the attempts, and what `transactOnce` throws
 */
export const transact = async <Item>(
  database: Database,
  build: () => Transaction,
  call: Call,
): Promise<TransactionResult<Item>> => {
  for (let attempt = 0; ; attempt += 1) {
    const transaction = build();
    const result = await transactOnce<Item>(database, transaction, call);
    if (!("retry" in result)) return result;
    // A writer under leases keeps other orders waiting, so its pauses do not grow.
    const pauses = transaction.fence === undefined ? attempt : Math.min(attempt, 1);
    await backOff(database, call, pauses, result.retry);
  }
};
