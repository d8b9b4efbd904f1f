/**
 * Writes metrics as lines of the log, in CloudWatch's embedded metric format: CloudWatch reads them
 * from there, without a call of its own. The lines and the environment variables are those of
 * Powertools for AWS Lambda, as in logger.ts.
 */
import { Console } from "node:console";

export const MetricUnit = { Count: "Count", Milliseconds: "Milliseconds" } as const;
export type MetricUnit = (typeof MetricUnit)[keyof typeof MetricUnit];

export interface Metrics {
  /** Adds a value. A metric can have several. */
  addMetric(name: string, unit: MetricUnit, value: number): void;
  /** Adds a dimension to those of the next line. */
  addDimension(name: string, value: string): void;
  /** Adds a set of dimensions, by which CloudWatch aggregates the metrics separately. */
  addDimensions(dimensions: Record<string, string>): void;
  /** Writes a line with the metrics, if there are any, and forgets them and their dimensions. */
  publishStoredMetrics(): void;
}

/** CloudWatch reads no more values of a metric from a line. */
const valuesMax = 100;

interface Metric {
  unit: MetricUnit;
  values: number[];
}

/** Reads from `env` the namespace, the service and whether metrics are written at all. */
export const createMetrics = (env: Record<string, string | undefined>): Metrics => {
  const service = env["POWERTOOLS_SERVICE_NAME"]?.trim() || "service_undefined";
  const namespace = env["POWERTOOLS_METRICS_NAMESPACE"]?.trim() || "default_namespace";
  const isDisabled = env["POWERTOOLS_METRICS_DISABLED"]?.trim().toLowerCase() === "true";
  const output = new Console({ stdout: process.stdout, stderr: process.stderr });
  let stored = new Map<string, Metric>();
  let dimensions: Record<string, string> = {};
  let dimensionSets: Record<string, string>[] = [];

  const line = () => {
    const sets =
      Object.keys(dimensions).length > 0 ? [dimensions, ...dimensionSets] : dimensionSets;
    const byService = (sets.length > 0 ? sets : [{}]).map((set) => ({ service, ...set }));
    const metrics = Array.from(stored, ([name, metric]) => ({ name, ...metric }));
    return {
      _aws: {
        Timestamp: Date.now(),
        CloudWatchMetrics: [
          {
            Namespace: namespace,
            Dimensions: byService.map((set) => Object.keys(set)),
            Metrics: metrics.map(({ name, unit }) => ({ Name: name, Unit: unit })),
          },
        ],
      },
      ...Object.assign({}, ...byService),
      ...Object.fromEntries(
        metrics.map(({ name, values }) => [name, values.length === 1 ? values[0] : values]),
      ),
    };
  };

  const publishStoredMetrics = () => {
    if (stored.size > 0 && !isDisabled) output.log(JSON.stringify(line()));
    stored = new Map();
    dimensions = {};
    dimensionSets = [];
  };

  return {
    addMetric: (name, unit, value) => {
      const metric = stored.get(name) ?? { unit, values: [] };
      stored.set(name, metric);
      metric.values.push(value);
      if (metric.values.length === valuesMax) publishStoredMetrics();
    },
    addDimension: (name, value) => {
      dimensions[name] = value;
    },
    addDimensions: (set) => {
      dimensionSets.push(set);
    },
    publishStoredMetrics,
  };
};
