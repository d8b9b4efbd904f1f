/** Orders of any number of lines, by both strategies, by way of some endpoint of one engine. */
import { functionTimeoutSeconds, deadlineMarginMs } from "../../contract/bounds.ts";
import type { MultiItemStrategy } from "../../contract/tables.ts";
import { callWithin } from "../../inventory/dynamodb/database.ts";
import { InventoryError } from "../../inventory/errors.ts";
import { openInventory, type OpenInventory } from "../app/open-inventory.ts";
import type { RunningApp } from "../app/start-app.ts";

export interface Shop extends OpenInventory {
  /** Reserves one unit of each; says what became of it. Rejects where that is no outcome of a shop. */
  order: (skus: readonly string[]) => Promise<"reserved" | "busy">;
}

/** What a function has left when it begins. */
const budgetMs = functionTimeoutSeconds * 1000 - deadlineMarginMs;

export const openShop = (
  places: Pick<RunningApp, "dynamodb" | "tables">,
  multiItemStrategy: MultiItemStrategy,
): Shop => {
  const opened = openInventory(places, multiItemStrategy);
  return {
    ...opened,
    order: async (skus) => {
      const lines = skus.map((sku) => ({ sku, quantity: 1 }));
      try {
        const result = await opened.inventory.reserve({ lines }, callWithin(budgetMs));
        if (result.outcome === "reserved") return "reserved";
        throw new Error(JSON.stringify(result));
      } catch (error) {
        // Both are answered 503: the deadline may end a pause or a request.
        const isBusy = (error as InventoryError).code in { busy: true, unavailable: true };
        if (error instanceof InventoryError && isBusy) return "busy";
        throw error;
      }
    },
  };
};
