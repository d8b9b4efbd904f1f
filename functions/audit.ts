/** Every day: checks the invariants of the tables, and repairs nothing by itself. */
import { audit } from "../inventory/audit/audit.ts";
import { scheduledHandler } from "./middleware/scheduled-handler.ts";
import { MetricUnit } from "./metrics.ts";
import { database, locksTable, logger, metrics } from "./wiring.ts";

export const handler = scheduledHandler("audit", async (call) => {
  const report = await audit(
    database,
    {
      locksTable: locksTable(),
      onFinding: (finding) => logger.error("finding", { ...finding }),
    },
    call,
  );
  metrics.addMetric("AuditFindings", MetricUnit.Count, report.findings);
  return report;
});
