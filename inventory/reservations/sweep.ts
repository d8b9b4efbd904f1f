/**
 * Gives dead holds back, and brings to an end what was left half written. It goes through the
 * partitions of the index in pages, so that what it has done stays done whenever it is stopped;
 * several sweeps at once begin at different ones and cost each other nothing but reads.
 */
import { sweepInFlight, sweepPageSize, unsettledShard } from "../../contract/bounds.ts";
import type { ReservationItem } from "../../contract/tables.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { InventoryError } from "../errors.ts";
import { forEach } from "../for-each.ts";
import { expiryShards, queryHolds } from "./hold-index.ts";
import { isDue } from "./reservation.ts";
import { settle, turnBack } from "./settle.ts";
import { endHold } from "./transitions.ts";

export interface SweepReport {
  /** Holds that this sweep has expired. */
  expired: number;
  /** Orders and endings of many lines that it has brought to their end. */
  settled: number;
  /** What it could not do, for the next one to try: too much traffic, or no answer. */
  failed: number;
  /** Whether it has seen all that was due when it looked. */
  isComplete: boolean;
}

export interface SweepOptions {
  /** Told of each failure, which does not stop the sweep. */
  onFailure?: (reservationId: string, error: InventoryError) => void;
}

/**
 * Expires the holds that are due, and returns or finishes orders that nobody is at any more.
 *
 * One request for each hold, and two for each page of them. It ends at the deadline of the call, with
 * a report of how far it has come, and rejects only where the index itself cannot be read.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const sweep = async (
  database: Database,
  call: Call,
  { onFailure }: SweepOptions = {},
): Promise<SweepReport> => {
  const report = { expired: 0, settled: 0, failed: 0 };

  const expire = async (item: ReservationItem): Promise<void> => {
    if (!isDue(item, database.now())) return;
    const result = await endHold(database, item, "expired", call);
    if ("ended" in result) report.expired += 1;
  };

  /** An order that was never answered for is returned: its caller has not got it. */
  const bringToEnd = async (item: ReservationItem): Promise<void> => {
    if ((item.attendedUntilMs ?? Infinity) > database.now()) return;
    const left = item.status === "reserving" ? await turnBack(database, item, call) : item;
    if (left !== undefined) await settle(database, left, call);
    report.settled += 1;
  };

  const tend = async (item: ReservationItem): Promise<void> => {
    if (call.remainingMs() <= 0) return;
    try {
      await (item.remaining === undefined ? expire(item) : bringToEnd(item));
    } catch (error) {
      if (!(error instanceof InventoryError)) throw error;
      report.failed += 1;
      onFailure?.(item.reservationId, error);
    }
  };

  const sweepShard = async (shard: number): Promise<void> => {
    let start: Record<string, unknown> | undefined;
    do {
      const untilMs = shard === unsettledShard ? Number.MAX_SAFE_INTEGER : database.now();
      const page = await queryHolds(
        database,
        { shard, untilMs, limit: sweepPageSize, start },
        call,
      );
      const ids = page.holds.map(({ reservationId }) => reservationId);
      const items = await readReservations(database, ids, call);
      await forEach(items, sweepInFlight, tend);
      start = page.next;
    } while (start !== undefined);
  };

  const first = Math.floor(database.random() * expiryShards.length);
  const shards = [...expiryShards.slice(first), ...expiryShards.slice(0, first)];
  try {
    // What is half written holds units of orders that nobody will ever have.
    for (const shard of [unsettledShard, ...shards]) await sweepShard(shard);
  } catch (error) {
    // Past the deadline no more is asked: what is done is done.
    if (!(error instanceof InventoryError) || call.remainingMs() > 0) throw error;
  }
  return { ...report, isComplete: call.remainingMs() > 0 };
};
