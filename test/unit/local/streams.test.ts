import { randomUUID } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  type AttributeValue,
} from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { StreamMapping } from "../../../local/assembly/read-event-sources.ts";
import { queueDefaults } from "../../../local/assembly/read-messaging.ts";
import type { Engine } from "../../../local/engines/engine.ts";
import { startEngine } from "../../../local/engines/start-engine.ts";
import { openCheckpoints } from "../../../local/event-sources/checkpoints.ts";
import { tellFailure } from "../../../local/event-sources/failure-report.ts";
import { shardsInTurn, startStreamPoller } from "../../../local/event-sources/stream-poller.ts";
import { createMessaging } from "../../../local/messaging/create-messaging.ts";
import { startMessaging } from "../../../local/messaging/messaging.ts";
import { createTables } from "../../../local/tables/create-tables.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const credentials = { accessKeyId: "local", secretAccessKey: "local" };
const streamArn = "arn:aws:dynamodb:us-east-1:000000000000:table/Orders/stream/x";
const backoff = { firstMs: 1, mostMs: 10 };
const succeed = { isFailed: false, answer: "null" };
const fail = { isFailed: true, answer: '{"errorType":"Error"}' };

const defaults: StreamMapping = {
  logicalId: "Mapping",
  functionId: "Fn",
  functionArn: "arn:aws:lambda:us-east-1:000000000000:function:Fn",
  batchSize: 100,
  windowMs: 0,
  reportsItems: true,
  tableId: "Orders",
  tableName: "Orders",
  streamArn,
  startingPosition: "TRIM_HORIZON",
  bisects: false,
  retriesMax: Number.POSITIVE_INFINITY,
  recordAgeMsMax: 86_400_000,
};

type Answer = (records: DynamoDBRecord[]) => { isFailed: boolean; answer: string };

const numberOf = ({ dynamodb }: DynamoDBRecord): string => dynamodb?.SequenceNumber ?? "";
const idOf = ({ dynamodb }: DynamoDBRecord): string => dynamodb?.Keys?.["id"]?.S ?? "";
const failing = (...records: (DynamoDBRecord | undefined)[]) => ({
  isFailed: false,
  answer: JSON.stringify({
    batchItemFailures: records.map((one) => ({ itemIdentifier: one && numberOf(one) })),
  }),
});

