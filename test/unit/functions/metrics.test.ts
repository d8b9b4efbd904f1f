/** The lines of metrics are compared with those of Powertools, which wrote them before. */
import { Metrics as Powertools } from "@aws-lambda-powertools/metrics";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createMetrics, MetricUnit, type Metrics } from "../../../functions/metrics.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_764_000_000_123 });
  vi.stubEnv("POWERTOOLS_SERVICE_NAME", "holdfast");
  vi.stubEnv("POWERTOOLS_METRICS_NAMESPACE", "Holdfast");
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

type Calls = (metrics: Metrics) => void;

const written = (write: () => void): string => {
  const out = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  write();
  const text = out.mock.calls.map(([line]) => line).join("");
  vi.restoreAllMocks();
  return text;
};

const linesOfBoth = (calls: Calls) => ({
  ours: written(() => calls(createMetrics(process.env))),
  theirs: written(() => calls(new Powertools())),
});

const addTimes = (metrics: Metrics, times: number) => {
  for (let value = 1; value <= times; value += 1) {
    metrics.addMetric("ExpiryLagMs", MetricUnit.Milliseconds, value);
  }
};

test.each<[string, Calls]>([
  [
    "of a request",
    (metrics) => {
      metrics.addMetric("Retries", MetricUnit.Count, 1);
      metrics.addMetric("Retries", MetricUnit.Count, 1);
      metrics.addDimensions({ operation: "reserve", outcome: "reserved" });
      metrics.addMetric("Requests", MetricUnit.Count, 1);
      metrics.addMetric("DurationMs", MetricUnit.Milliseconds, 3.25);
      metrics.publishStoredMetrics();
    },
  ],
  [
    "of a batch",
    (metrics) => {
      metrics.addDimension("function", "ledger");
      metrics.addMetric("Movements", MetricUnit.Count, 7);
      metrics.publishStoredMetrics();
    },
  ],
  [
    "without dimensions",
    (metrics) => {
      metrics.addMetric("Expired", MetricUnit.Count, 0);
      metrics.publishStoredMetrics();
    },
  ],
  [
    "with dimensions of both kinds",
    (metrics) => {
      metrics.addDimensions({ operation: "reserve" });
      metrics.addDimension("function", "reserve");
      metrics.addDimensions({ outcome: "busy" });
      metrics.addMetric("Requests", MetricUnit.Count, 1);
      metrics.publishStoredMetrics();
    },
  ],
  [
    "after another one, of whose dimensions nothing is left",
    (metrics) => {
      metrics.addDimensions({ operation: "reserve" });
      metrics.addMetric("Requests", MetricUnit.Count, 1);
      metrics.publishStoredMetrics();
      metrics.addDimension("function", "settle");
      metrics.addMetric("SalesSettled", MetricUnit.Count, 2);
      metrics.publishStoredMetrics();
    },
  ],
  [
    "with more values than fit into a line",
    (metrics) => {
      addTimes(metrics, 250);
      metrics.addDimension("function", "sweep");
      metrics.publishStoredMetrics();
    },
  ],
])("a line %s is what Powertools writes", (_name, calls) => {
  const { ours, theirs } = linesOfBoth(calls);
  expect(ours).toBe(theirs);
  expect(ours).toMatch(/^(\{"_aws":.*\}\n)+$/);
});

test.each([{ POWERTOOLS_METRICS_DISABLED: "true" }, { POWERTOOLS_METRICS_DISABLED: "false" }])(
  "metrics are written as Powertools does with %o",
  (variables) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const { ours, theirs } = linesOfBoth((metrics) => {
      addTimes(metrics, 3);
      metrics.publishStoredMetrics();
    });
    expect(ours).toBe(theirs);
  },
);

test("nothing is written without a metric", () => {
  const lines = written(() => {
    const metrics = createMetrics(process.env);
    metrics.addDimension("function", "settle");
    metrics.publishStoredMetrics();
  });
  expect(lines).toBe("");
});
