/**
 * Checks the counts of a stock level against the units that records and open markers account for. Each
 * row must add up by itself. Only `reserved` of the whole level can be compared with records: units that
 * one row took may be accounted for in another one, after the level had fewer rows for a while. Available
 * units are negative only after a count that was allowed to leave a shortfall.
 */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { LastChange, StockItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { writeIf } from "../dynamodb/write-if.ts";
import type { Counts } from "../stock/counts.ts";
import { keptOf, leastAvailableOf, levelOf, safetyStockOf, unavailableOf } from "../stock/level.ts";
import type { Case, Damage } from "./finding.ts";

/** The rows of a level, as they were at one time. */
export interface LevelRows {
  levelKey: string;
  /** Rows that are part of the level, the first one first; none where the first one is missing. */
  rows: readonly StockItem[];
  /** Rows past the last one that the first row names. */
  past: readonly StockItem[];
}

/** The units of a level that records own, and that open markers account for. */
export interface Held {
  units: number;
  reservationIds: readonly string[];
}

interface Wrong {
  damage: Damage;
  /** The row that is wrong by itself. */
  row?: StockItem;
}

const countsOf = ({ onHand, available, reserved }: Counts) => [onHand, available, reserved];

const isWellFormed = (row: StockItem): boolean =>
  [...countsOf(row), unavailableOf(row), safetyStockOf(row)].every(Number.isInteger) &&
  unavailableOf(row) >= 0 &&
  safetyStockOf(row) >= 0;

const addsUp = (row: StockItem): boolean =>
  row.available + row.reserved + keptOf(row) === row.onHand;

const isTooLow = (row: StockItem): boolean => row.available < leastAvailableOf(row);

/** True when the counts of the row are right by themselves. */
export const isConsistent = (row: StockItem): boolean =>
  isWellFormed(row) && !isTooLow(row) && addsUp(row);

/** True for a row of a level that has fewer units than are reserved. */
export const isShort = ({ available }: Pick<StockItem, "available">): boolean => available < 0;

const hasCounts = (row: StockItem): boolean => countsOf(row).some((count) => count !== 0);

const wrongIn = ({ rows, past }: LevelRows, units: number): Wrong | undefined => {
  if (rows.length === 0) {
    if (past.length > 0) return { damage: "first_row_missing" };
    return units === 0 ? undefined : { damage: "stock_missing" };
  }
  const malformed = rows.find((row) => !isWellFormed(row));
  if (malformed !== undefined) return { damage: "malformed_stock", row: malformed };
  const left = past.find(hasCounts);
  if (left !== undefined) return { damage: "row_past_level", row: left };
  // Holds take units of any row, so that no other row has any beside a shortfall.
  const hasUnits = rows.some(({ available }) => available > 0);
  const negative = rows.find((row) => isTooLow(row) || (isShort(row) && hasUnits));
  if (negative !== undefined) return { damage: "negative_count", row: negative };
  const level = levelOf(rows);
  // A sale may take more units than were counted.
  if (level.reserved < 0 || (level.onHand < 0 && !isShort(level)))
    return { damage: "negative_count" };
  const isCounted = isShort(level) && level.reserved >= units;
  if (level.onHand < units && !isCounted) return { damage: "oversold" };
  if (level.reserved !== units) return { damage: "reserved_drift" };
  const drifting = rows.find((row) => !addsUp(row));
  return drifting && { damage: "available_drift", row: drifting };
};

/** True when the counts are as they must be. */
export const agrees = (level: LevelRows, units: number): boolean =>
  wrongIn(level, units) === undefined;

/** The row to repair, and the number of reserved units that it must have. */
interface Repair {
  row: StockItem;
  reserved: number;
}

/**
 * The units that no other row accounts for are reserved in the row that is wrong by itself, else in the
 * first one that has as many. Correct changes of other rows, meanwhile, leave that number as it is.
 */
const repairOf = ({ rows }: LevelRows, units: number): Repair | undefined => {
  const wrong = rows.filter((row) => !isConsistent(row));
  if (wrong.length > 1) return undefined;
  const candidates = (wrong.length === 1 ? wrong : rows).map((row) => {
    const others = rows.filter((other) => other !== row);
    return { row, reserved: others.reduce((rest, { reserved }) => rest - reserved, units) };
  });
  return candidates.find(
    ({ row, reserved }) =>
      Number.isInteger(row.onHand) && row.onHand - reserved - keptOf(row) >= leastAvailableOf(row),
  );
};

/** Sets the counts that follow from on hand and what is held, unless the record has moved. */
const setCounts = async (
  database: Database,
  row: StockItem,
  reservedUnits: number,
  call: Call,
): Promise<boolean> => {
  const { sku, onHand, version } = row;
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
      ":available": onHand - reservedUnits - keptOf(row),
      ":reserved": reservedUnits,
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
  level: LevelRows,
  { units, reservationIds }: Held,
  call: Call,
): Case | undefined => {
  const wrong = wrongIn(level, units);
  if (wrong === undefined) return undefined;
  const { damage, row } = wrong;
  const { levelKey, rows, past } = level;
  const finding = { damage, subject: row?.sku ?? levelKey, reservationIds };
  if (damage === "stock_missing") return { ...finding, detail: `held are ${units}` };
  if (damage === "first_row_missing") {
    const keys = past.map((other) => other.sku).join(", ");
    return { ...finding, detail: `there are ${keys}; held are ${units}` };
  }
  const { onHand, available, reserved } = row ?? levelOf(rows);
  const isOfSeveral = rows.length > 1;
  const detail =
    `onHand ${onHand}, available ${available}, reserved ${reserved}; ` +
    `${units} are accounted for${isOfSeveral ? ` in ${rows.length} rows` : ""}`;
  const repair = damage === "row_past_level" ? undefined : repairOf(level, units);
  if (repair === undefined) return { ...finding, detail };
  const words = `set available to ${repair.row.onHand - repair.reserved - keptOf(repair.row)}, reserved to ${repair.reserved}`;
  return {
    ...finding,
    detail,
    repair: isOfSeveral ? `${words} in ${repair.row.sku}` : words,
    apply: () => setCounts(database, repair.row, repair.reserved, call),
  };
};
