import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { localCredentials, localRegion } from "../local-account.ts";
import { type ReadyRun, topicOf } from "./run-file.ts";

/** Publishes to the topic of orders, with the type as an attribute. Resolves with the MessageId. */
export const publish = async (
  run: ReadyRun,
  { text, type }: { text: string; type: string | undefined },
): Promise<string> => {
  const TopicArn = topicOf(run, "OrderEventsTopicArn");
  const sns = new SNSClient({
    endpoint: run.messaging,
    region: localRegion,
    credentials: localCredentials,
  });
  try {
    const attributes = { type: { DataType: "String", StringValue: type } };
    const MessageAttributes = type === undefined ? {} : attributes;
    const message = new PublishCommand({ TopicArn, Message: text, MessageAttributes });
    return (await sns.send(message)).MessageId ?? "";
  } finally {
    sns.destroy();
  }
};
