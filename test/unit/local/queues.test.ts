import {
  GetQueueAttributesCommand,
  type SendMessageCommandInput,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { SQSEvent, SQSRecord } from "aws-lambda";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { QueueMapping } from "../../../local/assembly/read-event-sources.ts";
import { queueDefaults } from "../../../local/assembly/read-messaging.ts";
import { startQueuePoller } from "../../../local/event-sources/queue-poller.ts";
import { createMessaging } from "../../../local/messaging/create-messaging.ts";
import { type Messaging, startMessaging } from "../../../local/messaging/messaging.ts";

const credentials = { accessKeyId: "local", secretAccessKey: "local" };
const succeed = { isFailed: false, answer: "null" };
const fail = { isFailed: true, answer: '{"errorType":"Error"}' };
const failing = (...ids: unknown[]) => ({
  isFailed: false,
  answer: JSON.stringify({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) }),
});

type Outcome = { isFailed: boolean; answer: string };
type Answer = (records: SQSRecord[]) => Outcome | Promise<Outcome>;

const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const until = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 20_000, interval: 10 });

describe("a queue", () => {
  let messaging: Messaging;
  let sqs: SQSClient;
  let count = 0;
  beforeAll(async () => {
    messaging = await startMessaging();
    sqs = new SQSClient({ endpoint: messaging.endpoint, region: "us-east-1", credentials });
  });
  afterAll(async () => {
    sqs.destroy();
    await messaging.stop();
  });

  const create = async (redrive = false, VisibilityTimeout = "30") => {
    const name = `Queue${++count}`;
    const dead = `${name}Dead`;
    const urlOf = (one: string) => `${messaging.endpoint}/000000000000/${one}`;
    const RedrivePolicy = redrive
      ? JSON.stringify({ deadLetterTargetArn: arnOf(dead), maxReceiveCount: 2 })
      : "";
    const queues = [name, dead].map((one) => ({
      logicalId: one,
      name: one,
      arn: arnOf(one),
      url: urlOf(one),
      attributes:
        one === name ? { ...queueDefaults, VisibilityTimeout, RedrivePolicy } : queueDefaults,
    }));
    await createMessaging(messaging.endpoint, { topics: [], queues, subscriptions: [] });
    return { name, url: urlOf(name), deadUrl: urlOf(dead) };
  };

  const open = async (
    properties: Partial<QueueMapping> = {},
    { redrive = false, visibilityTimeout = "30" } = {},
  ) => {
    const { name, url, deadUrl } = await create(redrive, visibilityTimeout);
    const batches: SQSRecord[][] = [];
    const failures: string[] = [];
    const start = (answer: Answer = () => succeed, messagingEndpoint = messaging.endpoint) => {
      const poller = startQueuePoller({
        mapping: {
          logicalId: "Mapping",
          functionId: "Fn",
          functionArn: "arn:aws:lambda:us-east-1:000000000000:function:Fn",
          batchSize: 10,
          windowMs: 0,
          reportsItems: true,
          queueId: "Inbox",
          queueUrl: url,
          queueArn: arnOf(name),
          concurrencyMax: 5,
          ...properties,
        },
        messagingEndpoint,
        invoke: async (functionId, event) => {
          expect(functionId).toBe("Fn");
          const { Records } = JSON.parse(event) as SQSEvent;
          batches.push(Records);
          return answer(Records);
        },
        onFailure: (message) => failures.push(message),
      });
      onTestFinished(() => poller.stop());
      return poller;
    };
    return {
      start,
      batches,
      failures,
      name,
      deadUrl,
      url,
      bodies: () => batches.flat().map(({ body }) => body),
      send: (MessageBody: string, input: Partial<SendMessageCommandInput> = {}) =>
        sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody, ...input })),
    };
  };

  const countsOf = async (QueueUrl: string) => {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
    );
    return {
      visible: Number(Attributes["ApproximateNumberOfMessages"]),
      hidden: Number(Attributes["ApproximateNumberOfMessagesNotVisible"]),
    };
  };

  const nothing = { visible: 0, hidden: 0 };

  it("brings its messages in the shape that Lambda gives them, and they are deleted", async () => {
    const { start, send, batches, url, name } = await open();
    const { MessageId } = await send("hello", {
      MessageAttributes: {
        type: { DataType: "String", StringValue: "order.paid" },
        bytes: { DataType: "Binary", BinaryValue: Buffer.from("hey") },
      },
    });
    start();
    await until(() => expect(batches).toHaveLength(1));
    const milliseconds = expect.stringMatching(/^\d{13}$/);
    expect(batches[0]).toEqual([
      {
        messageId: MessageId,
        receiptHandle: expect.any(String),
        body: "hello",
        attributes: {
          ApproximateReceiveCount: "1",
          SentTimestamp: milliseconds,
          SenderId: expect.any(String),
          ApproximateFirstReceiveTimestamp: milliseconds,
        },
        messageAttributes: {
          type: {
            stringValue: "order.paid",
            stringListValues: [],
            binaryListValues: [],
            dataType: "String",
          },
          bytes: {
            binaryValue: Buffer.from("hey").toString("base64"),
            stringListValues: [],
            binaryListValues: [],
            dataType: "Binary",
          },
        },
        md5OfBody: "5d41402abc4b2a76b9719d911017c592",
        md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
        eventSource: "aws:sqs",
        eventSourceARN: arnOf(name),
        awsRegion: "us-east-1",
      },
    ]);
    await until(async () => expect(await countsOf(url)).toEqual(nothing));
  });

  it("brings as many at once as the batch takes", async () => {
    const { start, send, batches, bodies } = await open({ batchSize: 3 });
    for (let index = 0; index < 7; index++) await send(`message-${index}`);
    start();
    await until(() => expect(bodies()).toHaveLength(7));
    expect(batches.map((batch) => batch.length)).toEqual([3, 3, 1]);
  });

  it("gathers messages for the window, or until the batch is full", async () => {
    const { start, send, batches } = await open({ batchSize: 3, windowMs: 60_000 });
    start();
    for (const body of ["a", "b", "c"]) await send(body);
    await until(() => expect(batches.map((batch) => batch.length)).toEqual([3]));
  });

  it("calls the function so many times at once, and no more", async () => {
    const { start, send, bodies } = await open({ batchSize: 1, concurrencyMax: 2 });
    for (let index = 0; index < 6; index++) await send(`message-${index}`);
    let running = 0;
    let runningMax = 0;
    const pairs: (() => void)[] = [];
    start(async () => {
      runningMax = Math.max(runningMax, ++running);
      // Ends when there are two: with one at a time it would never end.
      await new Promise<void>((resolve) => {
        pairs.push(resolve);
        if (pairs.length === 2) for (const end of pairs.splice(0)) end();
      });
      running--;
      return succeed;
    });
    await until(() => expect(bodies()).toHaveLength(6));
    expect(runningMax).toBe(2);
  });

  it("keeps what the function names as failed, and deletes the rest", async () => {
    const { start, send, batches, url, failures } = await open();
    await send("good");
    await send("bad");
    start((records) => failing(records.find(({ body }) => body === "bad")?.messageId));
    await until(() => expect(batches).toHaveLength(1));
    await until(async () => expect(await countsOf(url)).toEqual({ visible: 0, hidden: 1 }));
    expect(failures).toEqual(["Fn failed on 1 of 2 messages of Inbox"]);
  });

  it.each([
    ["fails", fail],
    ["names an id that is not in the batch", failing("other")],
    ["names an empty id", failing("")],
    ["names no id", { isFailed: false, answer: '{"batchItemFailures":[{"bad":"key"}]}' }],
  ])("keeps the whole batch when the function %s", async (_, answer) => {
    const { start, send, batches, failures, url } = await open();
    await send("a");
    await send("b");
    start(() => answer);
    await until(() => expect(failures).toEqual(["Fn failed on 2 of 2 messages of Inbox"]));
    expect(batches).toHaveLength(1);
    expect(await countsOf(url)).toEqual({ visible: 0, hidden: 2 });
  });

  it("brings a message that failed again, and moves it to the dead-letter queue", async () => {
    const options = { redrive: true, visibilityTimeout: "0" };
    const { start, send, batches, deadUrl, url } = await open({}, options);
    await send("poison");
    start(() => fail);
    await until(async () => expect(await countsOf(deadUrl)).toEqual({ visible: 1, hidden: 0 }));
    const counts = batches.flat().map(({ attributes: one }) => one.ApproximateReceiveCount);
    expect(counts).toEqual(["1", "2"]);
    expect(await countsOf(url)).toEqual(nothing);
  });

  it("when it is no longer read keeps what was gathered, for the next at once", async () => {
    const { start, send, batches, url } = await open({ windowMs: 60_000 });
    await send("a");
    const poller = start();
    await until(async () => expect((await countsOf(url)).hidden).toBe(1));
    await send("b");
    // It has the first for sure when it has asked for more; the second may be on its way to it.
    await until(async () => expect((await countsOf(url)).hidden).toBe(2));
    await poller.stop();
    expect(batches).toEqual([]);
    const { visible, hidden } = await countsOf(url);
    expect(visible).toBeGreaterThanOrEqual(1);
    expect(visible + hidden).toBe(2);
  });

  it("stops being read although the function is still busy, and keeps its message", async () => {
    const { start, send, batches, url, failures } = await open();
    await send("a");
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const poller = start(() => promise);
    await until(() => expect(batches).toHaveLength(1));
    await poller.stop();
    resolve(fail);
    await promise;
    expect(failures).toEqual([]);
    expect(await countsOf(url)).toEqual({ visible: 0, hidden: 1 });
  });

  it("that cannot be reached is tried again, and told of once", async () => {
    const { start, failures } = await open();
    const poller = start(() => succeed, "http://127.0.0.1:1");
    await until(() => expect(failures).toHaveLength(1));
    expect(failures[0]).toMatch(/^The queue Inbox cannot be read, and is tried again: /);
    await poller.stop();
  });
});
