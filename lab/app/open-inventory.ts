import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { MultiItemStrategy } from "../../contract/tables.ts";
import { connect, createDatabase } from "../../inventory/dynamodb/database.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { withLeases } from "../../inventory/reservations/leases.ts";
import { createDynamoDbLocks } from "../../locks/dynamodb/dynamodb-locks.ts";
import { localAccess } from "./access.ts";
import type { RunningApp } from "./start-app.ts";

export interface OpenInventory extends Disposable {
  inventory: Inventory;
  /** The one that it uses. */
  client: DynamoDBDocumentClient;
}

/** The engine of `inventory/` over an app's tables, as its functions wire it. */
export const openInventory = (
  { dynamodb, tables }: Pick<RunningApp, "dynamodb" | "tables">,
  multiItemStrategy: MultiItemStrategy = "optimistic",
): OpenInventory => {
  const client = connect({ ...localAccess, endpoint: dynamodb });
  const locks = createDynamoDbLocks({
    client: connect({ ...localAccess, endpoint: dynamodb, maxAttempts: 3 }),
    table: tables.locks,
  });
  const database = createDatabase({ client, tables });
  return {
    inventory: createInventory(withLeases(database, { locks, multiItemStrategy })),
    client,
    [Symbol.dispose]: () => client.destroy(),
  };
};
