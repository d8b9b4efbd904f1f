import type { MiddlewareObj, Request } from "@middy/core";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { RetryCause } from "../../inventory/dynamodb/database.ts";
import { MetricUnit } from "../metrics.ts";
import { logger, metrics } from "../wiring.ts";
import type { Answer, Refusal } from "./answer.ts";

/** Counts an attempt that had to be repeated, in the metrics of the request that is running. */
export const countRetry = (cause: RetryCause): void => {
  metrics.addMetric("Retries", MetricUnit.Count, 1);
  if (cause === "conflict") metrics.addMetric("Conflicts", MetricUnit.Count, 1);
};

/** Measures how late the units of a hold came back, whoever has given them back. */
export const measureExpiry = (lagMs: number): void => {
  metrics.addMetric("ExpiryLagMs", MetricUnit.Milliseconds, lagMs);
};

const recordMetrics = (operation: string, answer: Answer | Refusal, durationMs: number) => {
  metrics.addDimensions({ operation, outcome: answer.outcome });
  metrics.addMetric("Requests", MetricUnit.Count, 1);
  metrics.addMetric("DurationMs", MetricUnit.Milliseconds, durationMs);
  if ("problem" in answer && answer.problem.shortages) {
    metrics.addMetric("Shortages", MetricUnit.Count, answer.problem.shortages.length);
  }
  metrics.publishStoredMetrics();
};

/**
 * One log line and one line of metrics for each request, with its id, its outcome and its duration;
 * bodies and headers, which carry what is not ours to keep, stay out. The error behind an answer of
 * `internal` or `busy` is logged whole.
 */
export const telemetry = (
  nameOf: (event: APIGatewayProxyEventV2) => string,
): MiddlewareObj<APIGatewayProxyEventV2> => {
  let startedAtMs = 0;

  const record = (request: Request<APIGatewayProxyEventV2>) => {
    const answer: Answer | Refusal = request.response;
    const operation = nameOf(request.event);
    const durationMs = Math.round((performance.now() - startedAtMs) * 100) / 100;
    const { requestId } = request.event.requestContext;
    const { outcome, status } = answer;
    const line = { requestId, operation, outcome, status, durationMs };
    if (status < 500) logger.info("request", line);
    else logger.error("request", { ...line, error: request.error as Error });
    recordMetrics(operation, answer, durationMs);
  };

  return {
    before: () => {
      startedAtMs = performance.now();
    },
    after: record,
    onError: record,
  };
};
