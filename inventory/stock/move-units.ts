/**
 * Brings units of a level from some of its rows to others, by the same steps as all else: markers in
 * the rows, then a record that decides them.
 *
 *   from    departure placed: the units leave        decided: removed          superseded: they return
 *   to      arrival placed: nothing changes          decided: they are added   superseded: removed
 *
 * The units on their way are in no row, so that others who need them resolve the markers first.
 */
import { attendedMs, rowsInFlight } from "../../contract/bounds.ts";
import type { Part, StockItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { mapEach } from "../for-each.ts";
import { ifPossible } from "../errors.ts";
import { timeOrderedId } from "../identity.ts";
import { levelKeyOfRow } from "./level-key.ts";
import { findMarker, markersOf, type Marker, type MarkerKind } from "./marker.ts";
import { putRecord } from "./put-record.ts";
import { resolveMarkers, supersede } from "./resolve.ts";
import { changeRow } from "./row.ts";
import { ttlSecondsAfter } from "./ttl.ts";

/** Units of one row. */
export interface RowUnits {
  row: string;
  units: number;
}

interface Placed {
  marker: Marker;
  row: StockItem;
}

const lastChange = { kind: "move" } as const;

/** The times that a crowded row is tried again, with its markers resolved. */
const placingTries = 5;

/**
 * The time for which a move waits for the rows that units leave, in milliseconds. Units that have left
 * others are on their way meanwhile, and the move is superseded after `attendedMs`.
 */
const departingMs = attendedMs / 2;

/**
 * Moves as many of these units as the rows still have available, and give in time.
 *
 * @param from rows of one level, each once
 * @param to the rows that get so many units in all, each once and none of `from`; none to leave all as it is
 * @returns the number of units that were moved; 0 where another request has taken them meanwhile
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const moveUnits = async (
  database: Database,
  from: readonly RowUnits[],
  to: (units: number) => Promise<RowUnits[]>,
  call: Call,
): Promise<number> => {
  const reservationId = timeOrderedId(database.now(), database.randomUuid());
  const place = async (
    kind: MarkerKind,
    { row, units }: RowUnits,
    placing: Call,
  ): Promise<Placed | undefined> => {
    const marker = { reservationId, kind, base: 0, quantity: units };
    for (let attempt = 0; ; attempt += 1) {
      const result = await changeRow(database, row, { place: [marker], lastChange }, placing);
      const found = result.applied ? result.row : result.found;
      const own = found && findMarker(found, marker);
      if (own !== undefined) return { marker: own, row: found! };
      const isCrowded = found !== undefined && (kind === "arrival" || found.available >= units);
      if (!isCrowded || attempt >= placingTries) return undefined;
      await resolveMarkers(database, found, markersOf(found), placing);
    }
  };
  const departingUntilMs = database.monotonicMs() + departingMs;
  const brief = { ...call, patienceMs: () => departingUntilMs - database.monotonicMs() };
  const departed = present(
    await mapEach(from, rowsInFlight, (one) => ifPossible(place("departure", one, brief))),
  );
  const units = departed.reduce((sum, { marker }) => sum + marker.quantity, 0);
  if (units === 0) return 0;
  const arrivals = await to(units);
  const arriving = present(
    await mapEach(arrivals, rowsInFlight, (one) => place("arrival", one, call)),
  );
  const placed = [...departed, ...arriving];
  const isWhole = arrivals.length > 0 && arriving.length === arrivals.length;
  const isMoved = isWhole && (await commit(database, reservationId, placed, call));
  if (!isMoved) await supersede(database, reservationId, undefined, 0, call);
  await mapEach(placed, rowsInFlight, async ({ marker, row }) => {
    const leaving = marker.kind === "arrival" ? { settle: [marker] } : { clear: [marker] };
    if (isMoved) await changeRow(database, row.sku, { ...leaving, lastChange }, call);
    else await resolveMarkers(database, row, [marker], call, { isPatient: false });
  });
  return isMoved ? units : 0;
};

const present = (placed: readonly (Placed | undefined)[]): Placed[] =>
  placed.filter((one) => one !== undefined);

/** Writes the record. False when another request has superseded it. */
async function commit(
  database: Database,
  reservationId: string,
  placed: readonly Placed[],
  call: Call,
): Promise<boolean> {
  const parts = placed.map(({ marker, row }): Part => {
    const { quantity, version } = marker;
    return { row: row.sku, quantity, version, ...(marker.kind === "arrival" && { arrives: true }) };
  });
  const quantity = parts.reduce((sum, part) => (part.arrives ? sum + part.quantity : sum), 0);
  const itemAt = (nowMs: number) => ({
    reservationId,
    status: "move" as const,
    lines: [{ sku: levelKeyOfRow(parts[0]!.row), quantity }],
    parts,
    createdAtMs: nowMs,
    expiresAtMs: nowMs,
    fingerprint: "",
    ttlSeconds: ttlSecondsAfter(nowMs, database.retentionDays),
  });
  return "written" in (await putRecord(database, 0, itemAt, call));
}
