/** Writes the ledger: each change of the counts of a row, from the stream of the stock table. */
import { movementsBetween, writeMovements } from "../inventory/stock/ledger.ts";
import { streamHandler } from "./middleware/stream-handler.ts";
import { MetricUnit } from "./metrics.ts";
import { database, metrics } from "./wiring.ts";

export const handler = streamHandler("ledger", async (changes, call) => {
  const movements = changes.flatMap((change) =>
    change.table === "stock" ? movementsBetween(change.before, change.after, change.id) : [],
  );
  try {
    await writeMovements(database, movements, call);
    metrics.addMetric("Movements", MetricUnit.Count, movements.length);
    return { done: changes.length };
  } catch (failure) {
    // Some may be written. A repeat writes the same records.
    return { done: 0, failure };
  }
});
