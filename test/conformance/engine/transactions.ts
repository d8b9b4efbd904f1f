/** Transactions: their reasons, limits and tokens. */
import { randomUUID } from "node:crypto";
import { TransactGetCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect } from "vitest";
import { errorOf, type Action, type Suite } from "./suite.ts";

export const describeTransactions = (suite: Suite): void => {
  const { title, check, send, putStock, getStock, take, transact } = suite;
  describe(`transactions on ${title}`, () => {
    check("all actions are applied together", async () => {
      const [one, other, gone] = [await putStock(), await putStock(), await putStock()];
      const added = randomUUID();
      await transact([
        take(one, 1),
        take(other, 2),
        { Delete: { TableName: suite.tables.stock, Key: { sku: gone } } },
        { Put: { TableName: suite.tables.stock, Item: { sku: added } } },
      ]);
      expect(await Promise.all([one, other, gone, added].map(getStock))).toEqual([
        { sku: one, available: 4 },
        { sku: other, available: 3 },
        undefined,
        { sku: added },
      ]);
    });

    check("a cancelled transaction gives a reason for each action, in order", async () => {
      const [short, enough] = [await putStock(), await putStock()];
      const missing = randomUUID();
      const present = {
        ConditionCheck: {
          TableName: suite.tables.stock,
          Key: { sku: enough },
          ConditionExpression: "attribute_exists(sku)",
        },
      };
      const actions = [take(missing, 1), present, take(short, 6)];
      const error = await errorOf(transact(actions));
      expect(error.name).toBe("TransactionCanceledException");
      expect(error.message).toContain("[ConditionalCheckFailed, None, ConditionalCheckFailed]");
      const reasons = error.CancellationReasons as { Code: string; Item?: object }[];
      expect(reasons.map(({ Code }) => Code)).toEqual([
        "ConditionalCheckFailed",
        "None",
        "ConditionalCheckFailed",
      ]);
      expect(reasons[0]!.Item).toBeUndefined();
      expect(reasons[1]!.Item).toBeUndefined();
      expect(reasons[2]).toMatchObject({
        Message: "The conditional request failed",
        Item: { sku: { S: short }, available: { N: "5" } },
      });
      expect(await getStock(short)).toEqual({ sku: short, available: 5 });
    });

    check("an update that fails on the item cancels the transaction", async () => {
      const [one, other] = [await putStock(), await putStock({ available: "text" })];
      const add = (sku: string): Action => ({
        Update: {
          TableName: suite.tables.stock,
          Key: { sku },
          UpdateExpression: "SET available = available + :one",
          ExpressionAttributeValues: { ":one": 1 },
        },
      });
      const error = await errorOf(transact([add(one), add(other)]));
      expect(error.name).toBe("TransactionCanceledException");
      const reasons = error.CancellationReasons as { Code: string }[];
      expect(reasons.map(({ Code }) => Code)).toEqual(["None", "ValidationError"]);
      expect(await getStock(one)).toEqual({ sku: one, available: 5 });
    });

    check("two actions on one item are refused", async () => {
      const sku = await putStock();
      const error = await errorOf(transact([take(sku, 1), take(sku, 1)]));
      expect(error.name).toBe("ValidationException");
      expect(error.message).toContain("multiple operations on one item");
    });

    check("100 actions are applied and 101 are refused", async () => {
      const puts = Array.from({ length: 101 }, (_, number): Action => ({
        Put: { TableName: suite.tables.stock, Item: { sku: randomUUID(), number } },
      }));
      await transact(puts.slice(0, 100));
      expect((await errorOf(transact(puts))).name).toBe("ValidationException");
      expect(await getStock((puts[99]!.Put!.Item as { sku: string }).sku)).toMatchObject({
        number: 99,
      });
    });

    check("a transaction is applied once for a client token", async () => {
      const sku = await putStock();
      const token = randomUUID();
      await transact([take(sku, 1)], token);
      await transact([take(sku, 1)], token);
      expect(await getStock(sku)).toEqual({ sku, available: 4 });
      const error = await errorOf(transact([take(sku, 2)], token));
      expect(error.name).toBe("IdempotentParameterMismatchException");
      await transact([take(sku, 1)], randomUUID());
      expect(await getStock(sku)).toEqual({ sku, available: 3 });
    });

    check("a transaction reads items in the order of its actions", async () => {
      const [one, other] = [await putStock(), await putStock({ available: 6 })];
      const { Responses } = await send(
        new TransactGetCommand({
          TransactItems: [other, randomUUID(), one].map((sku) => ({
            Get: { TableName: suite.tables.stock, Key: { sku }, ProjectionExpression: "available" },
          })),
        }),
      );
      expect(Responses?.map(({ Item }) => Item)).toEqual([
        { available: 6 },
        undefined,
        { available: 5 },
      ]);
    });
  });
};
