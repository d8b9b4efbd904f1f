/** Choices of a stack that its functions are told. */

/** What becomes of a payment of an order whose hold has expired. */
export const lateOrderPayments = ["reacquire", "dead-letter"] as const;
export type LateOrderPayment = (typeof lateOrderPayments)[number];

/** By what a notification goes out. */
export type NotificationChannel = "ses" | "log";
