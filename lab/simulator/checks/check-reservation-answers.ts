/** Checks answers to changes of a reservation: its sale, changes of its lines, and what becomes of sold units. */
import type { Line, ReservationItem } from "../../../contract/tables.ts";
import type { ConfirmOutcome } from "../../../inventory/reservations/confirm.ts";
import type { ChangeHoldOutcome } from "../../../inventory/reservations/change-hold.ts";
import { linesBySku, linesTogether, mergeLines } from "../../../inventory/reservations/lines.ts";
import type { Excess } from "../../../inventory/reservations/parts.ts";
import type { Shortage } from "../../../inventory/reservations/shortages.ts";
import { isReservation, type Reservation } from "../../../inventory/reservations/reservation.ts";
import type {
  CancelOutcome,
  FulfillOutcome,
  ReturnOutcome,
} from "../../../inventory/reservations/sold-units.ts";
import { levelKeyOf, type LevelName, levelNameOf } from "../../../inventory/stock/level-key.ts";
import type { ShopOperations } from "../cloud/shop-calls.ts";
import { areAskedUnits, possibleFor } from "./asked-units.ts";
import { describeUnits, growthOf, unitsIn, unitsOfLines, type Units } from "./line-units.ts";
import type { RecordWrite } from "./history.ts";
import { effectOfWrite, keyNameOf } from "./record-effect.ts";
import { channelsOf, never, notShown, ownWritesOf, recordsOf, type Span } from "./span.ts";

type Input<Operation extends keyof ShopOperations> = ShopOperations[Operation]["input"];

/** An answer about one reservation: it is shown as it was, or was not there. */
export function notShownOrThere(
  id: string,
  { reservation }: { outcome: string; reservation?: Reservation },
  span: Span,
): string | undefined {
  if (reservation !== undefined) return notShown(reservation, span);
  return never(recordsOf(id, span), (item) => item === undefined || !isReservation(item))
    ? "it was there"
    : undefined;
}

const soldStatuses: readonly string[] = ["confirmed", "fulfilled", "cancelled"];

export const falseConfirm = (
  { reservationId, lines, fulfills = false, reacquires = false }: Input<"confirm">,
  result: ConfirmOutcome,
  span: Span,
): string | undefined => {
  const notSeen = notShownOrThere(reservationId, result, span);
  if (notSeen !== undefined || result.outcome === "unknown_reservation") return notSeen;
  const { status, lines: shown } = result.reservation;
  switch (result.outcome) {
    case "confirmed":
      if (!soldStatuses.includes(status)) return `it is shown as ${status}`;
      return fulfills && status === "confirmed" && !shown.some(({ isBackorder }) => isBackorder)
        ? "its units are not fulfilled"
        : undefined;
    case "reservation_released":
      return status === "released" ? undefined : `it is shown as ${status}`;
    case "reservation_expired":
      if (status !== "expired") return `it is shown as ${status}`;
      if (reacquires) claimLate(result.reservation, lines, span);
      return writtenByRefusal(reservationId, span);
    case "exceeds_reservation": {
      const { channel } = result.reservation;
      const excess = excessOf(lines, unitsOfLines(shown), channel);
      return otherExcess(result.excess, excess) ?? writtenByRefusal(reservationId, span);
    }
  }
};

export const falseChange = (
  { reservationId, lines, expectedVersion, idempotencyKey }: Input<"changeHold">,
  result: ChangeHoldOutcome,
  span: Span,
): string | undefined => {
  const wanted = mergeLines(lines);
  switch (result.outcome) {
    case "changed":
      return (
        notShown(result.reservation, span) ??
        (areAskedUnits(unitsOfLines(result.reservation.lines), wanted, result.reservation.channel)
          ? undefined
          : "it shows other lines") ??
        otherBase(reservationId, expectedVersion, span) ??
        withoutKey(reservationId, idempotencyKey, span)
      );
    case "replayed": {
      const written = writeUnder(reservationId, idempotencyKey, span);
      const { lines: changed = [], channel } = written?.after ?? {};
      if (!areAskedUnits(unitsOfLines(changed), wanted, channel)) {
        return "its key is that of another change";
      }
      return notShown(result.reservation, span);
    }
    case "insufficient_stock": {
      const { channel } = recordsOf(reservationId, span).find((item) => item !== undefined) ?? {};
      claimShortages(result.shortages, channel, span);
      const more = result.shortages.find((one) => one.requested > quantityOf(wanted, one));
      if (more !== undefined) return `it never asked for ${more.requested} × ${levelKeyOf(more)}`;
      return writtenByRefusal(reservationId, span);
    }
    case "unknown_sku":
    case "unknown_channel":
      return writtenByRefusal(reservationId, span);
    case "reservation_confirmed":
    case "reservation_released":
    case "reservation_expired": {
      const { status } = result.reservation;
      const isSold = soldStatuses.includes(status);
      const expected = isSold ? "reservation_confirmed" : `reservation_${status}`;
      if (result.outcome !== expected) return `it is shown as ${status}`;
      return notShown(result.reservation, span) ?? writtenByRefusal(reservationId, span);
    }
    case "version_mismatch": {
      const { version } = result;
      if (version === expectedVersion) return "the version is the expected one";
      if (never(recordsOf(reservationId, span), (item) => item?.version === version)) {
        return `it never had the version ${version}`;
      }
      return writtenByRefusal(reservationId, span);
    }
    case "idempotency_key_reused":
      return falseReuse(reservationId, idempotencyKey, span);
    case "unknown_reservation":
      return notShownOrThere(reservationId, result, span);
  }
};

