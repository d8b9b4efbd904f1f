import { readFileSync } from "node:fs";
import { Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Key } from "aws-cdk-lib/aws-kms";
import { describe, expect, test } from "vitest";
import { deadLetterDays, receivesMax } from "../../contract/bounds.ts";
import { inventoryEventTypes } from "../../contract/events.ts";
import { orderEventTypes } from "../../contract/order-events.ts";
import { Holdfast } from "../../lib/holdfast.ts";
import {
  createApp,
  createStackWithKey,
  resourcesOf,
  spoken,
  spokenName,
  synthesize,
} from "./synthesize.ts";

/** The resources of a type by their spoken names. */
const named = <Properties>(template: Template, type: string): Record<string, Properties> =>
  Object.fromEntries(
    resourcesOf(template, type).map(({ logicalId, properties }) => [
      spokenName(logicalId),
      properties as unknown as Properties,
    ]),
  );

interface Queue {
  MessageRetentionPeriod?: number;
  VisibilityTimeout?: number;
  SqsManagedSseEnabled?: boolean;
  KmsMasterKeyId?: unknown;
  RedrivePolicy?: { deadLetterTargetArn: unknown; maxReceiveCount: number };
}

interface Mapping {
  Enabled?: boolean;
  EventSourceArn: { "Fn::GetAtt": [string, string] };
  FunctionName: unknown;
  DestinationConfig?: { OnFailure: { Destination: unknown } };
}

