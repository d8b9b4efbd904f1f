/**
 * What Holdfast relies on in DynamoDB, for every engine that stands in for it. Where engines differ,
 * AWS's documentation decides: `differences` lists the tests that an engine does not pass.
 */
import { randomUUID } from "node:crypto";
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
  type QueryCommandInput,
  type TransactWriteCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { beforeAll, describe, expect, test } from "vitest";
import type { EngineName, EngineUnderTest } from "../support/engine-under-test.ts";
import { conditions, invalidUpdates, refusals, updates } from "./engine-cases.ts";

/** Tests that an engine does not pass, with the reason. */
const differences: Partial<Record<EngineName, Record<string, string>>> = {
  dynoxide: {
    "SET l[1] = :n, l[9] = :m is applied":
      "It fills a list with nulls up to the index. AWS appends to the list.",
    "REMOVE l[0], l[2], absent, doc.a is applied":
      "It counts the second index in the list that is already shorter.",
    "a transaction reads items in the order of its actions":
      "It adds the keys to what a projection chooses.",
  },
  "dynamodb-local": {
    "an update that fails on the item cancels the transaction":
      "It answers ValidationException. AWS lists the reason ValidationError.",
  },
};

type Action = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];

const errorOf = (sent: Promise<unknown>): Promise<Error & Record<string, unknown>> =>
  sent.then(
    () => expect.unreachable("was accepted"),
    (error: unknown) => error as Error & Record<string, unknown>,
  );

const names = (items: readonly object[] | undefined) =>
  items?.map((item) => (item as { name: string }).name);

