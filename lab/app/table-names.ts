/** The names of Holdfast's tables in the lab. */
export const tableNames = {
  stock: "Stock",
  reservations: "Reservations",
  movements: "Movements",
  locks: "Locks",
} as const;
