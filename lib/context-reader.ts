/** Values of contexts, each checked against what it may be. */
import type { Node } from "constructs";

/** A context that cannot be used. Its message is for whoever typed the command. */
export class ContextError extends Error {
  override readonly name = "ContextError";

  constructor(key: string, value: unknown, accepted: string) {
    const found = value === undefined ? "is missing" : `is ${JSON.stringify(value)}`;
    super(`Context "${key}" ${found}: ${accepted}.`);
  }
}

export const contextKeys = [
  "auth",
  "jwtIssuer",
  "jwtAudience",
  "throttleRatePerSecond",
  "throttleBurst",
  "retentionDays",
  "multiItemStrategy",
  "expiryPartitions",
  "refusalMemoryMs",
  "fulfillOnConfirm",
  "lateOrderPayment",
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
export type Key = (typeof contextKeys)[number];

export type Reader = ReturnType<typeof createReader>;

/** Values come as text from the command line, and as JSON from cdk.json. */
export const createReader = (node: Node) => {
  const text = (key: Key): string | undefined => {
    const value: unknown = node.tryGetContext(key);
    if (value === undefined) return undefined;
    if (typeof value === "string") return value.trim();
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    throw new ContextError(key, value, "it must be one text, number or boolean");
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
