import { holdSecondsDefault } from "../../contract/bounds.ts";
import type { Line, LineShortage, ReservationItem } from "../../contract/tables.ts";
import { withPatience, backOff, type Call } from "../dynamodb/database.ts";
import { expiryShardOf, fingerprint, idOfKey, timeOrderedId } from "../identity.ts";
import { findPlacedByEvent } from "../shop-orders/order-record.ts";
import { putRecord } from "../stock/put-record.ts";
import type { Channel } from "../sourcing/channels.ts";
import { sourcingOf, type UnknownChannel } from "../sourcing/remembered-channels.ts";
import { attributesOfHold } from "./hold-index.ts";
import { giveBack, noteHeld, readRecord, refusalOf, takeLines, tidyRows } from "./hold-lines.ts";
import { takeTurns, type Blocked, type LeasingDatabase } from "./leases.ts";
import { mergeLines, valuesOfLine } from "./lines.ts";
import { sortedByName } from "./metadata.ts";
import { excessOf, hasLines } from "./parts.ts";
import {
  isReservation,
  reservationAt,
  reservationIn,
  type Reservation,
  type ReservationRecord,
} from "./reservation.ts";
import type { OrderRefusal } from "./shortages.ts";
import type { Got } from "./take-units.ts";

export interface ReserveInput {
  lines: readonly Line[];
  orderId?: string | undefined;
  /** The time for which the units are held. 900 when absent. */
  ttlSeconds?: number | undefined;
  /** Text of the caller's choice, kept with the reservation. */
  metadata?: Record<string, string> | undefined;
  /** The channel whose locations the units come from, for lines that name none. */
  channel?: string | undefined;
  /** Repeats under the same key meet the same reservation. */
  idempotencyKey?: string | undefined;
  /** Holds the units that there are of each line, where that is fewer than wanted. */
  allowPartial?: boolean | undefined;
  /** In place of a key: the id that the reservation is to have, whose repeats meet it too. */
  reservationId?: string | undefined;
}

export type ReserveOutcome =
  | { outcome: "reserved"; reservation: Reservation }
  | { outcome: "replayed"; reservation: Reservation }
  | OrderRefusal
  | UnknownChannel
  | { outcome: "idempotency_key_reused"; reservationId: string };

/** Tells a repeat from another request: everything that the caller chose. */
export const fingerprintOf = (
  {
    orderId,
    ttlSeconds = holdSecondsDefault,
    allowPartial = false,
    channel,
    metadata,
  }: Pick<ReserveInput, "orderId" | "ttlSeconds" | "allowPartial" | "channel" | "metadata">,
  lines: readonly Line[],
): string =>
  fingerprint([
    lines.map(valuesOfLine),
    orderId,
    ttlSeconds,
    // Only where they were sent, so that older records keep the fingerprints of their requests.
    ...(allowPartial ? [{ allowPartial }] : []),
    ...(channel === undefined ? [] : [{ channel }]),
    ...(metadata === undefined ? [] : [sortedByName(metadata)]),
  ]);

/** The id by which repeats of a request meet; undefined where each is a request of its own. */
const repeatableId = ({ idempotencyKey, reservationId }: ReserveInput): string | undefined =>
  idempotencyKey === undefined ? reservationId : idOfKey(["reservation"], idempotencyKey);

/** One request to hold lines, under the id of its reservation. */
interface HoldRequest {
  reservationId: string;
  lines: Line[];
  fingerprint: string;
  orderId: string | undefined;
  metadata: Record<string, string> | undefined;
  channel: Channel | undefined;
  ttlSeconds: number;
  /** True when another request may use the same id. */
  isRepeatable: boolean;
  /** True when fewer units of a line are better than none. */
  takesLess: boolean;
}

/** The outcome of one attempt, or the record from which the next attempt begins. */
type Attempt = { outcome: ReserveOutcome } | { record: ReservationItem | undefined };

/**
 * Holds every line or none: one conditional update for each row, side by side, then one conditional put
 * of the reservation, which is the commit. No transaction, and no read:
 *
 *     each row   available >= q ?  available - q, reserved + q, and a marker with this id
 *     record     no such reservation ?  put it, with the version of each row
 *
 * The database subtracts under a condition, so that no two buyers get the same unit. A request that
 * ends between the two writes leaves markers, and others give its units back (stock/resolve.ts). A
 * shortage is proved line by line (take-units.ts), or for the locations of a channel together
 * (sourcing/take-by-channel.ts). Orders that are in each other's way take turns under leases.
 *
 * @throws InventoryError `invalid_argument`, `busy`, `unavailable`, `rejected`
 */
export const reserve = async (
  database: LeasingDatabase,
  input: ReserveInput,
  caller: Call,
): Promise<ReserveOutcome> => {
  const call = withPatience(database, caller);
  const lines = mergeLines(input.lines);
  const { orderId, ttlSeconds = holdSecondsDefault, metadata } = input;
  const known = repeatableId(input);
  const hash = fingerprintOf(input, lines);
  const sourcing = await sourcingOf(database, input.channel, lines, call);
  if ("outcome" in sourcing) {
    // A repeat meets its reservation, also when the channel is gone.
    const record = known && (await readRecord(database, known, call));
    return record && record.status !== "abandoned" ? replay(database, hash, record) : sourcing;
  }
  const request: HoldRequest = {
    ...sourcing,
    reservationId: known ?? timeOrderedId(database.now(), database.randomUuid()),
    lines,
    fingerprint: hash,
    orderId,
    metadata,
    ttlSeconds,
    isRepeatable: known !== undefined,
    takesLess: input.allowPartial ?? false,
  };
  return takeTurns(database, lines, call, (isLeased, record) =>
    attemptUntilDecided(database, request, { isLeased, record }, call),
  );
};

