/** The names of the variables by which the stack configures its functions. */
export const environment = {
  stockTable: "STOCK_TABLE",
  reservationsTable: "RESERVATIONS_TABLE",
  movementsTable: "MOVEMENTS_TABLE",
  locksTable: "LOCKS_TABLE",
  multiItemStrategy: "MULTI_ITEM_STRATEGY",
  retentionDays: "RETENTION_DAYS",
  /** Partitions of the index `byExpiry`. */
  expiryPartitions: "EXPIRY_PARTITIONS",
  /** The maximum age of a refusal for too few units. */
  refusalMemoryMs: "REFUSAL_MEMORY_MS",
  fulfillOnConfirm: "FULFILL_ON_CONFIRM",
  lateOrderPayment: "LATE_ORDER_PAYMENT",
  serviceVersion: "SERVICE_VERSION",
  /** ARN of the topic to which Holdfast publishes its events. */
  inventoryEventsTopic: "INVENTORY_EVENTS_TOPIC",
  /** The source that the events name. */
  eventSource: "EVENT_SOURCE",
  lowStockThreshold: "LOW_STOCK_THRESHOLD",
  /** Address of the queue that feeds a function, and of the one for what it cannot use. */
  queue: "QUEUE_URL",
  deadLetterQueue: "DEAD_LETTER_QUEUE_URL",
  notificationChannel: "NOTIFICATION_CHANNEL",
  notificationSender: "NOTIFICATION_SENDER",
  notificationRecipient: "NOTIFICATION_RECIPIENT",
  /** Upstash's own names, so that its tools and ours read the same; the token is a secret's ARN. */
  redisUrl: "UPSTASH_REDIS_REST_URL",
  redisToken: "UPSTASH_REDIS_REST_TOKEN",
  redisTokenSecret: "UPSTASH_REDIS_REST_TOKEN_SECRET",
} as const;

/** What becomes of a payment of an order whose hold has expired. */
export const lateOrderPayments = ["reacquire", "dead-letter"] as const;
export type LateOrderPayment = (typeof lateOrderPayments)[number];

/** By what a notification goes out. */
export type NotificationChannel = "ses" | "log";
