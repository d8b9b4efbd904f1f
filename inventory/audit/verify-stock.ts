/**
 * Looks again at rows whose counts seemed wrong, before they are reported. A scan reads one record
 * after the other while the shop goes on, so that most of its findings are merely in motion:
 *
 *   look   row, version 7 ── reservations of the SKU ── row, version 7: they belong together
 *   look   row, version 7 ── reservations ──────────── row, version 8: look again
 *
 * Every hold changes the version of its row. The index may lag, so that two looks some way apart have
 * to agree.
 */
import type { ReservationItem, StockItem } from "../../contract/tables.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { expiryShardsOf, queryHolds } from "../reservations/hold-index.ts";
import { decisionOf, kindOf, markersOf, type Marker } from "../stock/marker.ts";
import { readRow } from "../stock/row.ts";
import { openParts } from "./check-reservation.ts";
import { agrees, checkStock, type Held } from "./check-stock.ts";
import type { Case } from "./finding.ts";

export interface Verdict {
  case?: Case;
  /** The version of the row that was judged; 0 for none. */
  version: number;
  /** True when the row changed at each look. */
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
  await Promise.all(expiryShardsOf(database).map(read));
  return ids;
};

/** A row and the records that account for its units; undefined when the row has moved meanwhile. */
const look = async (
  database: Database,
  sku: string,
  scannedIds: readonly string[],
  call: Call,
): Promise<Look | undefined> => {
  const before = await readRow(database, sku, call);
  // One that the index has lost is known from the scan.
  const indexed = await indexedIds(database, sku, call);
  const marked = before === undefined ? [] : markersOf(before);
  const ids = new Set([...scannedIds, ...indexed, ...marked.map((one) => one.reservationId)]);
  const items = await readReservations(database, [...ids], call);
  const after = await readRow(database, sku, call);
  const isSameRow = before?.version === after?.version && sameMarkers(before, after);
  return isSameRow ? { stock: after, held: heldIn(sku, items, marked) } : undefined;
};

const sameMarkers = (one: StockItem | undefined, other: StockItem | undefined): boolean => {
  const { open = {} } = one ?? {};
  const others = Object.entries(other?.open ?? {});
  return (
    others.length === Object.keys(open).length &&
    others.every(([key, value]) => open[key] === value)
  );
};

/** The units that records own, that no record owns yet, and that a record gave up and the row has. */
function heldIn(row: string, items: readonly ReservationItem[], markers: readonly Marker[]): Held {
  const owned = items.flatMap((item) =>
    openParts(item)
      .filter((part) => part.row === row)
      .map(({ quantity }) => ({ quantity, id: item.reservationId })),
  );
  const records = new Map(items.map((item) => [item.reservationId, item]));
  const inMotion = markers.filter((marker) => {
    const isDecided = decisionOf(row, marker, records.get(marker.reservationId)) === "decided";
    return kindOf(marker).isEager ? marker.kind === "hold" && !isDecided : isDecided;
  });
  const moving = inMotion.map(({ quantity, kind, reservationId: id }) => ({
    quantity: kind === "addition" ? 0 : quantity,
    id,
  }));
  const all = [...owned, ...moving];
  return {
    units: all.reduce((sum, { quantity }) => sum + quantity, 0),
    reservationIds: [...new Set(all.map(({ id }) => id))],
  };
}

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
      if (isRight) return { version: now.stock?.version ?? 0, isInMotion: false };
      if (last !== undefined && isSame(last, now)) {
        const found = judge(database, sku, now, call);
        return {
          ...(found && { case: found }),
          version: now.stock?.version ?? 0,
          isInMotion: false,
        };
      }
    }
    last = now;
    await database.sleep(now === undefined ? database.random() * apartMs : apartMs);
  }
  return { version: 0, isInMotion: true };
};
