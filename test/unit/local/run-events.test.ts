/** Streams, topics, queues, Redis, the outbox and `npm run events`, all on one run of a small app. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { ListSubscriptionsCommand, SNSClient } from "@aws-sdk/client-sns";
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { inventoryEventTypes } from "../../../contract/events.ts";
import { inventoryTypes, readArguments } from "../../../local/events-command/arguments.ts";
import { type LocalRun, type LocalRunOptions, startLocalRun } from "../../support/local-run.ts";
import { processesWith } from "../../support/processes.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import {
  type Fixture,
  mapping,
  messagingResources,
  queuePolicy,
  table,
  writeApp,
} from "./fixture-app.ts";

const credentials = { accessKeyId: "local", secretAccessKey: "local" };
const until = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 30_000, interval: 20 });

/** Publishes an event of each record, as the SDK would. */
const relay = `export const handler = async ({ Records }) => {
  for (const { dynamodb } of Records) {
    const id = dynamodb.Keys.id.S;
    const event = { type: "stock.changed", subject: id, time: "2026-01-01T00:00:00Z", data: { id } };
    const body = new URLSearchParams({
      Action: "Publish",
      TopicArn: process.env.TOPIC,
      Message: JSON.stringify(event),
    });
    const answer = await fetch(process.env.AWS_ENDPOINT_URL_SNS, { method: "POST", body });
    if (!answer.ok) throw new Error(await answer.text());
  }
};`;

/** Sends an e-mail for each message, with a number that Redis counts. */
const notify = `const post = async (url, body, headers) => {
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
};
export const handler = async ({ Records }) => {
  const { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN } = process.env;
  for (const { body } of Records) {
    const authorization = "Bearer " + UPSTASH_REDIS_REST_TOKEN;
    const { result } = UPSTASH_REDIS_REST_URL
      ? await post(UPSTASH_REDIS_REST_URL, ["INCR", "count"], { authorization })
      : { result: "uncounted" };
    await post(process.env.AWS_ENDPOINT_URL_SESV2 + "/v2/email/outbound-emails", {
      FromEmailAddress: "shop@example.com",
      Destination: { ToAddresses: ["one@example.com"] },
      Content: {
        Simple: { Subject: { Data: String(result) }, Body: { Text: { Data: JSON.parse(body).Message } } },
      },
    });
  }
};`;

const variables = `export const handler = async () => ({ statusCode: 200, body: JSON.stringify(process.env) });`;

const environment = (Variables: Record<string, unknown>) => ({ Environment: { Variables } });

const fixture: Fixture = {
  functions: {
    Echo: variables,
    Relay: { source: relay, properties: environment({ TOPIC: { Ref: "Inventory" } }) },
    Notify: {
      source: notify,
      properties: environment({
        NOTIFICATION_CHANNEL: "email",
        UPSTASH_REDIS_REST_URL: "https://in-the-cloud.example.com",
        UPSTASH_REDIS_REST_TOKEN: "secret",
      }),
    },
  },
  routes: [
    { key: "GET /echo", function: "Echo" },
    { key: "GET /notify", function: "Notify" },
  ],
  resources: {
    ...messagingResources(),
    Inventory: { Type: "AWS::SNS::Topic" },
    Stock: table({ StreamSpecification: { StreamViewType: "NEW_AND_OLD_IMAGES" } }),
    Records: mapping({
      FunctionName: { Ref: "Relay" },
      EventSourceArn: { "Fn::GetAtt": ["Stock", "StreamArn"] },
      StartingPosition: "TRIM_HORIZON",
    }),
    Messages: mapping({
      FunctionName: { Ref: "Notify" },
      EventSourceArn: { "Fn::GetAtt": ["Inbox", "Arn"] },
    }),
  },
  outputs: {
    OrderEventsTopicArn: { Value: { Ref: "Orders" } },
    InventoryEventsTopicArn: { Value: { Ref: "Inventory" } },
  },
};

const start = async (options: LocalRunOptions = {}): Promise<LocalRun> => {
  const assembly = options.assembly ?? (await writeApp(fixture));
  const run = await startLocalRun({ engine: "dynoxide", assembly, ...options });
  onTestFinished(() => run.stop());
  return run;
};

const command = fileURLToPath(new URL("../../../local/events.ts", import.meta.url));

