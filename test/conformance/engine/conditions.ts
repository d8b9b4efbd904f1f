/** Condition expressions, and the answers to conditions that fail. */
import { randomUUID } from "node:crypto";
import { DeleteCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect } from "vitest";
import { conditions } from "./expression-cases.ts";
import { errorOf, type Suite } from "./suite.ts";

export const describeConditions = (suite: Suite): void => {
  const { title, check, checkEach, send, putStock, getStock, take } = suite;
  describe(`conditions on ${title}`, () => {
    checkEach(
      conditions,
      ({ holds }) => `is ${holds}`,
      async ({ expression, names, values, holds }) => {
        const sku = await putStock({
          word: "holdfast",
          count: 7,
          vast: 1e15 + 0.5,
          isOpen: true,
          nothing: null,
          tags: new Set(["a", "b"]),
          sizes: new Set([1, 2.5]),
          elements: ["x", 2, { deep: "y" }],
          doc: { part: { n: 3 } },
        });
        const sent = send(
          new UpdateCommand({
            TableName: suite.tables.stock,
            Key: { sku },
            ConditionExpression: expression,
            ExpressionAttributeNames: names,
            ExpressionAttributeValues: values,
          }),
        );
        const outcome = await sent.then(
          () => true,
          (error: Error) => (error.name === "ConditionalCheckFailedException" ? false : error),
        );
        expect(outcome).toBe(holds);
      },
    );

    check("a failed condition answers with the item that it met", async () => {
      const sku = await putStock();
      const { Update } = take(sku, 6);
      const error = await errorOf(send(new UpdateCommand(Update!)));
      expect(error.name).toBe("ConditionalCheckFailedException");
      expect(error).toMatchObject({
        $metadata: { httpStatusCode: 400, attempts: 1 },
        $fault: "client",
        Item: { sku: { S: sku }, available: { N: "5" } },
      });
      expect(await getStock(sku)).toEqual({ sku, available: 5 });
    });

    check("a failed condition answers without an item unless it is asked for", async () => {
      const sku = await putStock();
      const command = new DeleteCommand({
        TableName: suite.tables.stock,
        Key: { sku },
        ConditionExpression: "attribute_not_exists(sku)",
      });
      expect((await errorOf(send(command))).Item).toBeUndefined();
    });

    check("a condition on a missing item meets no attributes", async () => {
      const { Update } = take(randomUUID(), 1);
      const error = await errorOf(send(new UpdateCommand(Update!)));
      expect(error.name).toBe("ConditionalCheckFailedException");
      expect(error.Item).toBeUndefined();
    });
  });
};
