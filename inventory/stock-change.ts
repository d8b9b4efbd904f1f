import type { UpdateCommandInput } from "@aws-sdk/lib-dynamodb";
import type { Line } from "../contract/tables.ts";
import type { Database } from "./database.ts";

/**
 * What happens to the units of a line. A condition expression has no arithmetic, so each change
 * names the one count that must be large enough: it alone keeps all three from going negative.
 */
const changes = {
  hold: {
    set: "#available = #available - :quantity, #reserved = #reserved + :quantity",
    condition: "#available >= :quantity",
    names: { "#available": "available", "#reserved": "reserved" },
  },
  sell: {
    set: "#onHand = #onHand - :quantity, #reserved = #reserved - :quantity",
    condition: "#reserved >= :quantity",
    names: { "#onHand": "onHand", "#reserved": "reserved" },
  },
  giveBack: {
    set: "#available = #available + :quantity, #reserved = #reserved - :quantity",
    condition: "#reserved >= :quantity",
    names: { "#available": "available", "#reserved": "reserved" },
  },
} as const;

const always = { "#version": "version", "#updatedAtMs": "updatedAtMs" };

/** The conditional update of one line's stock, as an action of a transaction. */
export const stockChange = (
  database: Database,
  kind: keyof typeof changes,
  { sku, quantity }: Line,
  nowMs: number,
) => {
  const { set, condition, names } = changes[kind];
  return {
    Update: {
      TableName: database.tables.stock,
      Key: { sku },
      UpdateExpression: `SET ${set}, #version = #version + :one, #updatedAtMs = :now`,
      ConditionExpression: condition,
      ExpressionAttributeNames: { ...names, ...always },
      ExpressionAttributeValues: { ":quantity": quantity, ":one": 1, ":now": nowMs },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    } satisfies UpdateCommandInput,
  };
};
