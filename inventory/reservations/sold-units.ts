/**
 * The units of a confirmed reservation: they are handed over, cancelled, or returned after that, all of
 * them or some. Of several requests that race for the same units, the record takes one.
 */
import type { Line, Part, ReservationItem } from "../../contract/tables.ts";
import { backOff, withPatience, type Call, type Database } from "../dynamodb/database.ts";
import { changeParts, finishRecord, type PartsCause } from "./change-parts.ts";
import { levelKeyOfRow } from "../stock/level-key.ts";
import { mergeLines, valuesOfLine } from "./lines.ts";
import {
  allParts,
  isHandedOver,
  isOpen,
  isShippable,
  partsOfLines,
  progressOf,
  type Excess,
  type PartsChange,
} from "./parts.ts";
import { withBackordersIndexed } from "./hold-index.ts";
import { keyedRequest, standingOf, withRequest } from "./request-keys.ts";
import {
  endedTtlSeconds,
  isReservation,
  isSold,
  readReservationItem,
  reservationAt,
  reservationIn,
  type Reservation,
  type ReservationRecord,
} from "./reservation.ts";

export interface SoldUnitsInput {
  reservationId: string;
  /** The units that are concerned. All that are left when absent. */
  lines?: readonly Line[] | undefined;
  /** Repeats under the same key change nothing. */
  idempotencyKey?: string | undefined;
}

export interface ReturnInput extends SoldUnitsInput {
  lines: readonly Line[];
  reason: string;
}

type Refused =
  | { outcome: "reservation_not_confirmed"; reservation: Reservation }
  /** A line names more units than are left for the change, or none are left. */
  | { outcome: "exceeds_reservation"; reservation: Reservation; excess: Excess[] }
  | { outcome: "idempotency_key_reused"; reservationId: string }
  | { outcome: "unknown_reservation" };

/** `replayed`: the change was made before, under the same key. */
type Outcome<Done extends string> =
  { outcome: Done | "replayed"; reservation: Reservation } | Refused;

export type FulfillOutcome = Outcome<"fulfilled">;
export type CancelOutcome = Outcome<"cancelled">;
export type ReturnOutcome = Outcome<"returned">;

/** One of the changes: the parts that it may concern, and the units that it has changed before. */
interface SoldChange<Done extends string> extends PartsCause {
  done: Done;
  isConcerned: (part: Part) => boolean;
}

const fulfilment: SoldChange<"fulfilled"> = {
  kind: "fulfilment",
  done: "fulfilled",
  isConcerned: isShippable,
};

const cancellation: SoldChange<"cancelled"> = {
  kind: "cancellation",
  done: "cancelled",
  isConcerned: isOpen,
};

const returning: SoldChange<"returned"> = {
  kind: "return",
  done: "returned",
  isConcerned: isHandedOver,
};

/**
 * Takes sold units off `onHand`, as they are shipped or handed over. Fulfilling a fulfilled reservation
 * changes nothing.
 *
 * @throws InventoryError `invalid_argument`, `busy`, `unavailable`, `rejected`, `inconsistent`
 */
export const fulfill = (
  database: Database,
  input: SoldUnitsInput,
  call: Call,
): Promise<FulfillOutcome> => changeSold(database, fulfilment, input, call);

/**
 * Makes sold units available again that are not going to be shipped. Cancelling a cancelled reservation
 * changes nothing.
 *
 * @throws InventoryError `invalid_argument`, `busy`, `unavailable`, `rejected`, `inconsistent`
 */
export const cancel = (
  database: Database,
  input: SoldUnitsInput,
  call: Call,
): Promise<CancelOutcome> => changeSold(database, cancellation, input, call);

/**
 * Puts fulfilled units back on hand, available.
 *
 * @throws InventoryError `invalid_argument`, `busy`, `unavailable`, `rejected`, `inconsistent`
 */
