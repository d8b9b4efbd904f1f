import { unitsMax } from "../../contract/bounds.ts";
import type { Adjustment, ReservationItem, StockItem } from "../../contract/tables.ts";
import { actorOf, backOff, withPatience, type Call, type Database } from "../dynamodb/database.ts";
import { readItem } from "../dynamodb/read-item.ts";
import { fingerprint, idOfKey, timeOrderedId } from "../identity.ts";
import { endedTtlSeconds } from "../reservations/reservation.ts";
import { proveShortage } from "../reservations/make-room.ts";
import { levelKeyOf, levelNameOf, type LevelName } from "./level-key.ts";
import { levelOf, readLevel, readRows, shardsOf, type StockLevel } from "./level.ts";
import { findMarker, markersOf, type Marker, type NewMarker } from "./marker.ts";
import { putRecord, type Committed } from "./put-record.ts";
import { resolveMarkers, supersede } from "./resolve.ts";
import { changeRow, readRow } from "./row.ts";
import { gatherUnits } from "./shards.ts";

export interface AdjustStockInput extends LevelName {
  /** Units that arrived (positive) or are gone (negative). */
  delta: number;
  reason: string;
  reference?: string | undefined;
  /** Repeats under the same key, for the same SKU and location, change nothing. */
  idempotencyKey?: string | undefined;
}

export type AdjustStockOutcome =
  | { outcome: "adjusted"; stock: StockLevel }
  /** The same adjustment was made before. `stock` is the level as it is now. */
  | { outcome: "replayed"; stock: StockLevel }
  /** More units would be gone than are available: held units are never taken away. */
  | { outcome: "insufficient_stock"; stock: StockLevel }
  /** More units would be on hand than a record may have. */
  | { outcome: "above_units_max"; stock: StockLevel }
  | { outcome: "idempotency_key_reused" }
  | { outcome: "unknown_sku" };

/** One adjustment, under the id of its record. */
interface AdjustRequest {
  reservationId: string;
  levelKey: string;
  adjustment: Adjustment;
  fingerprint: string;
}

type Placed = { marker: Marker; row: StockItem } | { refused: AdjustStockOutcome };

/**
 * Changes the units on hand by `delta`, once, by the same steps as a hold: a marker in the row, then a
 * record that decides it. Units that are gone leave with the marker; units that arrived are added once
 * the record is there, since they might be sold before it. Neither step needs a row that stands still.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const adjustStock = async (
  database: Database,
  input: AdjustStockInput,
  caller: Call,
): Promise<AdjustStockOutcome> => {
  const call = withPatience(database, caller);
  const request = requestOf(database, input, call);
  let record: ReservationItem | undefined;
  for (let attempt = 0; ; attempt += 1) {
    if (record !== undefined && record.status !== "abandoned") {
      return replay(database, request, record, call);
    }
    const base = record?.version ?? 0;
    const placed = await place(database, request, base, call);
    if ("refused" in placed) {
      // The units may be gone because this very adjustment has taken them.
      record = await readRecord(database, request, call);
      if (record === undefined || record.status === "abandoned") return placed.refused;
      continue;
    }
    const committed = await commit(database, request, base, placed.marker, call);
    if ("written" in committed) return finish(database, request, placed, call);
    const { reservationId } = request;
    record = committed.found ?? (await supersede(database, reservationId, undefined, 0, call));
    await resolveMarkers(database, placed.row, [placed.marker], call, { isPatient: false });
    if (attempt > 0) await backOff(database, call, attempt, "conflict");
  }
};

function requestOf(database: Database, input: AdjustStockInput, call: Call): AdjustRequest {
  const { delta, reason, reference, idempotencyKey } = input;
  const levelKey = levelKeyOf(input);
  return {
    reservationId:
      idempotencyKey === undefined
        ? timeOrderedId(database.now(), database.randomUuid())
        : idOfKey(["adjustment", levelKey], idempotencyKey),
    levelKey,
    adjustment: {
      delta,
      reason,
      ...(reference !== undefined && { reference }),
      ...actorOf(call),
    },
    fingerprint: fingerprint([delta, reason, reference]),
  };
}

const readRecord = (database: Database, { reservationId }: AdjustRequest, call: Call) =>
  readItem<ReservationItem>(database, database.tables.reservations, { reservationId }, call);

/** Places the marker in the row, or finds out why it cannot be placed. */
async function place(
  database: Database,
  { reservationId, levelKey, adjustment }: AdjustRequest,
  base: number,
  call: Call,
): Promise<Placed> {
  const { delta } = adjustment;
  const kind = delta < 0 ? "removal" : "addition";
  const marker: NewMarker = { reservationId, kind, base, quantity: Math.abs(delta) };
  const { delta: _delta, ...reason } = adjustment;
  const change = {
    place: [marker],
    lastChange: { kind: "adjustment", ...reason },
    ...(delta > 0 && { onHandMax: unitsMax - delta }),
  } as const;
  for (let attempt = 0; ; attempt += 1) {
    const result = await changeRow(database, levelKey, change, call);
    const row = result.applied ? result.row : result.found;
    if (row === undefined) return { refused: { outcome: "unknown_sku" } };
    const own = findMarker(row, marker);
    if (own !== undefined) return { marker: own, row };
    if (row.onHand + delta > unitsMax) {
      return { refused: { outcome: "above_units_max", stock: levelOf([row]) } };
    }
    if (delta < 0 && row.available < -delta) {
      const short = await makeAvailable(database, row, -delta, call);
      if (short !== undefined) return { refused: { outcome: "insufficient_stock", stock: short } };
    } else await resolveMarkers(database, row, markersOf(row), call);
    if (attempt > 0) await backOff(database, call, attempt, "conflict");
  }
}

