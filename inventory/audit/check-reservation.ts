/** What can be wrong with one reservation, by itself. */
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { overdueMs, unsettledShard } from "../../contract/bounds.ts";
import { reservationStatuses, type Line, type ReservationItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { expiryShardOf } from "../identity.ts";
import { settle, turnBack } from "../reservations/settle.ts";
import { endHold, endedTtlSeconds } from "../reservations/transitions.ts";
import type { Case, Damage } from "./finding.ts";
import { writeIf } from "../dynamodb/write-if.ts";

/** The lines of a record whose units are reserved, also where it is half written. */
export const reservedLines = ({ status, lines, remaining }: ReservationItem): readonly Line[] => {
  if (remaining === undefined) return status === "held" ? lines : [];
  return status === "reserving"
    ? lines.slice(0, remaining.from)
    : lines.slice(remaining.from, remaining.to);
};

const statuses: readonly string[] = [...reservationStatuses, "reserving", "returning", "rejected"];

const isWellFormed = (item: ReservationItem): boolean =>
  statuses.includes(item.status) &&
  Array.isArray(item.lines) &&
  // An order that was cancelled before it came has none.
  (item.lines.length > 0 || item.status === "released") &&
  item.lines.every(({ sku, quantity }) => typeof sku === "string" && Number.isInteger(quantity));

const isIndexedAt = (item: ReservationItem, shard: number): boolean =>
  item.expiryShard === shard && item.skus instanceof Set && item.skus.size > 0;

/** Writes the record as it should be, unless it is another one by now. */
const replaceBy = async (
  database: Database,
  seen: ReservationItem,
  item: ReservationItem,
  call: Call,
): Promise<boolean> => {
  const command = new PutCommand({
    TableName: database.tables.reservations,
    Item: item,
    ConditionExpression: "#version = :version AND #status = :status",
    ExpressionAttributeNames: { "#version": "version", "#status": "status" },
    ExpressionAttributeValues: { ":version": seen.version, ":status": seen.status },
  });
  return (await writeIf(database, command, call)).applied;
};

/** At most one case: what is wrong with a record is told by what is worst. */
export const checkReservation = (
  database: Database,
  item: ReservationItem,
  call: Call,
): Case | undefined => {
  const nowMs = database.now();
  const { reservationId, status, remaining, ttlSeconds } = item;
  const found = (
    damage: Damage,
    detail: string,
    repair?: { words: string; apply: () => Promise<boolean> },
  ): Case => ({
    damage,
    subject: reservationId,
    detail,
    reservationIds: [reservationId],
    ...(repair && { repair: repair.words, apply: repair.apply }),
  });
  const replacing = (words: string, next: ReservationItem) => ({
    words,
    apply: () => replaceBy(database, item, next, call),
  });

  if (!isWellFormed(item)) {
    return found("malformed_reservation", `status ${status}, lines ${JSON.stringify(item.lines)}`);
  }
  const skus = new Set(item.lines.map(({ sku }) => sku));
  if (remaining !== undefined) {
    const sinceMs = nowMs - (item.attendedUntilMs ?? 0);
    if (sinceMs > overdueMs) {
      return found("unsettled_overdue", `${status}, nobody is at it since ${sinceMs} ms`, {
        words: status === "reserving" ? "give its units back and remove it" : "do what is left",
        apply: async () => {
          const left = status === "reserving" ? await turnBack(database, item, call) : item;
          if (left !== undefined) await settle(database, left, call);
          return true;
        },
      });
    }
    if (isIndexedAt(item, unsettledShard)) return undefined;
    return found(
      "unsettled_not_indexed",
      `${status}, expiryShard ${item.expiryShard}`,
      replacing("list it", { ...item, expiryShard: unsettledShard, skus }),
    );
  }
  if (status === "held") {
    const lateMs = nowMs - item.expiresAtMs;
    if (lateMs > overdueMs) {
      return found("hold_overdue", `ended ${lateMs} ms ago`, {
        words: "expire it",
        apply: async () => "ended" in (await endHold(database, item, "expired", call)),
      });
    }
    const shard = expiryShardOf(reservationId);
    if (isIndexedAt(item, shard)) return undefined;
    return found(
      "hold_not_indexed",
      `expiryShard ${item.expiryShard}`,
      replacing(`list it in shard ${shard}`, { ...item, expiryShard: shard, skus }),
    );
  }
  if (item.expiryShard !== undefined) {
    const { expiryShard, skus: _skus, ...unlisted } = item;
    const repair = replacing("list it no longer", unlisted);
    return found("ended_indexed", `${status}, expiryShard ${expiryShard}`, repair);
  }
  if (typeof ttlSeconds !== "number" || ttlSeconds > nowMs) {
    const ends = endedTtlSeconds(database, nowMs);
    const repair = replacing(`have it removed at ${ends} s`, { ...item, ttlSeconds: ends });
    return found("ended_without_ttl", `${status}, ttlSeconds ${ttlSeconds}`, repair);
  }
  return undefined;
};