/** `npm run events -- …` on the run of a folder. */
const events = (dataDirectory: string, ...args: string[]) => {
  const child = spawn(process.execPath, [command, ...args], {
    env: { ...process.env, HOLDFAST_DATA: dataDirectory },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([exitCode]) => exitCode as number | null);
  return { child, ended, stdout: () => stdout, stderr: () => stderr };
};

const finish = async (dataDirectory: string, ...args: string[]) => {
  const running = events(dataDirectory, ...args);
  const exitCode = await running.ended;
  return { exitCode, stdout: running.stdout(), stderr: running.stderr() };
};

/** Redis shows its address in the place of its arguments; those of its guard stay. */
const redisOf = async ({ dataDirectory }: LocalRun) => {
  const [guard] = await processesWith(join(dataDirectory, "redis"));
  const [, port] = /--port (\d+)/.exec(guard?.line ?? "") ?? [];
  return port === undefined ? [] : processesWith(`redis-server 127.0.0.1:${port}`);
};

const readOutbox = async (run: LocalRun) => {
  const text = await readFile(run.outbox ?? "", "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { subject: string; text: string });
};

const clientsOf = (run: LocalRun) => {
  const options = { endpoint: run.messaging!, region: "us-east-1", credentials };
  const sns = new SNSClient(options);
  const sqs = new SQSClient(options);
  onTestFinished(() => sns.destroy());
  onTestFinished(() => sqs.destroy());
  return { sns, sqs };
};

const putStock = async (run: LocalRun, id: string) => {
  const endpoint = run.dynamodbEndpoint;
  const client = new DynamoDBClient({ endpoint, region: "us-east-1", credentials });
  onTestFinished(() => client.destroy());
  const TableName = run.tables["Stock"]!;
  await client.send(new PutItemCommand({ TableName, Item: { id: { S: id } } }));
};

describe("a run with events, as it goes on", () => {
  let run: LocalRun;
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "holdfast-test-"));
    const assembly = await writeApp(fixture, folder);
    run = await startLocalRun({ engine: "dynoxide", assembly });
    return async () => {
      await run.stop();
      await rm(folder, { recursive: true, force: true });
    };
  });

  it("prints what runs where", () => {
    const text = run.stdout();
    for (const line of [
      `Messages   SNS and SQS on ${run.messaging}`,
      "Topic      App-Orders",
      "Queue      App-Inbox",
      "Redis      on 127.0.0.1",
      `Outbox     e-mails are written to ${run.outbox}`,
      "Function   Relay (128 MiB, 3 s)\n           reads App-Stock's stream",
      "           reads the queue App-Inbox",
    ]) {
      expect(text).toContain(line);
    }
    expect(run).toMatchObject({
      messaging: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      topics: {
        Orders: "arn:aws:sns:us-east-1:000000000000:App-Orders",
        Inventory: "arn:aws:sns:us-east-1:000000000000:App-Inventory",
      },
      queues: { Inbox: `${run.messaging}/000000000000/App-Inbox` },
      outbox: join(run.dataDirectory, "outbox.jsonl"),
    });
  });

  it("gives Redis to the functions that ask for it, and the services to all", async () => {
    const answer = await (await fetch(`${run.endpoint}/echo`)).json();
    expect(answer).toMatchObject({
      AWS_ENDPOINT_URL_DYNAMODB: run.dynamodbEndpoint,
      AWS_ENDPOINT_URL_SNS: run.messaging,
      AWS_ENDPOINT_URL_SQS: run.messaging,
      AWS_ENDPOINT_URL_SESV2: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    });
    expect(answer).not.toHaveProperty("UPSTASH_REDIS_REST_URL");
  });

  it("brings an order's event to its function, which sends an e-mail", async () => {
    const order = ["order.placed", "order-1", "sku-1=2", "sku-2=1", "--ttl-seconds", "900"];
    const published = await finish(run.dataDirectory, "publish", ...order);
    expect(published).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/),
      stderr: "",
    });
    await until(async () => expect(await readOutbox(run)).toHaveLength(1));
    const [email] = await readOutbox(run);
    expect(email?.subject).toBe("1");
    expect(JSON.parse(email?.text ?? "")).toEqual({
      type: "order.placed",
      orderId: "order-1",
      lines: [
        { sku: "sku-1", quantity: 2 },
        { sku: "sku-2", quantity: 1 },
      ],
      ttlSeconds: 900,
    });
  });

  it("brings any message as it is", async () => {
    const { exitCode } = await finish(run.dataDirectory, "publish", "--json", "no JSON at all");
    expect(exitCode).toBe(0);
    await until(async () => {
      expect((await readOutbox(run)).at(-1)).toMatchObject({ text: "no JSON at all" });
    });
  });
});

