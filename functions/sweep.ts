/** Every minute: gives dead holds back, and brings half-written orders to their end. */
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import { sweep } from "../inventory/reservations/sweep.ts";
import { scheduledHandler } from "./middleware/scheduled-handler.ts";
import { database, logger, metrics } from "./wiring.ts";

export const handler = scheduledHandler("sweep", async (call) => {
  const report = await sweep(database, call, {
    onFailure: (reservationId, error) => logger.warn("not swept", { reservationId, error }),
  });
  metrics.addMetric("Expired", MetricUnit.Count, report.expired);
  metrics.addMetric("Settled", MetricUnit.Count, report.settled);
  metrics.addMetric("NotSwept", MetricUnit.Count, report.failed);
  return report;
});
