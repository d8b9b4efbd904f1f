/** Requests that every engine refuses. Where one has words of its own, they are the second alternative. */
import { GetCommand, PutCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { EngineTables } from "../../support/engine-under-test.ts";

type Command = GetCommand | PutCommand | QueryCommand;

interface Refusal {
  name: string;
  command: (tables: EngineTables) => Command;
  error: { name: string; message: RegExp };
}

const validation = (message: RegExp) => ({ name: "ValidationException", message });

export const refusals: Refusal[] = [
  {
    name: "a table that does not exist is not found",
    command: () => new GetCommand({ TableName: "no-such-table", Key: { sku: "a" } }),
    error: { name: "ResourceNotFoundException", message: /not found|non-existent/ },
  },
  {
    name: "a key with another attribute is refused",
    command: ({ stock }) => new GetCommand({ TableName: stock, Key: { sku: "a", other: 1 } }),
    error: validation(/does not match the schema|number of conditions/),
  },
  {
    name: "a key of another type is refused",
    command: ({ stock }) => new GetCommand({ TableName: stock, Key: { sku: 1 } }),
    error: validation(/does not match the schema|Type mismatch for key/),
  },
  {
    name: "an empty key is refused",
    command: ({ stock }) => new PutCommand({ TableName: stock, Item: { sku: "" } }),
    error: validation(/empty string value/),
  },
  {
    name: "an item without its key is refused",
    command: ({ stock }) => new PutCommand({ TableName: stock, Item: { available: 1 } }),
    error: validation(/Missing the key sku in the item|required keys was not given/),
  },
  {
    name: "an item of more than 400 KB is refused",
    command: ({ stock }) =>
      new PutCommand({ TableName: stock, Item: { sku: "a", text: "x".repeat(400 * 1024) } }),
    error: validation(/maximum allowed size/),
  },
  {
    name: "a query without the partition key is refused",
    command: ({ sorted }) =>
      new QueryCommand({
        TableName: sorted,
        KeyConditionExpression: "#name = :name",
        ExpressionAttributeNames: { "#name": "name" },
        ExpressionAttributeValues: { ":name": "a" },
      }),
    error: validation(/missed key schema element/),
  },
  {
    name: "a range of partition keys is refused",
    command: ({ stock }) =>
      new QueryCommand({
        TableName: stock,
        KeyConditionExpression: "sku > :sku",
        ExpressionAttributeValues: { ":sku": "a" },
      }),
    error: validation(/key condition not supported|must use equality/),
  },
  {
    name: "a filter on a key is refused",
    command: ({ sorted }) =>
      new QueryCommand({
        TableName: sorted,
        KeyConditionExpression: "#group = :group",
        FilterExpression: "#name = :group",
        ExpressionAttributeNames: { "#group": "group", "#name": "name" },
        ExpressionAttributeValues: { ":group": "a" },
      }),
    error: validation(/non-primary key attributes/),
  },
  {
    name: "an index that does not exist is refused",
    command: ({ stock }) =>
      new QueryCommand({
        TableName: stock,
        IndexName: "byNothing",
        KeyConditionExpression: "sku = :sku",
        ExpressionAttributeValues: { ":sku": "a" },
      }),
    error: validation(/index/),
  },
];
