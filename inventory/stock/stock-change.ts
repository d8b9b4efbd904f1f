import type { UpdateCommandInput } from "@aws-sdk/lib-dynamodb";
import type {
  LastChange,
  Line,
  MovementKind,
  ReservationItem,
  StockChange,
} from "../../contract/tables.ts";
import { actorOf, type Call, type Database } from "../dynamodb/database.ts";

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

const always = {
  "#version": "version",
  "#updatedAtMs": "updatedAtMs",
  "#lastChange": "lastChange",
};

/** Why units move when a reservation comes to be as it is. */
const kinds = {
  reserving: "hold",
  returning: "rollback",
  held: "hold",
  confirmed: "sale",
  released: "release",
  expired: "expiry",
} as const satisfies Record<Exclude<ReservationItem["status"], "rejected">, MovementKind>;

/** What the change of a reservation leaves in the stock of its lines. */
export const lastChangeBy = (
  { reservationId }: Pick<ReservationItem, "reservationId">,
  status: keyof typeof kinds,
  call: Call,
): LastChange => ({ kind: kinds[status], reservationId, ...actorOf(call) });

/** Refuses what a later lease has overtaken. Leases of one SKU have tokens that strictly grow. */
const fencing = {
  set: ", #fence = :fence",
  condition: " AND (attribute_not_exists(#fence) OR #fence < :fence)",
  names: { "#fence": "fence" },
};

/** A change of the stock of lines, but for the lines. */
export interface StockChangeOf {
  change: StockChange;
  lastChange: LastChange;
  nowMs: number;
  /** The token of the lease under which it is written, where there is one. */
  fence?: number | undefined;
}

/** The conditional update of one line's stock, as an action of a transaction. */
export const stockChange = (
  database: Database,
  { sku, quantity }: Line,
  { change, lastChange, nowMs, fence }: StockChangeOf,
) => {
  const { set, condition, names } = changes[change];
  const isFenced = fence !== undefined;
  return {
    Update: {
      TableName: database.tables.stock,
      Key: { sku },
      UpdateExpression:
        `SET ${set}, #version = #version + :one, #updatedAtMs = :now, ` +
        "#lastChange = :lastChange" +
        (isFenced ? fencing.set : ""),
      ConditionExpression: condition + (isFenced ? fencing.condition : ""),
      ExpressionAttributeNames: { ...names, ...always, ...(isFenced && fencing.names) },
      ExpressionAttributeValues: {
        ":quantity": quantity,
        ":one": 1,
        ":now": nowMs,
        ":lastChange": lastChange,
        ...(isFenced && { ":fence": fence }),
      },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    } satisfies UpdateCommandInput,
  };
};
