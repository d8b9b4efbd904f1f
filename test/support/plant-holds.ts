import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import type { ReservationItem } from "../../contract/tables.ts";
import type { Database } from "../../inventory/dynamodb/database.ts";
import { mapEach } from "../../inventory/for-each.ts";
import { expiryShardOf, timeOrderedId } from "../../inventory/identity.ts";

/** A hold of one unit that is written without a reserve. */
export interface PlantedHold {
  sku: string;
  expiresAtMs: number;
  /** As its id says when absent. */
  expiryShard?: number;
}

const putsMax = 25;
const inFlight = 8;

/** Writes records of holds as a reserve writes them, many at a time. The rows are left as they are. */
export const plantHolds = async (
  database: Database,
  count: number,
  holdAt: (index: number) => PlantedHold,
): Promise<void> => {
  const batches = Array.from({ length: Math.ceil(count / putsMax) }, (_, index) => index * putsMax);
  await mapEach(batches, inFlight, async (from) => {
    const length = Math.min(putsMax, count - from);
    const puts = Array.from({ length }, (_, index) => ({
      PutRequest: { Item: recordOf(database, holdAt(from + index)) },
    }));
    const { reservations } = database.tables;
    await database.client.send(new BatchWriteCommand({ RequestItems: { [reservations]: puts } }));
  });
};

const recordOf = (database: Database, hold: PlantedHold): ReservationItem => {
  const nowMs = database.now();
  const reservationId = timeOrderedId(nowMs, database.randomUuid());
  const { sku, expiresAtMs } = hold;
  const { expiryShard = expiryShardOf(reservationId, database.expiryPartitions) } = hold;
  return {
    reservationId,
    status: "held",
    lines: [{ sku, quantity: 1 }],
    parts: [{ row: sku, quantity: 1, version: 2 }],
    updatedAtMs: nowMs,
    createdAtMs: nowMs,
    expiresAtMs,
    fingerprint: "planted",
    version: 1,
    expiryShard,
    skus: new Set([sku]),
  };
};
