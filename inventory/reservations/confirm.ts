/** The sale of a hold, of all its lines or some. Units of an expired hold are taken again, where they are there. */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { Line, ReservationItem, ReservationStatus } from "../../contract/tables.ts";
import { backOff, withPatience, type Call, type Database } from "../dynamodb/database.ts";
import { writeIf } from "../dynamodb/write-if.ts";
import { isId } from "../identity.ts";
import type { Committed } from "../stock/put-record.ts";
import { amend, type Amendment } from "./amend.ts";
import { changeParts } from "./change-parts.ts";
import { takeTurns, type Blocked, type LeasingDatabase } from "./leases.ts";
import { readChannel } from "../sourcing/remembered-channels.ts";
import { withBackordersIndexed } from "./hold-index.ts";
import { linesBySku, linesTogether, mergeLines } from "./lines.ts";
import {
  excessOf,
  isOpen,
  levelLinesOf,
  linesOfParts,
  partsOfLines,
  type Excess,
} from "./parts.ts";
import {
  isDue,
  isReservation,
  mayReacquire,
  readReservationItem,
  reservationAt,
  reservationIn,
  type Reservation,
  type ReservationRecord,
} from "./reservation.ts";
import { fulfill } from "./sold-units.ts";
import { expireHold } from "./transitions.ts";

export interface ConfirmOptions {
  /** The units that are sold; the rest is released. All that are held when absent. */
  lines?: readonly Line[] | undefined;
  /** Takes the units off `onHand` as well: they are handed over at once. */
  fulfills?: boolean | undefined;
  /** Takes the units of an expired hold again, where they are there. */
  reacquires?: boolean | undefined;
}

export type ConfirmOutcome =
  | {
      outcome: "confirmed" | "reservation_expired" | "reservation_released";
      reservation: Reservation;
    }
  /** A line names more units than the reservation has. */
  | { outcome: "exceeds_reservation"; reservation: Reservation; excess: Excess[] }
  | { outcome: "unknown_reservation" };

const outcomes = {
  confirmed: "confirmed",
  fulfilled: "confirmed",
  cancelled: "confirmed",
  released: "reservation_released",
  expired: "reservation_expired",
} as const satisfies Record<Exclude<ReservationStatus, "held">, ConfirmOutcome["outcome"]>;

/**
 * Sells the units of a hold by one update of its record, with no read before it. They stay `reserved` until
 * they are fulfilled. Confirming a reservation that was confirmed changes nothing.
 *
 * @throws InventoryError `invalid_argument`, `busy`, `unavailable`, `rejected`, `inconsistent`
 */
export const confirm = async (
  database: LeasingDatabase,
  reservationId: string,
  caller: Call,
  { lines, fulfills = false, reacquires = false }: ConfirmOptions = {},
): Promise<ConfirmOutcome> => {
  if (!isId(reservationId)) return { outcome: "unknown_reservation" };
  const call = withPatience(database, caller);
  const wanted = lines && mergeLines(lines);
  const confirmed =
    wanted === undefined && !reacquires
      ? await confirmHold(database, reservationId, call)
      : await confirmRecord(database, reservationId, { lines: wanted, reacquires }, call);
  const isSold = confirmed.outcome === "confirmed" && confirmed.reservation.status === "confirmed";
  if (!isSold || !fulfills) return confirmed;
  const fulfilled = await fulfill(database, { reservationId }, caller);
  return "reservation" in fulfilled
    ? { outcome: "confirmed", reservation: fulfilled.reservation }
    : confirmed;
};

/** Confirms a whole hold. A hold that is due gives its units back, now that a request has met it. */
async function confirmHold(
  database: LeasingDatabase,
  reservationId: string,
  call: Call,
): Promise<ConfirmOutcome> {
  for (;;) {
    const result = await writeIf<ReservationItem>(
      database,
      () => confirmation(database, reservationId),
      call,
    );
    const item = result.applied ? result.item : result.found;
    if (item === undefined || !isReservation(item)) return { outcome: "unknown_reservation" };
    const ended = outcomeOf(item);
    if (ended !== undefined) return ended;
    // It was due when the write was sent.
    if (isDue(item, database.now())) await expireHold(database, item, call);
    else if (item.awaitsStock) return confirmRecord(database, reservationId, {}, call);
  }
}

/** The outcome for a reservation that is not held; undefined for a hold. */
function outcomeOf(item: ReservationRecord): ConfirmOutcome | undefined {
  if (item.status === "held") return undefined;
  return { outcome: outcomes[item.status], reservation: reservationIn(item.status, item) };
}

