import type { Inventory } from "../../inventory/inventory.ts";
import { unitsMax } from "../../contract/bounds.ts";
import { runLoad } from "../harness/load.ts";

/** So many units of each SKU that no load sells out. */
export const fillStock = async (
  inventory: Inventory,
  skus: readonly string[],
  signal: AbortSignal,
): Promise<void> => {
  const waiting = [...skus];
  const setNext = async () => {
    await inventory.setStock({ sku: waiting.pop()!, onHand: unitsMax });
  };
  const bounds = { inFlight: 8, operationsMax: skus.length, durationMsMax: 60_000 };
  await runLoad(setNext, bounds, signal);
};

/**
 * A fast engine that loses units is not fast: what all contenders have reserved must be what the
 * stock says, with `onHand = available + reserved` for each SKU.
 */
export const checkStock = async (inventory: Inventory, reservedUnits: number): Promise<void> => {
  let reserved = 0;
  let cursor: string | undefined;
  do {
    const page = await inventory.listStock({ limit: 100, cursor });
    for (const item of page.items) {
      if (item.onHand !== item.available + item.reserved) {
        throw new Error(`The counts of ${item.sku} contradict each other: ${JSON.stringify(item)}`);
      }
      reserved += item.reserved;
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  if (reserved !== reservedUnits) {
    throw new Error(`${reservedUnits} units were reserved, and the stock says ${reserved}.`);
  }
};
