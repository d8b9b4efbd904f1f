import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { RemovalPolicy } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { describe, expect, test } from "vitest";
import { inventoryEventTypes } from "../../contract/events.ts";
import { readContext } from "../../lib/context.ts";
import { ContextError } from "../../lib/context-reader.ts";
import { throttleDefault } from "../../lib/holdfast.ts";
import { createApp } from "./synthesize.ts";

const read = (context: Record<string, unknown> = {}) => readContext(createApp(context).node);

const jwt = { auth: "jwt", jwtIssuer: "https://login.example.com/", jwtAudience: "holdfast" };

describe("the context", () => {
  test("when absent means IAM, everything retained, and the documented defaults", () => {
    expect(read()).toEqual({
      authorization: { mode: "iam" },
      throttle: throttleDefault,
      retentionDays: 30,
      multiItemStrategy: "optimistic",
      expiryPartitions: 16,
      fulfillOnConfirm: false,
      lateOrderPayment: "reacquire",
      refusalMemoryMs: 0,
      logRetention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.RETAIN,
      lowStockThreshold: 0,
      notifications: {},
    });
  });

  test("chooses who may call", () => {
    expect(read({ auth: "none" }).authorization).toEqual({ mode: "none" });
    expect(read({ ...jwt, jwtAudience: "holdfast, shop" }).authorization).toEqual({
      mode: "jwt",
      issuer: "https://login.example.com/",
      audience: ["holdfast", "shop"],
    });
  });

  test("takes an issuer on this machine, for the local run", () => {
    const { authorization } = read({ ...jwt, jwtIssuer: "http://127.0.0.1:4000" });
    expect(authorization).toMatchObject({ issuer: "http://127.0.0.1:4000" });
  });

  test("takes numbers as the command line and as cdk.json have them", () => {
    const fromFile = { throttleRatePerSecond: 5, throttleBurst: 10, retentionDays: 7 };
    const typed = { throttleRatePerSecond: "5", throttleBurst: "10", retentionDays: "7" };
    for (const context of [fromFile, typed]) {
      expect(read({ ...context, logRetentionDays: "365", removalPolicy: "destroy" })).toMatchObject(
        {
          throttle: { ratePerSecond: 5, burst: 10 },
          retentionDays: 7,
          logRetention: RetentionDays.ONE_YEAR,
          removalPolicy: RemovalPolicy.DESTROY,
        },
      );
    }
  });
});

describe("the contexts of the hold protocol", () => {
  test.each([
    ["1", 1],
    ["128", 128],
    [256, 256],
  ])("set the partitions of the index to %s", (typed, expiryPartitions) => {
    expect(read({ expiryPartitions: typed })).toMatchObject({ expiryPartitions });
  });

  test.each([
    ["0", 0],
    [200, 200],
  ])("set the age of a remembered refusal to %s", (typed, refusalMemoryMs) => {
    expect(read({ refusalMemoryMs: typed })).toMatchObject({ refusalMemoryMs });
  });

  test.each([
    ["true", true],
    ["false", false],
    [true, true],
    [false, false],
  ])("set the fulfilment at the confirm to %s", (typed, fulfillOnConfirm) => {
    expect(read({ fulfillOnConfirm: typed })).toMatchObject({ fulfillOnConfirm });
  });
});

describe("the context of late payments", () => {
  test.each(["reacquire", "dead-letter"])("chooses %s", (lateOrderPayment) => {
    expect(read({ lateOrderPayment })).toMatchObject({ lateOrderPayment });
  });
});

const topicArn = "arn:aws:sns:eu-west-1:123456789012:orders";
const tokenSecretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:redis-AbCdEf";
const redis = { redisUrl: "https://redis.example.com", redisTokenSecretArn: tokenSecretArn };

describe("the contexts of events and notifications", () => {
  test.each(["orderEventsTopicArn", "alarmTopicArn"])("name a topic: %s", (key) => {
    for (const arn of [topicArn, "arn:aws-cn:sns:cn-north-1:123456789012:Shop_Orders-1"]) {
      expect(read({ [key]: arn })).toMatchObject({ [key]: arn });
    }
  });

  test.each([
    ["0", 0],
    ["5", 5],
    [1_000_000_000, 1_000_000_000],
  ])("set the threshold of low stock to %s", (typed, lowStockThreshold) => {
    expect(read({ lowStockThreshold: typed })).toMatchObject({ lowStockThreshold });
  });

  test("say who is told, and by whom", () => {
    const sender = "shop@example.com";
    expect(read({ notificationSender: ` ${sender} ` }).notifications).toEqual({ sender });
    const recipient = "stock+alerts@warehouse.example";
    expect(
      read({ notificationSender: sender, notificationRecipient: recipient }).notifications,
    ).toEqual({ sender, recipient });
  });

  test("say of what people are told", () => {
    expect(read({ notificationTypes: "stock.low" }).notifications).toEqual({
      types: ["stock.low"],
    });
    expect(
      read({ notificationTypes: "stock.low, stock.depleted,reservation.rejected" }).notifications,
    ).toEqual({ types: ["stock.low", "stock.depleted", "reservation.rejected"] });
    expect(read({ notificationTypes: inventoryEventTypes.join() }).notifications).toEqual({
      types: inventoryEventTypes,
    });
  });

  test("name a Redis and the secret that is its token", () => {
    expect(read(redis).notifications).toEqual({
      redis: { url: "https://redis.example.com", tokenSecretArn },
    });
  });
});