/** A change is made to the very hold that the caller has seen, also under a later version. */
function otherBase(
  id: string,
  expectedVersion: number | undefined,
  span: Span,
): string | undefined {
  if (expectedVersion === undefined) return undefined;
  const records = recordsOf(id, span);
  const seen = records.find((item) => item?.version === expectedVersion);
  if (seen === undefined) return `it never had the version ${expectedVersion}`;
  const other = ownWritesOf(id, span).find(
    ({ before, after }) =>
      effectOfWrite(before, after)?.isChange && !isSame(contentsOf(before!), contentsOf(seen)),
  );
  return other && `it changed version ${other.before?.version}, not ${expectedVersion}`;
}

const contentsOf = ({ lines, expiresAtMs }: ReservationItem) => ({ lines, expiresAtMs });

type SoldOperation = "fulfill" | "cancel" | "returnUnits";

/** The states of the units that an operation may concern, and the state that they get. */
const statesOf = {
  fulfill: { from: ["open"], to: ["fulfilled", "returned"] },
  cancel: { from: ["open"], to: ["cancelled"] },
  returnUnits: { from: ["fulfilled"], to: ["returned"] },
} as const;

/** The units of a line that an operation may concern. */
const possibleOf = (
  operation: SoldOperation,
  { quantity, fulfilled = 0, cancelled = 0, returned = 0 }: Reservation["lines"][number],
): number =>
  operation === "returnUnits" ? fulfilled - returned : quantity - fulfilled - cancelled;

export const falseSold = (
  operation: SoldOperation,
  { reservationId, idempotencyKey, lines }: Input<"fulfill">,
  result: FulfillOutcome | CancelOutcome | ReturnOutcome,
  span: Span,
): string | undefined => {
  const wanted = lines && mergeLines(lines);
  switch (result.outcome) {
    case "fulfilled":
    case "cancelled":
    case "returned":
      return (
        notShown(result.reservation, span) ??
        (soldStatuses.includes(result.reservation.status) ? undefined : "it was never sold") ??
        falseEffect(operation, result.reservation, wanted, span) ??
        (wanted && withoutKey(reservationId, idempotencyKey, span))
      );
    case "replayed":
      return (
        otherEffect(operation, writeUnder(reservationId, idempotencyKey, span), wanted) ??
        notShown(result.reservation, span)
      );
    case "reservation_not_confirmed":
      return (
        notShown(result.reservation, span) ??
        (soldStatuses.includes(result.reservation.status) ? "it is shown as sold" : undefined) ??
        writtenByRefusal(reservationId, span)
      );
    case "exceeds_reservation": {
      const { lines: shown, channel } = result.reservation;
      const there = operation === "fulfill" ? shown.filter((line) => !line.isBackorder) : shown;
      const possible = unitsOfLines(
        there.map((line) => ({ ...line, quantity: possibleOf(operation, line) })),
      );
      const excess = excessOf(wanted, possible, channel);
      const mayBeDone = (line: Reservation["lines"][number]): boolean =>
        (possibleOf(operation, line) > 0 && there.includes(line)) ||
        (operation === "fulfill" ? line.fulfilled : line.cancelled) !== undefined;
      return (
        notShown(result.reservation, span) ??
        otherExcess(result.excess, excess) ??
        (wanted === undefined && shown.some(mayBeDone) ? "units are left for it" : undefined) ??
        (wanted !== undefined && excess.length === 0 ? "its lines were possible" : undefined) ??
        writtenByRefusal(reservationId, span)
      );
    }
    case "idempotency_key_reused":
      return falseReuse(reservationId, idempotencyKey, span);
    case "unknown_reservation":
      return notShownOrThere(reservationId, result, span);
  }
};

/** The units that the call has changed are those of its lines, or all that were left. */
function falseEffect(
  operation: SoldOperation,
  { reservationId, lines: shown, channel }: Reservation,
  wanted: readonly Line[] | undefined,
  span: Span,
): string | undefined {
  const { to } = statesOf[operation];
  const writes = ownWritesOf(reservationId, span);
  const changed = writes.flatMap(({ before, after }) =>
    before === undefined || after === undefined
      ? []
      : [...growthOf(unitsIn(before.parts, to), unitsIn(after.parts, to))],
  );
  const units = unitsOfLines(changed.map(([key, quantity]) => ({ ...levelNameOf(key), quantity })));
  if (wanted === undefined) {
    const left = shown.find(
      (line) => possibleOf(operation, line) > 0 && !(line.isBackorder && operation === "fulfill"),
    );
    return left && `units of ${levelKeyOf(left)} are left`;
  }
  if (areAskedUnits(units, wanted, channel)) return undefined;
  return `it changed "${describeUnits(units)}", not "${describeUnits(unitsOfLines(wanted))}"`;
}