describe.each(["dynoxide", "dynamodb-local"] as const)("a stream on %s", (choice) => {
  let engine: Engine;
  let client: DynamoDBClient;
  beforeAll(async () => {
    engine = await startEngine(choice);
    client = new DynamoDBClient({ endpoint: engine.endpoint, region: "us-east-1", credentials });
  });
  afterAll(async () => {
    client.destroy();
    await engine.stop();
  });

  /** A table of its own, and a poller that can be stopped and started again. */
  const open = async (properties: Partial<StreamMapping> = {}, endpoint = engine.endpoint) => {
    const tableName = `Orders-${randomUUID()}`;
    const directory = await temporaryFolder();
    const described = {
      logicalId: "Orders",
      name: tableName,
      keySchema: [{ AttributeName: "id", KeyType: "HASH" as const }],
      attributeDefinitions: [{ AttributeName: "id", AttributeType: "S" as const }],
      globalIndexes: [],
      localIndexes: [],
      streamViewType: "NEW_AND_OLD_IMAGES" as const,
    };
    await createTables(endpoint, [described], "it");
    const batches: DynamoDBRecord[][] = [];
    const failures: string[] = [];
    const mapping: StreamMapping = { ...defaults, tableName, ...properties };
    const start = async (answer: Answer = () => succeed, messagingEndpoint?: string) => {
      const poller = await startStreamPoller({
        mapping,
        dynamodbEndpoint: endpoint,
        messagingEndpoint,
        checkpointsDirectory: directory,
        invoke: async (functionId, event) => {
          expect(functionId).toBe("Fn");
          const { Records } = JSON.parse(event) as DynamoDBStreamEvent;
          batches.push(Records);
          return answer(Records);
        },
        onFailure: (message) => failures.push(message),
        backoff,
      });
      onTestFinished(() => poller.stop());
      return poller;
    };
    return {
      start,
      batches,
      failures,
      directory,
      ids: () => batches.flat().map(idOf),
      put: (id: string, item: Record<string, AttributeValue> = {}) =>
        client.send(new PutItemCommand({ TableName: tableName, Item: { id: { S: id }, ...item } })),
      remove: (id: string) =>
        client.send(new DeleteItemCommand({ TableName: tableName, Key: { id: { S: id } } })),
    };
  };

  const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 10 });

  it("comes in order, in the shape that Lambda gives its records", async () => {
    const { start, put, remove, batches } = await open();
    const empty = { M: { map: { M: {} }, list: { L: [{ M: {} }, { L: [] }] } } };
    const deep = { M: { n: { L: [{ N: "1" }] } } };
    await put("a", { bytes: { B: Buffer.from("hey") }, deep, empty, open: { M: {} } });
    await put("a", { tags: { SS: ["x"] } });
    await remove("a");
    await start();
    await until(() => expect(batches.flat()).toHaveLength(3));
    const [inserted, modified, removed] = batches.flat();
    expect(inserted).toEqual({
      eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventName: "INSERT",
      eventVersion: "1.1",
      eventSource: "aws:dynamodb",
      awsRegion: "us-east-1",
      dynamodb: {
        ApproximateCreationDateTime: expect.any(Number),
        Keys: { id: { S: "a" } },
        NewImage: {
          id: { S: "a" },
          bytes: { B: Buffer.from("hey").toString("base64") },
          deep,
          empty,
          open: { M: {} },
        },
        SequenceNumber: expect.stringMatching(/^\d+$/),
        SizeBytes: expect.any(Number),
        StreamViewType: "NEW_AND_OLD_IMAGES",
      },
      eventSourceARN: streamArn,
    });
    // In seconds. DynamoDB Local tells the minute and no more.
    const atMs = (inserted?.dynamodb?.ApproximateCreationDateTime ?? 0) * 1_000;
    expect(Math.abs(Date.now() - atMs)).toBeLessThan(120_000);
    expect(modified).toMatchObject({
      eventName: "MODIFY",
      dynamodb: { NewImage: { tags: { SS: ["x"] } }, OldImage: { bytes: {} } },
    });
    expect(removed?.eventName).toBe("REMOVE");
    expect(removed?.dynamodb).not.toHaveProperty("NewImage");
    expect(new Set(batches.flat().map(({ eventID }) => eventID)).size).toBe(3);
  });

  it("comes in batches of the size that the mapping says", async () => {
    const { start, put, batches, ids } = await open({ batchSize: 2 });
    for (const id of ["a", "b", "c", "d", "e"]) await put(id);
    await start();
    await until(() => expect(ids()).toEqual(["a", "b", "c", "d", "e"]));
    expect(batches.map((batch) => batch.length)).toEqual([2, 2, 1]);
  });

  it("is gathered for the window, or until the batch is full", async () => {
    const { start, put, batches } = await open({ batchSize: 3, windowMs: 60_000 });
    await start();
    for (const id of ["a", "b", "c"]) await put(id);
    await until(() => expect(batches.map((batch) => batch.map(idOf))).toEqual([["a", "b", "c"]]));
  });

  it("goes on where it was after a stop, and tells nothing twice that was handled", async () => {
    const { start, put, ids } = await open();
    await put("a");
    const first = await start();
    await until(() => expect(ids()).toEqual(["a"]));
    await first.stop();
    await put("b");
    await start();
    await until(() => expect(ids()).toEqual(["a", "b"]));
  });

  it("from LATEST leaves out what was there, but not what came while it was stopped", async () => {
    const { start, put, ids } = await open({ startingPosition: "LATEST" });
    await put("before");
    const first = await start();
    await first.stop();
    await put("while stopped");
    await start();
    await put("after");
    await until(() => expect(ids()).toEqual(["while stopped", "after"]));
  });

  it("is delivered again, and nothing after it, until the function succeeds", async () => {
    const { start, put, ids, failures } = await open({ batchSize: 1 });
    await put("a");
    await put("b");
    let attempts = 0;
    await start(() => (++attempts <= 3 ? fail : succeed));
    await until(() => expect(ids()).toEqual(["a", "a", "a", "a", "b"]));
    expect(failures).toEqual(["Fn failed on records of Orders's stream"]);
  });

  it("is delivered again when the function was still busy at the stop", async () => {
    const { start, put, ids } = await open();
    await put("a");
    const first = await start(() => fail);
    await until(() => expect(ids()).toContain("a"));
    await first.stop();
    const count = ids().length;
    await start();
    await until(() => expect(ids()).toHaveLength(count + 1));
  });

  it("goes on from the lowest record that the function names", async () => {
    const { start, put, batches } = await open({ batchSize: 4 });
    for (const id of ["a", "b", "c", "d"]) await put(id);
    await start((records) => (records.length === 4 ? failing(records[3], records[1]) : succeed));
    await until(() => expect(batches).toHaveLength(2));
    expect(batches.map((batch) => batch.map(idOf))).toEqual([
      ["a", "b", "c", "d"],
      ["b", "c", "d"],
    ]);
  });

  it.each([
    ["an id that is not in the batch", '{"batchItemFailures":[{"itemIdentifier":"other"}]}'],
    ["an empty id", '{"batchItemFailures":[{"itemIdentifier":""}]}'],
    ["a null id", '{"batchItemFailures":[{"itemIdentifier":null}]}'],
    ["no id", '{"batchItemFailures":[{}]}'],
    ["no list", '{"batchItemFailures":"all"}'],
  ])("has failed as a whole when the function names %s", async (_, answer) => {
    const { start, put, batches } = await open();
    await put("a");
    await put("b");
    await start(() => (batches.length === 1 ? { isFailed: false, answer } : succeed));
    await until(() => expect(batches).toHaveLength(2));
    expect(batches[1]).toEqual(batches[0]);
  });

  it.each(["null", "{}", '{"batchItemFailures":[]}', '{"batchItemFailures":null}', '"text"'])(
    "is handled when the function answers %s",
    async (answer) => {
      const { start, put, ids } = await open({ batchSize: 1 });
      await put("a");
      await put("b");
      await start(() => ({ isFailed: false, answer }));
      await until(() => expect(ids()).toEqual(["a", "b"]));
    },
  );

  it("is halved until the one record that fails stands alone, and that one is given up", async () => {
    const { start, put, batches, ids } = await open({ bisects: true, retriesMax: 0 });
    for (const id of ["a", "b", "poison", "d"]) await put(id);
    await start((records) => (records.some((one) => idOf(one) === "poison") ? fail : succeed));
    await until(() => expect(ids().at(-1)).toBe("d"));
    await put("e");
    await until(() => expect(ids().at(-1)).toBe("e"));
    expect(batches.map((batch) => batch.map(idOf))).toEqual([
      ["a", "b", "poison", "d"],
      ["a", "b"],
      ["poison", "d"],
      ["poison"],
      ["d"],
      ["e"],
    ]);
  });

  it("is given up after its retries, and the queue for failures is told", async () => {
    const messaging = await startMessaging();
    onTestFinished(() => messaging.stop());
    const QueueUrl = `${messaging.endpoint}/000000000000/Failures`;
    const arn = "arn:aws:sqs:us-east-1:000000000000:Failures";
    const queue = { logicalId: "Failures", name: "Failures", url: QueueUrl, arn };
    const queues = [{ ...queue, attributes: queueDefaults }];
    await createMessaging(messaging.endpoint, { topics: [], queues, subscriptions: [] });

    const opened = await open({ batchSize: 2, retriesMax: 2, onFailureQueueUrl: QueueUrl });
    const { start, put, ids, batches, failures, directory } = opened;
    for (const id of ["a", "b", "c"]) await put(id);
    const isPoison = (record: DynamoDBRecord) => idOf(record) === "a";
    await start((records) => (records.some(isPoison) ? fail : succeed), messaging.endpoint);
    await until(() => expect(ids().at(-1)).toBe("c"));
    expect(batches.map((batch) => batch.length)).toEqual([2, 2, 2, 1]);
    expect(failures).toContain("Fn was given up on 2 records of Orders's stream");

    const sqs = new SQSClient({ endpoint: messaging.endpoint, region: "us-east-1", credentials });
    onTestFinished(() => sqs.destroy());
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    const [first, last] = batches[0]!;
    const [file = ""] = await readdir(directory);
    const { shards } = JSON.parse(await readFile(join(directory, file), "utf8"));
    expect(JSON.parse(Messages[0]?.Body ?? "")).toEqual({
      requestContext: {
        requestId: expect.any(String),
        functionArn: "arn:aws:lambda:us-east-1:000000000000:function:Fn:$LATEST",
        condition: "RetryAttemptsExhausted",
        approximateInvokeCount: 3,
      },
      responseContext: {
        statusCode: 200,
        executedVersion: "$LATEST",
        functionError: "Unhandled",
      },
      version: "1.0",
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      DDBStreamBatchInfo: {
        shardId: expect.toSatisfy((shardId: string) => shardId in shards),
        startSequenceNumber: numberOf(first!),
        endSequenceNumber: numberOf(last!),
        approximateArrivalOfFirstRecord: expect.stringMatching(/^\d{4}-.*Z$/),
        approximateArrivalOfLastRecord: expect.stringMatching(/^\d{4}-.*Z$/),
        batchSize: 2,
        streamArn,
      },
    });
  });

  it("is given up when it has failed and is older than the mapping allows", async () => {
    const { start, put, ids, failures } = await open({ batchSize: 1, recordAgeMsMax: -120_000 });
    await put("old");
    await put("also old");
    await start((records) => (idOf(records[0]!) === "old" ? fail : succeed));
    await until(() => expect(ids()).toEqual(["old", "also old"]));
    expect(failures).toContain("Fn was given up on 1 records of Orders's stream");
  });

  it("that cannot be read is tried again, and told of once", async () => {
    const lost = await startEngine(choice);
    onTestFinished(() => lost.stop());
    const { start, failures } = await open({}, lost.endpoint);
    await start();
    await lost.stop();
    await until(() => expect(failures).toHaveLength(1));
    expect(failures[0]).toMatch(/^The stream of Orders cannot be read, and is tried again: /);
  });

  it("of a table that is not there is refused", async () => {
    const { start } = await open({ tableName: "Nothing" });
    await expect(start()).rejects.toThrow();
  });
});

