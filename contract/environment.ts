/**
 * The names of the variables by which the stack configures its functions. Each is a separate export, so that the
 * bundle of a function includes only the names that it reads.
 */
export const stockTable = "STOCK_TABLE";
export const reservationsTable = "RESERVATIONS_TABLE";
export const movementsTable = "MOVEMENTS_TABLE";
export const locksTable = "LOCKS_TABLE";
export const multiItemStrategy = "MULTI_ITEM_STRATEGY";
export const retentionDays = "RETENTION_DAYS";
/** Partitions of the index `byExpiry`. */
export const expiryPartitions = "EXPIRY_PARTITIONS";
/** The maximum age of a refusal for too few units. */
export const refusalMemoryMs = "REFUSAL_MEMORY_MS";
export const fulfillOnConfirm = "FULFILL_ON_CONFIRM";
export const lateOrderPayment = "LATE_ORDER_PAYMENT";
export const serviceVersion = "SERVICE_VERSION";
/** ARN of the topic to which Holdfast publishes its events. */
export const inventoryEventsTopic = "INVENTORY_EVENTS_TOPIC";
/** The source that the events name. */
export const eventSource = "EVENT_SOURCE";
export const lowStockThreshold = "LOW_STOCK_THRESHOLD";
/** URLs of a function's queue and of its dead-letter queue. */
export const queue = "QUEUE_URL";
export const deadLetterQueue = "DEAD_LETTER_QUEUE_URL";
export const notificationChannel = "NOTIFICATION_CHANNEL";
export const notificationSender = "NOTIFICATION_SENDER";
export const notificationRecipient = "NOTIFICATION_RECIPIENT";
/** Upstash's own names, so that its tools and ours read the same; the token is a secret's ARN. */
export const redisUrl = "UPSTASH_REDIS_REST_URL";
export const redisToken = "UPSTASH_REDIS_REST_TOKEN";
export const redisTokenSecret = "UPSTASH_REDIS_REST_TOKEN_SECRET";
