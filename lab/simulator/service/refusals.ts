/** Refusals of requests that DynamoDB could have served at another moment. */
import { RequestError, type CancellationReason } from "../engine/engine.ts";

export const conflict = (): RequestError =>
  new RequestError("TransactionConflictException", "Transaction is ongoing for the item");

export const throttling = (by: "table" | "partition"): RequestError =>
  by === "table"
    ? new RequestError(
        "ThrottlingException",
        "Throughput exceeds the current capacity of your table or index.",
      )
    : new RequestError(
        "ProvisionedThroughputExceededException",
        "The level of configured provisioned throughput was exceeded.",
      );

export const serverError = (): RequestError =>
  new RequestError("InternalServerError", "Internal server error", {}, 500);

/** Reasons that cancel a transaction because of what else happens at an item. */
export const conflictReason: CancellationReason = {
  Code: "TransactionConflict",
  Message: "Transaction is ongoing for the item",
};
export const throttlingReasons = {
  table: { Code: "ThrottlingError", Message: "Throughput exceeds the current capacity." },
  partition: {
    Code: "ProvisionedThroughputExceeded",
    Message: "The level of configured provisioned throughput was exceeded.",
  },
} as const satisfies Record<string, CancellationReason>;
