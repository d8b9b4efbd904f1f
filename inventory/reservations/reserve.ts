import { holdSecondsDefault, rowsInFlight } from "../../contract/bounds.ts";
import type { Line, ReservationItem } from "../../contract/tables.ts";
import { withPatience, backOff, type Call } from "../dynamodb/database.ts";
import { readItem } from "../dynamodb/read-item.ts";
import { mapEach } from "../for-each.ts";
import { expiryShardOf, fingerprint, idOfKey, timeOrderedId } from "../identity.ts";
import { findPlacedByEvent } from "../shop-orders/order-record.ts";
import { decisionOf } from "../stock/marker.ts";
import { putRecord } from "../stock/put-record.ts";
import { supersede } from "../stock/resolve.ts";
import { changeRow } from "../stock/row.ts";
import { underLeases, type LeasingDatabase } from "./leases.ts";
import { mergeLines } from "./lines.ts";
import { sortedByName } from "./metadata.ts";
import {
  isReservation,
  reservationAt,
  reservationIn,
  type Reservation,
  type ReservationRecord,
} from "./reservation.ts";
import { shortageOf, type OrderRefusal, type Shortage } from "./shortages.ts";
import { noteCommitted, takeUnits, tidyRow, type Got, type Taken } from "./take-units.ts";

