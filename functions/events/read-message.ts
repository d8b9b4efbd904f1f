/** The message in a queue: as its publisher sent it, or in the envelope that SNS puts around it. */

import { jsonDepthMax } from "../../contract/bounds.ts";
import { depthOf } from "../json-depth.ts";

/** A message that no repeat can make good. Its message is the reason, for people. */
export class RefusedMessage extends Error {
  override readonly name = "RefusedMessage";
}

const parse = (text: string, what: string): unknown => {
  const depth = depthOf(text);
  if (depth > jsonDepthMax) {
    throw new RefusedMessage(`${what} is nested ${depth} deep, more than ${jsonDepthMax}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RefusedMessage(`${what} is not JSON: ${(error as Error).message}`);
  }
};

const kindOf = (value: unknown): string => {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
};

const asObject = (value: unknown, what: string): Record<string, unknown> => {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new RefusedMessage(`${what} is ${kindOf(value)}: it must be a JSON object`);
};

/** @throws RefusedMessage */
export const readMessage = (body: string): Record<string, unknown> => {
  const outer = asObject(parse(body, "The message"), "The message");
  const { Type: type, Message: inner, TopicArn: topic } = outer;
  if (type !== "Notification" || typeof inner !== "string" || topic === undefined) return outer;
  return asObject(parse(inner, "The message that SNS brought"), "The message that SNS brought");
};
