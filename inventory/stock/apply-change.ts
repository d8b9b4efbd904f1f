/**
 * A change of stock that a caller asks for, made once under its key, by the same steps as a hold: markers in
 * the first rows of its levels, then a record that decides them. Units that leave are gone with their marker.
 * Units that arrive are added once the record is there, since they might be sold before it. No step needs a
 * row that stands still.
 */
import { unitsMax } from "../../contract/bounds.ts";
import type { LastChange, Part, ReservationItem, StockItem } from "../../contract/tables.ts";
import { backOff, type Call, type Database } from "../dynamodb/database.ts";
import { readItem } from "../dynamodb/read-item.ts";
import { idOfKey, timeOrderedId } from "../identity.ts";
import { endedTtlSeconds } from "../reservations/reservation.ts";
import { proveShortage } from "../reservations/make-room.ts";
import { levelNameOf } from "./level-key.ts";
import { levelOf, readLevel, readRows, shardsOf, unavailableOf, type StockLevel } from "./level.ts";
import {
  effectOf,
  findMarker,
  kindOf,
  markersOf,
  type Marker,
  type MarkerKind,
  type NewMarker,
} from "./marker.ts";
import { putRecord, type Committed } from "./put-record.ts";
import { resolveMarkers, supersede } from "./resolve.ts";
import { changeRow, readRow } from "./row.ts";
import { gatherUnits } from "./shards.ts";

/** Units that leave a level, arrive there, or change their state. */
export interface ChangeStep {
  levelKey: string;
  kind: MarkerKind;
}

/** A change under the id of its record. */
export interface StockChange {
  reservationId: string;
  /** Those by which units leave come first. */
  steps: readonly ChangeStep[];
  quantity: number;
  /** Distinguishes a repeat from another change under the same key. */
  fingerprint: string;
  /** The contents of the record that describe the change. */
  contents: Pick<ReservationItem, "adjustment" | "transfer"> & {
    status: "adjustment" | "transfer";
  };
  lastChange: LastChange;
}

/** The id of a change: the same for all requests of the realm under one key. */
export const changeIdOf = (
  database: Database,
  realm: readonly string[],
  idempotencyKey: string | undefined,
): string =>
  idempotencyKey === undefined
    ? timeOrderedId(database.now(), database.randomUuid())
    : idOfKey(realm, idempotencyKey);

export type ChangeOutcome =
  /** `rows` are the first rows of the levels, as they were seen last. */
  | { outcome: "applied" | "replayed"; rows: StockItem[] }
  /** Fewer units are in the level than would leave it. */
  | { outcome: "insufficient_stock"; stock: StockLevel }
  /** More units would be on hand than a row may have. */
  | { outcome: "above_units_max"; stock: StockLevel }
  | { outcome: "unknown_sku"; levelKey: string }
  | { outcome: "idempotency_key_reused" };

interface Placed {
  marker: Marker;
  row: StockItem;
}

type Refused = { refused: ChangeOutcome };

/** @throws InventoryError `busy`, `unavailable`, `rejected` */
export const applyChange = async (
  database: Database,
  change: StockChange,
  call: Call,
): Promise<ChangeOutcome> => {
  const { reservationId } = change;
  let record: ReservationItem | undefined;
  for (let attempt = 0; ; attempt += 1) {
    if (record !== undefined && record.status !== "abandoned") {
      return replay(database, change, record, call);
    }
    const base = record?.version ?? 0;
    const placed = await placeSteps(database, change, record, call);
    if ("refused" in placed) {
      // The units may be gone because this very change has taken them.
      record = await readRecord(database, change, call);
      if (record === undefined || record.status === "abandoned") return placed.refused;
      continue;
    }
    const committed = await commit(database, change, base, placed, call);
    if ("written" in committed) return finish(database, change, placed, call);
    record = committed.found ?? (await supersede(database, reservationId, undefined, 0, call));
    await undo(database, placed, call);
    if (attempt > 0) await backOff(database, call, attempt, "conflict");
  }
};

const readRecord = (database: Database, { reservationId }: StockChange, call: Call) =>
  readItem<ReservationItem>(database, database.tables.reservations, { reservationId }, call);

/** Places the markers of all steps, or none where one of them is refused. */
async function placeSteps(
  database: Database,
  change: StockChange,
  record: ReservationItem | undefined,
  call: Call,
): Promise<Placed[] | Refused> {
  const base = record?.version ?? 0;
  const placed: Placed[] = [];
  for (const step of change.steps) {
    const one = await place(database, change, step, base, call);
    if ("refused" in one) {
      if (placed.length > 0) {
        await supersede(database, change.reservationId, record, base, call);
        await undo(database, placed, call);
      }
      return one;
    }
    placed.push(one);
  }
  return placed;
}

