/** Update expressions, and the values that writes return. */
import { randomUUID } from "node:crypto";
import { DeleteCommand, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect } from "vitest";
import { updates, invalidUpdates } from "./expression-cases.ts";
import { errorOf, type Suite } from "./suite.ts";

export const describeUpdates = (suite: Suite): void => {
  const { title, check, checkEach, send, putStock, getStock, take } = suite;
  describe(`updates on ${title}`, () => {
    checkEach(
      updates,
      () => "is applied",
      async ({ expression, names, values, before, after }) => {
        const sku = await putStock(before);
        const { Attributes } = await send(
          new UpdateCommand({
            TableName: suite.tables.stock,
            Key: { sku },
            UpdateExpression: expression,
            ExpressionAttributeNames: names,
            ExpressionAttributeValues: values,
            ReturnValues: "ALL_NEW",
          }),
        );
        expect(Attributes).toEqual({ sku, ...after });
        expect(await getStock(sku)).toEqual({ sku, ...after });
      },
    );

    checkEach(
      invalidUpdates,
      ({ before }) => (before === undefined ? "is invalid" : "is invalid for another type"),
      async ({ expression, names, values, before, message }) => {
        const sku = await putStock(before);
        const command = new UpdateCommand({
          TableName: suite.tables.stock,
          Key: { sku },
          UpdateExpression: expression,
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: values,
        });
        const error = await errorOf(send(command));
        expect(error.name).toBe("ValidationException");
        expect(error.message).toMatch(message);
        expect(await getStock(sku)).toEqual({ sku, available: 5, ...before });
      },
    );

    check("an update of a missing item creates it", async () => {
      const sku = randomUUID();
      await send(
        new UpdateCommand({
          TableName: suite.tables.stock,
          Key: { sku },
          UpdateExpression: "SET available = if_not_exists(available, :zero) + :one",
          ExpressionAttributeValues: { ":zero": 0, ":one": 1 },
        }),
      );
      expect(await getStock(sku)).toEqual({ sku, available: 1 });
    });

    check("return values are the old or the new item, or the updated attributes", async () => {
      const returned = async (ReturnValues: "ALL_OLD" | "UPDATED_OLD" | "UPDATED_NEW") => {
        const sku = await putStock({ other: 1 });
        const { Update } = take(sku, 2);
        const { Attributes } = await send(new UpdateCommand({ ...Update!, ReturnValues }));
        return { ...Attributes, ...(Attributes?.["sku"] && { sku: "sku" }) };
      };
      expect(await returned("ALL_OLD")).toEqual({ sku: "sku", available: 5, other: 1 });
      expect(await returned("UPDATED_OLD")).toEqual({ available: 5 });
      expect(await returned("UPDATED_NEW")).toEqual({ available: 3 });
    });

    check("a put and a delete return the item that was there before", async () => {
      const sku = await putStock();
      const put = new PutCommand({
        TableName: suite.tables.stock,
        Item: { sku, available: 6 },
        ReturnValues: "ALL_OLD",
      });
      expect((await send(put)).Attributes).toEqual({ sku, available: 5 });
      const remove = () =>
        send(
          new DeleteCommand({
            TableName: suite.tables.stock,
            Key: { sku },
            ReturnValues: "ALL_OLD",
          }),
        );
      expect((await remove()).Attributes).toEqual({ sku, available: 6 });
      expect((await remove()).Attributes).toBeUndefined();
      expect(await getStock(sku)).toBeUndefined();
    });
  });
};