describe("a run with events", () => {
  it("hears a topic of the user's own, to which orders are then published", async () => {
    const own = "arn:aws:sns:eu-west-1:123456789012:shop-orders";
    const resources = {
      ...fixture.resources,
      ...messagingResources({ TopicArn: own }),
      Policy: queuePolicy({ Condition: { ArnEquals: { "aws:SourceArn": own } } }),
    };
    const outputs = { OrderEventsTopicArn: { Value: own } };
    const run = await start({ assembly: await writeApp({ ...fixture, resources, outputs }) });
    expect(run.topics).toHaveProperty("shop-orders");
    await finish(run.dataDirectory, "publish", "order.paid", "order-1");
    await until(async () => expect(await readOutbox(run)).toHaveLength(1));
  });

  it("shows the inventory's events, and leaves nothing behind at Ctrl-C", async () => {
    const run = await start();
    const { sns, sqs } = clientsOf(run);
    const listen = events(run.dataDirectory, "tail");
    const deaf = events(run.dataDirectory, "tail", "stock.low");
    const countSubscriptions = async () =>
      (await sns.send(new ListSubscriptionsCommand({}))).Subscriptions?.length;
    await until(async () => expect(await countSubscriptions()).toBe(3));
    await putStock(run, "sku-1");
    const line = '2026-01-01T00:00:00Z  stock.changed  sku-1  {"id":"sku-1"}\n';
    await until(() => expect(listen.stdout()).toBe(line));
    for (const { child } of [listen, deaf]) child.kill("SIGINT");
    expect(await listen.ended).toBe(0);
    expect(await deaf.ended).toBe(0);
    expect(deaf.stdout()).toBe("");
    expect(await countSubscriptions()).toBe(1);
    expect((await sqs.send(new ListQueuesCommand({}))).QueueUrls).toHaveLength(1);
  });

  it("stops listening with a sentence when the run ends", async () => {
    const run = await start();
    const { sns } = clientsOf(run);
    const listen = events(run.dataDirectory, "tail");
    await until(async () =>
      expect((await sns.send(new ListSubscriptionsCommand({}))).Subscriptions).toHaveLength(2),
    );
    await run.kill("SIGTERM");
    expect(await listen.ended).toBe(1);
    expect(listen.stderr()).toMatch(/^The local run has ended: [^\n]*\n$/);
  });

  it("when it is killed leaves no process, and goes on with its messages and counts", async () => {
    const dataDirectory = await temporaryFolder();
    const assembly = await writeApp(fixture);
    const run = await start({ dataDirectory, assembly });
    await finish(dataDirectory, "publish", "order.paid", "order-1");
    await until(async () => expect(await readOutbox(run)).toHaveLength(1));
    const { sqs } = clientsOf(run);
    // Deleted, or it would come again, rightly.
    const asked = { QueueUrl: run.queues["Inbox"]!, AttributeNames: ["All" as const] };
    await until(async () =>
      expect((await sqs.send(new GetQueueAttributesCommand(asked))).Attributes).toMatchObject({
        ApproximateNumberOfMessages: "0",
        ApproximateNumberOfMessagesNotVisible: "0",
      }),
    );
    const [redis] = await redisOf(run);
    expect(await run.kill("SIGKILL")).toBeNull();
    await expect.poll(() => processesWith(dataDirectory), { timeout: 5_000 }).toEqual([]);
    await expect.poll(() => processesWith(redis!.line), { timeout: 5_000 }).toEqual([]);

    const again = await start({ dataDirectory, assembly });
    await finish(dataDirectory, "publish", "order.cancelled", "order-1");
    await until(async () => expect(await readOutbox(again)).toHaveLength(2));
    expect((await readOutbox(again)).map(({ subject }) => subject)).toEqual(["1", "2"]);
  });

  it("goes on when Redis dies", async () => {
    const run = await start();
    const [redis] = await redisOf(run);
    process.kill(redis!.pid, "SIGKILL");
    await expect.poll(() => redisOf(run)).toEqual([]);
    expect((await fetch(`${run.endpoint}/echo`)).status).toBe(200);
    expect(await run.kill("SIGTERM")).toBe(0);
  });

  it("without redis-server says how to get it, and calls nothing in the cloud", async () => {
    const run = await start({ variables: { PATH: "/nonexistent" } });
    expect(run.stdout()).toContain("Redis      none: install it with apt-get install redis-server");
    await finish(run.dataDirectory, "publish", "order.paid", "order-1");
    await until(async () =>
      expect(await readOutbox(run)).toMatchObject([{ subject: "uncounted" }]),
    );
  });

  it("refuses a template that would lose messages with one line", async () => {
    const { Policy: _, ...resources } = fixture.resources ?? {};
    const assembly = await writeApp({ ...fixture, resources });
    await expect(start({ assembly })).rejects.toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^The subscription Subscription would lose .*\n$/),
    });
  });

  it("ends within five seconds although a function is busy with a batch", async () => {
    const assembly = await writeApp({
      ...fixture,
      functions: {
        ...fixture.functions,
        Notify: {
          source: `import { writeFileSync } from "node:fs";
            export const handler = () => {
              writeFileSync(import.meta.dirname + "/called", "");
              return new Promise(() => {});
            };`,
          properties: { Timeout: 30 },
        },
      },
    });
    const run = await start({ assembly });
    await finish(run.dataDirectory, "publish", "order.paid", "order-1");
    await until(async () => void (await readFile(join(assembly, "asset.Notify", "called"))));
    const sinceMs = performance.now();
    expect(await run.kill("SIGTERM")).toBe(0);
    expect(performance.now() - sinceMs).toBeLessThan(5_000);
    await expect.poll(() => processesWith(run.dataDirectory), { timeout: 5_000 }).toEqual([]);
  });
});

