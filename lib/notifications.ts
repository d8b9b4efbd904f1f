/** Who is told of what happened and by what; and where it is kept that they were. */
import { Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import * as environment from "../contract/environment.ts";
import type { NotificationChannel } from "../contract/settings.ts";
import type { InventoryEventType } from "../contract/events.ts";
import type { Duty } from "./bundled-function.ts";

/** Of what people are told when nobody says otherwise. */
export const notificationTypesDefault: readonly InventoryEventType[] = [
  "reservation.confirmed",
  "reservation.expired",
];

export interface Notifications {
  /** An address that Amazon SES may send for, or its domain. Without one the log is told. */
  sender?: string;
  /** Who is told. The sender itself when absent. */
  recipient?: string;
  /** Of what; confirmed and expired reservations when absent. */
  types?: readonly InventoryEventType[];
  /**
   * A Redis that speaks Upstash's REST protocol, which remembers what was sent. The lock table does
   * when absent. The secret is the token, and nothing else, as text.
   */
  redis?: { url: string; tokenSecretArn: string };
}

const channelOf = ({ sender }: Notifications): NotificationChannel =>
  sender === undefined ? "log" : "ses";

/** An empty address is none; that the name is there tells the local run who has a use for one. */
export const notificationVariables = (notifications: Notifications): Duty["variables"] => {
  const { sender, recipient, redis } = notifications;
  return {
    [environment.notificationChannel]: channelOf(notifications),
    ...(sender !== undefined && {
      [environment.notificationSender]: sender,
      [environment.notificationRecipient]: recipient ?? sender,
    }),
    [environment.redisUrl]: redis?.url ?? "",
    ...(redis && { [environment.redisTokenSecret]: redis.tokenSecretArn }),
  };
};

/** SES looks at the identity of the address itself, or at that of its domain. */
export const notificationGrants = (
  scope: Construct,
  { sender, redis }: Notifications,
): Duty["grants"] => {
  const identityArn = (resourceName: string) =>
    Stack.of(scope).formatArn({ service: "ses", resource: "identity", resourceName });
  const identities = sender === undefined ? [] : [sender, sender.slice(sender.indexOf("@") + 1)];
  return [
    ...[...new Set(identities)].map((identity) => ({
      actions: ["ses:SendEmail"],
      resourceArn: identityArn(identity),
    })),
    ...(redis
      ? [{ actions: ["secretsmanager:GetSecretValue"], resourceArn: redis.tokenSecretArn }]
      : []),
  ];
};
