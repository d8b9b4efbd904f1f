/**
 * The index of what is held, by its end: which holds are due, when the next one of a stock level is,
 * and which holds a level has. Its partitions are queried side by side. It may lag behind the records by moments, so
 * that a caller reads the record before it acts.
 */
import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import { reservationsTable, type Part, type ReservationItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { send } from "../dynamodb/send.ts";
import { levelKeyOf } from "../stock/level-key.ts";
import { isBackordered, isOpen, linesOfParts } from "./parts.ts";

/** What the index carries of a record. */
export type IndexedHold = Required<
  Pick<ReservationItem, "reservationId" | "expiryShard" | "expiresAtMs" | "skus">
>;

export interface HoldPage {
  holds: IndexedHold[];
  /** Where to go on; absent at the end of the partition. */
  next?: Record<string, unknown>;
}

export interface HoldQuery {
  shard: number;
  /** Only holds that end then or later, in milliseconds of the epoch. */
  fromMs?: number;
  /** Only holds that end until then, in milliseconds of the epoch. */
  untilMs?: number;
  /** Only holds of one of these levels, by their keys, where they are given. */
  levels?: readonly string[];
  /** The number of entries to read, before those of other levels are filtered out. */
  limit: number;
  start?: Record<string, unknown> | undefined;
}

/** A filter of more would not be understood any longer. */
const levelsInFilterMax = 50;

const filterOf = (levels: readonly string[] | undefined) => {
  if (levels === undefined || levels.length > levelsInFilterMax) return {};
  return {
    FilterExpression: levels.map((_, index) => `contains(#skus, :level${index})`).join(" OR "),
    values: Object.fromEntries(levels.map((key, index) => [`:level${index}`, key])),
  };
};

/** Holds of one partition in the order of their ends. */
export const queryHolds = async (
  database: Database,
  query: HoldQuery,
  call: Call,
): Promise<HoldPage> => {
  const { shard, fromMs = 0, untilMs = Number.MAX_SAFE_INTEGER, levels, limit, start } = query;
  const { values, ...filter } = filterOf(levels);
  const { byExpiry } = reservationsTable;
  const command = new QueryCommand({
    TableName: database.tables.reservations,
    IndexName: byExpiry.indexName,
    KeyConditionExpression: "#shard = :shard AND #expiresAtMs BETWEEN :from AND :until",
    ...filter,
    ExpressionAttributeNames: {
      "#shard": byExpiry.partitionKey,
      "#expiresAtMs": byExpiry.sortKey,
      ...(values && { "#skus": byExpiry.carries }),
    },
    ExpressionAttributeValues: { ":shard": shard, ":from": fromMs, ":until": untilMs, ...values },
    Limit: limit,
    ExclusiveStartKey: start,
  });
  const page = await send(database, (options) => database.client.send(command, options), call);
  const holds = (page.Items ?? []) as IndexedHold[];
  return { holds, ...(page.LastEvaluatedKey && { next: page.LastEvaluatedKey }) };
};

/** Entries that one page of a search reads, before those of other levels are filtered out. */
export const entriesPerPage = 200;

/** All holds of one partition that a query finds, in the order of their ends. */
export const allHolds = async (
  database: Database,
  query: Omit<HoldQuery, "limit" | "start">,
  call: Call,
): Promise<IndexedHold[]> => {
  const found: IndexedHold[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await queryHolds(database, { ...query, limit: entriesPerPage, start }, call);
    found.push(...page.holds);
    start = page.next;
  } while (start !== undefined);
  return found;
};

/** The partition of the index for confirmed reservations that wait for units. No sweep looks there. */
export const backordersShard = -1;

/** The attributes of a hold that follow from its parts: its lines and its index attributes. */
export const attributesOfHold = (
  parts: readonly Part[],
): Pick<ReservationItem, "lines" | "skus" | "awaitsStock"> => {
  const lines = linesOfParts(parts.filter(isOpen));
  return {
    lines,
    skus: new Set(lines.map(levelKeyOf)),
    ...(parts.some(isBackordered) && { awaitsStock: true as const }),
  };
};

/** A hold whose parts have changed, with the attributes that follow from them. */
export const withLinesOfHold = ({
  awaitsStock: _awaits,
  ...item
}: ReservationItem): ReservationItem => ({ ...item, ...attributesOfHold(item.parts) });

/** A record that is no hold: in the index while it waits for units. */
export const withBackordersIndexed = (item: ReservationItem): ReservationItem => {
  const { expiryShard: _shard, skus: _skus, ...rest } = item;
  const waiting = linesOfParts(item.parts.filter(isBackordered));
  if (waiting.length === 0) return rest;
  return { ...rest, expiryShard: backordersShard, skus: new Set(waiting.map(levelKeyOf)) };
};

/** All partitions of holds. */
export const expiryShardsOf = ({ expiryPartitions }: Database): number[] =>
  Array.from({ length: expiryPartitions }, (_, shard) => shard);
