/**
 * Takes the units of several lines, side by side, and gives them back where the record does not get them.
 * The units belong to the record from its next version on, which names the version of each row.
 */
import { rowsInFlight } from "../../contract/bounds.ts";
import type { Line, ReservationItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { readItem } from "../dynamodb/read-item.ts";
import { mapEach } from "../for-each.ts";
import type { LevelName } from "../stock/level-key.ts";
import { decisionOf } from "../stock/marker.ts";
import { supersede } from "../stock/resolve.ts";
import { changeRow } from "../stock/row.ts";
import type { Channel } from "../sourcing/channels.ts";
import { takeByChannel } from "../sourcing/take-by-channel.ts";
import { shortageOf, type OrderRefusal, type Shortage } from "./shortages.ts";
import { takeBackorder } from "./take-backorder.ts";
import {
  noteCommitted,
  takeUnits,
  tidyRow,
  type Got,
  type Taken,
  type TakeRequest,
} from "./take-units.ts";

/** The record that is to get the units. */
export interface HoldTarget {
  reservationId: string;
  /** The version of the record that the hold replaces; 0 for none. */
  base: number;
  /** True when the order has its SKUs leased. */
  isLeased: boolean;
}

/** The units that were taken, and the result of each line. */
export interface LinesTaken {
  got: Got[];
  taken: readonly (Taken | { error: unknown })[];
}

/** The lines whose units are to be taken. */
export interface LinesWanted {
  lines: readonly Line[];
  /** True when fewer units than wanted are better than none. */
  takesLess?: boolean;
  /** True where units that are not there yet are of no use. */
  onlyAvailable?: boolean | undefined;
  /** The channel whose locations the units come from; absent where each line is for one location. */
  channel?: Channel | undefined;
  /** Locations that the reservation has units at already. */
  usedLocations?: ReadonlySet<string> | undefined;
}

/** Takes the units of all lines. Never rejects: a line may have failed, and others have their units. */
export const takeLines = async (
  database: Database,
  { lines, channel, usedLocations, ...target }: HoldTarget & LinesWanted,
  call: Call,
): Promise<LinesTaken> => {
  const request = { ...target, hasOthers: lines.length > 1 };
  const got: Got[] = [];
  if (channel !== undefined) {
    const order = { ...target, lines, channel, usedLocations };
    const taken = await takeByChannel(database, order, got, call).catch((error: unknown) => [
      { error },
    ]);
    return { got, taken };
  }
  const taken = await mapEach(lines, rowsInFlight, (line) =>
    takeLine(database, request, line, got, call).catch((error: unknown) => ({ error })),
  );
  return { got, taken };
};

/** Takes the units of a line: those that are there, and others of its level that may be sold before they are. */
async function takeLine(
  database: Database,
  request: TakeRequest,
  line: Line,
  got: Got[],
  call: Call,
): Promise<Taken> {
  const own: Got[] = [];
  try {
    const taken = await takeUnits(database, request, line, own, call);
    return "taken" in taken && taken.later !== undefined
      ? await takeBackorder(database, request, { ...taken.later, line }, own, call)
      : taken;
  } finally {
    got.push(...own);
  }
}

/**
 * The refusal of lines, with all that are short; undefined when other requests are in the way. One short line
 * is enough to refuse all of them, but not to refuse a request that takes less.
 *
 * @throws the error of a line that failed
 */
export const refusalOf = (
  lines: readonly Line[],
  taken: LinesTaken["taken"],
  { nowMs, takesLess = false }: { nowMs: number; takesLess?: boolean },
): OrderRefusal | undefined => {
  for (const one of taken) if ("error" in one) throw one.error;
  const unknown = lines
    .filter((_, index) => "unknown" in taken[index]!)
    .map(({ quantity: _quantity, ...name }): LevelName => name);
  // A shortage may pass, an unknown SKU does not.
  if (unknown.length > 0) return { outcome: "unknown_sku", unknown };
  if (takesLess && !taken.every((one) => "short" in one)) return undefined;
  const shortages = lines.flatMap((line, index): Shortage[] => {
    const one = taken[index]!;
    return "short" in one ? [shortageOf(line, one.short, nowMs)] : [];
  });
  return shortages.length > 0 ? { outcome: "insufficient_stock", shortages } : undefined;
};

/** Removes markers of others from the rows, where there are many, beside the write of the record. */
export const tidyRows = (database: Database, got: readonly Got[], call: Call): Promise<unknown> =>
  mapEach(got, rowsInFlight, ({ row }) => tidyRow(database, row, call));

/** Notes that the record has the units, so that the next writes of this function remove the markers. */
export const noteHeld = (database: Database, got: readonly Got[]): void => {
  for (const { part, marker } of got) noteCommitted(database, part.row, marker);
};

/**
 * Gives units back that the record does not own: first no request may commit them any more.
 *
 * @param record as it is known; undefined supersedes `base` first
 * @returns the record after that
 */
export const giveBack = async (
  database: Database,
  { reservationId, base }: Pick<HoldTarget, "reservationId" | "base">,
  record: ReservationItem | undefined,
  got: readonly Got[],
  call: Call,
): Promise<ReservationItem> => {
  const known = record ?? (await superseded(database, reservationId, base, call));
  await mapEach(got, rowsInFlight, async ({ part, marker }) => {
    if (decisionOf(part.row, marker, known) !== "superseded") return;
    // A marker that is gone was settled by another request.
    const change = { settle: [marker], lastChange: { kind: "rollback" } } as const;
    await changeRow(database, part.row, change, call);
  });
  return known;
};

async function superseded(
  database: Database,
  reservationId: string,
  base: number,
  call: Call,
): Promise<ReservationItem> {
  const record = base === 0 ? undefined : await readRecord(database, reservationId, call);
  return supersede(database, reservationId, record, base, call);
}

export const readRecord = (
  database: Database,
  reservationId: string,
  call: Call,
): Promise<ReservationItem | undefined> =>
  readItem<ReservationItem>(database, database.tables.reservations, { reservationId }, call);
