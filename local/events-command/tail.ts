/**
 * Hears the inventory's events by a queue of its own, which is there only as long as somebody
 * listens. What a killed listener has left, the next start of the run removes.
 */
import { randomUUID } from "node:crypto";
import { SNSClient, SubscribeCommand, UnsubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { localAccountId, localCredentials, localRegion } from "../local-account.ts";
import { temporaryQueuePrefix } from "../messaging/temporary-queues.ts";
import { NoRun, type ReadyRun, topicOf } from "./run-file.ts";

export interface TailOptions {
  /** Empty: all. */
  types: readonly string[];
  print: (line: string) => void;
  signal: AbortSignal;
}

interface CloudEvent {
  type: string;
  subject?: string;
  time?: string;
  data?: unknown;
}

const waitSeconds = 2;

/** Resolves when the signal has fired, and queue and subscription are gone. */
export const tail = async (run: ReadyRun, options: TailOptions): Promise<void> => {
  const TopicArn = topicOf(run, "InventoryEventsTopicArn");
  const access = { endpoint: run.messaging, region: localRegion, credentials: localCredentials };
  const sns = new SNSClient(access);
  const sqs = new SQSClient(access);
  const cleanup = new AsyncDisposableStack();
  cleanup.defer(() => sns.destroy());
  cleanup.defer(() => sqs.destroy());
  try {
    const QueueName = `${temporaryQueuePrefix}${randomUUID()}`;
    const QueueUrl = `${run.messaging}/${localAccountId}/${QueueName}`;
    await sqs.send(new CreateQueueCommand({ QueueName }));
    // When the run is gone, so is what would be removed.
    cleanup.defer(() => ignoring(sqs.send(new DeleteQueueCommand({ QueueUrl }))));
    const Endpoint = `arn:aws:sqs:${localRegion}:${localAccountId}:${QueueName}`;
    const subscription = new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint });
    const { SubscriptionArn } = await sns.send(subscription);
    cleanup.defer(() => ignoring(sns.send(new UnsubscribeCommand({ SubscriptionArn }))));
    await printEvents(sqs, QueueUrl, options);
  } finally {
    await cleanup.disposeAsync();
  }
};

const ignoring = async (request: Promise<unknown>): Promise<void> => {
  await request.catch(() => {});
};

const printEvents = async (
  sqs: SQSClient,
  QueueUrl: string,
  { types, print, signal }: TailOptions,
): Promise<void> => {
  while (!signal.aborted) {
    try {
      const receive = { QueueUrl, WaitTimeSeconds: waitSeconds, MaxNumberOfMessages: 10 };
      const command = new ReceiveMessageCommand(receive);
      const { Messages = [] } = await sqs.send(command, { abortSignal: signal });
      for (const message of Messages) {
        const event = readEvent(message);
        if (types.length === 0 || types.includes(event.type)) print(lineOf(event));
      }
      if (Messages.length === 0) continue;
      const Entries = Messages.map(({ ReceiptHandle }, Id) => ({ Id: String(Id), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    } catch (error) {
      if (signal.aborted) return;
      throw new NoRun(`The local run has ended: ${(error as Error).message}`, { cause: error });
    }
  }
};

/** The event is the text of SNS's message. What is none is shown as it is. */
const readEvent = ({ Body = "" }: Message): CloudEvent => {
  const { Message: text, Timestamp: time } = JSON.parse(Body) as Record<string, string>;
  try {
    const event = JSON.parse(text ?? "") as Partial<CloudEvent> | null;
    if (typeof event?.type === "string") return { ...event, type: event.type };
  } catch {
    // Shown below.
  }
  return { type: "(no event)", data: text, ...(time !== undefined && { time }) };
};

const lineOf = ({ time = "-", type, subject = "-", data }: CloudEvent): string =>
  [time, type, subject, JSON.stringify(data) ?? ""].join("  ").trimEnd();
