/**
 * Brings the emulator to what the template says: topics and queues that are not there are created,
 * attributes that differ are set, subscriptions that the template has no longer are removed. Queues
 * and topics stay, with their messages.
 */
import {
  CreateTopicCommand,
  GetSubscriptionAttributesCommand,
  paginateListSubscriptions,
  SetSubscriptionAttributesCommand,
  SNSClient,
  SubscribeCommand,
  type Subscription,
  UnsubscribeCommand,
} from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueUrlCommand,
  paginateListQueues,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type {
  MessagingDescription,
  QueueDescription,
  SubscriptionDescription,
} from "../assembly/read-messaging.ts";
import { localCredentials, localRegion } from "../local-account.ts";
import { temporaryQueuePrefix } from "./temporary-queues.ts";

export const createMessaging = async (
  endpoint: string,
  { topics, queues, subscriptions }: MessagingDescription,
): Promise<void> => {
  const options = { endpoint, region: localRegion, credentials: localCredentials };
  const sns = new SNSClient(options);
  const sqs = new SQSClient(options);
  try {
    await removeTemporaryQueues(sqs);
    for (const queue of queues) await bringQueue(sqs, queue);
    for (const { name } of topics) await sns.send(new CreateTopicCommand({ Name: name }));
    const existing = await listSubscriptions(sns);
    for (const subscription of subscriptions) {
      await bringSubscription(sns, subscription, existing.find(isFor(subscription)));
    }
    for (const one of existing) {
      if (subscriptions.some((wanted) => isFor(wanted)(one))) continue;
      await sns.send(new UnsubscribeCommand({ SubscriptionArn: one.SubscriptionArn }));
    }
  } finally {
    sns.destroy();
    sqs.destroy();
  }
};

const removeTemporaryQueues = async (sqs: SQSClient): Promise<void> => {
  const urls: string[] = [];
  const pages = paginateListQueues({ client: sqs }, { QueueNamePrefix: temporaryQueuePrefix });
  for await (const { QueueUrls = [] } of pages) urls.push(...QueueUrls);
  for (const QueueUrl of urls) await sqs.send(new DeleteQueueCommand({ QueueUrl }));
};

const bringQueue = async (sqs: SQSClient, queue: QueueDescription): Promise<void> => {
  const { name: QueueName, url: QueueUrl, attributes } = queue;
  const isThere = await sqs.send(new GetQueueUrlCommand({ QueueName })).then(
    () => true,
    (error: unknown) => {
      if (error instanceof QueueDoesNotExist) return false;
      throw error;
    },
  );
  // With all of them: one that is no longer in the template goes back to SQS's own value.
  if (isThere) await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: attributes }));
  else await sqs.send(new CreateQueueCommand({ QueueName, Attributes: withoutEmpty(attributes) }));
};

const listSubscriptions = async (sns: SNSClient): Promise<Subscription[]> => {
  const found: Subscription[] = [];
  for await (const { Subscriptions = [] } of paginateListSubscriptions({ client: sns }, {})) {
    found.push(...Subscriptions);
  }
  return found;
};

const isFor =
  ({ topicArn, queueArn }: SubscriptionDescription) =>
  ({ TopicArn, Endpoint }: Subscription): boolean =>
    TopicArn === topicArn && Endpoint === queueArn;

const bringSubscription = async (
  sns: SNSClient,
  { topicArn, queueArn, attributes }: SubscriptionDescription,
  existing: Subscription | undefined,
): Promise<void> => {
  if (existing === undefined) {
    const Attributes = withoutEmpty(attributes);
    const target = { TopicArn: topicArn, Protocol: "sqs", Endpoint: queueArn };
    await sns.send(new SubscribeCommand({ ...target, Attributes }));
    return;
  }
  const { SubscriptionArn } = existing;
  const found = await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
  for (const [AttributeName, AttributeValue] of Object.entries(attributes)) {
    if ((found.Attributes?.[AttributeName] ?? "") === AttributeValue) continue;
    await sns.send(
      new SetSubscriptionAttributesCommand({ SubscriptionArn, AttributeName, AttributeValue }),
    );
  }
};

const withoutEmpty = (attributes: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ""));
