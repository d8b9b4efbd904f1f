/** The names of the variables by which the stack tells its functions what to use. */
export const environment = {
  stockTable: "STOCK_TABLE",
  reservationsTable: "RESERVATIONS_TABLE",
  movementsTable: "MOVEMENTS_TABLE",
  locksTable: "LOCKS_TABLE",
  multiItemStrategy: "MULTI_ITEM_STRATEGY",
  retentionDays: "RETENTION_DAYS",
  serviceVersion: "SERVICE_VERSION",
} as const;
