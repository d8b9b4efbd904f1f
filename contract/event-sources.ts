/** The functions that streams and queues invoke. */
export type EventFunctionName = "publish" | "ledger" | "settle" | "orders" | "notify";