function confirmation(database: Database, reservationId: string): UpdateCommand {
  return new UpdateCommand({
    TableName: database.tables.reservations,
    Key: { reservationId },
    UpdateExpression:
      "SET #status = :confirmed, #version = #version + :one, #updatedAtMs = :now " +
      "REMOVE #expiryShard, #skus",
    ConditionExpression:
      "#status = :held AND #expiresAtMs > :now AND attribute_not_exists(#awaitsStock)",
    ExpressionAttributeNames: {
      "#status": "status",
      "#version": "version",
      "#updatedAtMs": "updatedAtMs",
      "#expiresAtMs": "expiresAtMs",
      "#awaitsStock": "awaitsStock",
      "#expiryShard": "expiryShard",
      "#skus": "skus",
    },
    ExpressionAttributeValues: {
      ":confirmed": "confirmed",
      ":held": "held",
      ":one": 1,
      ":now": database.now(),
    },
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
}

interface Wanted {
  lines?: readonly Line[] | undefined;
  reacquires?: boolean;
}

/** Confirms some lines of a hold, or a hold that has expired: the record is read first. */
async function confirmRecord(
  database: LeasingDatabase,
  reservationId: string,
  wanted: Wanted,
  call: Call,
): Promise<ConfirmOutcome> {
  const seen = await readReservationItem(database, reservationId, call);
  const lines = wanted.lines ?? seen?.lines ?? [];
  return takeTurns(database, lines, call, (isLeased, record = seen) =>
    confirmUntilDecided(database, record, wanted, isLeased, call),
  );
}

async function confirmUntilDecided(
  database: LeasingDatabase,
  seen: ReservationItem | undefined,
  { lines, reacquires = false }: Wanted,
  isLeased: boolean,
  call: Call,
): Promise<ConfirmOutcome | Blocked> {
  let item = seen;
  for (let attempt = 0; ; attempt += 1) {
    if (item === undefined || !isReservation(item)) return { outcome: "unknown_reservation" };
    const reservation = reservationAt(item, database.now());
    const isLate = mayReacquire(item) && reacquires;
    const ended = outcomeOf(item);
    if (ended !== undefined && !isLate) return ended;
    if (isDue(item, database.now()) && !reacquires) {
      item = await expireHold(database, item, call);
      continue;
    }
    const excess = excessOf(item, lines ?? item.lines);
    if (excess.length > 0) return { outcome: "exceeds_reservation", reservation, excess };
    if (!isLate) {
      const result = await sellOpenParts(database, item, lines ?? item.lines, !reacquires, call);
      if ("written" in result) {
        return { outcome: "confirmed", reservation: reservationIn("confirmed", result.written) };
      }
      item = result.found;
    } else {
      const more = await linesToReacquire(database, item, lines, call);
      const result = await amend(
        database,
        item,
        { ...more, isLeased, rewrite: soldRecordOf },
        call,
      );
      if ("outcome" in result) return { outcome: "reservation_expired", reservation };
      if ("written" in result) {
        return { outcome: "confirmed", reservation: reservationIn("confirmed", result.written) };
      }
      if ("blocked" in result && !isLeased) return result;
      item = "blocked" in result ? (result.blocked ?? item) : result.found;
    }
    if (attempt > 0) await backOff(database, call, attempt, "conflict");
  }
}

/** Sells these units of a hold, and releases the rest of it, by one write of its record. */
async function sellOpenParts(
  database: Database,
  item: ReservationItem,
  lines: readonly Line[],
  isBeforeEnd: boolean,
  call: Call,
): Promise<Committed> {
  const sold = partsOfLines(item, isOpen, lines);
  if ("excess" in sold) {
    throw new Error(`The reservation ${item.reservationId} has fewer units than its lines.`);
  }
  const given = sold.rest.filter(isOpen);
  const kept = [...sold.changing, ...sold.rest.filter((part) => !isOpen(part))];
  const change = { item, changing: given, rest: kept };
  const update = { kind: "release", rewrite: soldRecordOf, isBeforeEnd } as const;
  const [result] = await changeParts(database, [change], update, call);
  return result!;
}

/** A record whose units are sold is in no index of holds, and stays until they are fulfilled or cancelled. */
function soldRecordOf(item: ReservationItem): ReservationItem {
  const { ttlSeconds: _ttl, awaitsStock: _awaits, ...rest } = item;
  const lines = linesOfParts(item.parts.filter(isOpen));
  return withBackordersIndexed({ ...rest, status: "confirmed", lines });
}

/** The units to take again: by the channel of the reservation, or where they were if that is gone. */
async function linesToReacquire(
  database: Database,
  item: ReservationItem,
  lines: readonly Line[] | undefined,
  call: Call,
): Promise<Pick<Amendment, "more" | "channel">> {
  const channel = item.channel && (await readChannel(database, item.channel, call));
  if (!channel)
    return { more: linesTogether(lines === undefined ? item.lines : levelLinesOf(item, lines)) };
  return { more: lines ?? linesBySku(item.lines), channel };
}
