import * as z from "zod/mini";
import {
  orderEvents,
  orderEventTypes,
  type OrderEvent,
  type OrderEventType,
} from "../../contract/order-events.ts";
import { show } from "../../contract/fields.ts";
import { fingerprint } from "../../inventory/identity.ts";
import { issuesOf, wordsOf } from "../issues.ts";
import { readMessage, RefusedMessage } from "./read-message.ts";

const isKnown = (type: unknown): type is OrderEventType =>
  orderEventTypes.some((known) => known === type);

/** The members of the event: the data of a CloudEvent, or those beside the type. */
const dataOf = (message: Record<string, unknown>): unknown => {
  const { specversion } = message;
  if (specversion === undefined) return message;
  if (specversion === "1.0") return message["data"];
  throw new RefusedMessage(`specversion ${show(specversion)} is not known: it must be "1.0"`);
};

/**
 * The identity of an event: its `id`, with the source where it is a CloudEvent, or else its content.
 *
 * @throws RefusedMessage
 */
const identityOf = ({ type, source, id }: Record<string, unknown>, data: unknown): string => {
  if (id === undefined) return fingerprint([type, data]);
  if (typeof id === "string" && id !== "") return fingerprint([type, source, id]);
  throw new RefusedMessage(`id ${show(id)} is not valid: it must be text that is not empty`);
};

/**
 * An order event from the body of a queue's message: plain JSON or a CloudEvent, wrapped by SNS or
 * raw.
 *
 * @throws RefusedMessage that names every value that is out of its bounds
 */
export const readOrderEvent = (body: string): OrderEvent => {
  const message = readMessage(body);
  const { type } = message;
  if (!isKnown(type)) {
    const known = orderEventTypes.join(", ");
    throw new RefusedMessage(`type ${show(type)} is not known: known are ${known}`);
  }
  const result = z.safeParse(orderEvents[type].data, dataOf(message));
  if (result.success) {
    return { type, data: result.data, identity: identityOf(message, result.data) } as OrderEvent;
  }
  throw new RefusedMessage(`${type}: ${wordsOf(issuesOf("data", result.error))}`);
};