/** The write that a repeat answers for had the effect that this call asks for. */
function otherEffect(
  operation: SoldOperation,
  written: RecordWrite | undefined,
  wanted: readonly Line[] | undefined,
): string | undefined {
  const effect = effectOfWrite(written?.before, written?.after);
  if (effect === undefined) return "its key was never written";
  const units = { fulfill: "fulfilled", cancel: "cancelled", returnUnits: "returned" } as const;
  const changed = effect[units[operation]];
  const isOther =
    changed.size === 0 ||
    (wanted !== undefined && !areAskedUnits(changed, wanted, written?.after?.channel));
  return isOther ? "its key is that of another change" : undefined;
}

/** The write, up to the end of the span, with which the record got a key. */
function writeUnder(id: string, key: string | undefined, span: Span): RecordWrite | undefined {
  const name = keyNameOf(key);
  return span.history
    .writesOf(id)
    .find(({ after, atMs }) => atMs <= span.toMs && name !== undefined && after?.requests?.[name]);
}

/** A refusal leaves the reservation as it was: its lines, its units and its keys. */
function writtenByRefusal(id: string, span: Span): string | undefined {
  const written = ownWritesOf(id, span).find(({ before, after }) => {
    const effect = effectOfWrite(before, after);
    if (effect === undefined) return false;
    const { fulfilled, cancelled, returned, isChange, isSale, newKeys } = effect;
    const units = fulfilled.size + cancelled.size + returned.size;
    return isChange || isSale || units > 0 || newKeys.length > 0;
  });
  return written && `the refused call wrote version ${written.after?.version}`;
}

/** The record has the key of a call that was done. */
function withoutKey(id: string, key: string | undefined, span: Span): string | undefined {
  const name = keyNameOf(key);
  if (name === undefined) return undefined;
  const hasKey = (item?: ReservationItem): boolean => item?.requests?.[name] !== undefined;
  return never(recordsOf(id, span), hasKey) ? `it never had the key ${key}` : undefined;
}

/** A key that only one request was sent with is not reused. */
function falseReuse(id: string, key: string | undefined, span: Span): string | undefined {
  if (key === undefined) return "the call has no key";
  return (
    withoutKey(id, key, span) ??
    (span.requestsUnder(key) < 2 ? `only one request was sent under ${key}` : undefined) ??
    writtenByRefusal(id, span)
  );
}

/** A late payment is refused where not all of its units are there, at the locations of its channel if it has one. */
function claimLate(
  { lines: shown, channel }: Reservation,
  lines: readonly Line[] | undefined,
  span: Span,
): void {
  if (channel === undefined)
    span.claim(linesTogether(lines ?? shown).map(asClaim), { isAny: true });
  else span.claimSourced(mergeLines(lines ?? linesBySku(shown)), channel);
}

/** The lines are short, at their locations or at all of the channel together. */
function claimShortages(
  shortages: readonly Shortage[],
  channel: string | undefined,
  span: Span,
): void {
  if (channel === undefined) {
    span.claim(shortages);
    return;
  }
  // With a limit, the locations of units that the hold has count as well.
  if (channelsOf(channel, span).some((one) => one?.maxSplits !== undefined)) return;
  for (const { sku, location, requested } of shortages) {
    span.claimSourced([{ sku, location, quantity: requested }], channel);
  }
}

const asClaim = ({ quantity: requested, ...name }: Line) => ({ ...name, requested });

const lineOf = <Each extends Line>(lines: readonly Each[], level: LevelName): Each | undefined =>
  lines.find((line) => levelKeyOf(line) === levelKeyOf(level));

const quantityOf = (lines: readonly Line[], level: LevelName): number =>
  lineOf(lines, level)?.quantity ?? 0;

const excessOf = (
  lines: readonly Line[] | undefined,
  units: Units,
  channel: string | undefined,
): Excess[] => {
  const wanted = lines === undefined ? [] : mergeLines(lines);
  return wanted.flatMap(({ quantity: requested, ...name }) => {
    const possible = possibleFor(name, wanted, units, channel);
    return requested > possible ? [{ ...name, requested, possible }] : [];
  });
};

const otherExcess = (shown: readonly Excess[], excess: readonly Excess[]): string | undefined =>
  isSame(shown, excess) ? undefined : `its excess was ${JSON.stringify(excess)}`;

const isSame = (some: unknown, other: unknown): boolean =>
  JSON.stringify(some) === JSON.stringify(other);
