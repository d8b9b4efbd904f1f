/**
 * Leases on the SKUs of an order, so that orders which get in each other's way take turns. They are for
 * progress; the conditions of the writes are what makes the stock right.
 */
import { orderLeaseMs } from "../../contract/bounds.ts";
import type { Line, MultiItemStrategy, ReservationItem } from "../../contract/tables.ts";
import type { DynamoDbLease, DynamoDbLocks } from "../../locks/dynamodb/dynamodb-locks.ts";
import type { LockError, LockErrorCode } from "../../locks/lock-error.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { InventoryError } from "../errors.ts";

/** A database with the locks under which orders of several lines are written. */
export interface LeasingDatabase extends Database {
  locks: DynamoDbLocks;
  /** `optimistic`: leases only for orders that get in each other's way. */
  multiItemStrategy: MultiItemStrategy;
}

export const withLeases = (
  database: Database,
  options: Pick<LeasingDatabase, "locks"> & Partial<LeasingDatabase>,
): LeasingDatabase => ({ ...database, multiItemStrategy: "optimistic", ...options });

/** Exhaustive: a new code of the lock library does not compile until it is mapped. */
const faults: Record<LockErrorCode, "busy" | "unavailable"> = {
  not_acquired: "busy",
  lost: "busy",
  // The deadline leaves less than a lease.
  invalid_argument: "busy",
  unavailable: "unavailable",
};

/** An error of the lock library in this room's terms. All others are passed on. */
const translated = (error: unknown): unknown => {
  const { name, code } = error as LockError;
  if (name !== "LockError") return error;
  return new InventoryError(faults[code], `The SKUs could not be leased: ${code}.`, {
    cause: error,
  });
};

/** Other requests are in the way. The record is that of the attempt, where it left one or changed it. */
export interface Blocked {
  blocked: ReservationItem | undefined;
}

/**
 * Does the work for these lines; under leases on their SKUs where other requests are in its way, or always where the
 * stack wants that. The work under leases tries until it is decided.
 *
 * @throws InventoryError `busy` when others have the leases until the wait is over, `unavailable`
 */
export const takeTurns = async <Result extends object>(
  database: LeasingDatabase,
  lines: readonly Line[],
  call: Call,
  work: (isLeased: boolean, record: ReservationItem | undefined) => Promise<Result | Blocked>,
): Promise<Result> => {
  const isLeased = lines.length > 1 && database.multiItemStrategy === "leased";
  const first = isLeased ? { blocked: undefined } : await work(false, undefined);
  if (!isBlocked(first)) return first;
  const skus = [...new Set(lines.map(({ sku }) => sku))].toSorted();
  const leased = await underLeases(database, skus, call, () => work(true, first.blocked));
  if (isBlocked(leased)) throw new Error("A request under leases tries until it is decided.");
  return leased;
};

const isBlocked = (result: object): result is Blocked => "blocked" in result;

/** Leases that one request takes together. */
const leasesAtOnce = 50;

/**
 * Does the work under leases on all SKUs (sorted, each once), whatever their locations. Leases of one request are taken together;
 * more are taken in the order of their names, so that two such orders do not wait for each other.
 *
 * @throws InventoryError `busy` when others have the leases until the wait is over, `unavailable`
 */
const underLeases = async <Result>(
  database: LeasingDatabase,
  skus: readonly string[],
  call: Call,
  work: () => Promise<Result>,
): Promise<Result> => {
  const { locks } = database;
  const leases: DynamoDbLease[] = [];
  try {
    for (let from = 0; from < skus.length; from += leasesAtOnce) {
      const patienceMs = call.patienceMs?.() ?? call.remainingMs();
      leases.push(
        await locks.acquire(skus.slice(from, from + leasesAtOnce), {
          leaseMs: orderLeaseMs,
          waitMs: Math.max(0, Math.floor(patienceMs)),
          deadline: () => call.remainingMs(),
          renew: true,
        }),
      );
    }
    return await work();
  } catch (error) {
    throw translated(error);
  } finally {
    // A lease that cannot be released ends by itself.
    await Promise.allSettled(leases.map((lease) => lease[Symbol.asyncDispose]()));
  }
};
