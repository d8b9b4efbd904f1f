/**
 * Changes the lines of a hold. Only the difference is taken and given up, so that a hold is never in the way
 * of its own change, and a refusal leaves it as it was.
 */
import type { Line, ReservationItem } from "../../contract/tables.ts";
import { backOff, withPatience, type Call } from "../dynamodb/database.ts";
import { invalidArgument, type InventoryError } from "../errors.ts";
import { levelKeyOf } from "../stock/level-key.ts";
import { sourcingOf, type UnknownChannel } from "../sourcing/remembered-channels.ts";
import { amend } from "./amend.ts";
import { withLinesOfHold } from "./hold-index.ts";
import { takeTurns, type Blocked, type LeasingDatabase } from "./leases.ts";
import { mergeLines, valuesOfLine } from "./lines.ts";
import { finishRecord } from "./change-parts.ts";
import {
  assignUnits,
  excessOf,
  isOpen,
  levelLinesOf,
  partsOfLines,
  unitsOfParts,
  type Excess,
  type PartsChange,
} from "./parts.ts";
import { keyedRequest, standingOf, withRequest, type KeyedRequest } from "./request-keys.ts";
import {
  heldOnlyRefusals,
  isDue,
  isReservation,
  readReservationItem,
  reservationAt,
  reservationIn,
  type Reservation,
} from "./reservation.ts";
import type { OrderRefusal } from "./shortages.ts";
import { expireHold } from "./transitions.ts";

export interface ChangeHoldInput {
  reservationId: string;
  /** The lines that the hold is to have. */
  lines: readonly Line[];
  /** The version of the reservation that the caller has seen. */
  expectedVersion?: number | undefined;
  /** Repeats under the same key change nothing. */
  idempotencyKey?: string | undefined;
}

export type ChangeHoldOutcome =
  /** `replayed`: the change was made before, under the same key. */
  | { outcome: "changed" | "replayed"; reservation: Reservation }
  | OrderRefusal
  | UnknownChannel
  | {
      outcome: "reservation_confirmed" | "reservation_released" | "reservation_expired";
      reservation: Reservation;
    }
  | { outcome: "version_mismatch"; version: number }
  | { outcome: "idempotency_key_reused"; reservationId: string }
  | { outcome: "unknown_reservation" };

export interface MoveHoldInput extends ChangeHoldInput {
  /** Units that the hold has, at the locations where it has them. */
  lines: readonly Line[];
  /** The location that they are to be held at. The default one when absent. */
  toLocation?: string | undefined;
}

export type MoveHoldOutcome =
  | ChangeHoldOutcome
  /** A line names more units than the hold has there. */
  | { outcome: "exceeds_reservation"; reservation: Reservation; excess: Excess[] };

interface ChangeRequest {
  reservationId: string;
  /** The lines that the hold is to have, or those of the request that it has too few units for. */
  linesOf: (item: ReservationItem) => Line[] | { excess: Excess[] };
  /** True where lines of a reservation by channel that name no location may have units of any. */
  isSourced: boolean;
  expectedVersion: number | undefined;
  keyed: KeyedRequest | undefined;
}

/**
 * Changes the lines of a hold: more, fewer and other units in one step, all or nothing. Rows whose units stay
 * are not written.
 *
 * @throws InventoryError `invalid_argument`, `busy`, `unavailable`, `rejected`, `inconsistent`
 */
export const changeHold = async (
  database: LeasingDatabase,
  { reservationId, expectedVersion, ...input }: ChangeHoldInput,
  caller: Call,
): Promise<ChangeHoldOutcome> => {
  const call = withPatience(database, caller);
  const lines = mergeLines(input.lines);
  const wanted = ["change", lines.map(valuesOfLine)];
  const keyed = keyedRequest(input.idempotencyKey, wanted);
  const request = { reservationId, linesOf: () => lines, isSourced: true, expectedVersion, keyed };
  const outcome = await takeTurns(database, lines, call, (isLeased, record) =>
    changeUntilDecided(database, request, { isLeased, record }, call),
  );
  if (outcome.outcome !== "exceeds_reservation") return outcome;
  throw new Error("A hold may be changed to any lines.");
};

/**
 * Holds units of a hold at another location, all or nothing. Units there are taken first, so that a refusal
 * leaves the hold as it was.
 *
 * @throws InventoryError `invalid_argument`, `busy`, `unavailable`, `rejected`, `inconsistent`
 */
export const moveHold = (
  database: LeasingDatabase,
  { reservationId, expectedVersion, toLocation, ...input }: MoveHoldInput,
  caller: Call,
): Promise<MoveHoldOutcome> => {
  const call = withPatience(database, caller);
  const lines = mergeLines(input.lines);
  const arriving = lines.map(({ sku, quantity }) => ({ sku, location: toLocation, quantity }));
  const keyed = keyedRequest(input.idempotencyKey, ["move", lines.map(valuesOfLine), toLocation]);
  const linesOf = (item: ReservationItem) => {
    if (item.channel !== undefined && toLocation === undefined) throw missingLocation(item.channel);
    const excess = excessOf(item, lines);
    if (excess.length > 0) return { excess };
    const leaving = levelLinesOf(item, lines);
    const moving = new Map(leaving.map((line) => [levelKeyOf(line), line.quantity]));
    const staying = item.lines
      .map((line) => ({ ...line, quantity: line.quantity - (moving.get(levelKeyOf(line)) ?? 0) }))
      .filter(({ quantity }) => quantity > 0);
    return mergeLines([...staying, ...arriving]);
  };
  const request = { reservationId, linesOf, isSourced: false, expectedVersion, keyed };
  return takeTurns(database, mergeLines([...lines, ...arriving]), call, (isLeased, record) =>
    changeUntilDecided(database, request, { isLeased, record }, call),
  );
};

