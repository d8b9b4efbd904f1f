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
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { rowsInFlight } from "../../contract/bounds.ts";
import type { LastChange, Part, PartEnd, ReservationItem } from "../../contract/tables.ts";
import { actorOf, backOff, type Call, type Database } from "../dynamodb/database.ts";
import { writeIf } from "../dynamodb/write-if.ts";
import { InventoryError } from "../errors.ts";
import { mapEach } from "../for-each.ts";
import { decisionOf, findMarker, markersOf, type Marker, type NewMarker } from "../stock/marker.ts";
import { resolveMarkers } from "../stock/resolve.ts";
import { changeRow, readRow } from "../stock/row.ts";
import { haveSameParts, isOpen } from "./parts.ts";

/** The record as it is to be, from the one that was read with the parts ended. */
export type Ending = (item: ReservationItem, nowMs: number) => ReservationItem;

export type EndResult =
  | { ended: ReservationItem }
  /** Another request has changed the record: as it is now. */
  | { found: ReservationItem | undefined };

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
): Promise<EndResult[]> => {
  const byRow = new Map<string, NewMarker[]>();
  for (const { reservationId, version, parts } of items) {
    for (const { row, quantity } of parts.filter(isOpen)) {
      const marker = { reservationId, kind: by, base: version, quantity };
      byRow.set(row, [...(byRow.get(row) ?? []), marker]);
    }
  }
  const lastChange: LastChange = { kind: by, ...actorOf(call) };
  const placed = new Map(
    await mapEach([...byRow], rowsInFlight, async ([row, markers]) => {
      const found = await placeMarkers(database, row, markers, lastChange, call);
      return [row, found] as const;
    }),
  );
  const markerIn = (row: string, reservationId: string) =>
    placed.get(row)!.find((marker) => marker.reservationId === reservationId);
  const results = await mapEach(items, rowsInFlight, (item) => {
    const parts = item.parts.map((part): Part => {
      if (!isOpen(part)) return part;
      const { version } = markerIn(part.row, item.reservationId)!;
      return { ...part, ended: { by, base: item.version, version } };
    });
    return commit(database, item, parts, ending, call).catch((error: unknown) => ({ error }));
  });
  const records = new Map(
    items.map(({ reservationId }, index) => {
      const result = results[index]!;
      if ("error" in result) return [reservationId, undefined] as const;
      return [reservationId, "ended" in result ? result.ended : result.found] as const;
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

/** Places the markers, or adopts those that an earlier attempt has placed. */
async function placeMarkers(
  database: Database,
  key: string,
  wanted: readonly NewMarker[],
  lastChange: LastChange,
  call: Call,
): Promise<Marker[]> {
  let missing = wanted;
  for (let attempt = 0; ; attempt += 1) {
    const result = await changeRow(database, key, { place: missing, lastChange }, call);
    let row = result.applied ? result.row : result.found;
    if (row === undefined) throw missingRow(key);
    const adopted = wanted.map((marker) => findMarker(row!, marker));
    if (adopted.every((marker) => marker !== undefined)) return adopted;
    const fresh = missing.filter((marker) => findMarker(row!, marker) === undefined);
    if (fresh.length === missing.length) {
      const others = markersOf(row).filter(({ kind }) => kind !== "sale" || attempt > 0);
      ({ row } = await resolveMarkers(database, row, others, call));
      await backOff(database, call, attempt, "conflict");
      row = await readRow(database, key, call);
      if (row === undefined) throw missingRow(key);
    }
    const now = row;
    missing = wanted.filter((marker) => findMarker(now, marker) === undefined);
    if (missing.length === 0) return wanted.map((marker) => findMarker(now, marker)!);
  }
}

const missingRow = (key: string): InventoryError =>
  new InventoryError(
    "inconsistent",
    `The stock of ${key} has no row, and a reservation owns units.`,
  );

async function commit(
  database: Database,
  item: ReservationItem,
  parts: Part[],
  ending: Ending,
  call: Call,
): Promise<EndResult> {
  const attempts: ReservationItem[] = [];
  const command = () => {
    const ended = { ...ending({ ...item, parts }, database.now()), version: item.version + 1 };
    attempts.push(ended);
    return new PutCommand({
      TableName: database.tables.reservations,
      Item: ended,
      ConditionExpression: "#version = :seen",
      ExpressionAttributeNames: { "#version": "version" },
      ExpressionAttributeValues: { ":seen": item.version },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
  };
  const result = await writeIf<ReservationItem>(database, command, call);
  if (result.applied) return { ended: attempts.at(-1)! };
  const { found } = result;
  // The reply to an earlier attempt of this call was lost.
  const earlier = attempts.slice(0, -1);
  const own = earlier.find(({ updatedAtMs }) => updatedAtMs === found?.updatedAtMs);
  const isOwn = own?.version === found?.version && haveSameParts(found?.parts ?? [], parts);
  return own !== undefined && isOwn ? { ended: own } : { found };
}

/** Does the last step for an ended record whose request died before it. */
export const finishEnds = async (
  database: Database,
  { reservationId, parts }: ReservationItem,
  call: Call,
): Promise<void> => {
  const rows = new Set(parts.map((part) => part.row));
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
