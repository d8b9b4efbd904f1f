/**
 * Changes units that records own, or owned: they go back by a release, an expiry or a cancellation, leave
 * by a fulfilment, or are returned. Three steps, each a single write for each row or record, for many
 * records at once:
 *
 *   rows     open[reservation] = version         a marker; no unit moves
 *   records  parts ended at that version         the commit
 *   rows     available + units, reserved - units, and the markers leave
 *
 * A crash leaves a marker, and the next request that meets it finishes the last step or drops it
 * (stock/resolve.ts).
 */
import { rowsInFlight } from "../../contract/bounds.ts";
import type { LastChange, Part, PartEnd, ReservationItem } from "../../contract/tables.ts";
import { actorOf, backOff, type Call, type Database } from "../dynamodb/database.ts";
import { InventoryError } from "../errors.ts";
import { mapEach } from "../for-each.ts";
import {
  decisionOf,
  findMarker,
  markersOf,
  mayFreeUnits,
  type Marker,
  type NewMarker,
} from "../stock/marker.ts";
import { putRecord, type Committed } from "../stock/put-record.ts";
import { resolveMarkers } from "../stock/resolve.ts";
import { isFirstRow, levelKeyOfRow } from "../stock/level-key.ts";
import { changeRow, readRow, type RowChange } from "../stock/row.ts";
import type { PartsChange } from "./parts.ts";

/** The kinds of changes of units that a record owns, or owned. */
export type PartChangeKind = PartEnd | "return";

/** The change, and the reason that its caller gave. */
export interface PartsCause {
  kind: PartChangeKind;
  reason?: string | undefined;
}

/** A change of parts, and of the records that have them. */
export interface PartsUpdate extends PartsCause {
  /** Returns the record as it is to be, from the one that was read with its parts changed. */
  rewrite: (item: ReservationItem, nowMs: number) => ReservationItem;
  /** True for a change that only a hold takes part in that is not due. */
  isBeforeEnd?: boolean;
}

/** Records that one call changes at a time, so that a row gets no more markers than it may have. */
export const recordsAtOnce = 16;

/**
 * Changes these parts, of at most `recordsAtOnce` records, where the records are as they were read.
 *
 * @returns a result for each record, in their order
 * @throws InventoryError `busy`, `unavailable`, `rejected`: some may be changed then
 */
export const changeParts = async (
  database: Database,
  changes: readonly PartsChange[],
  { rewrite, isBeforeEnd = false, ...cause }: PartsUpdate,
  call: Call,
): Promise<Committed[]> => {
  const placed = await placeAll(database, changes, cause.kind, call);
  const results = await mapEach(changes, rowsInFlight, ({ item, ...change }) => {
    const parts = [...change.rest, ...markedParts(placed, item, change.changing, cause)];
    const itemAt = (nowMs: number) => rewrite({ ...item, parts }, nowMs);
    return putRecord(database, item.version, itemAt, call, { isBeforeEnd }).catch(
      (error: unknown) => ({ error }),
    );
  });
  const records = new Map(
    changes.map(({ item: { reservationId } }, index) => {
      const result = results[index]!;
      if ("error" in result) return [reservationId, undefined] as const;
      return [reservationId, "written" in result ? result.written : result.found] as const;
    }),
  );
  await finishChanges(database, placed, records, cause, call);
  // The others are whole. The markers of one that failed are resolved by the next request.
  return results.map((result) => {
    if ("error" in result) throw result.error;
    return result;
  });
};

/** Markers in the rows of parts, before their records are written. */
export interface PlacedMarkers {
  /** The markers by their rows. */
  byRow: Map<string, Marker[]>;
  /** The row that has the marker of a part. */
  rowOf: (part: Part) => string;
}

/**
 * Places the markers of these parts, in the rows of the parts. Units of a row that was merged into the
 * first one of its level end there, also when the key has a row again that began later. Units that come
 * back from a customer go to the first row, which always exists.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`, `inconsistent`
 */
export async function placeAll(
  database: Database,
  changes: readonly PartsChange[],
  kind: PartChangeKind,
  call: Call,
): Promise<PlacedMarkers> {
  const lastChange: LastChange = { kind, ...actorOf(call) };
  /** The versions with which rows began, for those that parts do not belong to. */
  const startVersions = new Map<string, number>();
  const rowOf = ({ row, version }: Part): string =>
    kind === "return" || version <= (startVersions.get(row) ?? 0) ? levelKeyOfRow(row) : row;
  for (;;) {
    const wanted = wantedMarkers(changes, kind, rowOf);
    const found = await mapEach([...wanted], rowsInFlight, async ([row, { markers, versions }]) => {
      const startsBefore = isFirstRow(row) ? undefined : Math.min(...versions);
      const change = { lastChange, ...(startsBefore !== undefined && { startsBefore }) };
      return [row, await placeMarkers(database, row, markers, change, call)] as const;
    });
    const byRow = new Map<string, Marker[]>();
    for (const [row, one] of found) {
      if ("startVersion" in one) startVersions.set(row, one.startVersion);
      else byRow.set(row, one);
    }
    if (byRow.size === wanted.size) return { byRow, rowOf };
  }
}

