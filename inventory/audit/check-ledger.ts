/** Checks that the movements of a row add up to its counts, and repairs a ledger that does not. */
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import type { MovementItem, StockItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { idOfKey } from "../identity.ts";
import type { Counts } from "../stock/counts.ts";
import { writeIf } from "../dynamodb/write-if.ts";
import { namesOf } from "../stock/ledger.ts";
import { readRow } from "../stock/row.ts";
import type { Case } from "./finding.ts";

/** The sum of movements, and the latest version among them. */
export interface LedgerSum extends Counts {
  version: number;
}

/** True when the movements of a row that does not exist add up to nothing. */
export const isNothing = ({ onHand, available, reserved }: LedgerSum): boolean =>
  onHand === 0 && available === 0 && reserved === 0;

export const noCounts: LedgerSum = { onHand: 0, available: 0, reserved: 0, version: 0 };

export const sumOf = (movement: MovementItem): LedgerSum => ({
  onHand: movement.onHandDelta,
  available: movement.availableDelta,
  reserved: movement.reservedDelta,
  version: movement.version,
});

export const plus = (one: LedgerSum, other: LedgerSum): LedgerSum => ({
  onHand: one.onHand + other.onHand,
  available: one.available + other.available,
  reserved: one.reserved + other.reserved,
  version: Math.max(one.version, other.version),
});

export const isBalanced = (stock: StockItem, sum: LedgerSum): boolean =>
  stock.onHand === sum.onHand &&
  stock.available === sum.available &&
  stock.reserved === sum.reserved;

/** A movement that brings the ledger to the row, unless the row has moved. */
const writeOpening = async (
  database: Database,
  { sku: key, version, onHand, available, reserved }: StockItem,
  sum: LedgerSum,
  call: Call,
): Promise<boolean> => {
  const item: MovementItem = {
    movementId: idOfKey(["opening", key], String(version)),
    ...namesOf(key),
    kind: "opening",
    onHandDelta: onHand - sum.onHand,
    availableDelta: available - sum.available,
    reservedDelta: reserved - sum.reserved,
    version,
    atMs: database.now(),
  };
  // A row that moves meanwhile moves by movements of its own, which this one does not depend on.
  const row = await readRow(database, key, call);
  if (row?.version !== version) return false;
  const command = new PutCommand({
    TableName: database.tables.movements,
    Item: item,
    ConditionExpression: "attribute_not_exists(movementId)",
  });
  const result = await writeIf(database, () => command, call);
  return result.applied;
};

const inWords = ({ onHand, available, reserved }: Counts): string =>
  `onHand ${onHand}, available ${available}, reserved ${reserved}`;

/** The row is taken as right: the shop sells by it. */
export const ledgerDrift = (
  database: Database,
  stock: StockItem,
  sum: LedgerSum,
  call: Call,
): Case => ({
  damage: "ledger_drift",
  subject: stock.sku,
  detail: `the record has ${inWords(stock)} at version ${stock.version}; the movements ${inWords(sum)}, up to version ${sum.version}`,
  reservationIds: [],
  repair: "write an opening movement of the difference",
  apply: () => writeOpening(database, stock, sum, call),
});
