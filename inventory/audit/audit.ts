/**
 * Checks every invariant of the tables while the shop goes on, and repairs what it can by writes that
 * refuse when a record has moved. Tables are read in pages, and of the SKUs no more are remembered at
 * once than fit; where there are more, the tables are read again for the rest.
 * Next: finding.ts for what can be found, check-*.ts for each, verify-stock.ts for the second look.
 */
import { auditApartMs, auditSkusAtOnceMax, overdueMs, shardsMax } from "../../contract/bounds.ts";
import type { MovementItem, ReservationItem, StockItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { forEach } from "../for-each.ts";
import { readItem } from "../dynamodb/read-item.ts";
import { checkLease, type LockTableRow } from "./check-lease.ts";
import { checkReservation, openParts } from "./check-reservation.ts";
import { agrees, isConsistent, isShort } from "./check-stock.ts";
import type { Case, Finding } from "./finding.ts";
import { isBalanced, isNothing, noCounts, plus, sumOf, type LedgerSum } from "./check-ledger.ts";
import { scan } from "../dynamodb/scan.ts";
import { isFirstRow, levelKeyOfRow, shardOf } from "../stock/level-key.ts";
import { shardsOf } from "../stock/level.ts";
import { ageMsOf, markersOf } from "../stock/marker.ts";
import { resolveMarkers } from "../stock/resolve.ts";
import { scanRows } from "../stock/row.ts";
import { createTotals, wholeRange, type HashRange } from "./totals.ts";
import { verifyLedger } from "./verify-ledger.ts";
import { verifyStock, type Suspect } from "./verify-stock.ts";

export interface AuditOptions {
  locksTable: string;
  /** Sums up the ledger as well, which reads all of it. Unless false. */
  checksLedger?: boolean;
  /** Repairs what can be repaired. */
  apply?: boolean;
  /** Called with each finding, and with the result of its repair. */
  onFinding?: (finding: Finding) => void;
  /** Time between two looks that have to agree, in milliseconds. */
  apartMs?: number;
  /** How many SKUs with holds are remembered at once. */
  levelsAtOnceMax?: number;
}

export interface AuditReport {
  /** Rows of the table Stock. */
  stockRecords: number;
  reservations: number;
  leases: number;
  movements: number;
  findings: number;
  repaired: number;
  /** SKUs and rows that seemed wrong, and changed whenever they were looked at again. */
  inMotion: string[];
}

/** SKUs that are looked at again side by side: most of that is waiting. */
const verifiedInFlight = 16;

/** @throws InventoryError `busy`, `unavailable`, `rejected`: nothing is known of the rest then */
export const audit = async (
  database: Database,
  options: AuditOptions,
  call: Call,
): Promise<AuditReport> => {
  const { locksTable, checksLedger = true, apply = false, onFinding } = options;
  const { apartMs = auditApartMs, levelsAtOnceMax = auditSkusAtOnceMax } = options;
  const { reservations: reservationsTable } = database.tables;
  const report: AuditReport = {
    stockRecords: 0,
    reservations: 0,
    leases: 0,
    movements: 0,
    findings: 0,
    repaired: 0,
    inMotion: [],
  };

  const note = async ({ apply: repair, ...finding }: Case): Promise<void> => {
    report.findings += 1;
    if (apply && repair !== undefined) {
      finding.result = (await repair()) ? "repaired" : "moved";
      if (finding.result === "repaired") report.repaired += 1;
    }
    onFinding?.(finding);
  };

  /** Checks the records one by one. One that seems wrong is read again first. */
  const checkRecords = async (): Promise<void> => {
    for await (const items of scan<ReservationItem>(database, reservationsTable, call)) {
      report.reservations += items.length;
      for (const { reservationId, ...item } of items) {
        if (checkReservation(database, { reservationId, ...item }, call) === undefined) continue;
        const key = { reservationId };
        const again = await readItem<ReservationItem>(database, reservationsTable, key, call);
        const found = again && checkReservation(database, again, call);
        if (found !== undefined) await note(found);
      }
    }
  };

  const checkLeases = async (): Promise<void> => {
    for await (const rows of scan<LockTableRow>(database, locksTable, call)) {
      report.leases += rows.length;
      for (const row of rows) {
        const found = checkLease(database, locksTable, row, call);
        if (found !== undefined) await note(found);
      }
    }
  };

  /** Markers that no sweep has resolved for long. */
  const checkMarkers = async (row: StockItem): Promise<void> => {
    const nowMs = database.now();
    const overdue = (row.open === undefined ? [] : markersOf(row)).filter(
      (marker) => ageMsOf(marker, nowMs) > overdueMs,
    );
    if (overdue.length === 0) return;
    await note({
      damage: "marker_overdue",
      subject: row.sku,
      detail: `${overdue.length} of ${Object.keys(row.open).length} markers`,
      reservationIds: overdue.map(({ reservationId }) => reservationId),
      repair: "resolve them",
      apply: async () => {
        await resolveMarkers(database, row, overdue, call);
        return true;
      },
    });
  };

  /** The levels of a range that seem wrong, and the rest of the range. */
  const findSuspects = async (range: HashRange) => {
    const sums = createTotals<LevelSum>(range, levelsAtOnceMax, plusLevel);
    for await (const items of scan<ReservationItem>(database, reservationsTable, call)) {
      for (const { row, quantity } of items.filter(hasParts).flatMap(openParts)) {
        sums.add(levelKeyOfRow(row), { ...noRows, owned: quantity });
      }
    }
    const suspects = new Map<string, Suspect>();
    const suspect = (levelKey: string, lastShard: number): void => {
      suspects.set(levelKey, { levelKey, lastShard });
    };
    for await (const items of scanRows(database, call)) {
      if (range.from === 0) {
        report.stockRecords += items.length;
        for (const item of items) await checkMarkers(item);
      }
      for (const item of items) {
        const levelKey = levelKeyOfRow(item.sku);
        if (!sums.covers(levelKey)) continue;
        if (!isFirstRow(item.sku) || shardsOf(item) > 1) {
          sums.add(levelKey, sumOfRow(item));
          continue;
        }
        // A level of one row is not remembered.
        const { owned, rows, lastShard } = sums.take(levelKey) ?? noRows;
        const isRight = rows === 0 && agrees({ levelKey, rows: [item], past: [] }, owned);
        if (!isRight) suspect(levelKey, lastShard);
      }
    }
    for (const [levelKey, sum] of sums.rest()) {
      if (!seemsRight(sum)) suspect(levelKey, sum.lastShard);
    }
    return { suspects: [...suspects.values()], next: sums.next() };
  };

  /** The reservations that hold units of these levels, also those that the index has lost. */
  const withIds = async (suspects: readonly Suspect[]): Promise<[Suspect, string[]][]> => {
    if (suspects.length === 0) return [];
    const ids = new Map(suspects.map(({ levelKey }): [string, string[]] => [levelKey, []]));
    for await (const items of scan<ReservationItem>(database, reservationsTable, call)) {
      for (const item of items.filter(hasParts)) {
        for (const { row } of openParts(item))
          ids.get(levelKeyOfRow(row))?.push(item.reservationId);
      }
    }
    return suspects.map((suspect) => [suspect, ids.get(suspect.levelKey) ?? []]);
  };

  const checkStocks = async (): Promise<void> => {
    let range: HashRange | undefined = wholeRange;
    while (range !== undefined) {
      const { suspects, next } = await findSuspects(range);
      const wrong = new Map<Suspect, number>();
      await forEach(await withIds(suspects), verifiedInFlight, async ([suspect, ids]) => {
        const verdict = await verifyStock(database, suspect, ids, apartMs, call);
        if (verdict.isInMotion) report.inMotion.push(suspect.levelKey);
        if (verdict.case !== undefined) wrong.set(suspect, verdict.version);
      });
      // A hold that was confirmed after the scan is in no index: the records are read once more.
      await forEach(await withIds([...wrong.keys()]), verifiedInFlight, async ([suspect, ids]) => {
        const verdict = await verifyStock(database, suspect, ids, apartMs, call);
        if (verdict.case === undefined) return;
        if (Object.is(verdict.version, wrong.get(suspect))) await note(verdict.case);
        else report.inMotion.push(suspect.levelKey);
      });
      range = next;
    }
  };

  /** The rows of a range whose movements do not seem to add up, and the rest of the range. */
  const findUnbalanced = async (range: HashRange) => {
    const sums = createTotals<LedgerSum>(range, levelsAtOnceMax, plus);
    for await (const items of scan<MovementItem>(database, database.tables.movements, call)) {
      if (range.from === 0) report.movements += items.length;
      for (const item of items) sums.add(item.row ?? item.sku, sumOf(item));
    }
    const suspects = new Set<string>();
    for await (const items of scanRows(database, call)) {
      for (const item of items.filter(({ sku }) => sums.covers(sku))) {
        if (!isBalanced(item, sums.take(item.sku) ?? noCounts)) suspects.add(item.sku);
      }
    }
    // The movements of a row that a level no longer has add up to nothing.
    for (const [row, sum] of sums.rest()) if (!isNothing(sum)) suspects.add(row);
    return { suspects, next: sums.next() };
  };

  const checkLedger = async (): Promise<void> => {
    let range: HashRange | undefined = wholeRange;
    while (range !== undefined) {
      const { suspects, next } = await findUnbalanced(range);
      await forEach(suspects, verifiedInFlight, async (row) => {
        const verdict = await verifyLedger(database, row, apartMs, call);
        if (verdict.isInMotion) report.inMotion.push(row);
        if (verdict.case !== undefined) await note(verdict.case);
      });
      range = next;
    }
  };

  // Records first: a hold that is expired by a repair is then no drift of its stock.
  await checkRecords();
  await checkLeases();
  await checkStocks();
  // The change of a repair reaches the ledger by the stream, as every change does.
  if (checksLedger) await checkLedger();
  return report;
};

/** A record without parts is a finding of its own. */
const hasParts = (item: ReservationItem): boolean => Array.isArray(item.parts);

/** A level, as far as a scan has seen it. */
interface LevelSum {
  /** Units that reservations own. */
  owned: number;
  reserved: number;
  /** The number of rows, and that which the first row says; 0 where it was not seen. */
  rows: number;
  shards: number;
  /** The last row, from 0. */
  lastShard: number;
  areConsistent: boolean;
}

const noRows: LevelSum = {
  owned: 0,
  reserved: 0,
  rows: 0,
  shards: 0,
  lastShard: 0,
  areConsistent: true,
};

/** The number of a row in its level, as far as a level can have it. A key that was written by hand has any name. */
const possibleShardOf = (row: string): number => {
  const shard = shardOf(row);
  return Number.isInteger(shard) ? Math.min(shard, shardsMax) : 0;
};

const sumOfRow = (row: StockItem): LevelSum => ({
  owned: 0,
  reserved: row.reserved,
  rows: 1,
  shards: isFirstRow(row.sku) ? shardsOf(row) : 0,
  lastShard: possibleShardOf(row.sku),
  // Beside a shortfall the rows have to be seen together.
  areConsistent: isConsistent(row) && !isShort(row),
});

const plusLevel = (one: LevelSum, other: LevelSum): LevelSum => ({
  owned: one.owned + other.owned,
  reserved: one.reserved + other.reserved,
  rows: one.rows + other.rows,
  shards: one.shards + other.shards,
  lastShard: Math.max(one.lastShard, other.lastShard),
  areConsistent: one.areConsistent && other.areConsistent,
});

const seemsRight = ({ owned, reserved, rows, shards, areConsistent }: LevelSum): boolean =>
  rows > 0 && rows === shards && reserved === owned && areConsistent;
