import * as z from "zod/mini";
import {
  inventoryEventSchema,
  inventoryEventTypes,
  type InventoryEvent,
} from "../../contract/events.ts";
import { issuesOf } from "../issues.ts";
import { readMessage, RefusedMessage } from "./read-message.ts";

/**
 * An event of ours from the body of a queue's message.
 *
 * @throws RefusedMessage that names what is wrong
 */
export const readInventoryEvent = (body: string): InventoryEvent => {
  const message = readMessage(body);
  const type = inventoryEventTypes.find((known) => known === message["type"]);
  if (type === undefined) {
    throw new RefusedMessage(`type ${JSON.stringify(message["type"])} is none of Holdfast's`);
  }
  const result = z.safeParse(inventoryEventSchema(type), message);
  if (result.success) return result.data as InventoryEvent;
  const issues = issuesOf("event", result.error).map(
    ({ path, message: what }) => `${path}: ${what}`,
  );
  throw new RefusedMessage(`${type}: ${issues.join("; ")}`);
};
