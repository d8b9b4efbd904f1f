/**
 * The members of `metadata` in the order of their names. DynamoDB does not keep the order of a map, and
 * two requests with the same members ask for the same.
 */
export const sortedByName = (metadata: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).toSorted(([a], [b]) => (a < b ? -1 : 1)));
