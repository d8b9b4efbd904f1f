/**
 * The contexts (`-c name=value`, or `context` in cdk.json): one closed table of what is accepted and
 * what it is by default. A value out of it is refused with the key, the value and what is accepted.
 */
import { RemovalPolicy } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Node } from "constructs";
import { retentionDaysDefault, unitsMax } from "../contract/bounds.ts";
import { inventoryEventTypes } from "../contract/events.ts";
import { multiItemStrategies } from "../contract/tables.ts";
import type { Authorization } from "./authorization.ts";
import { type HoldfastProps, throttleDefault } from "./holdfast.ts";
import type { Notifications } from "./notifications.ts";

/** A context that cannot be used. Its message is for whoever typed the command. */
export class ContextError extends Error {
  override readonly name = "ContextError";

  constructor(key: string, value: unknown, accepted: string) {
    const found = value === undefined ? "is missing" : `is ${JSON.stringify(value)}`;
    super(`Context "${key}" ${found}: ${accepted}.`);
  }
}

/** Far over what an account has before it asks AWS for more: a guard against a slip of the hand. */
const throttleRateMax = 100_000;
const throttleBurstMax = 50_000;

/** Ten years, as long as any bookkeeping asks for. */
const retentionDaysMax = 3_650;

/** What CloudWatch takes, in days. Logs that are kept for ever are not on offer. */
const logRetentions = Object.values(RetentionDays).filter(
  (value): value is RetentionDays => typeof value === "number" && value !== RetentionDays.INFINITE,
);

export const contextKeys = [
  "auth",
  "jwtIssuer",
  "jwtAudience",
  "throttleRatePerSecond",
  "throttleBurst",
  "retentionDays",
  "multiItemStrategy",
  "logRetentionDays",
  "removalPolicy",
  "orderEventsTopicArn",
  "lowStockThreshold",
  "notificationSender",
  "notificationRecipient",
  "notificationTypes",
  "redisUrl",
  "redisTokenSecretArn",
  "alarmTopicArn",
] as const;
type Key = (typeof contextKeys)[number];

export const readContext = (node: Node): HoldfastProps => {
  refuseMisspelled(node);
  const context = reader(node);
  return {
    authorization: readAuthorization(context),
    throttle: {
      ratePerSecond: context.wholeNumber(
        "throttleRatePerSecond",
        throttleRateMax,
        throttleDefault.ratePerSecond,
      ),
      burst: context.wholeNumber("throttleBurst", throttleBurstMax, throttleDefault.burst),
    },
    retentionDays: context.wholeNumber("retentionDays", retentionDaysMax, retentionDaysDefault),
    multiItemStrategy: context.oneOf("multiItemStrategy", [...multiItemStrategies], "leased"),
    logRetention: context.oneOf("logRetentionDays", logRetentions, RetentionDays.ONE_MONTH),
    removalPolicy:
      context.oneOf("removalPolicy", ["retain", "destroy"], "retain") === "destroy"
        ? RemovalPolicy.DESTROY
        : RemovalPolicy.RETAIN,
    lowStockThreshold: context.wholeNumber("lowStockThreshold", unitsMax, 0, { min: 0 }),
    notifications: readNotifications(context),
    ...readTopic(context, "orderEventsTopicArn"),
    ...readTopic(context, "alarmTopicArn"),
  };
};

const readTopic = <Name extends "orderEventsTopicArn" | "alarmTopicArn">(
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

const readNotifications = (context: Reader): Notifications => {
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
  if (url === undefined || !/^https:\/\/[^\s?#]+$/.test(url)) {
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

const misspelled =
  /^(auth|jwt|throttle|retention|multi|logRetention|removal|orderEvent|lowStock|notification|redis|alarm)[a-z]*$/i;

/** What starts like a key of ours and is none would otherwise be passed over in silence. */
const refuseMisspelled = (node: Node): void => {
  const context = node.getAllContext() as Record<string, unknown>;
  for (const [key, value] of Object.entries(context)) {
    if (!misspelled.test(key)) continue;
    if (contextKeys.some((known) => known === key)) continue;
    throw new ContextError(
      key,
      value,
      `there is no such context; known are ${contextKeys.join(", ")}`,
    );
  }
};

const readAuthorization = (context: Reader): Authorization => {
  const mode = context.oneOf("auth", ["iam", "jwt", "none"], "iam");
  const issuer = context.text("jwtIssuer");
  const audience = context.text("jwtAudience");
  if (mode !== "jwt") {
    // Whoever names an issuer believes that tokens are asked for: say that they are not.
    const accepted = `it is used with auth=jwt only, and auth is ${mode}`;
    if (issuer !== undefined) throw new ContextError("jwtIssuer", issuer, accepted);
    if (audience !== undefined) throw new ContextError("jwtAudience", audience, accepted);
    return { mode };
  }
  if (issuer === undefined || !isIssuer(issuer))
    throw new ContextError("jwtIssuer", issuer, issuerRule);
  const audiences = (audience ?? "").split(",").map((one) => one.trim());
  if (audiences.includes("")) throw new ContextError("jwtAudience", audience, audienceRule);
  return { mode, issuer, audience: audiences };
};

const issuerRule =
  "auth=jwt needs the https address of the token issuer, as its tokens have it in `iss`, " +
  "for example https://login.example.com/";
const audienceRule =
  "auth=jwt needs the audiences that a token may be meant for (`aud`), separated by commas, " +
  "for example holdfast,shop";

/** API Gateway takes https alone; the local run also verifies tokens of an issuer beside it. */
const isIssuer = (issuer: string): boolean => {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (!url || url.search || url.hash || url.username || /\s/.test(issuer)) return false;
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && local);
};

type Reader = ReturnType<typeof reader>;

/** Values come as text from the command line, and as JSON from cdk.json. */
const reader = (node: Node) => {
  const text = (key: Key): string | undefined => {
    const value: unknown = node.tryGetContext(key);
    if (value === undefined) return undefined;
    if (typeof value === "string" || typeof value === "number") return String(value).trim();
    throw new ContextError(key, value, "it must be one text or number");
  };
  const oneOf = <Choice extends string | number>(
    key: Key,
    choices: Choice[],
    fallback: Choice,
  ): Choice => {
    const value = text(key);
    const choice = value === undefined ? fallback : choices.find((one) => String(one) === value);
    if (choice !== undefined) return choice;
    throw new ContextError(
      key,
      value,
      `accepted are ${choices.join(", ")}; ${fallback} when absent`,
    );
  };
  const wholeNumber = (key: Key, max: number, fallback: number, { min } = { min: 1 }): number => {
    const value = text(key);
    if (value === undefined) return fallback;
    const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    const range = `accepted is a whole number from ${min} to ${max}`;
    throw new ContextError(key, value, `${range}; ${fallback} when absent`);
  };
  return { text, oneOf, wholeNumber };
};
