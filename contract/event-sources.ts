/** The functions that streams and queues call: those of publish, ledger, orders and notify. */
export type EventFunctionName = "publish" | "ledger" | "orders" | "notify";
