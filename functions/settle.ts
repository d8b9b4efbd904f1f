/** Takes the units of confirmed reservations off the stock, from the stream of the reservations. */
import { awaitsSale, settleSales } from "../inventory/reservations/settle-sales.ts";
import type { ReservationItem } from "../contract/tables.ts";
import type { Call } from "../inventory/dynamodb/database.ts";
import { InventoryError } from "../inventory/errors.ts";
import { streamHandler } from "./middleware/stream-handler.ts";
import { MetricUnit } from "./metrics.ts";
import { database, logger, metrics } from "./wiring.ts";

export const handler = streamHandler("settle", async (changes, call) => {
  if (!database.fulfillsOnConfirm) return { done: changes.length };
  const sold = changes.flatMap(({ table, after }) =>
    table === "reservations" && after !== undefined && awaitsSale(after) ? [after] : [],
  );
  try {
    await settleAll(sold, call);
    metrics.addMetric("SalesSettled", MetricUnit.Count, sold.length);
    return { done: changes.length };
  } catch (failure) {
    // Some may be settled. A repeat leaves them alone.
    return { done: 0, failure };
  }
});

/** Settles the sales together. One inconsistent record must not keep the others: the audit reports it. */
async function settleAll(items: readonly ReservationItem[], call: Call): Promise<void> {
  try {
    await settleSales(database, items, call);
  } catch (error) {
    if (!(error instanceof InventoryError) || error.code !== "inconsistent") throw error;
    if (items.length === 1) {
      logger.error("not settled", { reservationId: items[0]!.reservationId, error });
      metrics.addMetric("NotSettled", MetricUnit.Count, 1);
      return;
    }
    for (const item of items) await settleAll([item], call);
  }
}