describe("npm run events", () => {
  it.each([
    [[], "Say what to do."],
    [["shout"], "shout is no command."],
    [
      ["publish"],
      "publish takes order.placed, order.paid, order.fulfilled, order.cancelled, order.returned or --json, not nothing.",
    ],
    [["publish", "order.lost"], "or --json, not order.lost."],
    [["publish", "order.paid"], "order.paid needs the id of an order."],
    [["publish", "order.placed", "o"], "order.placed needs lines, such as sku-1=2."],
    [["publish", "order.placed", "o", "sku-1"], "such as sku-1=2, not sku-1."],
    [["publish", "order.placed", "o", "sku-1=0"], "such as sku-1=2, not sku-1=0."],
    [["publish", "order.placed", "o", "a=1", "--ttl-seconds", "x"], "from 1, not x."],
    [["publish", "order.placed", "o", "a=1", "--ttl-seconds"], "--ttl-seconds needs a value."],
    [["publish", "order.paid", "o", "a=1"], "order.paid takes no lines: a=1."],
    [["publish", "order.paid", "o", "--ttl-seconds", "9"], "order.paid takes no --ttl-seconds."],
    [["publish", "order.placed", "o", "a=1", "--reason", "r"], "order.placed takes no --reason."],
    [["publish", "order.returned", "o"], "order.returned needs lines, such as sku-1=2."],
    [["publish", "order.returned", "o", "a=1", "--id"], "--id needs a value."],
    [["publish", "order.fulfilled", "o", "a"], "such as sku-1=2, not a."],
    [["publish", "order.cancelled", "o", "a=1"], "order.cancelled takes no lines: a=1."],
    [["publish", "order.paid", "o", "--loud"], "publish has no option --loud."],
    [["publish", "--json"], "--json needs a message."],
    [["publish", "--json", "{}", "{}"], "--json takes one message, not also {}."],
    [["tail", "--all"], "tail takes types, and no option --all."],
    [["tail", "stock.low", "stock.lo"], "stock.replenished, not stock.lo."],
  ])("refuses %j with the value and the usage", (args, problem) => {
    expect(() => readArguments(args)).toThrow(problem);
    expect(() => readArguments(args)).toThrow("Usage:\n");
  });

  it("knows the types of all events that Holdfast publishes", () => {
    expect(inventoryTypes).toEqual(inventoryEventTypes);
    expect(readArguments(["tail", ...inventoryEventTypes])).toEqual({
      name: "tail",
      types: inventoryEventTypes,
    });
  });

  it.each([
    [
      ["order.returned", "o", "a=1", "--reason", "too small", "--id", "e-1"],
      { lines: [{ sku: "a", quantity: 1 }], reason: "too small", id: "e-1" },
    ],
    [
      ["order.fulfilled", "o", "a=1", "b=2"],
      {
        lines: [
          { sku: "a", quantity: 1 },
          { sku: "b", quantity: 2 },
        ],
      },
    ],
    [["order.fulfilled", "--id", "e-2", "o"], { id: "e-2" }],
    [["order.cancelled", "o"], {}],
  ])("makes the message of %j", (args, members) => {
    const published = readArguments(["publish", ...args]);
    if (published.name !== "publish") throw new Error("This is another command.");
    const type = args[0];
    expect(published.message.type).toBe(type);
    expect(JSON.parse(published.message.text)).toEqual({ type, orderId: "o", ...members });
  });

  it("ends with 2 when it is not understood", async () => {
    expect(await finish("/nonexistent", "shout")).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringMatching(/^shout is no command\.\n\nUsage:\n/),
    });
  });

  it.each([
    ["no run was started", undefined, /^No local run is ready in .*npm start\n$/],
    ["the run was killed", { pid: 2 ** 22 + 1 }, /^No local run is ready in .*npm start\n$/],
    ["the app has no topics", { pid: process.pid }, /^The run in .* has no topics\.\n$/],
    [
      "the app has no such output",
      { pid: process.pid, messaging: "http://127.0.0.1:1", outputs: {} },
      /^The app that runs has no output OrderEventsTopicArn\.\n$/,
    ],
  ])("says so when %s", async (_, run, problem) => {
    const folder = await temporaryFolder();
    if (run) await writeFile(join(folder, "run.json"), JSON.stringify(run));
    const { exitCode, stderr } = await finish(folder, "publish", "order.paid", "order-1");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(problem);
  });
});
