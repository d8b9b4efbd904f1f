import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import { pageSizeDefault } from "../../contract/bounds.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import type { Call, Database } from "./database.ts";
import { pageOf, readLimit, type Page } from "./page.ts";
import { send } from "./send.ts";

/** Entries of an index that belong together, sorted by a number. */
export interface IndexPartition {
  /** What the list is called in its cursors. */
  list: string;
  table: string;
  index: { indexName: string; partitionKey: string; sortKey: string };
  /** The attribute that is the table's own key. */
  key: string;
  value: string;
}

export interface PageWanted {
  /** 50 when absent. */
  limit?: number | undefined;
  cursor?: string | undefined;
}

/**
 * One page of a partition, newest first. The index may lag behind the table by moments.
 *
 * @throws InventoryError `invalid_cursor`, `busy`, `unavailable`, `rejected`
 */
export const listNewest = async <Item extends object>(
  database: Database,
  { list, table, index, key, value }: IndexPartition,
  { limit = pageSizeDefault, cursor }: PageWanted,
  call: Call,
): Promise<Page<Item>> => {
  const { indexName, partitionKey, sortKey } = index;
  const start =
    cursor === undefined ? undefined : decodeCursor([list, value], ["number", "string"], cursor);
  const command = new QueryCommand({
    TableName: table,
    IndexName: indexName,
    KeyConditionExpression: "#partition = :value",
    ExpressionAttributeNames: { "#partition": partitionKey },
    ExpressionAttributeValues: { ":value": value },
    ScanIndexForward: false,
    Limit: readLimit(limit),
    ...(start && {
      ExclusiveStartKey: { [partitionKey]: value, [sortKey]: start[0], [key]: start[1] },
    }),
  });
  const read = await send(database, (options) => database.client.send(command, options), call);
  return pageOf<Item>(read, limit, (last) => {
    const { [sortKey]: sort, [key]: id } = last as Record<string, string | number>;
    return encodeCursor([list, value], [sort!, id!]);
  });
};

/** Page after page, to the last one. */
export async function* everyPage<Item>(
  read: (cursor: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Item[]> {
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    yield page.items;
    ({ cursor } = page);
  } while (cursor !== undefined);
}
