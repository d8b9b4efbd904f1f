/**
 * Looks again at rows whose movements did not seem to add up: their sum, between two looks at a row that
 * has not moved. Movements come by the stream, so that a ledger may be behind for a while.
 */
import { overdueMs, pageSizeMax } from "../../contract/bounds.ts";
import type { StockItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { listAllMovements } from "../stock/ledger.ts";
import { levelKeyOfRow } from "../stock/level-key.ts";
import { isRow } from "../stock/row.ts";
import { everyPage } from "../dynamodb/list-newest.ts";
import { readItem } from "../dynamodb/read-item.ts";
import { isBalanced, ledgerDrift, noCounts, plus, sumOf, type LedgerSum } from "./check-ledger.ts";
import type { Verdict } from "./verify-stock.ts";

const looksMax = 8;

/** The sum of the movements of a row, newest first, and the first version that is not there. */
interface Reading {
  sum: LedgerSum;
  /** No later than then the missing version was written; undefined when none is missing. */
  missingSinceMs?: number | undefined;
}

const readLedger = async (
  database: Database,
  { sku: key, version, startVersion = 0, updatedAtMs }: StockItem,
  call: Call,
): Promise<Reading> => {
  let sum = noCounts;
  let expected = version;
  let laterAtMs = updatedAtMs;
  let missingSinceMs: number | undefined;
  const pages = everyPage((cursor) =>
    listAllMovements(database, { levelKey: levelKeyOfRow(key), limit: pageSizeMax, cursor }, call),
  );
  for await (const movements of pages) {
    for (const movement of movements.filter(({ row, sku }) => (row ?? sku) === key)) {
      sum = plus(sum, sumOf(movement));
      if (expected > startVersion && movement.version < expected) missingSinceMs ??= laterAtMs;
      // An opening stands for all that came before it.
      expected = movement.kind === "opening" ? 0 : Math.min(expected, movement.version - 1);
      laterAtMs = movement.atMs;
    }
  }
  if (expected > startVersion) missingSinceMs ??= laterAtMs;
  return { sum, missingSinceMs };
};

/** Whether what is missing may still be on its way. */
const isBehind = ({ missingSinceMs }: Reading, nowMs: number): boolean =>
  missingSinceMs !== undefined && missingSinceMs > nowMs - overdueMs;

/** @param apartMs between two looks that have to agree */
export const verifyLedger = async (
  database: Database,
  key: string,
  apartMs: number,
  call: Call,
): Promise<Verdict> => {
  const readStock = () => readItem<StockItem>(database, database.tables.stock, { sku: key }, call);
  let last: { version: number; sum: LedgerSum } | undefined;
  for (let looks = 0; looks < looksMax; looks += 1) {
    const before = await readStock();
    // A row that was taken out of the table by hand has a history and no record.
    if (before === undefined || !isRow(before)) return { version: 0, isInMotion: false };
    const reading = await readLedger(database, before, call);
    const { sum } = reading;
    const stock = await readStock();
    const hasMoved = stock?.version !== before.version;
    if (!hasMoved && isBalanced(before, sum)) {
      return { version: before.version, isInMotion: false };
    }
    const mayJudge = !hasMoved && !isBehind(reading, database.now());
    const isSame =
      last?.version === before.version && JSON.stringify(last.sum) === JSON.stringify(sum);
    if (mayJudge && isSame) {
      return {
        case: ledgerDrift(database, before, sum, call),
        version: before.version,
        isInMotion: false,
      };
    }
    last = mayJudge ? { version: before.version, sum } : undefined;
    await database.sleep(hasMoved ? database.random() * apartMs : apartMs);
  }
  return { version: 0, isInMotion: true };
};