describe("the shards of a stream", () => {
  const shards = [
    { ShardId: "child", ParentShardId: "parent" },
    { ShardId: "parent", ParentShardId: "trimmed long ago" },
    { ShardId: "other" },
  ];
  it.each([
    [[], ["parent", "other"]],
    [["parent"], ["child", "other"]],
    [["parent", "child", "other"], []],
  ])("with %j ended are read in the order %j", (ended: string[], inTurn: string[]) => {
    const positionOf = (shardId: string) => (ended.includes(shardId) ? "ended" : { after: "1" });
    expect(shardsInTurn(shards, { positionOf })).toEqual(inTurn);
  });
});

describe("a failure that its queue cannot be told of", () => {
  it("is kept until it can, or until the poller stops", async () => {
    const stopped = new AbortController();
    const failures: string[] = [];
    const telling = tellFailure(
      {
        condition: "RetryAttemptsExhausted",
        invokeCount: 1,
        shardId: "one",
        records: [{ sequenceNumber: "1", atMs: 0, event: {} }],
      },
      {
        mapping: { ...defaults, onFailureQueueUrl: "http://127.0.0.1:1/000000000000/Failures" },
        messagingEndpoint: "http://127.0.0.1:1",
        onFailure: (message) => failures.push(message),
        signal: stopped.signal,
      },
    );
    await expect.poll(() => failures).toHaveLength(1);
    stopped.abort();
    await telling;
    expect(failures).toEqual(["Fn was given up on 1 records of Orders's stream"]);
  });
});

