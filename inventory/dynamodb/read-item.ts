import { GetCommand } from "@aws-sdk/lib-dynamodb";
import type { Call, Database } from "./database.ts";
import { send } from "./send.ts";

/** One record as it is now (a consistent read), or undefined when there is none. */
export const readItem = async <Item>(
  database: Database,
  table: string,
  key: Record<string, string>,
  call: Call,
): Promise<Item | undefined> => {
  const command = new GetCommand({ TableName: table, Key: key, ConsistentRead: true });
  const page = await send(database, (options) => database.client.send(command, options), call);
  return page.Item as Item | undefined;
};
