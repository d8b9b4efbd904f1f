import type { UpdateCommandInput } from "@aws-sdk/lib-dynamodb";
import type { Line, StockChange } from "../contract/tables.ts";
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
} as const satisfies Record<StockChange, object>;

const always = { "#version": "version", "#updatedAtMs": "updatedAtMs" };

/** Refuses what a later lease has overtaken. Leases of one SKU have tokens that strictly grow. */
const fencing = {
  set: ", #fence = :fence",
  condition: " AND (attribute_not_exists(#fence) OR #fence < :fence)",
  names: { "#fence": "fence" },
};

/**
 * The conditional update of one line's stock, as an action of a transaction. `fence` is the token of
 * the lease under which it is written, where there is one.
 */
export const stockChange = (
  database: Database,
  kind: StockChange,
  { sku, quantity }: Line,
  nowMs: number,
  fence?: number,
) => {
  const { set, condition, names } = changes[kind];
  const isFenced = fence !== undefined;
  return {
    Update: {
      TableName: database.tables.stock,
      Key: { sku },
      UpdateExpression:
        `SET ${set}, #version = #version + :one, #updatedAtMs = :now` +
        (isFenced ? fencing.set : ""),
      ConditionExpression: condition + (isFenced ? fencing.condition : ""),
      ExpressionAttributeNames: { ...names, ...always, ...(isFenced && fencing.names) },
      ExpressionAttributeValues: {
        ":quantity": quantity,
        ":one": 1,
        ":now": nowMs,
        ...(isFenced && { ":fence": fence }),
      },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    } satisfies UpdateCommandInput,
  };
};
