/** Orders of any number of lines, by both strategies, by way of some endpoint of one engine. */
import { functionTimeoutSeconds, deadlineMarginMs } from "../../contract/bounds.ts";
import type { MultiItemStrategy } from "../../contract/tables.ts";
import { callWithin, connect, createDatabase } from "../../inventory/database.ts";
import { InventoryError } from "../../inventory/errors.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { withLeases } from "../../inventory/leases.ts";
import { createDynamoDbLocks } from "../../locks/dynamodb/dynamodb-locks.ts";
import type { RunningApp } from "../app/start-app.ts";

export interface Shop extends Disposable {
  inventory: Inventory;
  /** Reserves one unit of each; says what became of it. Rejects where that is no outcome of a shop. */
  order: (skus: readonly string[]) => Promise<"reserved" | "busy">;
}

const access = {
  region: "us-east-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local", sessionToken: "local" },
};

/** What a function has left when it begins. */
export const budgetMs = functionTimeoutSeconds * 1000 - deadlineMarginMs;

export const openShop = (
  endpoint: string,
  tables: RunningApp["tables"],
  multiItemStrategy: MultiItemStrategy,
): Shop => {
  const client = connect({ ...access, endpoint });
  const locks = createDynamoDbLocks({ client, table: tables.locks });
  const database = createDatabase({ client, tables });
  const inventory = createInventory(withLeases(database, { locks, multiItemStrategy }));
  return {
    inventory,
    order: async (skus) => {
      const lines = skus.map((sku) => ({ sku, quantity: 1 }));
      try {
        const result = await inventory.reserve({ lines }, callWithin(budgetMs));
        if (result.outcome === "reserved") return "reserved";
        throw new Error(JSON.stringify(result));
      } catch (error) {
        // Both are answered 503: the deadline may end a pause or a request.
        const isBusy = (error as InventoryError).code in { busy: true, unavailable: true };
        if (error instanceof InventoryError && isBusy) return "busy";
        throw error;
      }
    },
    [Symbol.dispose]: () => client.destroy(),
  };
};