interface Statement {
  Effect: string;
  Action: string | string[];
  Principal: unknown;
  Resource: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

interface Subscription {
  TopicArn: unknown;
  Endpoint: unknown;
  Protocol: string;
  Region?: string;
  RawMessageDelivery?: boolean;
  FilterPolicy?: Record<string, unknown>;
  FilterPolicyScope?: string;
}

const template = synthesize();

const queuesIn = (of: Template) => named<Queue>(of, "AWS::SQS::Queue");
const topicsIn = (of: Template) => named<{ KmsMasterKeyId?: unknown }>(of, "AWS::SNS::Topic");
const queues = queuesIn(template);

const mappingsIn = (of: Template) =>
  Object.values(named<Mapping>(of, "AWS::Lambda::EventSourceMapping")).map((mapping) => ({
    from: spokenName(mapping.EventSourceArn["Fn::GetAtt"][0]),
    isStream: mapping.EventSourceArn["Fn::GetAtt"][1] === "StreamArn",
    to: spoken(mapping.FunctionName),
    mapping,
  }));
const mappings = mappingsIn(template);
const streamMappings = mappings.filter(({ isStream }) => isStream);
const queueMappings = mappings.filter(({ isStream }) => !isStream);
const fedQueues = queueMappings.map(({ from }) => from);

/** Where somebody else puts what could not be used. */
const deadLetterQueues = [
  ...new Set([
    ...Object.values(queues).flatMap(({ RedrivePolicy }) =>
      RedrivePolicy ? [spoken(RedrivePolicy.deadLetterTargetArn)] : [],
    ),
    ...mappings.flatMap(({ mapping: { DestinationConfig } }) =>
      DestinationConfig ? [spoken(DestinationConfig.OnFailure.Destination)] : [],
    ),
  ]),
];

/** What is said of a topic or a queue, by its name. */
const statementsOn = (of: Template, name: string): Statement[] =>
  ["AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"]
    .flatMap((type) => resourcesOf(of, type))
    .flatMap(({ properties }) => {
      const { PolicyDocument } = properties as unknown as {
        PolicyDocument: { Statement: Statement[] };
      };
      return PolicyDocument.Statement;
    })
    .filter(({ Resource }) => spoken(Resource) === name);

describe("what calls the event functions", () => {
  test("is a stream or a queue for each, and nothing else", () => {
    expect(mappings.map(({ from, to }) => `${from} to ${to}`).toSorted()).toEqual([
      "NotificationsQueue to NotifyFunction",
      "OrdersQueue to OrdersFunction",
      "ReservationsTable to PublishFunction",
      "ReservationsTable to SettleFunction",
      "StockTable to LedgerFunction",
      "StockTable to PublishFunction",
    ]);
  });

  test("settle reads its stream where confirmed units are fulfilled at once, and only there", () => {
    const isEnabled = (of: Template) =>
      Object.fromEntries(
        mappingsIn(of).map(({ to, mapping: { Enabled = true } }) => [to, Enabled]),
      );
    const all = isEnabled(synthesize({ fulfillOnConfirm: true }));
    expect(new Set(Object.values(all))).toEqual(new Set([true]));
    expect(isEnabled(template)).toEqual({ ...all, SettleFunction: false });
  });

  test.each(streamMappings)(
    "the stream of $from is read from its start for $to, and what fails holds up no more than itself",
    ({ mapping }) => {
      expect(mapping).toMatchObject({
        StartingPosition: "TRIM_HORIZON",
        FunctionResponseTypes: ["ReportBatchItemFailures"],
        BisectBatchOnFunctionError: true,
      });
    },
  );

  test.each(streamMappings)(
    "a record of the stream of $from that fails for $to is put aside in the end, before it is lost",
    ({ mapping }) => {
      const { MaximumRetryAttempts, MaximumRecordAgeInSeconds } = mapping as unknown as Record<
        string,
        number
      >;
      expect(MaximumRetryAttempts).toBeGreaterThan(0);
      expect(MaximumRetryAttempts).toBeLessThanOrEqual(10_000);
      // A stream forgets after 24 hours, and Lambda takes no less than a minute.
      expect(MaximumRecordAgeInSeconds).toBeGreaterThanOrEqual(60);
      expect(MaximumRecordAgeInSeconds).toBeLessThan(24 * 60 * 60);
      expect(spoken(mapping.DestinationConfig?.OnFailure.Destination)).toBe("StreamDeadLetters");
    },
  );

  test("no table's stream has more than two readers, the most that a shard serves", () => {
    const readers = Object.groupBy(streamMappings, ({ from }) => from);
    for (const some of Object.values(readers)) expect(some!.length).toBeLessThanOrEqual(2);
  });

  test.each(streamMappings)("the stream of $from has both images for $to", ({ from }) => {
    expect(named(template, "AWS::DynamoDB::Table")[from]).toMatchObject({
      StreamSpecification: { StreamViewType: "NEW_AND_OLD_IMAGES" },
    });
  });

  test.each(queueMappings)("each message of $from fails by itself in $to", ({ mapping }) => {
    expect(mapping).toMatchObject({ FunctionResponseTypes: ["ReportBatchItemFailures"] });
  });

  test.each(queueMappings)(
    "a message of $from stays away from others for six times what $to may take",
    ({ from, to }) => {
      const { Timeout = NaN } = named<{ Timeout?: number }>(template, "AWS::Lambda::Function")[to]!;
      expect(queues[from]?.VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout);
    },
  );

  test.each(mappings)("$to is made with its permission to be fed by $from", ({ to }) => {
    const resource = resourcesOf(template).find(({ logicalId }) => spokenName(logicalId) === to)!;
    const { DependsOn = [] } = template.toJSON().Resources[resource.logicalId] as {
      DependsOn?: string[];
    };
    expect(DependsOn.map(spokenName)).toContain(`${to}RoleDefaultPolicy`);
  });
});

describe("dead letters", () => {
  test.each(fedQueues)("%s has a queue for them, after the function's own tries", (name) => {
    const { RedrivePolicy } = queues[name]!;
    expect(spoken(RedrivePolicy?.deadLetterTargetArn)).toBe(name.replace("Queue", "DeadLetters"));
    expect(RedrivePolicy?.maxReceiveCount).toBeGreaterThan(receivesMax);
  });

  test("have these queues", () => {
    expect(deadLetterQueues.toSorted()).toEqual([
      "NotificationsDeadLetters",
      "OrdersDeadLetters",
      "StreamDeadLetters",
    ]);
    expect(Object.keys(queues).toSorted()).toEqual([...deadLetterQueues, ...fedQueues].toSorted());
  });

  test.each(deadLetterQueues)("are kept for 14 days in %s", (name) => {
    expect(deadLetterDays).toBe(14);
    expect(queues[name]?.MessageRetentionPeriod).toBe(14 * 24 * 60 * 60);
  });

  test("go to where the function that refuses them writes, too", () => {
    const functions = named<{ Environment: { Variables: Record<string, unknown> } }>(
      template,
      "AWS::Lambda::Function",
    );
    for (const { from, to, mapping } of mappings) {
      const target =
        mapping.DestinationConfig?.OnFailure.Destination ??
        queues[from]?.RedrivePolicy?.deadLetterTargetArn;
      const { DEAD_LETTER_QUEUE_URL } = functions[to]!.Environment.Variables;
      expect(spoken(DEAD_LETTER_QUEUE_URL)).toBe(spoken(target));
    }
  });
});

const topics = topicsIn(template);

describe("topics and queues", () => {
  test("are two topics, one for each direction", () => {
    expect(Object.keys(topics).toSorted()).toEqual(["InventoryEvents", "OrderEvents"]);
  });

  test.each(Object.keys(topics))("the topic %s is encrypted by the account's key", (name) => {
    expect(spoken(topics[name]?.KmsMasterKeyId)).toMatch(/:alias\/aws\/sns$/);
  });

  test.each(Object.keys(queues))("the queue %s is encrypted by SQS", (name) => {
    expect(queues[name]).toMatchObject({ SqsManagedSseEnabled: true });
    expect(queues[name]).not.toHaveProperty("KmsMasterKeyId");
  });

  test.each([...Object.keys(topics), ...Object.keys(queues)])("%s refuses plain HTTP", (name) => {
    const refusals = statementsOn(template, name).filter(({ Effect }) => Effect === "Deny");
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toMatchObject({
      Action: name in topics ? "sns:Publish" : "sqs:*",
      Principal: name in topics ? "*" : { AWS: "*" },
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    });
  });

  test.each([
    ["OrdersQueue", "OrderEvents"],
    ["NotificationsQueue", "InventoryEvents"],
  ])("%s takes messages of the topic %s alone", (queue, topic) => {
    const [allowed, ...others] = statementsOn(template, queue).filter(
      ({ Effect }) => Effect === "Allow",
    );
    expect(others).toEqual([]);
    expect(allowed).toMatchObject({
      Action: "sqs:SendMessage",
      Principal: { Service: "sns.amazonaws.com" },
    });
    expect(spoken(allowed?.Condition?.["ArnEquals"]?.["aws:SourceArn"])).toBe(topic);
  });

  test.each(deadLetterQueues)("%s takes messages of no topic", (name) => {
    expect(statementsOn(template, name).map(({ Effect }) => Effect)).toEqual(["Deny"]);
  });
});

describe("with a key of one's own", () => {
  const keyStatements = (of: Template): Statement[] =>
    resourcesOf(of, "AWS::KMS::Key").flatMap(({ properties }) => {
      const { KeyPolicy } = properties as unknown as { KeyPolicy: { Statement: Statement[] } };
      return KeyPolicy.Statement;
    });
  const mine = Template.fromStack(createStackWithKey());

  test("every topic and every queue is encrypted under it", () => {
    const all = { ...topicsIn(mine), ...queuesIn(mine) };
    expect(Object.keys(all)).toHaveLength(7);
    for (const { KmsMasterKeyId } of Object.values(all)) {
      expect(spoken(KmsMasterKeyId)).toBe("OwnKey");
    }
  });

  /** Of what SNS may do with the key, and for which accounts' topics. */
  const openedTo = (of: Template) =>
    keyStatements(of)
      .filter(({ Principal }) => JSON.stringify(Principal).includes("sns.amazonaws.com"))
      .map(({ Effect, Action, Condition }) => ({
        effect: Effect,
        actions: Action,
        accounts: [Condition?.["StringEquals"]?.["aws:SourceAccount"]].flat().map(spoken),
      }));
  const opened = { effect: "Allow", actions: ["kms:Decrypt", "kms:GenerateDataKey"] };

  test("SNS may use it for topics of this account, to put messages into the queues", () => {
    expect(openedTo(mine)).toEqual([{ ...opened, accounts: ["AWS::AccountId"] }]);
  });

  test("SNS may use it for the shop's own topic, in whichever account that is", () => {
    const orderEventsTopicArn = "arn:aws:sns:eu-west-1:210987654321:orders";
    const shops = Template.fromStack(createStackWithKey({ orderEventsTopicArn }));
    expect(openedTo(shops)).toEqual([{ ...opened, accounts: ["AWS::AccountId", "210987654321"] }]);
  });

  test("the key may be another stack's", () => {
    const app = createApp();
    const encryptionKey = new Key(new Stack(app, "Keys"), "OwnKey");
    const stack = new Stack(app, "Shop");
    new Holdfast(stack, "Holdfast", { encryptionKey });
    const shop = Template.fromStack(stack);
    for (const queue of Object.values(queuesIn(shop))) {
      expect(JSON.stringify(queue.KmsMasterKeyId)).toContain("OwnKey");
    }
  });
});

const subscriptionsIn = (of: Template) =>
  resourcesOf(of, "AWS::SNS::Subscription").map(
    ({ properties }) => properties as unknown as Subscription,
  );
const subscriptionOf = (of: Template, queue: string): Subscription => {
  const [subscription, ...others] = subscriptionsIn(of).filter(
    ({ Endpoint }) => spoken(Endpoint) === queue,
  );
  expect(others).toEqual([]);
  return subscription!;
};

describe("notifications", () => {
  test("are of confirmed and expired reservations when nobody says otherwise", () => {
    const { TopicArn, FilterPolicy, FilterPolicyScope } = subscriptionOf(
      template,
      "NotificationsQueue",
    );
    expect(spoken(TopicArn)).toBe("InventoryEvents");
    expect(FilterPolicy).toEqual({ type: ["reservation.confirmed", "reservation.expired"] });
    // By the attributes of a message, as is the default.
    expect(FilterPolicyScope ?? "MessageAttributes").toBe("MessageAttributes");
  });

  test("are of the types that were chosen", () => {
    const types = inventoryEventTypes.filter((type) => type.startsWith("stock."));
    const chosen = synthesize({ notifications: { types } });
    expect(subscriptionOf(chosen, "NotificationsQueue").FilterPolicy).toEqual({ type: types });
  });
});

describe("order events", () => {
  test("come from a topic of our own, all of them", () => {
    const subscription = subscriptionOf(template, "OrdersQueue");
    expect(spoken(subscription.TopicArn)).toBe("OrderEvents");
    expect(subscription).not.toHaveProperty("FilterPolicy");
  });

  const orderEventsTopicArn = "arn:aws:sns:eu-west-1:210987654321:orders";
  const shops = synthesize({ orderEventsTopicArn });

  test("come from the shop's topic when it is named, and no topic is made for them", () => {
    expect(Object.keys(topicsIn(shops))).toEqual(["InventoryEvents"]);
    expect(subscriptionOf(shops, "OrdersQueue")).toMatchObject({
      TopicArn: orderEventsTopicArn,
      Region: "eu-west-1",
      Protocol: "sqs",
    });
  });

  test("are picked out of the shop's messages by the type in their body", () => {
    expect(subscriptionOf(shops, "OrdersQueue")).toMatchObject({
      FilterPolicyScope: "MessageBody",
      FilterPolicy: { type: orderEventTypes },
    });
  });

  test("get into the queue from that topic alone", () => {
    const allowed = statementsOn(shops, "OrdersQueue").filter(({ Effect }) => Effect === "Allow");
    expect(allowed.map(({ Condition }) => Condition)).toEqual([
      { ArnEquals: { "aws:SourceArn": orderEventsTopicArn } },
    ]);
  });
});

describe("with a Redis that remembers", () => {
  const tokenSecretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:redis-AbCdEf";
  const url = "https://redis.example.com";
  const remembering = synthesize({ notifications: { redis: { url, tokenSecretArn } } });
  const variables = (name: string): Record<string, unknown> =>
    named<{ Environment: { Variables: Record<string, unknown> } }>(
      remembering,
      "AWS::Lambda::Function",
    )[name]!.Environment.Variables;

  test("the function that notifies knows its address and which secret its token is", () => {
    expect(variables("NotifyFunction")).toMatchObject({
      UPSTASH_REDIS_REST_URL: url,
      UPSTASH_REDIS_REST_TOKEN_SECRET: tokenSecretArn,
    });
  });

  test("no secret is in the template, nor put into it at deployment", () => {
    expect(variables("NotifyFunction")).not.toHaveProperty("UPSTASH_REDIS_REST_TOKEN");
    expect(JSON.stringify(remembering.toJSON())).not.toContain("{{resolve:");
  });

  test("nobody else is told of the secret", () => {
    const told = resourcesOf(remembering)
      .filter(({ properties }) => JSON.stringify(properties).includes(tokenSecretArn))
      .map(({ logicalId }) => spokenName(logicalId));
    expect(told.toSorted()).toEqual(["NotifyFunction", "NotifyFunctionRoleDefaultPolicy"]);
  });
});

interface Alarm {
  AlarmDescription: string;
  MetricName: string;
  Dimensions: { Name: string; Value: unknown }[];
  Threshold: number;
  ComparisonOperator: string;
  TreatMissingData: string;
  AlarmActions?: unknown[];
}

const alarmsIn = (of: Template): Alarm[] => Object.values(named(of, "AWS::CloudWatch::Alarm"));

describe("the alarms", () => {
  const alarms = alarmsIn(template);
  const watched = alarms.map(({ MetricName, Dimensions }) => {
    expect(Dimensions).toHaveLength(1);
    return `${MetricName} of ${spoken(Dimensions[0]!.Value)}`;
  });

  test("watch each dead-letter queue, each queue's and each stream reader's delay, sweeps and audits", () => {
    expect(watched.toSorted()).toEqual(
      [
        ...deadLetterQueues.map((name) => `ApproximateNumberOfMessagesVisible of ${name}`),
        ...fedQueues.map((name) => `ApproximateAgeOfOldestMessage of ${name}`),
        ...new Set(streamMappings.map(({ to }) => `IteratorAge of ${to}`)),
        "Errors of SweepFunction",
        "AuditFindings of holdfast",
      ].toSorted(),
    );
  });

  test("are set off by the first dead letter", () => {
    const first = alarms.filter(({ MetricName }) => /MessagesVisible/.test(MetricName));
    expect(first).toHaveLength(deadLetterQueues.length);
    for (const alarm of first) {
      expect(alarm).toMatchObject({
        Threshold: 0,
        ComparisonOperator: "GreaterThanThreshold",
        Statistic: "Maximum",
        EvaluationPeriods: 1,
      });
    }
  });

  test("are not set off by silence", () => {
    for (const { TreatMissingData } of alarms) expect(TreatMissingData).toBe("notBreaching");
  });

  test("tell nobody when nobody is named", () => {
    for (const alarm of alarms) expect(alarm).not.toHaveProperty("AlarmActions");
  });

  test("tell the topic that is named, each of them", () => {
    const alarmTopicArn = "arn:aws:sns:eu-west-1:123456789012:alarms";
    const told = alarmsIn(synthesize({ alarmTopicArn }));
    expect(told).toHaveLength(alarms.length);
    for (const { AlarmActions } of told) expect(AlarmActions).toEqual([alarmTopicArn]);
  });

  const addresses = alarms.map(
    ({ AlarmDescription }) =>
      /^Holdfast: .+\. What to do: docs\/operations\.md#([a-z-]+)$/.exec(AlarmDescription)?.[1],
  );

  test("each name the heading that says what to do, one for each", () => {
    expect(addresses).not.toContain(undefined);
    expect(new Set(addresses).size).toBe(alarms.length);
  });

  test.each(addresses)("docs/operations.md has the heading of #%s", (address) => {
    const headings = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("### "))
      .map((line) => line.slice("### ".length).trim().toLowerCase().replaceAll(" ", "-"));
    expect(headings).toContain(address);
  });
});
