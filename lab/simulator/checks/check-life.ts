/** Checks one write of a record: the next status, the next version, and the attributes that follow from it. */
import type { Line, ReservationItem } from "../../../contract/tables.ts";
import { linesBySku, linesTogether } from "../../../inventory/reservations/lines.ts";
import { isBackorderKey, levelKeyOf } from "../../../inventory/stock/level-key.ts";
import { checkNewParts, checkParts } from "./check-parts.ts";
import { unitsIn, unitsOfLines } from "./line-units.ts";
import type { Report } from "./violation.ts";
import type { RecordChange } from "./record-change.ts";

type Status = ReservationItem["status"] | "absent";

/**
 * The statuses that may follow each status. Another request under its key may replace an abandoned
 * record, and a base that is superseded is written again as it is.
 */
const nextStatuses: Record<Status, readonly Status[]> = {
  absent: ["held", "released", "rejected", "abandoned", "adjustment", "transfer", "move", "order"],
  abandoned: ["abandoned", "held", "released", "rejected", "adjustment", "transfer"],
  held: ["held", "confirmed", "released", "expired"],
  confirmed: ["confirmed", "fulfilled", "cancelled"],
  // Units that are returned do not change the status.
  fulfilled: ["fulfilled"],
  cancelled: [],
  released: [],
  // A late confirm takes the units again.
  expired: ["expired", "confirmed"],
  rejected: [],
  adjustment: [],
  transfer: [],
  move: [],
  order: ["order"],
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
  checkStatus(after, report);
  checkAttributes(after, report);
  if (before === undefined || from === "abandoned") {
    checkNewParts(after, report);
    checkShortages(after, report);
  } else {
    checkKept(before, after, report);
    checkParts(before, after, report);
  }
};

/** The status of sold units follows from what has become of them. */
function checkStatus({ reservationId, status, parts }: ReservationItem, report: Report): void {
  const isSold = status === "confirmed" || status === "fulfilled" || status === "cancelled";
  if (!isSold) return;
  const hasOpen = unitsIn(parts, ["open"]).size > 0;
  const hasFulfilled = unitsIn(parts, ["fulfilled", "returned"]).size > 0;
  const expected = hasOpen ? "confirmed" : hasFulfilled ? "fulfilled" : "cancelled";
  if (status !== expected) {
    report("transition", reservationId, `${status}, and by its parts it is ${expected}`);
  }
}

const endedStatuses: readonly Status[] = ["fulfilled", "cancelled", "released", "expired"];

/**
 * A hold, and no other record, is in the index of holds with the SKUs of its lines. A record may be removed
 * once it owns no units, not before.
 */
function checkAttributes(item: ReservationItem, report: Report): void {
  const { reservationId, status, lines, expiryShard, skus, ttlSeconds } = item;
  const isHeld = status === "held";
  const waiting = [...unitsIn(item.parts, ["open"]).keys()].filter(isBackorderKey);
  const waits = status === "confirmed" && waiting.length > 0;
  const isIndexed = isHeld || waits;
  if ((expiryShard !== undefined) !== isIndexed || (skus !== undefined) !== isIndexed) {
    const place = expiryShard === undefined ? "not in" : "in";
    report("transition", reservationId, `${status}, and ${place} the index of holds`);
  }
  const named = [...(skus ?? [])].toSorted().join(", ");
  const own = lines.map(levelKeyOf).join(", ");
  const expected = waits ? waiting.toSorted().join(", ") : own;
  if (isIndexed && named !== expected) {
    report("transition", reservationId, `the index of holds names ${named}, not ${expected}`);
  }
  const isKept = isHeld || status === "confirmed";
  if (isKept && ttlSeconds !== undefined) {
    report("transition", reservationId, `${status}, and to be removed at ${ttlSeconds} s`);
  }
  if (endedStatuses.includes(status) && ttlSeconds === undefined) {
    report("transition", reservationId, `${status}, and never to be removed`);
  }
}

/** A hold of fewer units than were wanted says how many of each line it has. */
function checkShortages(item: ReservationItem, report: Report): void {
  const { reservationId, status, shortages = [] } = item;
  if (status !== "held") return;
  const quantities = unitsOfLines(comparable(item));
  for (const shortage of shortages) {
    const { requested, available } = shortage;
    const levelKey = levelKeyOf(shortage);
    const held = quantities.get(levelKey) ?? 0;
    if (held === available && held < requested) continue;
    const message = `it names ${available} of ${requested} × ${levelKey}, and holds ${held}`;
    report("transition", reservationId, message);
  }
}

/** Units that are taken again may be at other locations of the channel. */
const comparable = ({ channel, lines }: ReservationItem): Line[] =>
  channel === undefined ? linesTogether(lines) : linesBySku(lines);

function checkKept(before: ReservationItem, after: ReservationItem, report: Report): void {
  const { reservationId } = after;
  const mayChangeLines =
    after.status === "held" || (after.status === "confirmed" && before.status !== "confirmed");
  const fixed = ["fingerprint", "orderId", "channel", "createdAtMs"] as const;
  for (const name of mayChangeLines ? fixed : ([...fixed, "lines"] as const)) {
    const [had, has] = [before, after].map((item) =>
      JSON.stringify(name === "lines" ? linesTogether(item.lines) : item[name]),
    );
    if (had !== has) {
      report("transition", reservationId, `its ${name} changed`);
    }
  }
  if (after.shortages !== undefined && !isSame(before.shortages, after.shortages)) {
    report("transition", reservationId, "its shortages changed");
  }
  const [had, has] = [before, after].map(({ lines }) =>
    lines.map((line) => `${line.quantity} × ${levelKeyOf(line)}`).join(", "),
  );
  const isSale = after.status === "confirmed" && before.status !== "confirmed";
  const quantities = unitsOfLines(comparable(before));
  const isMore = comparable(after).some(
    (line) => line.quantity > (quantities.get(levelKeyOf(line)) ?? 0),
  );
  if (isSale && isMore) {
    report("transition", reservationId, `it had the lines ${had}, and ${has} are sold`);
  }
}

const isSame = (some: unknown, other: unknown): boolean =>
  JSON.stringify(some) === JSON.stringify(other);