/** One marker for each record and row, with the versions of its parts. */
function wantedMarkers(
  changes: readonly PartsChange[],
  kind: PartChangeKind,
  rowOf: PlacedMarkers["rowOf"],
): Map<string, { markers: NewMarker[]; versions: number[] }> {
  const wanted = new Map<string, { markers: NewMarker[]; versions: number[] }>();
  for (const { item, changing } of changes) {
    const { reservationId, version: base } = item;
    for (const part of changing) {
      const row = rowOf(part);
      const { markers, versions } = wanted.get(row) ?? { markers: [], versions: [] };
      wanted.set(row, { markers, versions });
      versions.push(part.version);
      const own = markers.find((marker) => marker.reservationId === reservationId);
      if (own === undefined) {
        markers.push({ reservationId, kind, base, quantity: part.quantity });
      } else own.quantity += part.quantity;
    }
  }
  return wanted;
}

/** The parts of a record as its next version has them, with the markers that decide them. */
export function markedParts(
  { byRow, rowOf }: PlacedMarkers,
  { reservationId, version: base }: ReservationItem,
  changing: readonly Part[],
  { kind, reason = "" }: PartsCause,
): Part[] {
  return changing.map((part): Part => {
    const row = rowOf(part);
    const marker = byRow.get(row)!.find((one) => one.reservationId === reservationId);
    const { version } = marker!;
    if (kind === "return") return { ...part, returned: { base, version, row, reason } };
    return { ...part, ended: { by: kind, base, version, ...(row !== part.row && { row }) } };
  });
}

/**
 * Places the markers, or adopts those that an earlier attempt has placed.
 *
 * @returns the version with which the row began, where that is too late for a part
 */
async function placeMarkers(
  database: Database,
  key: string,
  wanted: readonly NewMarker[],
  change: Pick<RowChange, "lastChange" | "startsBefore">,
  call: Call,
): Promise<Marker[] | { startVersion: number }> {
  const { startsBefore = Infinity } = change;
  let missing = wanted;
  for (let attempt = 0; ; attempt += 1) {
    const result = await changeRow(database, key, { ...change, place: missing }, call);
    let row = result.applied ? result.row : result.found;
    if (row !== undefined) {
      const adopted = wanted.map((marker) => findMarker(row!, marker));
      if (adopted.every((marker) => marker !== undefined)) return adopted;
    }
    if (row === undefined && isFirstRow(key)) throw missingRow(key);
    const { startVersion = 0 } = row ?? { startVersion: Infinity };
    if (startVersion >= startsBefore) return { startVersion };
    const now = row!;
    const fresh = missing.filter((marker) => findMarker(now, marker) === undefined);
    if (fresh.length === missing.length) {
      const others = markersOf(now).filter((marker) => mayFreeUnits(marker) || attempt > 0);
      await resolveMarkers(database, now, others, call);
      await backOff(database, call, attempt, "conflict");
      row = await readRow(database, key, call);
    }
    // A row that is gone has none of them.
    missing = wanted.filter((marker) => row === undefined || findMarker(row, marker) === undefined);
    if (missing.length === 0) return wanted.map((marker) => findMarker(row!, marker)!);
  }
}

const missingRow = (key: string): InventoryError =>
  new InventoryError(
    "inconsistent",
    `The stock of ${key} has no row, and a reservation owns units.`,
  );

/** Does the last step for a record whose request died before it. */
export const finishRecord = async (
  database: Database,
  { reservationId, parts }: ReservationItem,
  call: Call,
): Promise<void> => {
  const rows = new Set(parts.map(({ row, ended, returned }) => returned?.row ?? ended?.row ?? row));
  await mapEach([...rows], rowsInFlight, async (key) => {
    const row = await readRow(database, key, call);
    if (row === undefined) return;
    const own = markersOf(row).filter((marker) => marker.reservationId === reservationId);
    if (own.length > 0) await resolveMarkers(database, row, own, call);
  });
};

/**
 * The last step, in all rows: the changes take effect that the records have decided, undefined where that
 * is not known.
 */
export async function finishChanges(
  database: Database,
  { byRow }: PlacedMarkers,
  records: ReadonlyMap<string, ReservationItem | undefined>,
  { kind, reason }: PartsCause,
  call: Call,
): Promise<void> {
  const lastChange: LastChange = {
    kind,
    ...(reason !== undefined && { reason }),
    ...actorOf(call),
  };
  await mapEach([...byRow], rowsInFlight, ([row, markers]) => {
    const { decided = [], superseded = [] } = Object.groupBy(markers, (marker) =>
      decisionOf(row, marker, records.get(marker.reservationId)),
    );
    return finish(database, row, decided, superseded, lastChange, call);
  });
}

/** It is left to the next request that meets the markers where it cannot be done now. */
async function finish(
  database: Database,
  key: string,
  settle: readonly Marker[],
  clear: readonly Marker[],
  lastChange: LastChange,
  call: Call,
): Promise<void> {
  try {
    for (const change of [{ settle }, { clear }]) {
      const markers = change.settle ?? change.clear;
      if (markers.length === 0) continue;
      const result = await changeRow(database, key, { ...change, lastChange }, call);
      if (result.applied || result.found === undefined) continue;
      const left = [...settle, ...clear].filter(
        (marker) => result.found!.open[marker.key] === marker.value,
      );
      if (left.length > 0) await resolveMarkers(database, result.found, left, call);
    }
  } catch (error) {
    if (!(error instanceof InventoryError)) throw error;
  }
}