export interface ReserveInput {
  lines: readonly Line[];
  orderId?: string | undefined;
  /** The time for which the units are held. 900 when absent. */
  ttlSeconds?: number | undefined;
  /** Text of the caller's choice, kept with the reservation. */
  metadata?: Record<string, string> | undefined;
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
  {
    orderId,
    ttlSeconds = holdSecondsDefault,
    metadata,
  }: Pick<ReserveInput, "orderId" | "ttlSeconds" | "metadata">,
  lines: readonly Line[],
): string =>
  fingerprint([
    lines.map((line) => [line.sku, line.quantity]),
    orderId,
    ttlSeconds,
    // Only where it was sent, so that older records keep the fingerprints of their requests.
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
  ttlSeconds: number;
  /** True when another request may use the same id. */
  isRepeatable: boolean;
}

/** The outcome of one attempt, or the record from which the next attempt begins. */
type Attempt = { outcome: ReserveOutcome } | { record: ReservationItem | undefined };

/** Another order is in the way. The record is the tombstone of the attempt, where it left one. */
interface Blocked {
  tombstone: ReservationItem | undefined;
}

/**
 * Holds every line or none: one conditional update for each row, side by side, then one conditional put
 * of the reservation, which is the commit. No transaction, and no read:
 *
 *     each row   available >= q ?  available - q, reserved + q, and a marker with this id
 *     record     no such reservation ?  put it, with the version of each row
 *
 * The database subtracts under a condition, so that no two buyers get the same unit. A request that
 * ends between the two writes leaves markers, and others give its units back (stock/resolve.ts). A
 * shortage is proved line by line (take-units.ts). Orders that are in each other's way take turns under
 * leases.
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
  const request: HoldRequest = {
    reservationId: known ?? timeOrderedId(database.now(), database.randomUuid()),
    lines,
    fingerprint: fingerprintOf(input, lines),
    orderId,
    metadata,
    ttlSeconds,
    isRepeatable: known !== undefined,
  };
  const isLeased = lines.length > 1 && database.multiItemStrategy === "leased";
  const first = isLeased
    ? { tombstone: undefined }
    : await attemptUntilDecided(database, request, { isLeased: false }, call);
  if (!("tombstone" in first)) return first;
  const skus = lines.map(({ sku }) => sku);
  const options = { isLeased: true, record: first.tombstone };
  const leased = await underLeases(database, skus, call, () =>
    attemptUntilDecided(database, request, options, call),
  );
  if ("tombstone" in leased) throw new Error("An order under leases tries until it is decided.");
  return leased;
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
      return replay(database, request, record);
    }
    const result = await attemptOnce(database, request, record?.version ?? 0, isLeased, call);
    if ("outcome" in result) return result.outcome;
    if ("tombstone" in result && !isLeased) return result;
    record = "tombstone" in result ? result.tombstone : result.record;
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
  const { reservationId, lines, orderId } = request;
  const take = { reservationId, base, hasOthers: lines.length > 1, isLeased };
  const got: Got[] = [];
  const taking = mapEach(lines, rowsInFlight, (line) =>
    takeUnits(database, take, line, got, call).catch((error: unknown) => ({ error })),
  );
  // The order knows its reservations before they are committed.
  const registering =
    orderId === undefined
      ? undefined
      : findPlacedByEvent(database, { orderId, reservationId, base }, call);
  const [taken, placed] = await Promise.all([taking, registering]);
  const mayCommit = placed === undefined && taken.every((one) => "taken" in one);
  if (mayCommit) return commit(database, request, base, got, call);
  const abandoned =
    got.length > 0
      ? await giveBack(database, reservationId, base, undefined, got, call)
      : undefined;
  if (placed === "undecided") return { record: await readRecord(database, reservationId, call) };
  if (placed !== undefined) return { outcome: replayOfOrder(database, request, placed) };
  for (const one of taken) if ("error" in one) throw one.error;
  const refusal = refusalOf(lines, taken as Taken[], database.now());
  if (refusal === undefined) return { tombstone: abandoned };
  // The units may be gone because a repeat of this very request has them.
  const record = request.isRepeatable ? await readRecord(database, reservationId, call) : undefined;
  const isDecided = record !== undefined && record.status !== "abandoned";
  return isDecided ? { record } : { outcome: refusal };
}

const readRecord = (database: LeasingDatabase, reservationId: string, call: Call) =>
  readItem<ReservationItem>(database, database.tables.reservations, { reservationId }, call);

/** The refusal of an order, with all lines that are short; undefined when no line is. */
function refusalOf(lines: Line[], taken: Taken[], nowMs: number): OrderRefusal | undefined {
  const skus = lines.flatMap(({ sku }, index) => ("unknown" in taken[index]! ? [sku] : []));
  // A shortage may pass, an unknown SKU does not.
  if (skus.length > 0) return { outcome: "unknown_sku", skus };
  const shortages = lines.flatMap((line, index): Shortage[] => {
    const one = taken[index]!;
    return "short" in one ? [shortageOf(line, one.short, nowMs)] : [];
  });
  return shortages.length > 0 ? { outcome: "insufficient_stock", shortages } : undefined;
}

/** Writes the reservation, or learns which record was there. */
async function commit(
  database: LeasingDatabase,
  request: HoldRequest,
  base: number,
  got: readonly Got[],
  call: Call,
): Promise<Attempt> {
  const { reservationId, lines, orderId, metadata, ttlSeconds, fingerprint: hash } = request;
  // The hold begins with the attempt that writes it.
  const holdAt = (nowMs: number) => ({
    reservationId,
    status: "held" as const,
    lines,
    parts: got.map(({ part }) => part),
    ...(orderId === undefined ? {} : { orderId }),
    ...(metadata === undefined ? {} : { metadata }),
    createdAtMs: nowMs,
    expiresAtMs: nowMs + ttlSeconds * 1000,
    fingerprint: hash,
    expiryShard: expiryShardOf(reservationId, database.expiryPartitions),
    skus: new Set(lines.map(({ sku }) => sku)),
  });
  const writing = putRecord(database, base, holdAt, call);
  const tidying = mapEach(got, rowsInFlight, ({ row }) => tidyRow(database, row, call));
  const [result] = await Promise.all([writing, tidying]);
  if ("written" in result) {
    for (const { part, marker } of got) noteCommitted(database, part.row, marker);
    const reservation = reservationIn("held", result.written);
    return { outcome: { outcome: "reserved", reservation } };
  }
  const { found: record } = result;
  await giveBack(database, reservationId, base, record, got, call);
  return { record };
}

/**
 * Gives units back that the record does not own: first no request may commit them any more.
 *
 * @param record as it is known; undefined supersedes `base` first
 * @returns the record after that
 */
async function giveBack(
  database: LeasingDatabase,
  reservationId: string,
  base: number,
  record: ReservationItem | undefined,
  got: readonly Got[],
  call: Call,
): Promise<ReservationItem> {
  const known = record ?? (await superseded(database, reservationId, base, call));
  await mapEach(got, rowsInFlight, async ({ part, marker }) => {
    if (decisionOf(part.row, marker, known) !== "superseded") return;
    // A marker that is gone was settled by another request.
    const change = { settle: [marker], lastChange: { kind: "rollback" } } as const;
    await changeRow(database, part.row, change, call);
  });
  return known;
}

async function superseded(
  database: LeasingDatabase,
  reservationId: string,
  base: number,
  call: Call,
): Promise<ReservationItem> {
  const record = base === 0 ? undefined : await readRecord(database, reservationId, call);
  return supersede(database, reservationId, record, base, call);
}

/** The answer to a call for an order that is held by its event: a repeat of it, or another request. */
function replayOfOrder(
  database: LeasingDatabase,
  { lines }: HoldRequest,
  placed: ReservationRecord,
): ReserveOutcome {
  if (JSON.stringify(mergeLines(placed.lines)) !== JSON.stringify(lines)) {
    return { outcome: "idempotency_key_reused", reservationId: placed.reservationId };
  }
  return { outcome: "replayed", reservation: reservationAt(placed, database.now()) };
}

/** The answer to a repeat: the reservation that its key has made. */
function replay(
  database: LeasingDatabase,
  request: HoldRequest,
  existing: ReservationItem,
): ReserveOutcome {
  const { reservationId } = existing;
  if (existing.fingerprint !== request.fingerprint) {
    return { outcome: "idempotency_key_reused", reservationId };
  }
  if (isReservation(existing)) {
    return { outcome: "replayed", reservation: reservationAt(existing, database.now()) };
  }
  return { outcome: "insufficient_stock", shortages: existing.shortages ?? [] };
}
