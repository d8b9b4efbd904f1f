/** Checks one record of the table Reservations by itself. */
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { overdueMs } from "../../contract/bounds.ts";
import {
  internalStatuses,
  reservationStatuses,
  type Part,
  type ReservationItem,
} from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { expiryShardOf } from "../identity.ts";
import { withBackordersIndexed } from "../reservations/hold-index.ts";
import { isOpen, isShippable } from "../reservations/parts.ts";
import { endedTtlSeconds } from "../reservations/reservation.ts";
import { settleSales } from "../reservations/settle-sales.ts";
import { expireHold } from "../reservations/transitions.ts";
import { levelKeyOf } from "../stock/level-key.ts";
import type { Case, Damage } from "./finding.ts";
import { writeIf } from "../dynamodb/write-if.ts";

/** The parts whose units are reserved for the record. */
export const openParts = ({ status, parts }: ReservationItem): readonly Part[] =>
  status === "held" || status === "confirmed" ? parts.filter(isOpen) : [];

const statuses: readonly string[] = [...reservationStatuses, ...internalStatuses];

/** Records that own no lines: a cancelled order that was never placed, and those of the core. */
const mayHaveNoLines: readonly string[] = ["released", "abandoned", "move", "order"];

const isWellFormed = (item: ReservationItem): boolean =>
  statuses.includes(item.status) &&
  Array.isArray(item.lines) &&
  Array.isArray(item.parts) &&
  (item.lines.length > 0 || mayHaveNoLines.includes(item.status)) &&
  item.lines.every(({ sku, quantity }) => typeof sku === "string" && Number.isInteger(quantity)) &&
  item.parts.every(({ row, quantity }) => typeof row === "string" && Number.isInteger(quantity));

/** The number of partitions may have grown since the hold was made. */
const isIndexed = ({ expiryPartitions }: Database, { expiryShard, skus }: ReservationItem) =>
  expiryShard !== undefined &&
  expiryShard >= 0 &&
  expiryShard < expiryPartitions &&
  skus instanceof Set &&
  skus.size > 0;

/** Writes the record as it should be, unless it is another one by now. */
const replaceBy = async (
  database: Database,
  seen: ReservationItem,
  item: ReservationItem,
  call: Call,
): Promise<boolean> => {
  const command = new PutCommand({
    TableName: database.tables.reservations,
    Item: { ...item, version: seen.version + 1 },
    ConditionExpression: "#version = :version AND #status = :status",
    ExpressionAttributeNames: { "#version": "version", "#status": "status" },
    ExpressionAttributeValues: { ":version": seen.version, ":status": seen.status },
  });
  return (await writeIf(database, () => command, call)).applied;
};

const unlistedOf = ({
  expiryShard: _shard,
  skus: _skus,
  ...item
}: ReservationItem): ReservationItem => item;

/** At most one case: what is wrong with a record is told by what is worst. */
export const checkReservation = (
  database: Database,
  item: ReservationItem,
  call: Call,
): Case | undefined => {
  const nowMs = database.now();
  const { reservationId, status, ttlSeconds } = item;
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
  const skus = new Set(item.lines.map(levelKeyOf));
  if (status === "held") {
    const lateMs = nowMs - item.expiresAtMs;
    if (lateMs > overdueMs) {
      return found("hold_overdue", `ended ${lateMs} ms ago`, {
        words: "expire it",
        apply: async () => (await expireHold(database, item, call))?.status === "expired",
      });
    }
    const shard = expiryShardOf(reservationId, database.expiryPartitions);
    if (isIndexed(database, item)) return undefined;
    return found(
      "hold_not_indexed",
      `expiryShard ${item.expiryShard}`,
      replacing(`list it in shard ${shard}`, { ...item, expiryShard: shard, skus }),
    );
  }
  const listed = status === "confirmed" ? withBackordersIndexed(item) : unlistedOf(item);
  if (item.expiryShard !== listed.expiryShard) {
    const isMissing = item.expiryShard === undefined;
    return found(
      isMissing ? "hold_not_indexed" : "ended_indexed",
      `${status}, expiryShard ${item.expiryShard}`,
      replacing(isMissing ? "list it among the backorders" : "list it no longer", listed),
    );
  }
  if (openParts(item).length > 0) {
    if (!openParts(item).some(isShippable)) return undefined;
    const lateMs = nowMs - item.updatedAtMs;
    if (!database.fulfillsOnConfirm || lateMs <= overdueMs) return undefined;
    return found("sale_overdue", `confirmed ${lateMs} ms ago`, {
      words: "take its units off onHand",
      apply: async () => {
        await settleSales(database, [item], call);
        return true;
      },
    });
  }
  if (typeof ttlSeconds !== "number" || ttlSeconds > nowMs) {
    const ends = endedTtlSeconds(database, nowMs);
    const repair = replacing(`have it removed at ${ends} s`, { ...item, ttlSeconds: ends });
    return found("ended_without_ttl", `${status}, ttlSeconds ${ttlSeconds}`, repair);
  }
  return undefined;
};
