/** Settings that a stack passes to its functions. */

/** The handling of a payment for an order whose hold has expired. */
export const lateOrderPayments = ["reacquire", "dead-letter"] as const;
export type LateOrderPayment = (typeof lateOrderPayments)[number];

/** The service that sends a notification. */
export type NotificationChannel = "ses" | "log";