async function attemptUntilDecided(
  database: LeasingDatabase,
  request: HoldRequest,
  { isLeased, record: first }: { isLeased: boolean; record?: ReservationItem | undefined },
  call: Call,
): Promise<ReserveOutcome | Blocked> {
  let record = first;
  for (let attempt = 0; ; attempt += 1) {
    if (record !== undefined && record.status !== "abandoned") {
      return replay(database, request.fingerprint, record);
    }
    const result = await attemptOnce(database, request, record?.version ?? 0, isLeased, call);
    if ("outcome" in result) return result.outcome;
    if ("blocked" in result && !isLeased) return result;
    record = "blocked" in result ? result.blocked : result.record;
    if (attempt > 0) await backOff(database, call, attempt, "conflict");
  }
}

async function attemptOnce(
  database: LeasingDatabase,
  request: HoldRequest,
  base: number,
  isLeased: boolean,
  call: Call,
): Promise<Attempt | Blocked> {
  const { reservationId, lines, orderId, channel, takesLess } = request;
  const target = { reservationId, base, isLeased };
  const taking = takeLines(database, { ...target, lines, channel, takesLess }, call);
  // The order knows its reservations before they are committed.
  const registering =
    orderId === undefined
      ? undefined
      : findPlacedByEvent(database, { orderId, reservationId, base }, call);
  const [{ got, taken }, placed] = await Promise.all([taking, registering]);
  const isEnough = (one: (typeof taken)[number]) =>
    "taken" in one || (takesLess && "short" in one && got.length > 0);
  const mayCommit = placed === undefined && taken.every(isEnough);
  if (mayCommit) return commit(database, request, base, got, call);
  const abandoned =
    got.length > 0 ? await giveBack(database, target, undefined, got, call) : undefined;
  if (placed === "undecided") return { record: await readRecord(database, reservationId, call) };
  if (placed !== undefined) return { outcome: replayOfOrder(database, request, placed) };
  const refusal = refusalOf(lines, taken, { nowMs: database.now(), takesLess });
  if (refusal === undefined) return { blocked: abandoned };
  // The units may be gone because a repeat of this very request has them.
  const record = request.isRepeatable ? await readRecord(database, reservationId, call) : undefined;
  const isDecided = record !== undefined && record.status !== "abandoned";
  return isDecided ? { record } : { outcome: refusal };
}

/** Writes the reservation, or learns which record was there. */
async function commit(
  database: LeasingDatabase,
  request: HoldRequest,
  base: number,
  got: readonly Got[],
  call: Call,
): Promise<Attempt> {
  const { reservationId, orderId, channel, metadata, ttlSeconds, fingerprint: hash } = request;
  const parts = got.map(({ part }) => part);
  const attributes = attributesOfHold(parts);
  const source = channel && { channel: channel.channel };
  const shortages = excessOf({ ...source, lines: attributes.lines }, request.lines).map(
    ({ possible: available, ...line }): LineShortage => ({ ...line, available }),
  );
  // The hold begins with the attempt that writes it.
  const holdAt = (nowMs: number) => ({
    reservationId,
    status: "held" as const,
    ...attributes,
    parts,
    ...source,
    ...(orderId === undefined ? {} : { orderId }),
    ...(metadata === undefined ? {} : { metadata }),
    createdAtMs: nowMs,
    expiresAtMs: nowMs + ttlSeconds * 1000,
    fingerprint: hash,
    ...(shortages.length > 0 && { shortages }),
    expiryShard: expiryShardOf(reservationId, database.expiryPartitions),
  });
  const writing = putRecord(database, base, holdAt, call);
  const [result] = await Promise.all([writing, tidyRows(database, got, call)]);
  if ("written" in result) {
    noteHeld(database, got);
    const reservation = reservationIn("held", result.written);
    return { outcome: { outcome: "reserved", reservation } };
  }
  const { found: record } = result;
  await giveBack(database, { reservationId, base }, record, got, call);
  return { record };
}

/** The answer to a call for an order that is held by its event: a repeat of it, or another request. */
function replayOfOrder(
  database: LeasingDatabase,
  { lines, channel }: HoldRequest,
  placed: ReservationRecord,
): ReserveOutcome {
  const isSameChannel = placed.channel === channel?.channel;
  if (!isSameChannel || !hasLines(placed, lines)) {
    return { outcome: "idempotency_key_reused", reservationId: placed.reservationId };
  }
  return { outcome: "replayed", reservation: reservationAt(placed, database.now()) };
}

/** The answer to a repeat: the reservation that its key has made. */
function replay(
  database: LeasingDatabase,
  hash: string,
  existing: ReservationItem,
): ReserveOutcome {
  const { reservationId } = existing;
  if (existing.fingerprint !== hash) {
    return { outcome: "idempotency_key_reused", reservationId };
  }
  if (isReservation(existing)) {
    return { outcome: "replayed", reservation: reservationAt(existing, database.now()) };
  }
  return { outcome: "insufficient_stock", shortages: existing.shortages ?? [] };
}
