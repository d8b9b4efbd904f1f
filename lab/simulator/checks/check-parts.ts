/**
 * Checks the parts of a record at one write of it. Parts may be divided; their units stay those of their
 * row and version, and go one way:
 *
 *   open ──┬─ released                             of a hold that changes or ends, or is sold in part
 *          ├─ cancelled                            of a sold one
 *          └─ fulfilled ── returned                the same
 */
import type { Part, PartEnd, ReservationItem } from "../../../contract/tables.ts";
import { isBackorderKey, levelNameOf } from "../../../inventory/stock/level-key.ts";
import {
  describeUnits,
  soldStates,
  unitsIn,
  unitsOfLines,
  unitsTogether,
  type Units,
} from "./line-units.ts";
import type { Report } from "./violation.ts";

type Status = ReservationItem["status"];

/** The ways in which parts may end in one write of a record, by its statuses before and after it. */
const endsOf: Partial<Record<`${Status} ${Status}`, readonly (PartEnd | "return")[]>> = {
  "held held": ["release"],
  "held released": ["release"],
  // A release that comes too late is written as an expiry.
  "held expired": ["release", "expiry"],
  "held confirmed": ["release"],
  "confirmed confirmed": ["fulfilment", "cancellation", "return"],
  "confirmed fulfilled": ["fulfilment", "cancellation"],
  "confirmed cancelled": ["cancellation"],
  "fulfilled fulfilled": ["return"],
};

/** The writes that may take new units. */
const takers: readonly string[] = ["held held", "expired confirmed"];

const unitsOfParts = (parts: readonly Part[]): Units =>
  unitsTogether(parts.map(({ row, quantity }) => ({ ...levelNameOf(row), quantity })));

/** The units that were backordered, and became units that are there by the write. */
const arrivedIn = (parts: readonly Part[], base: number): Units =>
  unitsOfParts(
    parts.filter(
      ({ row, ended }) => isBackorderKey(row) && ended?.by === "release" && ended.base === base,
    ),
  );

const isSameUnits = (some: Units, others: Units): boolean =>
  describeUnits(some) === describeUnits(others);

/** Checks the parts of a record that was there before. */
export const checkParts = (
  before: ReservationItem,
  after: ReservationItem,
  report: Report,
): void => {
  const { reservationId } = after;
  const change = `${before.status} ${after.status}` as const;
  const had = sumsOf(before.parts);
  const undone = after.parts.map((part) => beforeWrite(part, before.version));
  const added = undone.filter((part) => !had.places.has(placeOf(part)));
  const kept = sumsOf(undone.filter((part) => had.places.has(placeOf(part))));
  if (!isSame(had.sums, kept.sums)) report("transition", reservationId, "its parts changed");
  const arrived = arrivedIn(after.parts, before.version);
  const isServed =
    change === "confirmed confirmed" &&
    added.length > 0 &&
    isSameUnits(unitsOfParts(added), arrived);
  if (added.length > 0 && !takers.includes(change) && !isServed) {
    report("transition", reservationId, `${before.status} became ${after.status} with new parts`);
  }
  if (after.parts.some((part) => !had.places.has(placeOf(part)) && part.ended !== undefined)) {
    report("transition", reservationId, "it has new parts that have ended");
  }
  if (after.parts.some(({ row, ended }) => isBackorderKey(row) && ended?.by === "fulfilment")) {
    report("transition", reservationId, "units were handed over that were never there");
  }
  if (after.parts.some(({ ended, returned }) => returned && ended?.by !== "fulfilment")) {
    report("transition", reservationId, "units came back that were never fulfilled");
  }
  const ends = new Set(after.parts.flatMap((part) => endIn(part, before.version) ?? []));
  const allowed = isServed ? (["release"] as const) : (endsOf[change] ?? []);
  for (const end of ends) {
    if (allowed.includes(end)) continue;
    report("transition", reservationId, `${before.status} became ${after.status} by a ${end}`);
  }
  if (ends.size > 1) {
    report("transition", reservationId, `one write has ${[...ends].join(" and ")}`);
  }
  checkOwned(after, report);
};

