/** Topics and queues from the outside: as a shop publishes, and as its services listen. */
import { randomUUID } from "node:crypto";
import {
  CreateTopicCommand,
  PublishBatchCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from "@aws-sdk/client-sqs";
import type { InventoryEvent } from "../../contract/events.ts";
import { localAccess } from "./local-access.ts";

/** A delivery of an event: what SNS has put around it, and the event. */
export interface Delivery {
  messageId: string;
  event: InventoryEvent;
  attributes: Record<string, string>;
}

interface Envelope {
  MessageId: string;
  Message: string;
  MessageAttributes?: Record<string, { Value: string }>;
}

const readDelivery = ({ Body = "" }: Message): Delivery => {
  const { MessageId, Message, MessageAttributes = {} } = JSON.parse(Body) as Envelope;
  return {
    messageId: MessageId,
    event: JSON.parse(Message) as InventoryEvent,
    attributes: Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, { Value }]) => [name, Value]),
    ),
  };
};

export type Messages = ReturnType<typeof connectToMessages>;

/** `endpoint` is that of SNS and SQS. Whoever has opened it closes it. */
export const connectToMessages = (endpoint: string) => {
  const access = { ...localAccess, region: "us-east-1", endpoint };
  const sns = new SNSClient(access);
  const sqs = new SQSClient(access);

  const createQueue = async (): Promise<string> => {
    const queue = await sqs.send(new CreateQueueCommand({ QueueName: `test-${randomUUID()}` }));
    return queue.QueueUrl!;
  };

  /** Takes up to ten messages away. */
  const take = async (QueueUrl: string, waitSeconds = 1): Promise<Message[]> => {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: waitSeconds,
        MessageAttributeNames: ["All"],
      }),
    );
    if (messages.length > 0) {
      const Entries = messages.map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
      }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
    return messages;
  };

  return {
    sqs,
    take,
    createQueue,
    createTopic: async (): Promise<string> => {
      const topic = await sns.send(new CreateTopicCommand({ Name: `test-${randomUUID()}` }));
      return topic.TopicArn!;
    },

    publish: async (TopicArn: string, message: unknown): Promise<void> => {
      const Message = typeof message === "string" ? message : JSON.stringify(message);
      await sns.send(new PublishCommand({ TopicArn, Message }));
    },

    /** In order, ten at a time. */
    publishAll: async (TopicArn: string, messages: readonly unknown[]): Promise<void> => {
      for (let from = 0; from < messages.length; from += 10) {
        const entries = messages.slice(from, from + 10);
        const PublishBatchRequestEntries = entries.map((message, index) => ({
          Id: String(index),
          Message: JSON.stringify(message),
        }));
        await sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }));
      }
    },

    /** Sends an event once more, as SNS does when it has lost an acknowledgement. */
    repeat: async (TopicArn: string, event: InventoryEvent): Promise<void> => {
      const type = { DataType: "String", StringValue: event.type };
      const Message = JSON.stringify(event);
      await sns.send(new PublishCommand({ TopicArn, Message, MessageAttributes: { type } }));
    },

    /** A queue of its own on a topic. `collect` takes its deliveries until they are enough. */
    listen: async (TopicArn: string) => {
      const queueUrl = await createQueue();
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["QueueArn"] }),
      );
      const { QueueArn: Endpoint } = Attributes as { QueueArn: string };
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint }));
      const deliveries: Delivery[] = [];
      return {
        deliveries,
        collect: async (areEnough: () => boolean): Promise<void> => {
          while (!areEnough()) deliveries.push(...(await take(queueUrl)).map(readDelivery));
        },
      };
    },

    countOf: async (QueueUrl: string): Promise<number> => {
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
      );
      return (
        Number(Attributes?.["ApproximateNumberOfMessages"]) +
        Number(Attributes?.["ApproximateNumberOfMessagesNotVisible"])
      );
    },

    close: () => {
      sns.destroy();
      sqs.destroy();
    },
  };
};
