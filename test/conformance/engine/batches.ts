/** Batches, and requests that every engine refuses. */
import { randomUUID } from "node:crypto";
import { BatchGetCommand, BatchWriteCommand, type GetCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect } from "vitest";
import { refusals } from "./refusal-cases.ts";
import { errorOf, type Suite } from "./suite.ts";

export const describeBatches = (suite: Suite): void => {
  const { title, check, send } = suite;
  describe(`batches on ${title}`, () => {
    check("a batch writes and reads many items", async () => {
      const skus = Array.from({ length: 25 }, () => randomUUID());
      const puts = skus.map((sku) => ({ PutRequest: { Item: { sku, available: 1 } } }));
      const write = (requests: object[]) =>
        send(new BatchWriteCommand({ RequestItems: { [suite.tables.stock]: requests } }));
      expect((await write(puts)).UnprocessedItems).toEqual({});
      await write([{ DeleteRequest: { Key: { sku: skus[0] } } }]);
      const { Responses, UnprocessedKeys } = await send(
        new BatchGetCommand({
          RequestItems: { [suite.tables.stock]: { Keys: skus.map((sku) => ({ sku })) } },
        }),
      );
      const found = Responses![suite.tables.stock]!.map(({ sku }) => sku as string);
      expect(found.toSorted()).toEqual(skus.slice(1).toSorted());
      expect(UnprocessedKeys).toEqual({});
      const tooMany = [...puts, { PutRequest: { Item: { sku: randomUUID() } } }];
      expect((await errorOf(write(tooMany))).name).toBe("ValidationException");
    });

    check("a batch with a key twice is refused", async () => {
      const Keys = [{ sku: "a" }, { sku: "a" }];
      const command = new BatchGetCommand({ RequestItems: { [suite.tables.stock]: { Keys } } });
      const error = await errorOf(send(command));
      expect(error.name).toBe("ValidationException");
      expect(error.message).toContain("contains duplicates");
    });

    check("a batch of more than 100 keys is refused", async () => {
      const Keys = Array.from({ length: 101 }, (_, number) => ({ sku: `${number}` }));
      const command = new BatchGetCommand({ RequestItems: { [suite.tables.stock]: { Keys } } });
      expect((await errorOf(send(command))).name).toBe("ValidationException");
    });
  });

  describe(`refusals on ${title}`, () => {
    for (const { name, command, error: expected } of refusals) {
      check(name, async () => {
        const error = await errorOf(send(command(suite.tables) as GetCommand));
        expect(error.name).toBe(expected.name);
        expect(error.message).toMatch(expected.message);
      });
    }
  });
};
