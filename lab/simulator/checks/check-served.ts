/**
 * Checks that units which arrive go to the oldest reservation that waits for them. A reservation that came to wait a
 * moment ago may be overlooked: the index that it is found by lags, and clocks differ.
 */
import type { Part, ReservationItem } from "../../../contract/tables.ts";
import { linesTogether } from "../../../inventory/reservations/lines.ts";
import { isBackorderKey, levelKeyOfRow } from "../../../inventory/stock/level-key.ts";
import type { CommittedChange, History } from "./history.ts";
import { ownedParts } from "./owned-units.ts";
import type { Report } from "./violation.ts";

/** The time for which a reservation may be overlooked, in milliseconds of the run. */
const overlookedMs = 5_000;

const waitingParts = (item: ReservationItem | undefined): readonly Part[] =>
  item === undefined ? [] : ownedParts(item).filter(({ row }) => isBackorderKey(row));

/** The levels whose units became units that are there by this write. */
const servedLevels = (
  before: ReservationItem | undefined,
  after: ReservationItem | undefined,
): string[] =>
  before === undefined || after === undefined || !isSameReservation(before, after)
    ? []
    : after.parts
        .filter(({ row, ended }) => isBackorderKey(row) && ended?.base === before.version)
        .filter(({ ended }) => ended?.by === "release")
        .map(({ row }) => levelKeyOfRow(row));

export const createServedCheck = (
  history: Pick<History, "reservation" | "reservationIds">,
  report: Report,
): ((changed: CommittedChange) => void) => {
  /** The time since which a reservation waits for units of a level. */
  const since = new Map<string, Map<string, number>>();

  const noteWaiting = (atMs: number, id: string, after: ReservationItem | undefined): void => {
    const levels = new Set(waitingParts(after).map(({ row }) => levelKeyOfRow(row)));
    const known = since.get(id) ?? new Map<string, number>();
    since.set(id, new Map([...levels].map((key) => [key, known.get(key) ?? atMs])));
  };

  const olderThan = (item: ReservationItem, levelKey: string, atMs: number): string | undefined => {
    for (const [id, levels] of since) {
      const other = history.reservation(id).last;
      const sinceMs = levels.get(levelKey);
      if (id === item.reservationId || other === undefined || sinceMs === undefined) continue;
      const isOlder = other.createdAtMs < item.createdAtMs && sinceMs < atMs - overlookedMs;
      // A hold that is due is not served.
      const isLasting =
        other.status === "confirmed" || other.expiresAtMs > item.updatedAtMs + overlookedMs;
      if (isOlder && isLasting) return id;
    }
    return undefined;
  };

  return ({ commit: { atMs }, reservations }) => {
    for (const { key, before, after } of reservations) {
      for (const levelKey of servedLevels(before, after)) {
        const older = olderThan(after!, levelKey, atMs);
        if (older === undefined) continue;
        report("unasked_change", key, `it was served before ${older}, which waits for ${levelKey}`);
      }
    }
    for (const { key, after } of reservations) noteWaiting(atMs, key, after);
  };
};

/** False where a hold gets other lines, or ends. */
const isSameReservation = (before: ReservationItem, after: ReservationItem): boolean =>
  before.status === after.status &&
  JSON.stringify(linesTogether(before.lines)) === JSON.stringify(linesTogether(after.lines));