/** At the default location a line names none, and would be one for any location of the channel. */
function missingLocation(channel: string): InventoryError {
  const message = `is missing: the reservation is by the channel ${channel}, which has no default location`;
  return invalidArgument("toLocation", message);
}

async function changeUntilDecided(
  database: LeasingDatabase,
  { reservationId, linesOf, isSourced, keyed, ...request }: ChangeRequest,
  { isLeased, record }: { isLeased: boolean; record: ReservationItem | undefined },
  call: Call,
): Promise<MoveHoldOutcome | Blocked> {
  let { expectedVersion } = request;
  if (expectedVersion !== undefined && record !== undefined) expectedVersion = record.version;
  let item = record ?? (await readReservationItem(database, reservationId, call));
  for (let attempt = 0; ; attempt += 1) {
    if (item === undefined || !isReservation(item)) return { outcome: "unknown_reservation" };
    const standing = standingOf(item, keyed);
    if (standing === "reused") return { outcome: "idempotency_key_reused", reservationId };
    if (standing === "repeat") {
      await finishRecord(database, item, call);
      return { outcome: "replayed", reservation: reservationAt(item, database.now()) };
    }
    const reservation = reservationIn(item.status, item);
    if (item.status !== "held") return { outcome: heldOnlyRefusals[item.status], reservation };
    if (isDue(item, database.now())) {
      item = await expireHold(database, item, call);
      continue;
    }
    if (expectedVersion !== undefined && item.version !== expectedVersion) {
      return { outcome: "version_mismatch", version: item.version };
    }
    const lines = linesOf(item);
    if ("excess" in lines) {
      return { outcome: "exceeds_reservation", reservation, excess: lines.excess };
    }
    const name = isSourced ? item.channel : undefined;
    const { more, giving } = differenceOf(item, name, lines);
    const sourcing = await sourcingOf(database, more.length > 0 ? name : undefined, more, call);
    if ("outcome" in sourcing) return sourcing;
    const isNew = more.length > 0 || giving.changing.length > 0;
    // A key is kept with its request, also where that changes nothing by now.
    if (!isNew && keyed === undefined) return { outcome: "changed", reservation };
    const added = more.map((line) => ({
      row: levelKeyOf(line),
      quantity: line.quantity,
      version: 0,
    }));
    const { shortages: _shortages, ...kept } = item;
    const next = withRequest(
      { ...kept, lines },
      [...giving.changing, ...giving.rest, ...added],
      keyed,
    );
    const rewrite = ({ parts }: ReservationItem) => withLinesOfHold({ ...next, parts });
    const amendment = { ...sourcing, more, giving, isLeased, rewrite, isBeforeEnd: true };
    const result = await amend(database, item, amendment, call);
    if ("outcome" in result) return result;
    if ("written" in result) {
      return { outcome: "changed", reservation: reservationIn("held", result.written) };
    }
    if ("found" in result) {
      item = result.found;
    } else {
      // The attempt itself has written the record again, or another request has changed it.
      const { blocked } = result;
      const isOwn = blocked !== undefined && isSameHold(item, blocked);
      if (isOwn && expectedVersion !== undefined) expectedVersion = blocked.version;
      if (!isLeased) return { blocked: isOwn ? blocked : item };
      item = blocked ?? item;
    }
    if (attempt > 0) await backOff(database, call, attempt, "conflict");
  }
}

/**
 * The units that a hold is to take, and the parts that it is to give up, to have these lines.
 *
 * @param channel the channel for lines that name no location; undefined where each line is for one
 */
function differenceOf(
  item: ReservationItem,
  channel: string | undefined,
  lines: readonly Line[],
): { more: Line[]; giving: PartsChange } {
  const held = unitsOfParts(item.parts.filter(isOpen));
  const { assigned, missing } = assignUnits({ ...(channel && { channel }) }, held, lines);
  const more = lines
    .map((line, index) => ({ ...line, quantity: missing[index]! }))
    .filter(({ quantity }) => quantity > 0);
  const fewer = held
    .map((line, at) => ({ ...line, quantity: line.quantity - assigned[at]! }))
    .filter(({ quantity }) => quantity > 0);
  const giving = partsOfLines(item, isOpen, fewer);
  if ("excess" in giving) throw new Error("A hold gives up no more units than it has.");
  return { more, giving };
}

/** True when a record differs from an earlier one by its version alone. */
function isSameHold(before: ReservationItem, after: ReservationItem): boolean {
  return after.version === before.version + 1 && contentsOf(before) === contentsOf(after);
}

const contentsOf = ({ status, lines, parts, expiresAtMs }: ReservationItem): string =>
  JSON.stringify([status, lines, parts, expiresAtMs]);
