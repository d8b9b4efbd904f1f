/** The contexts of events and notifications: topics, addresses, the Redis that remembers. */
import { inventoryEventTypes } from "../contract/events.ts";
import { ContextError, type Reader } from "./context-reader.ts";
import type { Notifications } from "./notifications.ts";

export const readTopic = <Name extends "orderEventsTopicArn" | "alarmTopicArn">(
  context: Reader,
  key: Name,
): Partial<Record<Name, string>> => {
  const arn = context.text(key);
  if (arn === undefined) return {};
  if (/^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]+$/.test(arn)) {
    return { [key]: arn } as Partial<Record<Name, string>>;
  }
  const accepted = "it must be the ARN of an SNS topic that is not FIFO";
  throw new ContextError(
    key,
    arn,
    `${accepted}, for example arn:aws:sns:eu-west-1:123456789012:orders`,
  );
};

export const readNotifications = (context: Reader): Notifications => {
  const sender = context.text("notificationSender");
  const recipient = context.text("notificationRecipient");
  const address = /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/;
  for (const [key, value] of Object.entries({
    notificationSender: sender,
    notificationRecipient: recipient,
  })) {
    if (value === undefined || address.test(value)) continue;
    throw new ContextError(key, value, "it must be a mail address, for example shop@example.com");
  }
  if (recipient !== undefined && sender === undefined) {
    const accepted = "notificationRecipient needs the address that Amazon SES sends from";
    throw new ContextError("notificationSender", sender, accepted);
  }
  return {
    ...(sender !== undefined && { sender }),
    ...(recipient !== undefined && { recipient }),
    ...readNotificationTypes(context),
    ...readRedis(context),
  };
};

const readNotificationTypes = (context: Reader): Pick<Notifications, "types"> => {
  const value = context.text("notificationTypes");
  if (value === undefined) return {};
  const types = value.split(",").map((one) => {
    const type = inventoryEventTypes.find((known) => known === one.trim());
    if (type !== undefined) return type;
    const known = inventoryEventTypes.join(", ");
    throw new ContextError(
      "notificationTypes",
      value,
      `accepted are, separated by commas, ${known}`,
    );
  });
  return { types };
};

const readRedis = (context: Reader): Pick<Notifications, "redis"> => {
  const url = context.text("redisUrl");
  const tokenSecretArn = context.text("redisTokenSecretArn");
  if (url === undefined && tokenSecretArn === undefined) return {};
  if (url === undefined || !/^https:\/\/[^\s?#@]+$/.test(url)) {
    const accepted = "it must be the https address of a Redis with Upstash's REST protocol";
    throw new ContextError("redisUrl", url, accepted);
  }
  if (tokenSecretArn === undefined || !/^arn:aws[\w-]*:secretsmanager:.+/.test(tokenSecretArn)) {
    const accepted =
      "redisUrl needs the ARN of the Secrets Manager secret that is its token; the token itself " +
      "would be in the template for all to read";
    throw new ContextError("redisTokenSecretArn", tokenSecretArn, accepted);
  }
  return { redis: { url, tokenSecretArn } };
};
