import { BatchGetCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { keyOf, type LockRow } from "./lock-table.ts";

/** The rows of these names as they are now. Those that are missing, or that throttling keeps back, are left out. */
export const readRows = async (
  client: DynamoDBDocumentClient,
  table: string,
  names: readonly string[],
  abortSignal: AbortSignal,
): Promise<LockRow[]> => {
  const command = new BatchGetCommand({
    RequestItems: { [table]: { Keys: names.map(keyOf), ConsistentRead: true } },
  });
  const { Responses } = await client.send(command, { abortSignal });
  return (Responses?.[table] ?? []) as LockRow[];
};
