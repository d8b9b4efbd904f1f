import type { Context } from "aws-lambda";
import { deadlineMarginMs } from "../../contract/bounds.ts";
import type { Call } from "../../inventory/dynamodb/database.ts";
import { countRetry, measureExpiry } from "./telemetry.ts";

/** What an invocation brings to the engine: its deadline, its meters, and who asks where it is known. */
export const callOf = (context: Context, actor?: string): Call => ({
  ...(actor !== undefined && { actor }),
  remainingMs: () => context.getRemainingTimeInMillis() - deadlineMarginMs,
  onRetry: countRetry,
  onExpired: measureExpiry,
});
