import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { connect } from "node:net";
import { once } from "node:events";
import {
  GetSubscriptionAttributesCommand,
  ListSubscriptionsCommand,
  PublishCommand,
  SNSClient,
} from "@aws-sdk/client-sns";
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { describe, expect, it, onTestFinished } from "vitest";
import { describeApp } from "../../../local/assembly/app.ts";
import { readAssembly } from "../../../local/assembly/read-assembly.ts";
import { createMessaging } from "../../../local/messaging/create-messaging.ts";
import { startMessaging } from "../../../local/messaging/messaging.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { messagingResources, queuePolicy, writeApp } from "./fixture-app.ts";
import { sendRaw } from "../../support/send-raw.ts";

const describeMessaging = async (
  resources: Record<string, unknown>,
  messagingEndpoint = "http://127.0.0.1:4000",
) => {
  const assembly = await readAssembly(await writeApp({ resources }));
  const local = { gatewayEndpoint: "http://127.0.0.1:3000", messagingEndpoint };
  return describeApp(assembly, local).messaging;
};

/** The template's topic and queue on an emulator that keeps its data in the folder. */
const start = async (resources = messagingResources(), dataDirectory?: string) => {
  const messaging = await startMessaging(dataDirectory === undefined ? {} : { dataDirectory });
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (!isStopped) await messaging.stop();
    isStopped = true;
  };
  onTestFinished(stop);
  const described = await describeMessaging(resources, messaging.endpoint);
  await createMessaging(messaging.endpoint, described);
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const options = { endpoint: messaging.endpoint, region: "us-east-1", credentials };
  const sns = new SNSClient(options);
  const sqs = new SQSClient(options);
  onTestFinished(() => sns.destroy());
  onTestFinished(() => sqs.destroy());
  const [topic] = described.topics;
  const [queue] = described.queues;
  return {
    ...messaging,
    stop,
    described,
    sns,
    sqs,
    publish: (Message: string, type = "order.placed") =>
      sns.send(
        new PublishCommand({
          TopicArn: topic!.arn,
          Message,
          MessageAttributes: { type: { DataType: "String", StringValue: type } },
        }),
      ),
    receive: async (url = queue!.url): Promise<Message[]> => {
      const command = { QueueUrl: url, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 };
      return (await sqs.send(new ReceiveMessageCommand(command))).Messages ?? [];
    },
  };
};

const bodies = (messages: readonly Message[]) =>
  messages.map(({ Body = "" }) => (JSON.parse(Body) as { Message: string }).Message);

