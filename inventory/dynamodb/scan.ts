import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import type { Call, Database } from "./database.ts";
import { send } from "./send.ts";

/** All records of a table as they are now, page by page. */
export async function* scan<Item>(
  database: Database,
  table: string,
  call: Call,
): AsyncGenerator<Item[]> {
  let start: Record<string, unknown> | undefined;
  do {
    const command = new ScanCommand({
      TableName: table,
      ConsistentRead: true,
      ExclusiveStartKey: start,
    });
    const page = await send(database, (options) => database.client.send(command, options), call);
    yield (page.Items ?? []) as Item[];
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}
