/** Checks one write of a record: the next status, the next version, and the parts that stay. */
import type { Part, PartEnd, ReservationItem } from "../../../contract/tables.ts";
import { skuOf } from "../../../inventory/stock/level.ts";
import type { Report } from "./violation.ts";
import type { RecordChange } from "./record-change.ts";

type Status = ReservationItem["status"] | "absent";

/**
 * The statuses that may follow each status. Another request under its key may replace an abandoned
 * record, and a base that is superseded is written again as it is.
 */
const nextStatuses: Record<Status, readonly Status[]> = {
  absent: ["held", "released", "rejected", "abandoned", "adjustment", "move", "order"],
  abandoned: ["abandoned", "held", "released", "rejected", "adjustment"],
  held: ["held", "confirmed", "released", "expired"],
  confirmed: ["confirmed"],
  released: [],
  expired: [],
  rejected: [],
  adjustment: [],
  move: [],
  order: ["order"],
};

/** The ways in which the parts of a record of each status may have ended. */
const endsOf: Record<Status, readonly PartEnd[]> = {
  absent: [],
  abandoned: [],
  held: [],
  confirmed: ["sale"],
  released: ["release"],
  // A release that comes too late is written as an expiry.
  expired: ["expiry", "release"],
  rejected: [],
  adjustment: [],
  move: [],
  order: [],
};

export const checkLife = (
  { key, before, after }: RecordChange<ReservationItem>,
  report: Report,
): void => {
  const from = before?.status ?? "absent";
  const to = after?.status ?? "absent";
  if (!nextStatuses[from].includes(to)) report("transition", key, `${from} became ${to}`);
  if (after === undefined) return;
  const version = before?.version ?? 0;
  if (after.version !== version + 1) {
    report("transition", key, `version ${after.version} after ${version}`);
  }
  checkParts(after, report);
  if (before === undefined || from === "abandoned") checkStart(after, report);
  else checkKept(before, after, report);
};

/**
 * Ended parts have ended in the way of the record. A hold that is over owns nothing. Units arrive by
 * moves alone.
 */
function checkParts({ reservationId, status, parts }: ReservationItem, report: Report): void {
  const ends = parts.flatMap(({ ended }) => (ended === undefined ? [] : [ended.by]));
  const wrong = ends.find((by) => !endsOf[status].includes(by));
  if (wrong !== undefined) {
    report("transition", reservationId, `${status}, and a part has ended by ${wrong}`);
  }
  const isOver = status === "released" || status === "expired";
  if (isOver && ends.length < parts.length) {
    report("transition", reservationId, `${status}, and a part has not ended`);
  }
  if (status !== "move" && parts.some(({ arrives }) => arrives === true)) {
    report("transition", reservationId, `${status}, and the units of a part arrive`);
  }
}

/**
 * A new record owns the units of its lines, in any rows of their SKUs, or none. A move takes the units of
 * its line from some rows, and brings them to others.
 */
function checkStart(item: ReservationItem, report: Report): void {
  const { reservationId, status, lines, parts } = item;
  const hasUnits = status === "held" || status === "adjustment" || status === "move";
  const expected = hasUnits ? unitsByKey(lines.map(({ sku, quantity }) => [sku, quantity])) : "";
  const isMove = status === "move";
  const ways = isMove
    ? [
        { name: "departures", units: parts.filter(({ arrives }) => arrives !== true) },
        { name: "arrivals", units: parts.filter(({ arrives }) => arrives === true) },
      ]
    : [{ name: "parts", units: parts }];
  for (const { name, units } of ways) {
    const owned = unitsByKey(units.map(({ row, quantity }) => [skuOf(row), quantity]));
    if (owned === expected) continue;
    report("transition", reservationId, `${status} with ${name} of "${owned}", not "${expected}"`);
  }
  if (isMove && lines.length !== 1) {
    report("transition", reservationId, `a move of ${lines.length} lines`);
  }
  if (status === "released" && lines.length > 0) {
    report("transition", reservationId, "released with lines before it was held");
  }
}

function unitsByKey(units: readonly [key: string, quantity: number][]): string {
  const sums = new Map<string, number>();
  for (const [key, quantity] of units) sums.set(key, (sums.get(key) ?? 0) + quantity);
  const keys = [...sums.keys()].toSorted((some, other) => (some < other ? -1 : 1));
  return keys.map((key) => `${sums.get(key)} × ${key}`).join(", ");
}

function checkKept(before: ReservationItem, after: ReservationItem, report: Report): void {
  const { reservationId } = after;
  for (const name of ["lines", "fingerprint", "orderId", "createdAtMs"] as const) {
    if (JSON.stringify(before[name]) !== JSON.stringify(after[name])) {
      report("transition", reservationId, `its ${name} changed`);
    }
  }
  const isKept = before.parts.every((part, index) => isSamePart(part, after.parts[index]));
  if (!isKept || before.parts.length !== after.parts.length) {
    report("transition", reservationId, "its parts changed");
  }
}

/** True for the same units, which may have ended since. */
const isSamePart = (before: Part, after: Part | undefined): boolean =>
  after !== undefined &&
  before.row === after.row &&
  before.quantity === after.quantity &&
  before.version === after.version &&
  (before.ended === undefined || JSON.stringify(before.ended) === JSON.stringify(after.ended));
