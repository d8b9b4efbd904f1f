/** The door of a function that a schedule calls: a deadline, one log line, one line of metrics. */
import type { Context, ScheduledEvent } from "aws-lambda";
import type { Call } from "../../inventory/dynamodb/database.ts";
import { logger, metrics } from "../wiring.ts";
import { callOf } from "./call.ts";

export type ScheduledHandler = (event: ScheduledEvent, context: Context) => Promise<void>;

/** `work` returns what is logged of it. What it throws fails the invocation, which is then repeated. */
export const scheduledHandler =
  (name: string, work: (call: Call) => Promise<object>): ScheduledHandler =>
  async (_event, context) => {
    const call = callOf(context, name);
    try {
      const report = await work(call);
      logger.info(name, { requestId: context.awsRequestId, ...report });
    } catch (error) {
      logger.error(name, { requestId: context.awsRequestId, error: error as Error });
      throw error;
    } finally {
      metrics.publishStoredMetrics();
    }
  };