describe("a context that cannot be used is refused with its key, its value and what is accepted:", () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ["another auth", { auth: "cognito" }, /"auth" is "cognito": accepted are iam, jwt, none/],
    ["auth in capitals", { auth: "JWT" }, /"auth" is "JWT": accepted are iam, jwt, none/],
    ["an empty auth", { auth: "" }, /"auth" is "": accepted are iam/],
    [
      "a list as auth",
      { auth: ["iam"] },
      /"auth" is \["iam"\]: it must be one text, number or boolean/,
    ],
    ["jwt without issuer", { ...jwt, jwtIssuer: undefined }, /"jwtIssuer" is missing: .* https/],
    ["jwt without audience", { ...jwt, jwtAudience: undefined }, /"jwtAudience" is missing: .*aud/],
    ["an empty audience", { ...jwt, jwtAudience: "a,,b" }, /"jwtAudience" is "a,,b": .*commas/],
    ["an issuer that is no URL", { ...jwt, jwtIssuer: "login" }, /"jwtIssuer" is "login": .*https/],
    ["an issuer in the clear", { ...jwt, jwtIssuer: "http://a.example" }, /"jwtIssuer" is "http:/],
    ["an issuer with a query", { ...jwt, jwtIssuer: "https://a.example/?b" }, /"jwtIssuer" is/],
    [
      "an issuer and no jwt",
      { jwtIssuer: "https://a.example" },
      /with auth=jwt only, and auth is iam/,
    ],
    ["an audience and no jwt", { auth: "none", jwtAudience: "a" }, /"jwtAudience" .* auth is none/],
    ["a rate of zero", { throttleRatePerSecond: "0" }, /"throttleRatePerSecond" is "0": .*1 to/],
    ["a fractional burst", { throttleBurst: "1.5" }, /"throttleBurst" is "1.5": .* whole number/],
    ["a negative retention", { retentionDays: "-1" }, /"retentionDays" is "-1": .*30 when absent/],
    [
      "no partition",
      { expiryPartitions: "0" },
      /"expiryPartitions" is "0": accepted is a whole number from 1 to 256; 16 when absent/,
    ],
    [
      "a partition too many",
      { expiryPartitions: 257 },
      /"expiryPartitions" is "257": accepted is a whole number from 1 to 256/,
    ],
    ["half a partition", { expiryPartitions: 1.5 }, /"expiryPartitions" is "1.5": .*whole number/],
    [
      "a memory that is too long",
      { refusalMemoryMs: "201" },
      /"refusalMemoryMs" is "201": accepted is a whole number from 0 to 200; 0 when absent/,
    ],
    ["a negative memory", { refusalMemoryMs: -1 }, /"refusalMemoryMs" is "-1": .* from 0 to 200/],
    [
      "a fulfilment that is neither true nor false",
      { fulfillOnConfirm: "yes" },
      /"fulfillOnConfirm" is "yes": accepted are true, false; false when absent/,
    ],
    [
      "a number as fulfilment",
      { fulfillOnConfirm: 1 },
      /"fulfillOnConfirm" is "1": accepted are true, false/,
    ],
    [
      "a list as fulfilment",
      { fulfillOnConfirm: [true] },
      /"fulfillOnConfirm" is \[true\]: it must be one text, number or boolean/,
    ],
    ["misspelled partitions", { expiryPartition: 8 }, /"expiryPartition" is 8: there is no such/],
    ["a misspelled memory", { refusalMemory: 8 }, /"refusalMemory" is 8: there is no such/],
    ["a misspelled fulfilment", { fulfilOnConfirm: false }, /"fulfilOnConfirm" .* no such context/],
    [
      "a retention that CloudWatch has not",
      { logRetentionDays: "31" },
      /accepted are 1, 3, 5, 7, .*3653; 30/,
    ],
    ["another removal policy", { removalPolicy: "snapshot" }, /accepted are retain, destroy/],
    [
      "a misspelled key",
      { jwtIsuer: "https://a.example" },
      /"jwtIsuer" .*no such context; known are/,
    ],
    ["a key in capitals", { Auth: "none" }, /"Auth" is "none": there is no such context/],
    [
      "a topic that is a name",
      { orderEventsTopicArn: "orders" },
      /"orderEventsTopicArn" is "orders": it must be the ARN of an SNS topic that is not FIFO, for/,
    ],
    [
      "a topic that is FIFO",
      { orderEventsTopicArn: `${topicArn}.fifo` },
      /"orderEventsTopicArn" is "[\w:-]+\.fifo": .* not FIFO/,
    ],
    [
      "a queue as a topic",
      { alarmTopicArn: "arn:aws:sqs:eu-west-1:123456789012:alarms" },
      /"alarmTopicArn" is "arn:aws:sqs:[^"]+": it must be the ARN of an SNS topic/,
    ],
    [
      "a subscription as a topic",
      { alarmTopicArn: `${topicArn}:5be1a2a8` },
      /"alarmTopicArn" is "[^"]+:5be1a2a8": it must be the ARN of an SNS topic/,
    ],
    ["an empty topic", { alarmTopicArn: "" }, /"alarmTopicArn" is "": it must be the ARN/],
    [
      "a negative threshold",
      { lowStockThreshold: "-1" },
      /"lowStockThreshold" is "-1": accepted is a whole number from 0 to 1000000000; 0 when absent/,
    ],
    [
      "a threshold over all units",
      { lowStockThreshold: 1_000_000_001 },
      /"lowStockThreshold" is "1000000001": .* from 0 to 1000000000/,
    ],
    ["half a unit", { lowStockThreshold: 0.5 }, /"lowStockThreshold" is "0.5": .*whole number/],
    [
      "a sender without a domain",
      { notificationSender: "shop" },
      /"notificationSender" is "shop": it must be a mail address, for example shop@example.com/,
    ],
    [
      "a sender with a name",
      { notificationSender: "Shop <shop@example.com>" },
      /"notificationSender" is "Shop <shop@example.com>": it must be a mail address/,
    ],
    [
      "two recipients",
      { notificationSender: "a@b.example", notificationRecipient: "c@d.example, e@f.example" },
      /"notificationRecipient" is "c@d.example, e@f.example": it must be a mail address/,
    ],
    [
      "a recipient and no sender",
      { notificationRecipient: "shop@example.com" },
      /"notificationSender" is missing: notificationRecipient needs the address that .* sends from/,
    ],
    [
      "an unknown type of event",
      { notificationTypes: "stock.low,stock.gone" },
      /"notificationTypes" is "stock.low,stock.gone": accepted are, .*commas, .*stock.replenished/,
    ],
    ["no type of event", { notificationTypes: "" }, /"notificationTypes" is "": accepted are/],
    [
      "a list of types",
      { notificationTypes: ["stock.low"] },
      /"notificationTypes" is \["stock.low"\]: it must be one text, number or boolean/,
    ],
    [
      "a Redis in the clear",
      { ...redis, redisUrl: "http://redis.example.com" },
      /"redisUrl" is "http:\/\/redis.example.com": it must be the https address of a Redis/,
    ],
    [
      "a Redis by its own protocol",
      { ...redis, redisUrl: "rediss://redis.example.com:6379" },
      /"redisUrl" is "rediss:[^"]+": it must be the https address of a Redis with Upstash's REST/,
    ],
    [
      "a Redis with a token in its address",
      { ...redis, redisUrl: "https://redis.example.com/?_token=abc" },
      /"redisUrl" is "https:[^"]+": it must be the https address/,
    ],
    [
      "a Redis with a password in its address",
      { ...redis, redisUrl: "https://default:abc@redis.example.com" },
      /"redisUrl" is "https:[^"]+": it must be the https address/,
    ],
    [
      "a Redis without its token",
      { ...redis, redisTokenSecretArn: undefined },
      /"redisTokenSecretArn" is missing: redisUrl needs the ARN of the Secrets Manager secret/,
    ],
    [
      "a token without its Redis",
      { ...redis, redisUrl: undefined },
      /"redisUrl" is missing: it must be the https address/,
    ],
    ["a misspelled topic", { orderEventTopicArn: topicArn }, /"orderEventTopicArn" is .*no such/],
    [
      "a misspelled threshold",
      { lowStockTreshold: 5 },
      /"lowStockTreshold" is 5: there is no such/,
    ],
    ["a misspelled sender", { notificationsSender: "a@b.c" }, /"notificationsSender" is .*no such/],
    ["a token itself", { redisToken: "abc" }, /"redisToken" .*: there is no such context; known/],
    ["a misspelled alarm", { alarmsTopicArn: topicArn }, /"alarmsTopicArn" is .*no such context/],
  ])("%s", (_, context, message) => {
    expect(() => read(context)).toThrow(ContextError);
    expect(() => read(context)).toThrow(message);
  });

  test("and the app ends with that sentence alone, no stack trace", async () => {
    const app = fileURLToPath(new URL("../../bin/holdfast.ts", import.meta.url));
    const env = { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ auth: "cognito" }) };
    await expect(promisify(execFile)("node", [app], { env })).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr: 'Context "auth" is "cognito": accepted are iam, jwt, none; iam when absent.\n',
    });
  });
});