/** Places the marker of a step in the row, or finds out why it cannot be placed. */
async function place(
  database: Database,
  { reservationId, quantity, lastChange }: StockChange,
  { levelKey, kind }: ChangeStep,
  base: number,
  call: Call,
): Promise<Placed | Refused> {
  const marker: NewMarker = { reservationId, kind, base, quantity };
  const { onHand, available } = effectOf([marker]);
  const { isEager } = kindOf(marker);
  const bound = !isEager && onHand > 0 ? { onHandMax: unitsMax - onHand } : {};
  for (let attempt = 0; ; attempt += 1) {
    const result = await changeRow(
      database,
      levelKey,
      { place: [marker], lastChange, ...bound },
      call,
    );
    const row = result.applied ? result.row : result.found;
    if (row === undefined) return { refused: { outcome: "unknown_sku", levelKey } };
    const own = findMarker(row, marker);
    if (own !== undefined) return { marker: own, row };
    if (!isEager && row.onHand + onHand > unitsMax) {
      return { refused: { outcome: "above_units_max", stock: levelOf([row]) } };
    }
    const takesAvailable = isEager && available < 0;
    if (takesAvailable && row.available < -available) {
      const short = await makeAvailable(database, row, -available, call);
      if (short !== undefined) return { refused: { outcome: "insufficient_stock", stock: short } };
    } else {
      const resolved = await resolveMarkers(database, row, markersOf(row), call);
      const { row: now = row, undecided } = resolved;
      const isShort = kind === "recall" && unavailableOf(now) < quantity;
      if (isShort && !undecided.some((one) => one.kind === "recall")) {
        const stock = (await readLevel(database, levelKey, call, now)) ?? levelOf([now]);
        return { refused: { outcome: "insufficient_stock", stock } };
      }
    }
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

/** Takes the markers out again that no record decides any more. */
async function undo(database: Database, placed: readonly Placed[], call: Call): Promise<void> {
  for (const { marker, row } of placed) {
    await resolveMarkers(database, row, [marker], call, { isPatient: false });
  }
}

const commit = (
  database: Database,
  { reservationId, quantity, fingerprint, contents }: StockChange,
  base: number,
  placed: readonly Placed[],
  call: Call,
): Promise<Committed> => {
  const parts = placed.map(({ marker, row }): Part => {
    const { version } = marker;
    const arrives = marker.kind === "receipt";
    return { row: row.sku, quantity, version, ...(arrives && { arrives }) };
  });
  const { status, ...reason } = contents;
  const itemAt = (nowMs: number) => ({
    reservationId,
    status,
    lines: [{ ...levelNameOf(parts[0]!.row), quantity }],
    parts,
    createdAtMs: nowMs,
    expiresAtMs: nowMs,
    fingerprint,
    ...reason,
    ttlSeconds: endedTtlSeconds(database, nowMs),
  });
  return putRecord(database, base, itemAt, call);
};

/** Adds units that arrived. The markers of units that left are removed by the next requests that meet them. */
async function finish(
  database: Database,
  { lastChange }: StockChange,
  placed: readonly Placed[],
  call: Call,
): Promise<ChangeOutcome> {
  const rows: StockItem[] = [];
  for (const { marker, row } of placed) {
    if (kindOf(marker).isEager) rows.push(row);
    else {
      const result = await changeRow(database, row.sku, { settle: [marker], lastChange }, call);
      // Where it was not applied, another request has met the marker, and added them.
      rows.push((result.applied ? result.row : result.found) ?? row);
    }
  }
  return { outcome: "applied", rows };
}

/** The answer to a repeat: the rows as they are now, or a refusal of another change under the key. */
async function replay(
  database: Database,
  { steps, fingerprint }: StockChange,
  existing: ReservationItem,
  call: Call,
): Promise<ChangeOutcome> {
  if (existing.fingerprint !== fingerprint) return { outcome: "idempotency_key_reused" };
  const rows: StockItem[] = [];
  for (const { levelKey } of steps) {
    const row = await readRow(database, levelKey, call);
    if (row === undefined) return { outcome: "unknown_sku", levelKey };
    const own = markersOf(row).filter(
      ({ reservationId }) => reservationId === existing.reservationId,
    );
    const resolved = own.length > 0 ? await resolveMarkers(database, row, own, call) : { row };
    rows.push(resolved.row ?? row);
  }
  return { outcome: "replayed", rows };
}