/**
 * Checks a new record: it owns the units of its lines, in any rows of their levels, or none. A move takes the
 * units of its line from some rows, and brings them to others of the level; a transfer may bring them to
 * another level.
 */
export const checkNewParts = (item: ReservationItem, report: Report): void => {
  const { reservationId, status, lines, parts } = item;
  if (parts.some(({ ended, returned }) => ended !== undefined || returned !== undefined)) {
    report("transition", reservationId, `${status}, and a part has ended`);
  }
  const isTransfer = status === "transfer";
  const hasUnits = status === "held" || status === "adjustment" || status === "move" || isTransfer;
  const expected = hasUnits ? describeUnits(unitsOfLines(lines)) : "";
  const isMove = status === "move";
  const ways = isMove
    ? [
        { name: "departures", units: parts.filter(({ arrives }) => arrives !== true) },
        { name: "arrivals", units: parts.filter(({ arrives }) => arrives === true) },
      ]
    : [{ name: "parts", units: isTransfer ? parts.filter(({ arrives }) => !arrives) : parts }];
  for (const { name, units } of ways) {
    const owned = describeUnits(
      unitsOfLines(units.map(({ row, quantity }) => ({ ...levelNameOf(row), quantity }))),
    );
    if (owned === expected) continue;
    report("transition", reservationId, `${status} with ${name} of "${owned}", not "${expected}"`);
  }
  if (isMove && lines.length !== 1) {
    report("transition", reservationId, `a move of ${lines.length} lines`);
  }
  if (!isMove && !isTransfer && parts.some(({ arrives }) => arrives === true)) {
    report("transition", reservationId, `${status}, and the units of a part arrive`);
  }
  if (status === "released" && lines.length > 0) {
    report("transition", reservationId, "released with lines before it was held");
  }
};

/** A hold owns the units of its lines. Those of a sold one are open, fulfilled or cancelled. */
function checkOwned({ reservationId, status, lines, parts }: ReservationItem, report: Report) {
  const isOver = status === "released" || status === "expired";
  const states = status === "held" || isOver ? (["open"] as const) : soldStates;
  const owned = describeUnits(unitsIn(parts, states));
  const expected = isOver || status === "order" ? "" : describeUnits(unitsOfLines(lines));
  if (owned !== expected) {
    report("transition", reservationId, `${status} with parts of "${owned}", not "${expected}"`);
  }
}

const placeOf = ({ row, version }: Part): string => `${row} at ${version}`;

/** The way in which a part ended by the write that replaced the version `base`. */
function endIn({ ended, returned }: Part, base: number): PartEnd | "return" | undefined {
  if (returned?.base === base) return "return";
  return ended?.base === base ? ended.by : undefined;
}

/** The part as it was before that write. */
function beforeWrite({ returned, ended, ...part }: Part, base: number): Part {
  if (returned?.base === base) return { ...part, ...(ended && { ended }) };
  if (ended?.base === base) return part;
  return { ...part, ...(ended && { ended }), ...(returned && { returned }) };
}

/** The units of each row and version by what has become of them, however the parts are divided. */
function sumsOf(parts: readonly Part[]): { places: Set<string>; sums: [string, number][] } {
  const sums = new Map<string, number>();
  for (const { quantity, ...part } of parts) {
    const { row, version, arrives, ended, returned } = part;
    const key = JSON.stringify([row, version, arrives, sorted(ended), sorted(returned)]);
    sums.set(key, (sums.get(key) ?? 0) + quantity);
  }
  return {
    places: new Set(parts.map(placeOf)),
    sums: [...sums].toSorted(([some], [other]) => (some < other ? -1 : 1)),
  };
}

const sorted = (members: object | undefined): unknown =>
  members && Object.entries(members).toSorted(([some], [other]) => (some < other ? -1 : 1));

const isSame = (some: unknown, other: unknown): boolean =>
  JSON.stringify(some) === JSON.stringify(other);