describe("the template's topics and queues", () => {
  it("have names, ARNs and URLs that are the same at every start", async () => {
    const { topics, queues, subscriptions } = await describeMessaging(messagingResources());
    expect(topics).toEqual([
      {
        logicalId: "Orders",
        name: "App-Orders",
        arn: "arn:aws:sns:us-east-1:000000000000:App-Orders",
      },
    ]);
    expect(queues).toEqual([
      {
        logicalId: "Inbox",
        name: "App-Inbox",
        url: "http://127.0.0.1:4000/000000000000/App-Inbox",
        arn: "arn:aws:sqs:us-east-1:000000000000:App-Inbox",
        attributes: expect.objectContaining({ VisibilityTimeout: "30", RedrivePolicy: "" }),
      },
    ]);
    expect(subscriptions).toEqual([
      {
        logicalId: "Subscription",
        topicArn: topics[0]!.arn,
        queueArn: queues[0]!.arn,
        attributes: {
          FilterPolicy: "",
          FilterPolicyScope: "MessageAttributes",
          RawMessageDelivery: "false",
          RedrivePolicy: "",
        },
      },
    ]);
  });

  it("include a topic of the user's own, under its name", async () => {
    const own = "arn:aws:sns:eu-west-1:123456789012:shop-orders";
    const { topics, subscriptions } = await describeMessaging({
      ...messagingResources({ TopicArn: own }),
      Policy: queuePolicy({ Condition: { ArnEquals: { "aws:SourceArn": own } } }),
    });
    const arn = "arn:aws:sns:us-east-1:000000000000:shop-orders";
    expect(topics[1]).toEqual({ logicalId: "shop-orders", name: "shop-orders", arn });
    expect(subscriptions[0]?.topicArn).toBe(arn);
  });

  it.each([
    ["ArnLike", "arn:aws:sns:*:000000000000:App-*"],
    ["StringEquals", { Ref: "Orders" }],
  ])("may be sent to by a policy with %s", async (operator, source) => {
    const Policy = queuePolicy({ Condition: { [operator]: { "aws:SourceArn": source } } });
    const { subscriptions } = await describeMessaging({ ...messagingResources(), Policy });
    expect(subscriptions).toHaveLength(1);
  });

  it.each([
    [{ Protocol: "email" }, "The subscription Subscription has the protocol email"],
    [
      { Endpoint: "arn:aws:sqs:us-east-1:000000000000:other" },
      "has the endpoint arn:aws:sqs:us-east-1:000000000000:other; only queues of the template",
    ],
    [
      { TopicArn: "arn:aws:sns:us-east-1:123456789012:other" },
      "would lose every message: no queue policy allows sns.amazonaws.com",
    ],
  ])("refuse a subscription with %j", async (properties, problem) => {
    await expect(describeMessaging(messagingResources(properties))).rejects.toMatchObject({
      code: "assembly",
      message: expect.stringContaining(problem),
    });
  });

  it.each([
    ["no policy", { Type: "AWS::IAM::Role" }],
    ["another service", queuePolicy({ Principal: { Service: "s3.amazonaws.com" } })],
    ["another action", queuePolicy({ Action: "sqs:ReceiveMessage" })],
    ["a policy that denies", queuePolicy({ Effect: "Deny" })],
    ["another queue", queuePolicy({ Resource: "arn:aws:sqs:us-east-1:000000000000:other" })],
  ])("refuse a subscription whose queue has %s", async (_, Policy) => {
    const reading = describeMessaging({ ...messagingResources(), Policy });
    await expect(reading).rejects.toMatchObject({
      code: "assembly",
      message: expect.stringContaining("would lose every message"),
    });
  });

  it("refuse a topic that is no ARN", async () => {
    const resources = messagingResources({ TopicArn: "orders" });
    const Policy = queuePolicy({ Condition: {} });
    await expect(describeMessaging({ ...resources, Policy })).rejects.toThrow(
      "has the topic orders, which is no ARN",
    );
  });

  it.each([
    ["AWS::SQS::Queue", "FifoQueue"],
    ["AWS::SNS::Topic", "FifoTopic"],
  ])("refuse %s with %s", async (Type, property) => {
    const reading = describeMessaging({ Odd: { Type, Properties: { [property]: true } } });
    await expect(reading).rejects.toThrow("Odd is FIFO; only standard");
  });
});

