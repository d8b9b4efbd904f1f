/**
 * Takes units for a record that exists, and gives others of it up, by one write of the record:
 *
 *   rows     units taken, with a marker for each row          markers in the rows of units to be given up
 *   record   the new parts beside the old ones, some ended    the commit
 *   rows     units that were given up are available
 *
 * All rows are written side by side. A record that is not written keeps what it has.
 */
import type { Line, Part, ReservationItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import type { Channel } from "../sourcing/channels.ts";
import { levelNameOf } from "../stock/level-key.ts";
import { putRecord, type Committed } from "../stock/put-record.ts";
import { finishChanges, markedParts, placeAll, type PartsUpdate } from "./change-parts.ts";
import { giveBack, noteHeld, refusalOf, takeLines, tidyRows } from "./hold-lines.ts";
import type { Blocked } from "./leases.ts";
import { isOpen, type PartsChange } from "./parts.ts";
import type { OrderRefusal } from "./shortages.ts";

export interface Amendment extends Pick<PartsUpdate, "rewrite" | "isBeforeEnd"> {
  /** The units to take. */
  more: readonly Line[];
  /** The channel whose locations they come from, for lines that name none. */
  channel?: Channel | undefined;
  /** True where units that are not there yet are of no use. */
  onlyAvailable?: boolean;
  /** The parts to give up; none when absent. */
  giving?: PartsChange | undefined;
  /** True when the caller has the SKUs leased. */
  isLeased: boolean;
}

const release = { kind: "release" } as const;

/**
 * @returns the record as written, or as another request has it; a refusal, where units are missing; or
 *   that other requests are in the way, with the record if the attempt has changed its version
 * @throws InventoryError `busy`, `unavailable`, `rejected`, `inconsistent`
 */
export const amend = async (
  database: Database,
  item: ReservationItem,
  { more, channel, onlyAvailable, giving, rewrite, isLeased, isBeforeEnd = false }: Amendment,
  call: Call,
): Promise<Committed | OrderRefusal | Blocked> => {
  const { reservationId, version: base } = item;
  const target = { reservationId, base, isLeased };
  const rest = giving?.rest ?? item.parts;
  const placing = placeAll(database, giving === undefined ? [] : [giving], release.kind, call);
  const [{ got, taken }, placed] = await Promise.all([
    takeLines(
      database,
      { ...target, lines: more, channel, onlyAvailable, usedLocations: locationsOf(rest) },
      call,
    ),
    placing.catch((error: unknown) => ({ error })),
  ]);
  if ("error" in placed) {
    if (got.length > 0) await giveBack(database, target, undefined, got, call);
    throw placed.error;
  }
  const finishGiving = (record: ReservationItem | undefined) =>
    finishChanges(database, placed, new Map([[reservationId, record]]), release, call);
  if (!taken.every((one) => "taken" in one)) {
    const hasTouched = got.length > 0 || placed.byRow.size > 0;
    const record = hasTouched ? await giveBack(database, target, undefined, got, call) : undefined;
    await finishGiving(record);
    return refusalOf(more, taken, { nowMs: database.now() }) ?? { blocked: record };
  }
  const given = giving === undefined ? [] : markedParts(placed, item, giving.changing, release);
  const parts = [...rest, ...given, ...got.map(({ part }) => part)];
  const itemAt = (nowMs: number) => rewrite({ ...item, parts }, nowMs);
  const [result] = await Promise.all([
    putRecord(database, base, itemAt, call, { isBeforeEnd }),
    tidyRows(database, got, call),
  ]);
  if ("written" in result) {
    noteHeld(database, got);
    await finishGiving(result.written);
    return result;
  }
  // A hold that has become due is not written, and still has its version: that is superseded first.
  const isDecided = result.found?.version !== base;
  const found = await giveBack(database, target, isDecided ? result.found : undefined, got, call);
  await finishGiving(found);
  return { found };
};

/** The locations of the units that the parts have; those at the default location are at none that has a name. */
function locationsOf(parts: readonly Part[]): Set<string> {
  const open = parts.filter(isOpen);
  return new Set(open.flatMap(({ row }) => levelNameOf(row).location ?? []));
}