export const returnUnits = (
  database: Database,
  { reason, ...input }: ReturnInput,
  call: Call,
): Promise<ReturnOutcome> => changeSold(database, { ...returning, reason }, input, call);

async function changeSold<Done extends string>(
  database: Database,
  change: SoldChange<Done>,
  input: SoldUnitsInput,
  caller: Call,
): Promise<Outcome<Done>> {
  const call = withPatience(database, caller);
  const { reservationId } = input;
  const lines = input.lines && mergeLines(input.lines);
  const wanted = [change.kind, lines?.map(valuesOfLine), change.reason];
  const request = keyedRequest(input.idempotencyKey, wanted);
  let item: ReservationItem | undefined = await readReservationItem(database, reservationId, call);
  for (let attempt = 0; ; attempt += 1) {
    if (item === undefined || !isReservation(item)) return { outcome: "unknown_reservation" };
    const standing = standingOf(item, request);
    if (standing === "reused") return { outcome: "idempotency_key_reused", reservationId };
    if (standing === "repeat") {
      await finishRecord(database, item, call);
      return { outcome: "replayed", reservation: reservationIn(item.status, item) };
    }
    const planned = plan(change, item, lines, database.now());
    if ("outcome" in planned) return planned;
    if (planned.changing.length === 0) {
      await finishRecord(database, item, call);
      return { outcome: change.done, reservation: reservationIn(item.status, item) };
    }
    const keyed = withRequest(item, partsAfter(change, planned), request);
    const rewrite = ({ parts }: ReservationItem, nowMs: number) =>
      soldRecord(database, { ...keyed, parts }, nowMs);
    const { kind, reason } = change;
    const [result] = await changeParts(database, [planned], { kind, reason, rewrite }, call);
    if ("written" in result!) {
      const { written } = result;
      return {
        outcome: change.done,
        reservation: reservationIn((written as ReservationRecord).status, written),
      };
    }
    item = result!.found;
    if (attempt > 0) await backOff(database, call, attempt, "conflict");
  }
}

/** The parts as a change leaves them, but for what their rows are to say. */
const partsAfter = (
  { kind, reason = "" }: PartsCause,
  { item: { version: base }, changing, rest }: PartsChange,
): Part[] =>
  changing
    .map((part) => {
      const returned = { base, version: 0, row: levelKeyOfRow(part.row), reason };
      return kind === "return" ? { ...part, returned } : part;
    })
    .concat(rest);

/** The parts that the change concerns, none where it was made before; or the reason why it cannot be. */
function plan<Done extends string>(
  { kind, isConcerned }: SoldChange<Done>,
  item: ReservationRecord,
  lines: readonly Line[] | undefined,
  nowMs: number,
): PartsChange | Refused {
  const reservation = reservationAt(item, nowMs);
  if (!isSold(reservation.status)) return { outcome: "reservation_not_confirmed", reservation };
  if (lines === undefined) {
    const all = allParts(item, isConcerned);
    const { fulfilled = 0, cancelled = 0 } = progressOf(item.parts);
    const wasMade = kind === "fulfilment" ? fulfilled > 0 : cancelled > 0;
    if (all.changing.length > 0 || wasMade) return all;
    return { outcome: "exceeds_reservation", reservation, excess: [] };
  }
  const some = partsOfLines(item, isConcerned, lines);
  if (!("excess" in some)) return some;
  return { outcome: "exceeds_reservation", reservation, excess: some.excess };
}

/** A sold record with its changed parts: its status follows from them, and when it may be removed. */
export const soldRecord = (
  database: Database,
  item: ReservationItem,
  nowMs: number,
): ReservationItem => {
  if (item.parts.some(isOpen)) return withBackordersIndexed(item);
  const isAnyFulfilled = (progressOf(item.parts).fulfilled ?? 0) > 0;
  return {
    ...withBackordersIndexed(item),
    status: isAnyFulfilled ? "fulfilled" : "cancelled",
    ttlSeconds: endedTtlSeconds(database, nowMs),
  };
};