/** Brings units of other rows to the first one. Returns the level where it has too few of them. */
async function makeAvailable(
  database: Database,
  first: StockItem,
  units: number,
  call: Call,
): Promise<StockLevel | undefined> {
  const shards = shardsOf(first);
  const rows = shards === 1 ? [first] : await readRows(database, first.sku, call, shards);
  if (rows === undefined) return undefined;
  if (levelOf(rows).available < units) {
    const short = await proveShortage(database, rows, units, call);
    if (short !== undefined) return levelOf(short);
  }
  if (rows.length > 1) await gatherUnits(database, rows, units, call);
  return undefined;
}

const commit = (
  database: Database,
  { reservationId, levelKey, adjustment, fingerprint: hash }: AdjustRequest,
  base: number,
  { quantity, version }: Marker,
  call: Call,
): Promise<Committed> => {
  const itemAt = (nowMs: number) => ({
    reservationId,
    status: "adjustment" as const,
    lines: [{ ...levelNameOf(levelKey), quantity }],
    parts: [{ row: levelKey, quantity, version }],
    createdAtMs: nowMs,
    expiresAtMs: nowMs,
    fingerprint: hash,
    adjustment,
    ttlSeconds: endedTtlSeconds(database, nowMs),
  });
  return putRecord(database, base, itemAt, call);
};

/** Adds units that arrived, and removes the marker. */
async function finish(
  database: Database,
  { levelKey, adjustment }: AdjustRequest,
  { marker, row }: Extract<Placed, { marker: Marker }>,
  call: Call,
): Promise<AdjustStockOutcome> {
  // The marker of units that left is removed by the next request that meets it.
  if (marker.kind === "removal")
    return answer("adjusted", await readLevel(database, levelKey, call, row));
  const { delta: _delta, ...reason } = adjustment;
  const change = { settle: [marker], lastChange: { kind: "adjustment", ...reason } } as const;
  const result = await changeRow(database, levelKey, change, call);
  // Where it was not applied, another request has met the marker, and added them.
  const after = result.applied ? result.row : result.found;
  return answer("adjusted", after && (await readLevel(database, levelKey, call, after)));
}

const answer = (
  outcome: "adjusted" | "replayed",
  stock: StockLevel | undefined,
): AdjustStockOutcome => (stock === undefined ? { outcome: "unknown_sku" } : { outcome, stock });

/** The answer to a repeat: the level as it is now, or a refusal of another request under the key. */
async function replay(
  database: Database,
  { levelKey, fingerprint: hash }: AdjustRequest,
  existing: ReservationItem,
  call: Call,
): Promise<AdjustStockOutcome> {
  if (existing.fingerprint !== hash) return { outcome: "idempotency_key_reused" };
  const row = await readRow(database, levelKey, call);
  if (row === undefined) return { outcome: "unknown_sku" };
  const own = markersOf(row).filter(
    ({ reservationId }) => reservationId === existing.reservationId,
  );
  const resolved = own.length > 0 ? await resolveMarkers(database, row, own, call) : { row };
  return answer("replayed", await readLevel(database, levelKey, call, resolved.row ?? row));
}
