/** A queue of the benchmark's own that hears a topic, and is read until it is disposed of. */
import {
  SubscribeCommand,
  UnsubscribeCommand,
  type SNSClient,
  type SubscribeCommandInput,
} from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { temporaryQueuePrefix } from "../../local/messaging/temporary-queues.ts";

export interface ListenOptions {
  sns: SNSClient;
  sqs: SQSClient;
  topicArn: string;
  /** Values of the message attribute `type`. All messages when absent. */
  types?: readonly string[];
  /** Called with each delivery, and when it was received. May throw. */
  onMessage: (message: { id: string; body: string; receivedAtMs: number }) => void;
  /** Told of what goes wrong, which ends the reading. */
  onFailure: (error: unknown) => void;
}

/** Requests for messages at once, and the longest that one of them waits at the server. */
const lanes = 4;
const waitSeconds = 2;
const batchSize = 10;

export const listen = async (options: ListenOptions): Promise<AsyncDisposable> => {
  const { sns, sqs, topicArn, types } = options;
  const name = `${temporaryQueuePrefix}${topicArn.split(":").at(-1)}`;
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const queueUrl = QueueUrl!;
  const described = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
  );
  const subscription: SubscribeCommandInput = {
    TopicArn: topicArn,
    Protocol: "sqs",
    Endpoint: described.Attributes!["QueueArn"],
    Attributes: {
      RawMessageDelivery: "true",
      ...(types && { FilterPolicy: JSON.stringify({ type: types }) }),
    },
  };
  const { SubscriptionArn } = await sns.send(new SubscribeCommand(subscription));
  const aborter = new AbortController();
  const reading = Array.from({ length: lanes }, () => read(options, queueUrl, aborter.signal));
  return {
    [Symbol.asyncDispose]: async () => {
      aborter.abort();
      await Promise.all(reading);
      // The app may have been stopped by the same Ctrl-C, and its data go with it.
      await sns.send(new UnsubscribeCommand({ SubscriptionArn })).catch(() => {});
      await sqs.send(new DeleteQueueCommand({ QueueUrl })).catch(() => {});
    },
  };
};

/** Never rejects. */
const read = async (
  { sqs, onMessage, onFailure }: ListenOptions,
  QueueUrl: string,
  signal: AbortSignal,
): Promise<void> => {
  const receive = async (): Promise<Message[]> => {
    const limits = { MaxNumberOfMessages: batchSize, WaitTimeSeconds: waitSeconds };
    const command = new ReceiveMessageCommand({ QueueUrl, ...limits });
    return (await sqs.send(command, { abortSignal: signal })).Messages ?? [];
  };
  try {
    while (!signal.aborted) {
      const messages = await receive();
      const receivedAtMs = Date.now();
      for (const { MessageId, Body } of messages) {
        onMessage({ id: MessageId!, body: Body!, receivedAtMs });
      }
      if (messages.length === 0) continue;
      const Entries = messages.map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
      }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }), {
        abortSignal: signal,
      });
    }
  } catch (error) {
    if (!signal.aborted) onFailure(error);
  }
};
