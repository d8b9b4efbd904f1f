/**
 * The commit: one conditional put of a record, which decides all markers that name it. Holds, ends,
 * adjustments, moves between rows and refused orders are all committed so.
 */
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import type { ReservationItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { writeIf } from "../dynamodb/write-if.ts";

export type Committed =
  /** The record as written, by this attempt or by an earlier one whose reply was lost. */
  | { written: ReservationItem }
  /** Another request has decided the version: the record as it is now, undefined when it is gone. */
  | { found: ReservationItem | undefined };

/** Tokens that a record keeps of its last puts: more than are made while one of them is repeated. */
const tokensMax = 8;

/**
 * Writes the record in place of its version `base`, 0 for none. The record keeps a token of each attempt, by
 * which a request knows its own write, whatever others have changed since.
 *
 * @param itemAt returns the record of an attempt that is sent at `nowMs`
 * @param options `isBeforeEnd`: only before the record's `expiresAtMs`
 * @throws InventoryError `busy`, `unavailable`, `rejected`: the record may be written then
 */
export const putRecord = async (
  database: Database,
  base: number,
  itemAt: (nowMs: number) => Omit<ReservationItem, "version" | "updatedAtMs">,
  call: Call,
  { isBeforeEnd = false }: { isBeforeEnd?: boolean } = {},
): Promise<Committed> => {
  const attempts: { token: string; item: ReservationItem }[] = [];
  const request = newToken(database);
  const command = () => {
    const updatedAtMs = database.now();
    const token = `${request}${attempts.length}`;
    const { writeTokens = [], ...rest } = itemAt(updatedAtMs);
    const item = {
      ...rest,
      updatedAtMs,
      version: base + 1,
      writeTokens: [...writeTokens, token].slice(-tokensMax),
    };
    attempts.push({ token, item });
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
  if (result.applied) return { written: attempts.at(-1)!.item };
  const { found } = result;
  const own = attempts.find(({ token }) => found?.writeTokens?.includes(token));
  return own === undefined ? { found } : { written: own.item };
};

/** 40 bits, since a token is compared with those of a few requests for one record. */
const newToken = (database: Database): string =>
  Math.floor(database.random() * 2 ** 40)
    .toString(36)
    .padStart(8, "0");
