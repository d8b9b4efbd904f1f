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
  confirmed: ["confirmed", "fulfilled", "cancelled"],
  // Units that were returned change it no more.
  fulfilled: ["fulfilled"],
  cancelled: [],
  released: [],
  // A late confirm takes the units again.
  expired: ["expired", "confirmed"],
  rejected: [],
  adjustment: [],
  move: [],
  order: ["order"],
};

/** The ways in which the parts of a record of each status may have ended. */
const endsOf: Record<Status, readonly PartEnd[]> = {
  absent: [],
  abandoned: [],
  // By changes of its lines.
  held: ["release"],
  confirmed: ["release", "expiry", "fulfilment", "cancellation"],
  fulfilled: ["release", "expiry", "fulfilment", "cancellation"],
  cancelled: ["release", "expiry", "cancellation"],
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
  const isOver = ["released", "expired", "fulfilled", "cancelled"].includes(status);
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
  const mayChangeLines =
    after.status === "held" || (after.status === "confirmed" && before.status !== "confirmed");
  const fixed = ["fingerprint", "orderId", "createdAtMs"] as const;
  for (const name of mayChangeLines ? fixed : ([...fixed, "lines"] as const)) {
    if (JSON.stringify(before[name]) !== JSON.stringify(after[name])) {
      report("transition", reservationId, `its ${name} changed`);
    }
  }
  const had = unitsOfParts(before.parts);
  const has = unitsOfParts(after.parts);
  const isKept = [...had].every(([key, { units, open }]) => {
    const now = has.get(key);
    return now?.units === units && now.open <= open;
  });
  if (!isKept) report("transition", reservationId, "its parts changed");
  const ends = unitsByKey(endsOfParts(before.parts));
  const kept = unitsByKey(endsOfParts(after.parts).filter(([end]) => ends.includes(end)));
  if (ends !== kept) report("transition", reservationId, "parts that had ended changed");
  const isTaken = [...has.keys()].some((key) => !had.has(key));
  if (isTaken && !mayChangeLines) report("transition", reservationId, "it has new parts");
}

/** The units of each row and version, which stay the same however the parts are divided. */
function unitsOfParts(parts: readonly Part[]): Map<string, { units: number; open: number }> {
  const sums = new Map<string, { units: number; open: number }>();
  for (const { row, version, quantity, ended } of parts) {
    const { units, open } = sums.get(`${row} at ${version}`) ?? { units: 0, open: 0 };
    const stillOpen = ended === undefined ? quantity : 0;
    sums.set(`${row} at ${version}`, { units: units + quantity, open: open + stillOpen });
  }
  return sums;
}

/** The units that ended in each way and place. */
const endsOfParts = (parts: readonly Part[]): [end: string, quantity: number][] =>
  parts.flatMap(({ row, version, quantity, ended }) =>
    ended === undefined ? [] : [[JSON.stringify([row, version, ended]), quantity]],
  );
