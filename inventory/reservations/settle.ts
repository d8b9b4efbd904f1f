/**
 * Carries on with an order that one transaction could not write, whoever began it: chunk by chunk,
 * each in one transaction with the record, which says what is left.
 *
 *   reserve   put, lines 0-98 ── lines 99-197 ── killed
 *   repeat                                       finds 198 of 500 done ── lines 198-296 ── ... held
 *   sweeper                                      or returns lines 0-197 ── removes the record
 *
 * Every write is conditional on what is left, so that several may be at it at once: each chunk is
 * applied once, and who comes late sees how far the others have got.
 */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { attendedMs, unsettledShard } from "../../contract/bounds.ts";
import { expiryShardOf } from "../identity.ts";
import type { RemainingChange, ReservationItem } from "../../contract/tables.ts";
import { firstChunk, type Chunk } from "./chunks.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { lastChangeBy, stockChange } from "../stock/stock-change.ts";
import {
  transact,
  type Action,
  type StockFailure,
  type Transaction,
} from "../dynamodb/transact.ts";
import { writeIf } from "../dynamodb/write-if.ts";

export interface SettleOptions {
  /** The token of the lease that covers the line at this index, if there is one. */
  fenceAt?: (index: number) => number | undefined;
  /** Asked once when a line falls short: whether to try again, before all is returned. */
  onShortage?: (failures: readonly StockFailure[]) => Promise<boolean>;
}

type UnsettledItem = ReservationItem & {
  status: Exclude<ReservationItem["status"], "rejected">;
  remaining: RemainingChange;
};

const isUnsettled = (item: ReservationItem): item is UnsettledItem => item.remaining !== undefined;

/** The attributes by which a half-written record is found and left alone for a while. */
export const unsettledAttributes = (left: RemainingChange, nowMs: number) => ({
  remaining: left,
  attendedUntilMs: nowMs + attendedMs,
  expiryShard: unsettledShard,
});

/** The record once a chunk is applied to it; undefined when that removes it. */
const itemAfter = (
  item: UnsettledItem,
  { left }: Chunk,
  nowMs: number,
): ReservationItem | undefined => {
  if (left !== undefined) return { ...item, ...unsettledAttributes(left, nowMs) };
  const {
    remaining: _remaining,
    attendedUntilMs: _attended,
    expiryShard: _shard,
    skus,
    ...rest
  } = item;
  if (item.status === "returning") return undefined;
  if (item.status !== "reserving") return rest;
  return {
    ...rest,
    status: "held",
    updatedAtMs: nowMs,
    expiryShard: expiryShardOf(item.reservationId),
    ...(skus && { skus }),
  };
};

/**
 * The order as it was seen, and no other: once it is returned, its key may begin another one, which a
 * write that comes late must not take for it.
 */
const isAsSeen = {
  ConditionExpression:
    "#status = :seenStatus AND #remaining.#from = :seenFrom" +
    " AND #createdAtMs = :seenCreatedAtMs AND #fingerprint = :seenFingerprint",
  ReturnValuesOnConditionCheckFailure: "ALL_OLD",
} as const;
const seenNames = {
  "#status": "status",
  "#remaining": "remaining",
  "#from": "from",
  "#createdAtMs": "createdAtMs",
  "#fingerprint": "fingerprint",
};
const seenValues = ({ status, remaining, createdAtMs, fingerprint }: UnsettledItem) => ({
  ":seenStatus": status,
  ":seenFrom": remaining.from,
  ":seenCreatedAtMs": createdAtMs,
  ":seenFingerprint": fingerprint,
});

/** The write of the record that goes with a chunk: the next is only possible after it. */
const recordAction = (
  database: Database,
  item: UnsettledItem,
  after: ReservationItem | undefined,
): Action => {
  const condition = {
    ...isAsSeen,
    ExpressionAttributeNames: seenNames,
    ExpressionAttributeValues: seenValues(item),
  };
  const { reservations } = database.tables;
  return after === undefined
    ? { Delete: { TableName: reservations, Key: keyOf(item), ...condition } }
    : { Put: { TableName: reservations, Item: after, ...condition } };
};

