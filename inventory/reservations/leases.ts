/**
 * Leases on the SKUs of an order, so that large orders get through among others instead of aborting
 * each other. They are for progress; what makes the stock right is the conditions of the writes.
 */
import {
  linesPerTransactionMax,
  orderLeaseMs,
  orderWaitMsDefault,
  transactionActionsMax,
} from "../../contract/bounds.ts";
import type { MultiItemStrategy, ReservationItem } from "../../contract/tables.ts";
import type { TransactionAction } from "../../locks/dynamodb/claim.ts";
import type { DynamoDbLease, DynamoDbLocks } from "../../locks/dynamodb/dynamodb-locks.ts";
import type { LockError, LockErrorCode } from "../../locks/lock-error.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { InventoryError } from "../errors.ts";
import type { TransactionResult } from "../dynamodb/transact.ts";

/** A database with what orders of several lines are written under. */
export interface LeasingDatabase extends Database {
  locks: DynamoDbLocks;
  /** `optimistic`: without leases where one transaction can write the order. */
  multiItemStrategy: MultiItemStrategy;
  /** How long an order waits for the leases of others, in milliseconds. */
  orderWaitMs: number;
}

export const withLeases = (
  database: Database,
  options: Pick<LeasingDatabase, "locks"> & Partial<LeasingDatabase>,
): LeasingDatabase => ({
  ...database,
  multiItemStrategy: "leased",
  orderWaitMs: orderWaitMsDefault,
  ...options,
});

type Written = TransactionResult<ReservationItem>;

export interface OrderLeases {
  /** The token of the lease that covers the line at this index. */
  fenceAt(index: number): number;
  /**
   * Writes the first transaction of an order, with the release of the leases in it where both fit.
   * When it is not applied, they are held as before.
   */
  releaseWithin(
    write: (releases: readonly TransactionAction[]) => Promise<Written>,
  ): Promise<Written>;
  /** Releases what is held still. Never rejects: a lease that is not released ends by itself. */
  release(): Promise<void>;
}

/** Exhaustive: a new code of the lock library's does not compile until it is mapped. */
const faults: Record<LockErrorCode, "busy" | "unavailable"> = {
  not_acquired: "busy",
  lost: "busy",
  // The deadline leaves less than a lease.
  invalid_argument: "busy",
  unavailable: "unavailable",
};

/** What the lock library throws, in this room's terms. All else is passed on. */
const translated = (error: unknown): unknown => {
  const { name, code } = error as LockError;
  if (name !== "LockError") return error;
  return new InventoryError(faults[code], `The SKUs could not be leased: ${code}.`, {
    cause: error,
  });
};

/** How many leases can be released in the transaction that writes as many lines. */
const releasesFit = (lines: number): boolean => 1 + 2 * lines <= transactionActionsMax;

/**
 * Leases all SKUs (sorted, each once), or none. Those of one transaction are leased together; more
 * are leased in the order of their names, so that two such orders do not wait for each other.
 *
 * @throws InventoryError `busy` when others have them until the wait is over, `unavailable`
 */
export const leaseSkus = async (
  database: LeasingDatabase,
  skus: readonly string[],
  call: Call,
): Promise<OrderLeases> => {
  const { locks, orderWaitMs } = database;
  const leases: DynamoDbLease[] = [];
  const held = new Set<DynamoDbLease>();
  const release = async (): Promise<void> => {
    const releasing = [...held];
    held.clear();
    await Promise.allSettled(releasing.map((lease) => lease[Symbol.asyncDispose]()));
  };
  const beganAtMs = database.monotonicMs();
  try {
    for (let from = 0; from < skus.length; from += linesPerTransactionMax) {
      const waitedMs = database.monotonicMs() - beganAtMs;
      const lease = await locks.acquire(skus.slice(from, from + linesPerTransactionMax), {
        leaseMs: orderLeaseMs,
        waitMs: Math.max(0, Math.floor(orderWaitMs - waitedMs)),
        deadline: () => call.remainingMs(),
        renew: true,
      });
      leases.push(lease);
      held.add(lease);
    }
  } catch (error) {
    await release();
    throw translated(error);
  }
  return {
    fenceAt: (index) => leases[Math.floor(index / linesPerTransactionMax)]!.token,
    releaseWithin: async (write) => {
      const [lease] = leases;
      if (lease === undefined || !releasesFit(skus.length)) return write([]);
      let result: Written = { applied: false, by: "lease" };
      try {
        await lease.releaseWithin(async (releases) => (result = await write(releases)).applied);
      } catch (error) {
        // It was over before anything was written.
        if ((error as LockError).loss === undefined) throw error;
      }
      if (result.applied) held.delete(lease);
      return result;
    },
    release,
  };
};
