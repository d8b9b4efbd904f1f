/** Queries and scans of tables: ranges, pages and segments. */
import { randomUUID } from "node:crypto";
import {
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
  type QueryCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { describe, expect } from "vitest";
import { namesOf, type Suite } from "./suite.ts";

export const describeQueries = (suite: Suite): void => {
  const { title, check, send, putStock } = suite;
  describe(`queries and scans on ${title}`, () => {
    const queryGroup = (group: string, sort = "", more: Partial<QueryCommandInput> = {}) => {
      const { ExpressionAttributeValues: values, ...others } = more;
      return send(
        new QueryCommand({
          TableName: suite.tables.sorted,
          KeyConditionExpression: `#group = :group${sort}`,
          ExpressionAttributeNames: { "#group": "group", ...(sort && { "#name": "name" }) },
          ExpressionAttributeValues: { ":group": group, ...values },
          ...others,
        }),
      );
    };
    const putGroup = async (all: readonly string[], more: object = {}): Promise<string> => {
      const group = randomUUID();
      for (const [rank, name] of all.entries()) {
        const Item = { group, name, team: group, rank, ...more };
        await send(new PutCommand({ TableName: suite.tables.sorted, Item }));
      }
      return group;
    };

    check("conditions on the sort key choose a range", async () => {
      const group = await putGroup(["ab", "b", "a", "abc", "é", "B"]);
      const found = async (sort: string, values: object) =>
        namesOf(
          (await queryGroup(group, ` AND ${sort}`, { ExpressionAttributeValues: values })).Items,
        );
      expect(namesOf((await queryGroup(group)).Items)).toEqual(["B", "a", "ab", "abc", "b", "é"]);
      expect(await found("#name = :n", { ":n": "ab" })).toEqual(["ab"]);
      expect(await found("#name < :n", { ":n": "ab" })).toEqual(["B", "a"]);
      expect(await found("#name <= :n", { ":n": "ab" })).toEqual(["B", "a", "ab"]);
      expect(await found("#name > :n", { ":n": "abc" })).toEqual(["b", "é"]);
      expect(await found("#name >= :n", { ":n": "abc" })).toEqual(["abc", "b", "é"]);
      expect(await found("begins_with(#name, :n)", { ":n": "ab" })).toEqual(["ab", "abc"]);
      const bounds = { ":n": "a", ":m": "b" };
      expect(await found("#name BETWEEN :n AND :m", bounds)).toEqual(["a", "ab", "abc", "b"]);
    });

    check("a page of a table starts after the key that it is given, both ways", async () => {
      const group = await putGroup(["a", "b", "c", "d"]);
      const start = { ExclusiveStartKey: { group, name: "b" } };
      expect(namesOf((await queryGroup(group, "", start)).Items)).toEqual(["c", "d"]);
      const backward = await queryGroup(group, "", { ...start, ScanIndexForward: false });
      expect(namesOf(backward.Items)).toEqual(["a"]);
    });

    check("a page ends before it has more than 1 MB, and the pages have all", async () => {
      const group = await putGroup(["a", "b", "c", "d"], { padding: "x".repeat(390_000) });
      const found: string[][] = [];
      let start: QueryCommandInput["ExclusiveStartKey"];
      do {
        const page = await queryGroup(group, "", { ExclusiveStartKey: start });
        found.push(namesOf(page.Items)!);
        start = page.LastEvaluatedKey;
      } while (start !== undefined);
      expect(found.flat()).toEqual(["a", "b", "c", "d"]);
      expect(found.length).toBeGreaterThan(1);
    });

    check("a query by the partition key alone reads one item", async () => {
      const sku = await putStock();
      const { Items } = await send(
        new QueryCommand({
          TableName: suite.tables.stock,
          KeyConditionExpression: "sku = :sku",
          ExpressionAttributeValues: { ":sku": sku },
          ProjectionExpression: "available",
        }),
      );
      expect(Items).toEqual([{ available: 5 }]);
    });

    check("an index over all attributes follows every change of its item", async () => {
      const group = await putGroup(["a", "b"]);
      await send(
        new UpdateCommand({
          TableName: suite.tables.sorted,
          Key: { group, name: "a" },
          UpdateExpression: "SET #rank = :last, note = :note",
          ExpressionAttributeNames: { "#rank": "rank" },
          ExpressionAttributeValues: { ":last": 10, ":note": "moved" },
        }),
      );
      const { Items, Count } = await send(
        new QueryCommand({
          TableName: suite.tables.sorted,
          IndexName: "byRank",
          KeyConditionExpression: "team = :team",
          ExpressionAttributeValues: { ":team": group },
        }),
      );
      expect(namesOf(Items)).toEqual(["b", "a"]);
      expect(Items![1]).toEqual({ group, team: group, name: "a", rank: 10, note: "moved" });
      expect(Count).toBe(2);
    });

    check("a scan reads every item once, page by page and by segments", async () => {
      const all = Array.from({ length: 50 }, (_, number) => `lock-${number}`);
      for (const lockName of all) {
        await send(new PutCommand({ TableName: suite.tables.scanned, Item: { lockName } }));
      }
      const scan = async (more: object) => {
        const found: string[] = [];
        let start: QueryCommandInput["ExclusiveStartKey"];
        do {
          const page = await send(
            new ScanCommand({ TableName: suite.tables.scanned, ExclusiveStartKey: start, ...more }),
          );
          found.push(...page.Items!.map(({ lockName }) => lockName as string));
          start = page.LastEvaluatedKey;
        } while (start !== undefined);
        return found;
      };
      expect((await scan({ Limit: 7 })).toSorted()).toEqual(all.toSorted());
      const segments = await Promise.all(
        [0, 1, 2].map((Segment) => scan({ Segment, TotalSegments: 3, Limit: 4 })),
      );
      expect(segments.flat().toSorted()).toEqual(all.toSorted());
    });
  });
};