export const describeEngine = (
  title: string,
  engine: EngineName,
  start: () => Promise<EngineUnderTest>,
): void => {
  let { client, tables } = {} as EngineUnderTest;
  beforeAll(async () => {
    ({ client, tables } = await start());
  });

  const check = (name: string, run: () => Promise<void>): void =>
    test.skipIf(differences[engine]?.[name] !== undefined)(name, run);

  const checkEach = <Case extends { expression: string }>(
    cases: readonly Case[],
    nameOf: (one: Case) => string,
    run: (one: Case) => Promise<void>,
  ): void => {
    for (const one of cases) check(`${one.expression} ${nameOf(one)}`, () => run(one));
  };

  const send: EngineUnderTest["client"]["send"] = (...parts: [never]) => client.send(...parts);

  const putStock = async (more: object = {}): Promise<string> => {
    const sku = randomUUID();
    await send(new PutCommand({ TableName: tables.stock, Item: { sku, available: 5, ...more } }));
    return sku;
  };
  const getStock = async (sku: string) => {
    const Key = { sku };
    const command = new GetCommand({ TableName: tables.stock, Key, ConsistentRead: true });
    return (await send(command)).Item;
  };
  /** Takes units of a SKU while there are enough. */
  const take = (sku: string, units: number): Action => ({
    Update: {
      TableName: tables.stock,
      Key: { sku },
      UpdateExpression: "SET available = available - :units",
      ConditionExpression: "available >= :units",
      ExpressionAttributeValues: { ":units": units },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    },
  });
  const transact = (actions: Action[], ClientRequestToken?: string) =>
    send(new TransactWriteCommand({ TransactItems: actions, ClientRequestToken }));

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
            TableName: tables.stock,
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
        TableName: tables.stock,
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

  describe(`updates on ${title}`, () => {
    checkEach(
      updates,
      () => "is applied",
      async ({ expression, names, values, before, after }) => {
        const sku = await putStock(before);
        const { Attributes } = await send(
          new UpdateCommand({
            TableName: tables.stock,
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
          TableName: tables.stock,
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
          TableName: tables.stock,
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
        const { Attributes } = await send(
          new UpdateCommand({ ...Update!, ReturnValues } as ConstructorParameters<
            typeof UpdateCommand
          >[0]),
        );
        return { ...Attributes, ...(Attributes?.["sku"] && { sku: "sku" }) };
      };
      expect(await returned("ALL_OLD")).toEqual({ sku: "sku", available: 5, other: 1 });
      expect(await returned("UPDATED_OLD")).toEqual({ available: 5 });
      expect(await returned("UPDATED_NEW")).toEqual({ available: 3 });
    });

    check("a put and a delete return the item that was there before", async () => {
      const sku = await putStock();
      const put = new PutCommand({
        TableName: tables.stock,
        Item: { sku, available: 6 },
        ReturnValues: "ALL_OLD",
      });
      expect((await send(put)).Attributes).toEqual({ sku, available: 5 });
      const remove = () =>
        send(new DeleteCommand({ TableName: tables.stock, Key: { sku }, ReturnValues: "ALL_OLD" }));
      expect((await remove()).Attributes).toEqual({ sku, available: 6 });
      expect((await remove()).Attributes).toBeUndefined();
      expect(await getStock(sku)).toBeUndefined();
    });
  });

  describe(`transactions on ${title}`, () => {
    check("all actions are applied together", async () => {
      const [one, other, gone] = [await putStock(), await putStock(), await putStock()];
      const added = randomUUID();
      await transact([
        take(one, 1),
        take(other, 2),
        { Delete: { TableName: tables.stock, Key: { sku: gone } } },
        { Put: { TableName: tables.stock, Item: { sku: added } } },
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
          TableName: tables.stock,
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
          TableName: tables.stock,
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
        Put: { TableName: tables.stock, Item: { sku: randomUUID(), number } },
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
            Get: { TableName: tables.stock, Key: { sku }, ProjectionExpression: "available" },
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

  describe(`indexes on ${title}`, () => {
    const putReservation = (item: object) => {
      const reservationId = randomUUID();
      const Item = { reservationId, lines: [], ...item };
      return send(new PutCommand({ TableName: tables.reservations, Item })).then(() => Item);
    };
    const queryShard = (expiryShard: number, more: Partial<QueryCommandInput> = {}) =>
      send(
        new QueryCommand({
          TableName: tables.reservations,
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
          TableName: tables.reservations,
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
        new PutCommand({ TableName: tables.reservations, Item: { ...moved, expiresAtMs: 3 } }),
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

  describe(`queries and scans on ${title}`, () => {
    const queryGroup = (group: string, sort = "", more: Partial<QueryCommandInput> = {}) => {
      const { ExpressionAttributeValues: values, ...others } = more;
      return send(
        new QueryCommand({
          TableName: tables.sorted,
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
        await send(new PutCommand({ TableName: tables.sorted, Item }));
      }
      return group;
    };

    check("conditions on the sort key choose a range", async () => {
      const group = await putGroup(["ab", "b", "a", "abc", "é", "B"]);
      const found = async (sort: string, values: object) =>
        names(
          (await queryGroup(group, ` AND ${sort}`, { ExpressionAttributeValues: values })).Items,
        );
      expect(names((await queryGroup(group)).Items)).toEqual(["B", "a", "ab", "abc", "b", "é"]);
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
      expect(names((await queryGroup(group, "", start)).Items)).toEqual(["c", "d"]);
      const backward = await queryGroup(group, "", { ...start, ScanIndexForward: false });
      expect(names(backward.Items)).toEqual(["a"]);
    });

    check("a page ends before it has more than 1 MB, and the pages have all", async () => {
      const group = await putGroup(["a", "b", "c", "d"], { padding: "x".repeat(390_000) });
      const found: string[][] = [];
      let start: QueryCommandInput["ExclusiveStartKey"];
      do {
        const page = await queryGroup(group, "", { ExclusiveStartKey: start });
        found.push(names(page.Items)!);
        start = page.LastEvaluatedKey;
      } while (start !== undefined);
      expect(found.flat()).toEqual(["a", "b", "c", "d"]);
      expect(found.length).toBeGreaterThan(1);
    });

    check("a query by the partition key alone reads one item", async () => {
      const sku = await putStock();
      const { Items } = await send(
        new QueryCommand({
          TableName: tables.stock,
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
          TableName: tables.sorted,
          Key: { group, name: "a" },
          UpdateExpression: "SET #rank = :last, note = :note",
          ExpressionAttributeNames: { "#rank": "rank" },
          ExpressionAttributeValues: { ":last": 10, ":note": "moved" },
        }),
      );
      const { Items, Count } = await send(
        new QueryCommand({
          TableName: tables.sorted,
          IndexName: "byRank",
          KeyConditionExpression: "team = :team",
          ExpressionAttributeValues: { ":team": group },
        }),
      );
      expect(names(Items)).toEqual(["b", "a"]);
      expect(Items![1]).toEqual({ group, team: group, name: "a", rank: 10, note: "moved" });
      expect(Count).toBe(2);
    });

    check("a scan reads every item once, page by page and by segments", async () => {
      const all = Array.from({ length: 50 }, (_, number) => `lock-${number}`);
      for (const lockName of all) {
        await send(new PutCommand({ TableName: tables.scanned, Item: { lockName } }));
      }
      const scan = async (more: object) => {
        const found: string[] = [];
        let start: QueryCommandInput["ExclusiveStartKey"];
        do {
          const page = await send(
            new ScanCommand({ TableName: tables.scanned, ExclusiveStartKey: start, ...more }),
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

  describe(`batches on ${title}`, () => {
    check("a batch writes and reads many items", async () => {
      const skus = Array.from({ length: 25 }, () => randomUUID());
      const puts = skus.map((sku) => ({ PutRequest: { Item: { sku, available: 1 } } }));
      const write = (requests: object[]) =>
        send(new BatchWriteCommand({ RequestItems: { [tables.stock]: requests } }));
      expect((await write(puts)).UnprocessedItems).toEqual({});
      await write([{ DeleteRequest: { Key: { sku: skus[0] } } }]);
      const { Responses, UnprocessedKeys } = await send(
        new BatchGetCommand({
          RequestItems: { [tables.stock]: { Keys: skus.map((sku) => ({ sku })) } },
        }),
      );
      const found = Responses![tables.stock]!.map(({ sku }) => sku as string);
      expect(found.toSorted()).toEqual(skus.slice(1).toSorted());
      expect(UnprocessedKeys).toEqual({});
      const tooMany = [...puts, { PutRequest: { Item: { sku: randomUUID() } } }];
      expect((await errorOf(write(tooMany))).name).toBe("ValidationException");
    });

    check("a batch with a key twice is refused", async () => {
      const Keys = [{ sku: "a" }, { sku: "a" }];
      const command = new BatchGetCommand({ RequestItems: { [tables.stock]: { Keys } } });
      const error = await errorOf(send(command));
      expect(error.name).toBe("ValidationException");
      expect(error.message).toContain("contains duplicates");
    });

    check("a batch of more than 100 keys is refused", async () => {
      const Keys = Array.from({ length: 101 }, (_, number) => ({ sku: `${number}` }));
      const command = new BatchGetCommand({ RequestItems: { [tables.stock]: { Keys } } });
      expect((await errorOf(send(command))).name).toBe("ValidationException");
    });
  });

  describe(`refusals on ${title}`, () => {
    for (const { name, command, error: expected } of refusals) {
      check(name, async () => {
        const error = await errorOf(send(command(tables) as GetCommand));
        expect(error.name).toBe(expected.name);
        expect(error.message).toMatch(expected.message);
      });
    }
  });
};