/** What was found, if it is the order that was begun, and not another one under its key. */
const sameOrder = (
  begun: ReservationItem,
  found: ReservationItem | undefined,
): ReservationItem | undefined =>
  found?.createdAtMs === begun.createdAtMs && found.fingerprint === begun.fingerprint
    ? found
    : undefined;

const keyOf = ({ reservationId }: ReservationItem) => ({ reservationId });

/**
 * Gives up an order that has fallen short: from now on its units only go back.
 *
 * @returns the record as it is then, whoever has written it
 */
export const turnBack = async (
  database: Database,
  item: ReservationItem,
  call: Call,
): Promise<ReservationItem | undefined> => {
  if (!isUnsettled(item)) return item;
  const nowMs = database.now();
  const command = new UpdateCommand({
    TableName: database.tables.reservations,
    Key: keyOf(item),
    UpdateExpression:
      "SET #status = :returning, #remaining = :remaining, #attendedUntilMs = :attendedUntilMs",
    ...isAsSeen,
    ExpressionAttributeNames: { ...seenNames, "#attendedUntilMs": "attendedUntilMs" },
    ExpressionAttributeValues: {
      ...seenValues(item),
      ":returning": "returning",
      ":remaining": { change: "giveBack", from: 0, to: item.remaining.from },
      ":attendedUntilMs": nowMs + attendedMs,
    },
    ReturnValues: "ALL_NEW",
  });
  const result = await writeIf<ReservationItem>(database, command, call);
  return result.applied ? result.item : result.found;
};

/**
 * Does what is left to do of a record, or sees others do it.
 *
 * @returns the record when nothing is left, undefined when it was returned; and the lines that fell
 *   short, if they did so here
 * @throws InventoryError `busy`, `unavailable`, `rejected`: it is then as far as it got
 */
export const settle = async (
  database: Database,
  begun: ReservationItem,
  call: Call,
  { fenceAt, onShortage }: SettleOptions = {},
): Promise<{ item: ReservationItem | undefined; shortages: StockFailure[] }> => {
  let item: ReservationItem | undefined = begun;
  let shortages: StockFailure[] = [];
  let isFenced = fenceAt !== undefined;
  let mayTryAgain = onShortage !== undefined;

  while (item !== undefined && isUnsettled(item)) {
    const seen: UnsettledItem = item;
    const chunk = firstChunk(seen.remaining);
    const fence = isFenced && chunk.change === "hold" ? fenceAt?.(chunk.from) : undefined;
    const lastChange = lastChangeBy(seen, seen.status, call);
    let after: ReservationItem | undefined;
    const build = (): Transaction => {
      const nowMs = database.now();
      after = itemAfter(seen, chunk, nowMs);
      const lines = seen.lines.slice(chunk.from, chunk.end);
      const change = { change: chunk.change, lastChange, nowMs, fence };
      return {
        record: recordAction(database, seen, after),
        stock: lines.map((line) => stockChange(database, line, change)),
        fence,
      };
    };
    const result = await transact<ReservationItem>(database, build, call);
    if (result.applied) item = after;
    else if (result.by === "record") item = sameOrder(begun, result.found);
    // Our lease is over. The record still is as it was seen: the conditions carry us on.
    else if (result.by === "lease") isFenced = false;
    else if (chunk.change !== "hold") {
      const failures = JSON.stringify(result.failures);
      throw new Error(`Fewer units are reserved than ${seen.reservationId} holds: ${failures}`);
    } else {
      const failures = result.failures.map((one) => ({ ...one, index: chunk.from + one.index }));
      if (mayTryAgain && (await onShortage!(failures))) {
        mayTryAgain = false;
        continue;
      }
      shortages = failures;
      item = sameOrder(begun, await turnBack(database, seen, call));
    }
  }
  return { item, shortages };
};
