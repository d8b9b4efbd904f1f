/**
 * Looks again at SKUs whose counts seemed wrong, before anybody is accused. A scan reads one record
 * after the other while the shop goes on, so that most of what it finds odd is merely in motion:
 *
 *   look   stock, version 7 ── reservations of the SKU ── stock, version 7: they belong together
 *   look   stock, version 7 ── reservations ──────────── stock, version 8: look again
 *
 * Every change of what is held of a SKU changes the version of its stock. The index may lag behind, so
 * that two looks some way apart have to agree.
 */
import { unsettledShard } from "../../contract/bounds.ts";
import type { StockItem } from "../../contract/tables.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { expiryShards, queryHolds } from "../reservations/hold-index.ts";
import { readItem } from "../dynamodb/read-item.ts";
import { reservedLines } from "./check-reservation.ts";
import { agrees, checkStock, type Held } from "./check-stock.ts";
import type { Case } from "./finding.ts";

export interface Verdict {
  case?: Case;
  /** It changed each time that it was looked at. */
  isInMotion: boolean;
}

interface Look {
  stock: StockItem | undefined;
  held: Held;
}

const looksMax = 8;
const indexPageSize = 1_000;

const indexedIds = async (database: Database, sku: string, call: Call): Promise<string[]> => {
  const ids: string[] = [];
  const read = async (shard: number): Promise<void> => {
    let start: Record<string, unknown> | undefined;
    do {
      const query = { shard, skus: [sku], limit: indexPageSize, start };
      const page = await queryHolds(database, query, call);
      ids.push(...page.holds.map(({ reservationId }) => reservationId));
      start = page.next;
    } while (start !== undefined);
  };
  await Promise.all([unsettledShard, ...expiryShards].map(read));
  return ids;
};

/** Stock and reservations that belong together; undefined when the stock has moved meanwhile. */
const look = async (
  database: Database,
  sku: string,
  scannedIds: readonly string[],
  call: Call,
): Promise<Look | undefined> => {
  const readStock = () => readItem<StockItem>(database, database.tables.stock, { sku }, call);
  const before = await readStock();
  // One that the index has lost is known from the scan.
  const ids = [...new Set([...scannedIds, ...(await indexedIds(database, sku, call))])];
  const items = await readReservations(database, ids, call);
  const after = await readStock();
  if (before?.version !== after?.version) return undefined;
  const holding = items.flatMap((item) =>
    reservedLines(item)
      .filter((line) => line.sku === sku)
      .map(({ quantity }) => ({ quantity, id: item.reservationId })),
  );
  return {
    stock: after,
    held: {
      units: holding.reduce((sum, { quantity }) => sum + quantity, 0),
      reservationIds: holding.map(({ id }) => id),
    },
  };
};

const isSame = (one: Look, other: Look): boolean =>
  one.stock?.version === other.stock?.version && one.held.units === other.held.units;

const judge = (database: Database, sku: string, { stock, held }: Look, call: Call) => {
  if (stock !== undefined) return checkStock(database, stock, held, call);
  if (held.units === 0) return undefined;
  return {
    damage: "stock_missing",
    subject: sku,
    detail: `held are ${held.units}`,
    reservationIds: held.reservationIds,
  } satisfies Case;
};

/** @param apartMs between two looks that have to agree: more than the index lags behind */
export const verifyStock = async (
  database: Database,
  sku: string,
  scannedIds: readonly string[],
  apartMs: number,
  call: Call,
): Promise<Verdict> => {
  let last: Look | undefined;
  for (let looks = 0; looks < looksMax; looks += 1) {
    const now = await look(database, sku, scannedIds, call);
    if (now !== undefined) {
      const isRight = now.stock ? agrees(now.stock, now.held.units) : now.held.units === 0;
      if (isRight) return { isInMotion: false };
      if (last !== undefined && isSame(last, now)) {
        const found = judge(database, sku, now, call);
        return { ...(found && { case: found }), isInMotion: false };
      }
    }
    last = now;
    await database.sleep(now === undefined ? database.random() * apartMs : apartMs);
  }
  return { isInMotion: true };
};
