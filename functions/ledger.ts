/** Writes the ledger: each change of a SKU's counts, off the stream of the stock table. */
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import { movementBetween, writeMovements } from "../inventory/stock/ledger.ts";
import { streamHandler } from "./middleware/stream-handler.ts";
import { database, metrics } from "./wiring.ts";

export const handler = streamHandler("ledger", async (changes, call) => {
  const movements = changes.flatMap((change) =>
    change.table === "stock" && change.after
      ? (movementBetween(change.before, change.after, change.id) ?? [])
      : [],
  );
  try {
    await writeMovements(database, movements, call);
    metrics.addMetric("Movements", MetricUnit.Count, movements.length);
    return { done: changes.length };
  } catch (failure) {
    // Some may be written: they are the same when they are written again.
    return { done: 0, failure };
  }
});