describe("checkpoints", () => {
  it("are found again by whoever opens the folder next", async () => {
    const directory = await temporaryFolder();
    const before = await openCheckpoints({ directory, name: "Mapping", streamArn });
    expect(before.isSettled()).toBe(false);
    await before.settle(["one", "two"]);
    await before.advance("one", { after: "7" });
    await before.advance("two", "ended");

    const after = await openCheckpoints({ directory, name: "Mapping", streamArn });
    expect(after.isSettled()).toBe(true);
    expect(after.positionOf("one")).toEqual({ after: "7" });
    expect(after.positionOf("two")).toBe("ended");
    expect(after.positionOf("three")).toBeUndefined();
  });

  it("of shards that are gone are forgotten", async () => {
    const directory = await temporaryFolder();
    const before = await openCheckpoints({ directory, name: "Mapping", streamArn });
    await before.advance("gone", "ended");
    await before.settle(["here"]);
    const after = await openCheckpoints({ directory, name: "Mapping", streamArn });
    expect(after.positionOf("gone")).toBeUndefined();
  });

  it("of another stream say nothing of this one", async () => {
    const directory = await temporaryFolder();
    const options = { directory, name: "Mapping", streamArn };
    const before = await openCheckpoints(options);
    await before.settle(["one"]);
    await before.advance("one", { after: "7" });
    const after = await openCheckpoints({ ...options, streamArn: `${streamArn}-made-anew` });
    expect(after.isSettled()).toBe(false);
    expect(after.positionOf("one")).toBeUndefined();
  });

  it("that cannot be read are no beginning", async () => {
    const directory = await temporaryFolder();
    await writeFile(join(directory, "Mapping.json"), "{");
    const opening = openCheckpoints({ directory, name: "Mapping", streamArn });
    await expect(opening).rejects.toThrow(/JSON/);
  });

  it("written side by side are all there", async () => {
    const directory = await temporaryFolder();
    const before = await openCheckpoints({ directory, name: "Mapping", streamArn });
    const shards = Array.from({ length: 50 }, (_, index) => `shard-${index}`);
    await Promise.all(shards.map((shard) => before.advance(shard, { after: "1" })));
    const after = await openCheckpoints({ directory, name: "Mapping", streamArn });
    expect(shards.map((shard) => after.positionOf(shard))).toEqual(
      shards.map(() => ({ after: "1" })),
    );
  });
});
