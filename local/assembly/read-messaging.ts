/** The topics, queues and subscriptions of the template. Next: queue-policies.ts. */
import { localAccountId, localRegion } from "../local-account.ts";
import { LocalRunError } from "../local-run-error.ts";
import type { Resolver } from "./intrinsics.ts";
import { maySend, readQueuePolicies } from "./queue-policies.ts";
import type { Template } from "./read-assembly.ts";

export interface TopicDescription {
  /** The name instead, for a topic that is not in the template. */
  logicalId: string;
  name: string;
  arn: string;
}

export interface QueueDescription {
  logicalId: string;
  name: string;
  url: string;
  arn: string;
  /** All that can be set, as SQS names it; what the template leaves out has SQS's own value. */
  attributes: Record<QueueAttribute, string>;
}

export interface SubscriptionDescription {
  logicalId: string;
  topicArn: string;
  queueArn: string;
  /** All that can be set, as SNS names it. */
  attributes: Record<SubscriptionAttribute, string>;
}

export interface MessagingDescription {
  topics: TopicDescription[];
  queues: QueueDescription[];
  subscriptions: SubscriptionDescription[];
}

export type QueueAttribute = keyof typeof queueDefaults;
export type SubscriptionAttribute = keyof typeof subscriptionDefaults;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html */
export const queueDefaults = {
  VisibilityTimeout: "30",
  DelaySeconds: "0",
  MaximumMessageSize: "1048576",
  MessageRetentionPeriod: "345600",
  ReceiveMessageWaitTimeSeconds: "0",
  RedrivePolicy: "",
};

const subscriptionDefaults = {
  FilterPolicy: "",
  FilterPolicyScope: "MessageAttributes",
  RawMessageDelivery: "false",
  RedrivePolicy: "",
};

interface SubscriptionProperties {
  Protocol: string;
  TopicArn: string;
  Endpoint?: string;
}

const topicType = "AWS::SNS::Topic";
const queueType = "AWS::SQS::Queue";
const subscriptionType = "AWS::SNS::Subscription";

/** Whether the template has anything for the emulator to do. */
export const hasMessaging = ({ Resources }: Template): boolean =>
  Object.values(Resources).some(({ Type }) =>
    [topicType, queueType, subscriptionType].includes(Type),
  );

export const readMessaging = (resolver: Resolver): MessagingDescription => {
  const topics = resolver.idsOf(topicType).map((id) => readTopic(resolver, id));
  const queues = resolver.idsOf(queueType).map((id) => readQueue(resolver, id));
  const policies = readQueuePolicies(resolver);
  const subscriptions = resolver.idsOf(subscriptionType).map((id) => {
    const subscription = readSubscription(resolver, id);
    const { topicArn } = subscription;
    const queue = queues.find(({ arn }) => arn === subscription.queueArn);
    if (!queue) {
      throw refusal(
        `The subscription ${id} has the endpoint ${subscription.queueArn}; ` +
          "only queues of the template are served here.",
      );
    }
    if (!maySend(policies, { topicArn, queue })) {
      throw refusal(
        `The subscription ${id} would lose every message: no queue policy allows ` +
          `sns.amazonaws.com sqs:SendMessage to ${queue.logicalId} from ${topicArn}.`,
      );
    }
    if (topics.some(({ arn }) => arn === topicArn)) return subscription;
    const topic = topicOutside(id, topicArn);
    if (!topics.some(({ arn }) => arn === topic.arn)) topics.push(topic);
    return { ...subscription, topicArn: topic.arn };
  });
  return { topics, queues, subscriptions };
};

const refusal = (message: string): LocalRunError => new LocalRunError("assembly", message);

const readTopic = (resolver: Resolver, logicalId: string): TopicDescription => {
  refuseFifo(resolver, logicalId, "FifoTopic");
  return {
    logicalId,
    name: resolver.resolve({ "Fn::GetAtt": [logicalId, "TopicName"] }, logicalId) as string,
    arn: resolver.resolve({ Ref: logicalId }, logicalId) as string,
  };
};

/** A topic of the user's own: here one of the same name stands for it, in the account played. */
const topicOutside = (subscriptionId: string, arn: string): TopicDescription => {
  const [, name] = /^arn:[^:]*:sns:[^:]*:[^:]*:([\w-]+)$/.exec(arn) ?? [];
  if (name === undefined) {
    throw refusal(`The subscription ${subscriptionId} has the topic ${arn}, which is no ARN.`);
  }
  return { logicalId: name, name, arn: `arn:aws:sns:${localRegion}:${localAccountId}:${name}` };
};

const readQueue = (resolver: Resolver, logicalId: string): QueueDescription => {
  refuseFifo(resolver, logicalId, "FifoQueue");
  const names = Object.keys(queueDefaults) as QueueAttribute[];
  const given = resolver.read<Record<QueueAttribute, unknown>>(logicalId, names);
  const attribute = (name: string): string =>
    resolver.resolve({ "Fn::GetAtt": [logicalId, name] }, logicalId) as string;
  return {
    logicalId,
    name: attribute("QueueName"),
    url: attribute("QueueUrl"),
    arn: attribute("Arn"),
    attributes: { ...queueDefaults, ...asText(given) },
  };
};

/** Order and deduplication within groups are another service than this one. */
const refuseFifo = (resolver: Resolver, id: string, property: string): void => {
  const isFifo = resolver.read<Record<string, unknown>>(id, [property])[property];
  if (String(isFifo) === "true") {
    throw refusal(`${id} is FIFO; only standard topics and queues are run here.`);
  }
};

const readSubscription = (resolver: Resolver, logicalId: string): SubscriptionDescription => {
  const { Protocol, TopicArn, Endpoint } = resolver.read<SubscriptionProperties>(logicalId, [
    "Protocol",
    "TopicArn",
    "Endpoint",
  ]);
  if (Protocol !== "sqs") {
    throw refusal(
      `The subscription ${logicalId} has the protocol ${Protocol}; only sqs is served here.`,
    );
  }
  const names = Object.keys(subscriptionDefaults) as SubscriptionAttribute[];
  const given = resolver.read<Record<SubscriptionAttribute, unknown>>(logicalId, names);
  return {
    logicalId,
    topicArn: TopicArn,
    queueArn: Endpoint ?? "",
    attributes: { ...subscriptionDefaults, ...asText(given) },
  };
};

/** The services take policies as JSON text; a template may hold them as objects or as text. */
const asText = <Name extends string>(values: Record<Name, unknown>): Record<Name, string> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  ) as Record<Name, string>;
