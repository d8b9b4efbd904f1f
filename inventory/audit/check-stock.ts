/** Checks the counts of one row against the units that records and open markers account for. */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { LastChange, StockItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import type { Case, Damage } from "./finding.ts";
import { writeIf } from "../dynamodb/write-if.ts";

/** The units of a row that records own, and that open markers account for. */
export interface Held {
  units: number;
  reservationIds: readonly string[];
}

const damageOf = ({ onHand, available, reserved }: StockItem, units: number) => {
  const counts = [onHand, available, reserved];
  if (!counts.every(Number.isInteger)) return "malformed_stock";
  if (counts.some((count) => count < 0)) return "negative_count";
  if (onHand < units) return "oversold";
  if (reserved !== units) return "reserved_drift";
  return available + reserved === onHand ? undefined : "available_drift";
};

/** True when the counts are as they must be. */
export const agrees = (stock: StockItem, units: number): boolean =>
  damageOf(stock, units) === undefined;

/** Sets the counts that follow from on hand and what is held, unless the record has moved. */
const setCounts = async (
  database: Database,
  { sku, onHand, version }: StockItem,
  units: number,
  call: Call,
): Promise<boolean> => {
  const command = new UpdateCommand({
    TableName: database.tables.stock,
    Key: { sku },
    UpdateExpression:
      "SET #available = :available, #reserved = :reserved, #version = #version + :one, " +
      "#updatedAtMs = :now, #lastChange = :lastChange",
    ConditionExpression: "#version = :version AND #onHand = :onHand",
    ExpressionAttributeNames: {
      "#available": "available",
      "#reserved": "reserved",
      "#version": "version",
      "#updatedAtMs": "updatedAtMs",
      "#onHand": "onHand",
      "#lastChange": "lastChange",
    },
    ExpressionAttributeValues: {
      ":available": onHand - units,
      ":reserved": units,
      ":one": 1,
      ":now": database.now(),
      ":lastChange": { kind: "repair" } satisfies LastChange,
      ":version": version,
      ":onHand": onHand,
    },
  });
  return (await writeIf(database, () => command, call)).applied;
};

/** Undefined when the counts are right. `onHand` is taken as right, since a person has counted it. */
export const checkStock = (
  database: Database,
  stock: StockItem,
  { units, reservationIds }: Held,
  call: Call,
): Case | undefined => {
  const damage: Damage | undefined = damageOf(stock, units);
  if (damage === undefined) return undefined;
  const { sku, onHand, available, reserved } = stock;
  const isKnown = Number.isInteger(onHand) && onHand >= units;
  return {
    damage,
    subject: sku,
    detail: `onHand ${onHand}, available ${available}, reserved ${reserved}; ${units} are accounted for`,
    reservationIds,
    ...(isKnown && {
      repair: `set available to ${onHand - units}, reserved to ${units}`,
      apply: () => setCounts(database, stock, units, call),
    }),
  };
};
