/**
 * Topics and queues: what Holdfast tells, what it is told, and where what cannot be used is put aside.
 * A queue stands before each function that a topic feeds, so that what comes at once is worked off in
 * turn and nothing is lost while the function is away.
 */
import { Duration, type RemovalPolicy, Stack, Token, Validations } from "aws-cdk-lib";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Alias, type IKey, Key } from "aws-cdk-lib/aws-kms";
import { FilterOrPolicy, type ITopic, SubscriptionFilter, Topic } from "aws-cdk-lib/aws-sns";
import { SqsSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { deadLetterDays, queueVisibilitySeconds, receivesMax } from "../contract/bounds.ts";
import type { InventoryEventType } from "../contract/events.ts";
import { orderEventTypes } from "../contract/order-events.ts";

/** A queue that feeds a function, and the one for what that function cannot use. */
export interface FedQueue {
  readonly queue: Queue;
  readonly deadLetters: Queue;
}

export interface Messaging {
  readonly inventoryEvents: Topic;
  readonly orderEvents: ITopic;
  readonly orders: FedQueue;
  readonly notifications: FedQueue;
  /** For records of the streams that could not be told on. */
  readonly streamDeadLetters: Queue;
}

export interface MessagingProps {
  removalPolicy: RemovalPolicy;
  encryptionKey?: IKey;
  /** The shop's own topic of order events. One is created when absent. */
  orderEventsTopicArn?: string;
  /** Of which events people are told. */
  notificationTypes: readonly InventoryEventType[];
}

export const createMessaging = (scope: Construct, props: MessagingProps): Messaging => {
  const { removalPolicy, encryptionKey, orderEventsTopicArn } = props;
  // With a key of the user's the topics have it too; else the one that AWS manages for SNS.
  const masterKey = encryptionKey ?? Alias.fromAliasName(scope, "TopicKey", "alias/aws/sns");
  const createTopic = (id: string) => new Topic(scope, id, { masterKey, enforceSSL: true });

  const common = {
    enforceSSL: true,
    removalPolicy,
    ...(encryptionKey
      ? {
          encryption: QueueEncryption.KMS,
          encryptionMasterKey: openToTopics(scope, encryptionKey, orderEventsTopicArn),
        }
      : { encryption: QueueEncryption.SQS_MANAGED }),
  };
  const createDeadLetters = (id: string): Queue =>
    new Queue(scope, id, { ...common, retentionPeriod: Duration.days(deadLetterDays) });
  const createFedQueue = (name: string): FedQueue => {
    const deadLetters = createDeadLetters(`${name}DeadLetters`);
    const queue = new Queue(scope, `${name}Queue`, {
      ...common,
      visibilityTimeout: Duration.seconds(queueVisibilitySeconds),
      retentionPeriod: Duration.days(deadLetterDays),
      // The function puts aside what has come so often, with the reason; this is for one that dies.
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: receivesMax + 1 },
    });
    return { queue, deadLetters };
  };

  const orders = createFedQueue("Orders");
  const notifications = createFedQueue("Notifications");

  const orderEvents =
    orderEventsTopicArn === undefined
      ? createTopic("OrderEvents")
      : Topic.fromTopicArn(scope, "OrderEvents", orderEventsTopicArn);
  orderEvents.addSubscription(
    new SqsSubscription(orders.queue, {
      // On a topic of their own all is meant for us; on the shop's, what has one of our types.
      ...(orderEventsTopicArn !== undefined && {
        filterPolicyWithMessageBody: {
          type: FilterOrPolicy.filter(
            SubscriptionFilter.stringFilter({ allowlist: [...orderEventTypes] }),
          ),
        },
      }),
    }),
  );

  const inventoryEvents = createTopic("InventoryEvents");
  inventoryEvents.addSubscription(
    new SqsSubscription(notifications.queue, {
      filterPolicy: {
        type: SubscriptionFilter.stringFilter({ allowlist: [...props.notificationTypes] }),
      },
    }),
  );

  const streamDeadLetters = createDeadLetters("StreamDeadLetters");
  Validations.of(streamDeadLetters).acknowledge({
    id: "AwsSolutions-SQS3",
    reason: "It is where the mappings of the streams put aside: a dead-letter queue itself.",
  });
  return { inventoryEvents, orderEvents, orders, notifications, streamDeadLetters };
};

/**
 * The key for the queues, which SNS has to use to put messages into them. A subscription would name
 * its topic in the key's policy, and the topic names the key: a circle that CloudFormation refuses.
 * So the key is opened to the topics of our account and of the shop's, and the subscriptions are
 * given one whose policy they cannot write.
 */
const openToTopics = (scope: Construct, key: IKey, orderEventsTopicArn?: string): IKey => {
  const { account } = Stack.of(scope);
  const shop = orderEventsTopicArn === undefined ? account : accountOf(scope, orderEventsTopicArn);
  const statement = new PolicyStatement({
    actions: ["kms:Decrypt", "kms:GenerateDataKey"],
    principals: [new ServicePrincipal("sns.amazonaws.com")],
    resources: ["*"],
    conditions: { StringEquals: { "aws:SourceAccount": [...new Set([account, shop])] } },
  });
  key.addToResourcePolicy(statement);
  return Key.fromKeyArn(scope, "QueueKey", key.keyArn);
};

/** A topic whose ARN is not known yet is made by this app. */
const accountOf = (scope: Construct, arn: string): string =>
  Token.isUnresolved(arn) ? Stack.of(scope).account : arn.split(":")[4]!;
