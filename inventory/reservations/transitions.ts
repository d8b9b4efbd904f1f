/** The ends of a hold by which its units go back: release and expiry. Its sale: confirm.ts. */
import type { ReservationItem, ReservationStatus } from "../../contract/tables.ts";
import { withPatience, type Call, type Database } from "../dynamodb/database.ts";
import type { Committed } from "../stock/put-record.ts";
import { supersede } from "../stock/resolve.ts";
import { changeParts, finishRecord } from "./change-parts.ts";
import { allParts, isOpen } from "./parts.ts";
import {
  endedTtlSeconds,
  isDue,
  isReservation,
  mayReacquire,
  readReservationItem,
  reservationIn,
  type Reservation,
} from "./reservation.ts";

export type ReleaseOutcome =
  /** `released`: its units are back, now or since it was released or had expired before. */
  | { outcome: "released" | "reservation_confirmed"; reservation: Reservation }
  | { outcome: "unknown_reservation" };

/**
 * Gives the units of held reservations back, at most `recordsAtOnce`: `wanted` is the status that they
 * get, or `expired` where they are due at the time of the write.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`, `inconsistent`
 */
export const endHolds = async (
  database: Database,
  items: readonly ReservationItem[],
  wanted: "released" | "expired",
  call: Call,
): Promise<Committed[]> => {
  const kind = wanted === "released" ? "release" : "expiry";
  const rewrite = (item: ReservationItem, nowMs: number): ReservationItem => {
    const { expiryShard: _shard, skus: _skus, ...rest } = item;
    return {
      ...rest,
      status: isDue(item, nowMs) ? "expired" : wanted,
      ttlSeconds: endedTtlSeconds(database, nowMs),
    };
  };
  const changes = items.map((item) => allParts(item, isOpen));
  const results = await changeParts(database, changes, { kind, rewrite }, call);
  for (const result of results) {
    if ("written" in result && result.written.status === "expired") {
      call.onExpired?.(database.now() - result.written.expiresAtMs);
    }
  }
  return results;
};

/** Expires a hold that is due. Returns the record as it is then. */
export const expireHold = async (
  database: Database,
  item: ReservationItem,
  call: Call,
): Promise<ReservationItem | undefined> => {
  const [result] = await endHolds(database, [item], "expired", call);
  return "written" in result! ? result.written : result!.found;
};

const releaseOutcomes = {
  confirmed: "reservation_confirmed",
  fulfilled: "reservation_confirmed",
  cancelled: "reservation_confirmed",
  released: "released",
  expired: "released",
} as const satisfies Record<Exclude<ReservationStatus, "held">, ReleaseOutcome["outcome"]>;

/**
 * Gives the units of a hold back. Releasing a released or an expired reservation changes nothing.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`, `inconsistent`
 */
export const release = async (
  database: Database,
  reservationId: string,
  caller: Call,
): Promise<ReleaseOutcome> => {
  const call = withPatience(database, caller);
  let item: ReservationItem | undefined = await readReservationItem(database, reservationId, call);
  let isRepeat = true;
  for (;;) {
    if (item === undefined || !isReservation(item)) return { outcome: "unknown_reservation" };
    const { status } = item;
    if (status !== "held") {
      if (isRepeat) await finishRecord(database, item, call);
      return { outcome: releaseOutcomes[status], reservation: reservationIn(status, item) };
    }
    const [result]: Committed[] = await endHolds(database, [item], "released", call);
    isRepeat = "found" in result!;
    item = "written" in result! ? result.written : result!.found;
  }
};

/**
 * Keeps an expired reservation of an order that is cancelled, or held anew, from being taken up by a late
 * payment. Safe to repeat.
 *
 * @returns the status that it has then
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const keepExpired = async (
  database: Database,
  item: ReservationItem,
  call: Call,
): Promise<ReservationItem["status"]> => {
  let now = item;
  while (mayReacquire(now)) {
    now = await supersede(database, item.reservationId, now, now.version, call, true);
  }
  return now.status;
};
