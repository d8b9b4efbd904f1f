/**
 * Ends units that records own: they go back by a release or an expiry, or leave by a sale. Three
 * steps, each a single write for each row or record, for many records at once:
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
import { decisionOf, findMarker, markersOf, type Marker, type NewMarker } from "../stock/marker.ts";
import { putRecord, type Committed } from "../stock/put-record.ts";
import { resolveMarkers } from "../stock/resolve.ts";
import { isFirstRow, skuOf } from "../stock/level.ts";
import { changeRow, readRow, type RowChange } from "../stock/row.ts";
import { isOpen } from "./reservation.ts";

/** The record as it is to be, from the one that was read with the parts ended. */
export type Ending = (item: ReservationItem, nowMs: number) => ReservationItem;

/** Records that one call ends at a time, so that a row gets no more markers than it may have. */
export const endingsAtOnce = 16;

/**
 * Ends all open parts of these records, at most `endingsAtOnce`, if the records are as they were read.
 *
 * @returns a result for each record, in their order
 * @throws InventoryError `busy`, `unavailable`, `rejected`: some may be ended then
 */
export const endParts = async (
  database: Database,
  items: readonly ReservationItem[],
  by: PartEnd,
  ending: Ending,
  call: Call,
): Promise<Committed[]> => {
  const lastChange: LastChange = { kind: by, ...actorOf(call) };
  const { placed, rowOf } = await placeAll(database, items, by, lastChange, call);
  const markerIn = (row: string, reservationId: string) =>
    placed.get(row)!.find((marker) => marker.reservationId === reservationId);
  const results = await mapEach(items, rowsInFlight, (item) => {
    const parts = item.parts.map((part): Part => {
      if (!isOpen(part)) return part;
      const row = rowOf(part);
      const { version } = markerIn(row, item.reservationId)!;
      const ended = { by, base: item.version, version, ...(row !== part.row && { row }) };
      return { ...part, ended };
    });
    const itemAt = (nowMs: number) => ending({ ...item, parts }, nowMs);
    return putRecord(database, item.version, itemAt, call).catch((error: unknown) => ({ error }));
  });
  const records = new Map(
    items.map(({ reservationId }, index) => {
      const result = results[index]!;
      if ("error" in result) return [reservationId, undefined] as const;
      return [reservationId, "written" in result ? result.written : result.found] as const;
    }),
  );
  await mapEach([...placed], rowsInFlight, ([row, markers]) => {
    const { decided = [], superseded = [] } = Object.groupBy(markers, (marker) =>
      decisionOf(row, marker, records.get(marker.reservationId)),
    );
    return finish(database, row, decided, superseded, lastChange, call);
  });
  // The others are whole. The markers of one that failed are resolved by the next request.
  return results.map((result) => {
    if ("error" in result) throw result.error;
    return result;
  });
};

interface PlacedMarkers {
  /** The markers by their rows. */
  placed: Map<string, Marker[]>;
  /** The row that has the marker of a part. */
  rowOf: (part: Part) => string;
}

/**
 * Places the markers of all open parts, in the rows of the parts. Units of a row that was merged into the
 * first one of its level end there, also when the key has a row again that began later.
 */
async function placeAll(
  database: Database,
  items: readonly ReservationItem[],
  by: PartEnd,
  lastChange: LastChange,
  call: Call,
): Promise<PlacedMarkers> {
  /** The versions with which rows began, for those that parts do not belong to. */
  const startVersions = new Map<string, number>();
  const rowOf = ({ row, version }: Part): string =>
    version <= (startVersions.get(row) ?? 0) ? skuOf(row) : row;
  for (;;) {
    const wanted = wantedMarkers(items, by, rowOf);
    const found = await mapEach([...wanted], rowsInFlight, async ([row, { markers, versions }]) => {
      const startsBefore = isFirstRow(row) ? undefined : Math.min(...versions);
      const change = { lastChange, ...(startsBefore !== undefined && { startsBefore }) };
      return [row, await placeMarkers(database, row, markers, change, call)] as const;
    });
    const placed = new Map<string, Marker[]>();
    for (const [row, one] of found) {
      if ("startVersion" in one) startVersions.set(row, one.startVersion);
      else placed.set(row, one);
    }
    if (placed.size === wanted.size) return { placed, rowOf };
  }
}

/** One marker for each record and row, with the versions of its parts. */
function wantedMarkers(
  items: readonly ReservationItem[],
  by: PartEnd,
  rowOf: PlacedMarkers["rowOf"],
): Map<string, { markers: NewMarker[]; versions: number[] }> {
  const wanted = new Map<string, { markers: NewMarker[]; versions: number[] }>();
  for (const { reservationId, version: base, parts } of items) {
    for (const part of parts.filter(isOpen)) {
      const row = rowOf(part);
      const { markers, versions } = wanted.get(row) ?? { markers: [], versions: [] };
      wanted.set(row, { markers, versions });
      versions.push(part.version);
      const own = markers.find((marker) => marker.reservationId === reservationId);
      if (own === undefined) {
        markers.push({ reservationId, kind: by, base, quantity: part.quantity });
      } else own.quantity += part.quantity;
    }
  }
  return wanted;
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
      const others = markersOf(now).filter(({ kind }) => kind !== "sale" || attempt > 0);
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

/** Does the last step for an ended record whose request died before it. */
export const finishEnds = async (
  database: Database,
  { reservationId, parts }: ReservationItem,
  call: Call,
): Promise<void> => {
  const rows = new Set(parts.map((part) => part.ended?.row ?? part.row));
  await mapEach([...rows], rowsInFlight, async (key) => {
    const row = await readRow(database, key, call);
    if (row === undefined) return;
    const own = markersOf(row).filter((marker) => marker.reservationId === reservationId);
    if (own.length > 0) await resolveMarkers(database, row, own, call);
  });
};

/** The last step. It is left to the next request that meets the markers where it cannot be done now. */
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
