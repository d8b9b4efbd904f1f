/** Global secondary indexes: sparse, projected, sorted and read in pages. */
import { randomUUID } from "node:crypto";
import {
  PutCommand,
  QueryCommand,
  UpdateCommand,
  type QueryCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { describe, expect } from "vitest";
import { errorOf, type Suite } from "./suite.ts";

export const describeIndexes = (suite: Suite): void => {
  const { title, check, send } = suite;
  describe(`indexes on ${title}`, () => {
    const putReservation = (item: object) => {
      const reservationId = randomUUID();
      const Item = { reservationId, lines: [], ...item };
      return send(new PutCommand({ TableName: suite.tables.reservations, Item })).then(() => Item);
    };
    const queryShard = (expiryShard: number, more: Partial<QueryCommandInput> = {}) =>
      send(
        new QueryCommand({
          TableName: suite.tables.reservations,
          IndexName: "byExpiry",
          KeyConditionExpression: "expiryShard = :shard",
          ExpressionAttributeValues: { ":shard": expiryShard },
          ...more,
        }),
      );
    let shards = 0;
    const newShard = () => (shards += 1);

    check("an index holds the items that have its keys, with what it projects", async () => {
      const expiryShard = newShard();
      const keys = { expiryShard, expiresAtMs: 1_000, skus: new Set(["a"]) };
      const { reservationId } = await putReservation({ ...keys, status: "held" });
      await putReservation({ expiryShard });
      expect((await queryShard(expiryShard)).Items).toEqual([{ reservationId, ...keys }]);
      await send(
        new UpdateCommand({
          TableName: suite.tables.reservations,
          Key: { reservationId },
          UpdateExpression: "SET #status = :released REMOVE expiryShard, skus",
          ExpressionAttributeNames: { "#status": "status" },
          ExpressionAttributeValues: { ":released": "released" },
        }),
      );
      expect((await queryShard(expiryShard)).Items).toEqual([]);
    });

    check("an entry moves with its sort key", async () => {
      const expiryShard = newShard();
      const moved = await putReservation({ expiryShard, expiresAtMs: 1 });
      const other = await putReservation({ expiryShard, expiresAtMs: 2 });
      await send(
        new PutCommand({
          TableName: suite.tables.reservations,
          Item: { ...moved, expiresAtMs: 3 },
        }),
      );
      const { Items } = await queryShard(expiryShard);
      const ids = Items?.map(({ reservationId }) => reservationId as string);
      expect(ids).toEqual([other.reservationId, moved.reservationId]);
    });

    check("entries are sorted as numbers and read in pages both ways", async () => {
      const expiryShard = newShard();
      const times = [10, 9, -1, 100, 2.5, 1_900_000_000_000, 0];
      for (const expiresAtMs of times) await putReservation({ expiryShard, expiresAtMs });
      const pages = async (isForward: boolean) => {
        const found: number[][] = [];
        let start: QueryCommandInput["ExclusiveStartKey"];
        do {
          const page = await queryShard(expiryShard, {
            ScanIndexForward: isForward,
            Limit: 3,
            ExclusiveStartKey: start,
          });
          found.push(page.Items!.map(({ expiresAtMs }) => expiresAtMs as number));
          start = page.LastEvaluatedKey;
        } while (start !== undefined);
        return found;
      };
      expect(await pages(true)).toEqual([[-1, 0, 2.5], [9, 10, 100], [1_900_000_000_000]]);
      expect(await pages(false)).toEqual([[1_900_000_000_000, 100, 10], [9, 2.5, 0], [-1]]);
    });

    check(
      "a page that reaches its limit names where it ended, also at the last entry",
      async () => {
        const expiryShard = newShard();
        const item = await putReservation({ expiryShard, expiresAtMs: 1 });
        const first = await queryShard(expiryShard, { Limit: 1 });
        expect(first.LastEvaluatedKey).toEqual({
          reservationId: item.reservationId,
          expiryShard,
          expiresAtMs: 1,
        });
        const next = await queryShard(expiryShard, { ExclusiveStartKey: first.LastEvaluatedKey });
        expect(next).toMatchObject({ Items: [], Count: 0 });
        expect(next.LastEvaluatedKey).toBeUndefined();
      },
    );

    check("a filter applies after the limit", async () => {
      const expiryShard = newShard();
      for (const [expiresAtMs, sku] of ["a", "b", "a", "b"].entries()) {
        await putReservation({ expiryShard, expiresAtMs, skus: new Set([sku]) });
      }
      const page = await queryShard(expiryShard, {
        KeyConditionExpression: "expiryShard = :shard AND expiresAtMs <= :until",
        FilterExpression: "contains(skus, :sku)",
        ExpressionAttributeValues: { ":shard": expiryShard, ":until": 2, ":sku": "b" },
        Limit: 2,
      });
      expect(page).toMatchObject({ Count: 1, ScannedCount: 2, Items: [{ expiresAtMs: 1 }] });
      expect(page.LastEvaluatedKey).toMatchObject({ expiresAtMs: 1 });
    });

    check("a consistent read of an index is refused", async () => {
      const error = await errorOf(queryShard(newShard(), { ConsistentRead: true }));
      expect(error.name).toBe("ValidationException");
      expect(error.message).toContain("Consistent reads are not supported");
    });

    check("an index key of another type is refused", async () => {
      const error = await errorOf(putReservation({ expiryShard: "1", expiresAtMs: 1 }));
      expect(error.name).toBe("ValidationException");
    });
  });
};
