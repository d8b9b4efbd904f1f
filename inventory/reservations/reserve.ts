import { holdSecondsDefault, linesPerTransactionMax } from "../../contract/bounds.ts";
import type { Line, ReservationItem } from "../../contract/tables.ts";
import type { Call } from "../dynamodb/database.ts";
import { InventoryError } from "../errors.ts";
import { expiryShardOf, fingerprint, idOfKey, timeOrderedId } from "../identity.ts";
import { leaseSkus, type LeasingDatabase, type OrderLeases } from "./leases.ts";
import { mergeLines } from "./lines.ts";
import { readItem } from "../dynamodb/read-item.ts";
import { isReservation, reservationAt, type Reservation } from "./reservation.ts";
import { settle } from "./settle.ts";
import { refuseOrder, type OrderRefusal } from "./shortages.ts";
import { writeHold, type Written } from "./write-hold.ts";

export interface ReserveInput {
  lines: readonly Line[];
  orderId?: string | undefined;
  /** How long the units are held. 900 when absent. */
  ttlSeconds?: number | undefined;
  /** Repeats under the same key meet the same reservation. */
  idempotencyKey?: string | undefined;
  /** In place of a key: the id that the reservation is to have, whose repeats meet it too. */
  reservationId?: string | undefined;
}

export type ReserveOutcome =
  | { outcome: "reserved"; reservation: Reservation }
  | { outcome: "replayed"; reservation: Reservation }
  | OrderRefusal
  | { outcome: "idempotency_key_reused"; reservationId: string };

/** Tells a repeat from another request: everything that the caller chose. */
export const fingerprintOf = (
  { orderId, ttlSeconds = holdSecondsDefault }: Pick<ReserveInput, "orderId" | "ttlSeconds">,
  lines: readonly Line[],
): string => fingerprint([lines.map((line) => [line.sku, line.quantity]), orderId, ttlSeconds]);

/** The id by which repeats of a request meet; undefined where each is a request of its own. */
const repeatableId = ({ idempotencyKey, reservationId }: ReserveInput): string | undefined =>
  idempotencyKey === undefined ? reservationId : idOfKey(["reservation"], idempotencyKey);

/** The hold that is asked for. */
const holdOf = (database: LeasingDatabase, input: ReserveInput, lines: Line[]): ReservationItem => {
  const { orderId, ttlSeconds = holdSecondsDefault } = input;
  const nowMs = database.now();
  const reservationId = repeatableId(input) ?? timeOrderedId(nowMs, database.randomUuid());
  return {
    reservationId,
    status: "held",
    lines,
    ...(orderId === undefined ? {} : { orderId }),
    createdAtMs: nowMs,
    expiresAtMs: nowMs + ttlSeconds * 1000,
    fingerprint: fingerprintOf(input, lines),
    version: 1,
    updatedAtMs: nowMs,
    expiryShard: expiryShardOf(reservationId),
    skus: new Set(lines.map(({ sku }) => sku)),
  };
};

/** What a repeat gets: the reservation that its key has made, or is just making. */
const replay = async (
  database: LeasingDatabase,
  hold: ReservationItem,
  existing: ReservationItem,
  call: Call,
): Promise<ReserveOutcome | undefined> => {
  const { reservationId } = existing;
  if (existing.status !== "returning" && existing.fingerprint !== hold.fingerprint) {
    return { outcome: "idempotency_key_reused", reservationId };
  }
  if (existing.status === "rejected") {
    return { outcome: "insufficient_stock", shortages: existing.shortages ?? [] };
  }
  // Whoever began may have died half-way, so that we carry on.
  const { item, shortages } = isReservation(existing)
    ? { item: existing, shortages: [] }
    : await settle(database, existing, call);
  if (item !== undefined && isReservation(item)) {
    return { outcome: "replayed", reservation: reservationAt(item, database.now()) };
  }
  return shortages.length === 0 ? undefined : refuseOrder(database, hold.lines, shortages, call);
};

const needsLeases = ({ multiItemStrategy }: LeasingDatabase, lines: number): boolean =>
  lines > linesPerTransactionMax || (lines > 1 && multiItemStrategy === "leased");

/** The record of this key, if there is one. */
const readExisting = (database: LeasingDatabase, { reservationId }: ReservationItem, call: Call) =>
  readItem<ReservationItem>(database, database.tables.reservations, { reservationId }, call);

/** What an order is written under; or that it is written already. */
interface Ready {
  leases?: OrderLeases;
  existing?: ReservationItem;
}

/** Leases the SKUs, or finds that there is nothing to lease them for. */
const leaseOrFind = async (
  database: LeasingDatabase,
  hold: ReservationItem,
  hasKey: boolean,
  call: Call,
): Promise<Ready> => {
  const { lines } = hold;
  if (!needsLeases(database, lines.length)) return {};
  // A repeat of a half-written order must not wait for the leases of one that has died.
  if (hasKey && lines.length > linesPerTransactionMax) {
    const existing = await readExisting(database, hold, call);
    if (existing !== undefined) return { existing };
  }
  try {
    const skus = lines.map(({ sku }) => sku);
    return { leases: await leaseSkus(database, skus, call) };
  } catch (error) {
    const existing = hasKey ? await readExisting(database, hold, call) : undefined;
    if (existing === undefined) throw error;
    return { existing };
  }
};

const writeUnder = async (
  database: LeasingDatabase,
  hold: ReservationItem,
  ready: Ready,
  call: Call,
): Promise<Written> => {
  if (ready.existing !== undefined) return { result: "exists", existing: ready.existing };
  try {
    return await writeHold(database, hold, ready.leases, call);
  } finally {
    await ready.leases?.release();
  }
};

/**
 * Holds every line or none. An order of one line is one `TransactWriteItems` with no read before it:
 *
 *     per line   available >= q ?  available - q, reserved + q
 *     and        no such reservation ?  put it
 *
 * The database subtracts under a condition, so that no two buyers can be given the same unit, and
 * the reservation is there exactly when its units are held.
 *
 * An order of several lines is the same under leases on its SKUs, which the transaction releases:
 * two requests. One of more lines than a transaction takes is written in chunks (settle.ts). A line
 * that falls short has its dead holds expired first, and is tried once more.
 *
 * @throws InventoryError `invalid_argument`, `busy`, `unavailable`, `rejected`
 */
export const reserve = async (
  database: LeasingDatabase,
  input: ReserveInput,
  call: Call,
): Promise<ReserveOutcome> => {
  const lines = mergeLines(input.lines);
  const hold = holdOf(database, input, lines);
  const hasKey = repeatableId(input) !== undefined;
  for (;;) {
    const ready = await leaseOrFind(database, hold, hasKey, call);
    const written = await writeUnder(database, hold, ready, call);
    switch (written.result) {
      case "held":
        return { outcome: "reserved", reservation: reservationAt(written.hold, hold.createdAtMs) };
      case "short":
        return refuseOrder(database, lines, written.failures, call);
      case "exists": {
        const outcome = await replay(database, hold, written.existing, call);
        if (outcome !== undefined) return outcome;
        break;
      }
      case "lost":
        break;
    }
    if (call.remainingMs() <= 0) {
      throw new InventoryError("busy", "The leases of this order were lost until its deadline.");
    }
  }
};
