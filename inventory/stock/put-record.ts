/**
 * The commit: one conditional put of a record, which decides all markers that name it. Holds, ends,
 * adjustments, moves between rows and refused orders are all committed so.
 */
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import type { Part, ReservationItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { writeIf } from "../dynamodb/write-if.ts";

export type Committed =
  /** The record as written, by this attempt or by an earlier one whose reply was lost. */
  | { written: ReservationItem }
  /** Another request has decided the version: the record as it is now, undefined when it is gone. */
  | { found: ReservationItem | undefined };

export interface PutOptions {
  /** Only before the record's `expiresAtMs`. */
  isBeforeEnd?: boolean;
  /** True for a record that this change is part of, also when others have changed it since. */
  isPartOf?: (record: ReservationItem) => boolean;
}

/**
 * Writes the record in place of its version `base`, 0 for none.
 *
 * @param itemAt returns the record of an attempt that is sent at `nowMs`
 * @throws InventoryError `busy`, `unavailable`, `rejected`: the record may be written then
 */
export const putRecord = async (
  database: Database,
  base: number,
  itemAt: (nowMs: number) => Omit<ReservationItem, "version" | "updatedAtMs">,
  call: Call,
  { isBeforeEnd = false, isPartOf = () => false }: PutOptions = {},
): Promise<Committed> => {
  const attempts: ReservationItem[] = [];
  const command = () => {
    const updatedAtMs = database.now();
    const item = { ...itemAt(updatedAtMs), updatedAtMs, version: base + 1 };
    attempts.push(item);
    return new PutCommand({
      TableName: database.tables.reservations,
      Item: item,
      ...(base === 0
        ? { ConditionExpression: "attribute_not_exists(reservationId)" }
        : {
            ConditionExpression:
              "#version = :base" + (isBeforeEnd ? " AND #expiresAtMs > :now" : ""),
            ExpressionAttributeNames: {
              "#version": "version",
              ...(isBeforeEnd && { "#expiresAtMs": "expiresAtMs" }),
            },
            ExpressionAttributeValues: {
              ":base": base,
              ...(isBeforeEnd && { ":now": updatedAtMs }),
            },
          }),
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
  };
  const result = await writeIf<ReservationItem>(database, command, call);
  if (result.applied) return { written: attempts.at(-1)! };
  const { found } = result;
  const unanswered = attempts.slice(0, -1);
  const own = unanswered.find(
    (attempt) => found && (isSame(attempt, found) || (isLater(attempt, found) && isPartOf(found))),
  );
  return own === undefined ? { found } : { written: own };
};

/** True for a later version of a record, which has all keys of the earlier one. */
const isLater = (some: ReservationItem, found: ReservationItem): boolean =>
  found.version > some.version &&
  Object.keys(some.requests ?? {}).every((name) => found.requests?.[name] !== undefined);

const isSame = (some: ReservationItem, other: ReservationItem): boolean =>
  some.version === other.version &&
  some.status === other.status &&
  some.updatedAtMs === other.updatedAtMs &&
  haveSameParts(some.parts, other.parts);

/** True when both records own, or owned, the same units in the same way. */
const haveSameParts = (some: readonly Part[], others: readonly Part[]): boolean =>
  some.length === others.length &&
  some.every((part, index) => {
    const other = others[index]!;
    return (
      part.row === other.row &&
      part.version === other.version &&
      part.quantity === other.quantity &&
      part.ended?.by === other.ended?.by &&
      part.ended?.base === other.ended?.base &&
      part.ended?.row === other.ended?.row &&
      part.ended?.version === other.ended?.version &&
      part.returned?.base === other.returned?.base &&
      part.returned?.version === other.returned?.version
    );
  });
