/** Every minute: gives dead holds back, and now and then resolves markers that requests left in rows. */
import { rowsEveryRuns, sweepIntervalMinutes } from "../contract/bounds.ts";
import { sweep } from "../inventory/reservations/sweep.ts";
import { scheduledHandler } from "./middleware/scheduled-handler.ts";
import { MetricUnit } from "./metrics.ts";
import { database, logger, metrics } from "./wiring.ts";

const minuteMs = 60_000;

export const handler = scheduledHandler("sweep", async (call) => {
  const run = Math.round(database.now() / (sweepIntervalMinutes * minuteMs));
  const report = await sweep(database, call, {
    onFailure: (subject, error) => logger.warn("not swept", { subject, error }),
    resolvesRows: run % rowsEveryRuns === 0,
  });
  metrics.addMetric("Expired", MetricUnit.Count, report.expired);
  metrics.addMetric("Settled", MetricUnit.Count, report.settled);
  metrics.addMetric("NotSwept", MetricUnit.Count, report.failed);
  return report;
});