describe("the emulator of SNS and SQS", () => {
  it("listens on the loopback interface and on nothing else", async () => {
    const { endpoint } = await start();
    const port = Number(new URL(endpoint).port);
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    const listening = ["/proc/net/tcp", "/proc/net/tcp6"].map(async (file) =>
      (await readFile(file, "utf8").catch(() => ""))
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .filter(([, local = "", , state]) => local.endsWith(`:${hex}`) && state === "0A")
        .map(([, local]) => local),
    );
    expect((await Promise.all(listening)).flat()).toEqual([`0100007F:${hex}`]);

    const others = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
    for (const { address, internal, family } of others) {
      if (internal || family !== "IPv4") continue;
      const socket = connect(port, address);
      const [error] = await once(socket, "error");
      expect(error).toMatchObject({ code: "ECONNREFUSED" });
    }
  });

  it("answers this machine alone", async () => {
    const { endpoint } = await start();
    const headers = {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "AmazonSQS.ListQueues",
    };
    const ask = (more: Record<string, string>) =>
      sendRaw(endpoint, "/", { method: "POST", headers: { ...headers, ...more }, body: "{}" });
    expect(await ask({})).toMatchObject({ status: 200 });
    const foreign: Record<string, string>[] = [
      { host: "evil.example" },
      { origin: "https://evil.example" },
    ];
    for (const more of foreign) {
      const response = await ask(more);
      expect(response.status).toBe(403);
      expect(response.body).toContain("evil.example");
    }
  });

  it("brings what is published to the queues of the subscriptions, in SNS's envelope", async () => {
    const { publish, receive, described } = await start();
    await publish("hello");
    const [message] = await receive();
    expect(JSON.parse(message?.Body ?? "")).toMatchObject({
      Type: "Notification",
      TopicArn: described.topics[0]!.arn,
      Message: "hello",
      MessageAttributes: { type: { Type: "String", Value: "order.placed" } },
    });
  });

  it("keeps messages over a restart, under URLs with another port too", async () => {
    const folder = await temporaryFolder();
    const before = await start(messagingResources(), folder);
    await before.publish("kept");
    await before.stop();
    const after = await start(messagingResources(), folder);
    expect(after.endpoint).not.toBe(before.endpoint);
    expect(bodies(await after.receive())).toEqual(["kept"]);
  });

  it("is brought to attributes that have changed, and loses subscriptions that are gone", async () => {
    const folder = await temporaryFolder();
    const before = await start(messagingResources(), folder);
    await before.stop();

    const changed = messagingResources({
      FilterPolicy: { type: ["order.paid"] },
      RawMessageDelivery: true,
    });
    changed["Inbox"] = { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeout: 77 } };
    const during = await start(changed, folder);
    await during.publish("filtered out");
    await during.publish("raw", "order.paid");
    expect((await during.receive()).map(({ Body }) => Body)).toEqual(["raw"]);
    const QueueUrl = during.described.queues[0]!.url;
    const asked = { QueueUrl, AttributeNames: ["VisibilityTimeout" as const] };
    const found = await during.sqs.send(new GetQueueAttributesCommand(asked));
    expect(found.Attributes).toEqual({ VisibilityTimeout: "77" });
    await during.stop();

    const back = await start(messagingResources(), folder);
    const [one] = (await back.sns.send(new ListSubscriptionsCommand({}))).Subscriptions ?? [];
    const subscription = { SubscriptionArn: one?.SubscriptionArn };
    const attributes = await back.sns.send(new GetSubscriptionAttributesCommand(subscription));
    expect(attributes.Attributes).toMatchObject({ RawMessageDelivery: "false" });
    await back.publish("all");
    expect(bodies(await back.receive())).toEqual(["all"]);
    await back.stop();

    const { Subscription: _, ...without } = messagingResources();
    const after = await start(without, folder);
    expect((await after.sns.send(new ListSubscriptionsCommand({}))).Subscriptions).toEqual([]);
  });

  it("is rid of temporary queues that a killed process has left", async () => {
    const folder = await temporaryFolder();
    const before = await start(messagingResources(), folder);
    const QueueName = "holdfast-temporary-1";
    await before.sqs.send(new CreateQueueCommand({ QueueName }));
    await before.stop();
    const after = await start(messagingResources(), folder);
    const { QueueUrls = [] } = await after.sqs.send(new ListQueuesCommand({}));
    expect(QueueUrls.filter((url) => url.includes(QueueName))).toEqual([]);
    expect(QueueUrls).toHaveLength(1);
  });

  it("moves a message to the dead-letter queue after so many receives", async () => {
    const resources = {
      Inbox: {
        Type: "AWS::SQS::Queue",
        Properties: {
          RedrivePolicy: {
            deadLetterTargetArn: { "Fn::GetAtt": ["Dead", "Arn"] },
            maxReceiveCount: 1,
          },
        },
      },
      Dead: { Type: "AWS::SQS::Queue" },
    };
    const { sqs, receive, described } = await start(resources, await temporaryFolder());
    const [inbox, dead] = described.queues.map(({ url }) => url);
    await sqs.send(new SendMessageCommand({ QueueUrl: inbox, MessageBody: "poison" }));
    const [{ ReceiptHandle } = {}] = await receive();
    const visible = { QueueUrl: inbox, ReceiptHandle, VisibilityTimeout: 0 };
    await sqs.send(new ChangeMessageVisibilityCommand(visible));
    expect(await receive()).toEqual([]);
    expect((await receive(dead)).map(({ Body }) => Body)).toEqual(["poison"]);
  });

  it("that does not start says so", async () => {
    const file = new URL(import.meta.url).pathname;
    await expect(startMessaging({ dataDirectory: file })).rejects.toMatchObject({
      code: "messaging",
      message: expect.stringMatching(/^The emulator of SNS and SQS .*EEXIST/),
    });
  });
});
