/**
 * Gives dead holds back. It goes through the partitions of the index in pages, so that its work stays
 * done whenever it is stopped; several sweeps at once begin at different partitions and cost each other
 * little but reads. Now and then it also resolves markers that requests which died left in rows, and
 * makes quiet levels one row again.
 */
import { sweepInFlight, sweepPageSize } from "../../contract/bounds.ts";
import type { ReservationItem, StockItem } from "../../contract/tables.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { InventoryError } from "../errors.ts";
import { forEach } from "../for-each.ts";
import { markersOf } from "../stock/marker.ts";
import { isBackorderKey, isFirstRow, levelNameOf } from "../stock/level-key.ts";
import { mergeIfQuiet } from "../stock/shards.ts";
import { resolveMarkers } from "../stock/resolve.ts";
import { scanRows } from "../stock/row.ts";
import { recordsAtOnce } from "./change-parts.ts";
import { expiryShardsOf, queryHolds } from "./hold-index.ts";
import { isDue } from "./reservation.ts";
import { serveBackorders } from "./serve-backorders.ts";
import { endHolds } from "./transitions.ts";

export interface SweepReport {
  /** Holds that this sweep has expired. */
  expired: number;
  /** Rows whose markers it has resolved. */
  settled: number;
  /** Holds and rows that it could not write, for the next sweep to try. */
  failed: number;
  /** True when the sweep has seen all that was due when it read. */
  isComplete: boolean;
}

export interface SweepOptions {
  /** Called with each failure, which does not stop the sweep: the id of a hold, or the key of a row. */
  onFailure?: (subject: string, error: Error) => void;
  /** Also resolves the open markers of all rows, and merges rows of quiet levels. It reads the table. */
  resolvesRows?: boolean;
}

/**
 * Expires the holds that are due. Holds of one row are ended together, so that the sweep does not get
 * in its own way. It ends at the deadline of the call, with a report of its progress, and rejects only
 * where the index itself cannot be read.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const sweep = async (
  database: Database,
  call: Call,
  { onFailure, resolvesRows = false }: SweepOptions = {},
): Promise<SweepReport> => {
  const report = { expired: 0, settled: 0, failed: 0 };

  /** One failed record or row must not keep the others. */
  const attempt = async (subject: string, work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      report.failed += 1;
      onFailure?.(subject, error as Error);
      return false;
    }
  };

  const expireTogether = async (items: readonly ReservationItem[]): Promise<void> => {
    const due = items.filter((item) => isDue(item, database.now()));
    if (due.length === 0) return;
    const results = await endHolds(database, due, "expired", call);
    report.expired += results.filter((result) => "written" in result).length;
  };

  /** Ends a batch of holds, and one by one where one of them cannot be ended. */
  const expireBatch = async (items: readonly ReservationItem[]): Promise<void> => {
    if (call.remainingMs() <= 0) return;
    if (items.length > 1) {
      try {
        return await expireTogether(items);
      } catch {
        // Which one it was is seen below.
      }
    }
    for (const item of items) {
      await attempt(item.reservationId, () => expireTogether([item]));
    }
  };

  const sweepShard = async (shard: number): Promise<void> => {
    let start: Record<string, unknown> | undefined;
    do {
      const query = { shard, untilMs: database.now(), limit: sweepPageSize, start };
      const page = await queryHolds(database, query, call);
      const ids = page.holds.map(({ reservationId }) => reservationId);
      const items = await readReservations(database, ids, call);
      await forEach(batchesByRow(items), sweepInFlight, expireBatch);
      start = page.next;
    } while (start !== undefined);
  };

  const resolveRows = async (): Promise<void> => {
    for await (const rows of scanRows(database, call)) {
      await forEach(rows.filter(hasMarkers), sweepInFlight, async (row) => {
        const isDone = await attempt(row.sku, async () => {
          await resolveMarkers(database, row, markersOf(row), call);
        });
        if (isDone) report.settled += 1;
      });
      const waiting = rows.filter(({ sku, reserved }) => isBackorderKey(sku) && reserved > 0);
      await forEach(waiting, sweepInFlight, async ({ sku }) => {
        await attempt(sku, () => serveBackorders(database, levelNameOf(sku), call));
      });
      const first = rows.filter(({ sku }) => isFirstRow(sku));
      await forEach(first, sweepInFlight, async (row) => {
        await attempt(row.sku, () => mergeIfQuiet(database, row, call));
      });
    }
  };

  const shards = expiryShardsOf(database);
  const first = Math.floor(database.random() * shards.length);
  try {
    for (const shard of [...shards.slice(first), ...shards.slice(0, first)])
      await sweepShard(shard);
    if (resolvesRows) await resolveRows();
  } catch (error) {
    // No more is read past the deadline.
    if (!(error instanceof InventoryError) || call.remainingMs() > 0) throw error;
  }
  return { ...report, isComplete: call.remainingMs() > 0 };
};

const hasMarkers = ({ open }: StockItem): boolean => Object.keys(open ?? {}).length > 0;

/** Holds in batches that one row takes at once; records that are not well formed by themselves. */
function batchesByRow(items: readonly ReservationItem[]): ReservationItem[][] {
  const byRow = new Map<string, ReservationItem[]>();
  for (const item of items) {
    const row = item.parts?.length === 1 ? item.parts[0]!.row : item.reservationId;
    byRow.set(row, [...(byRow.get(row) ?? []), item]);
  }
  return [...byRow.values()].flatMap((some) =>
    Array.from({ length: Math.ceil(some.length / recordsAtOnce) }, (_, index) =>
      some.slice(index * recordsAtOnce, (index + 1) * recordsAtOnce),
    ),
  );
}
