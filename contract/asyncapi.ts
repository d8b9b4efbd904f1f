/** The AsyncAPI 3 document: the events that come and go, generated from the schemas of this room. */
import {
  inventoryEventAttributes,
  inventoryEvents,
  inventoryEventSchema,
  inventoryEventTypes,
  type InventoryEventType,
} from "./events.ts";
import { inputSchema, outputSchema, type Json } from "./json-schema.ts";
import { orderEvents, orderEventTypes, type OrderEventType } from "./order-events.ts";

/** `reservation.held` as the name of a component. */
const componentOf = (type: string): string => type.replace(".", "-");

const messagesOf = (types: readonly string[], channel: string): Json[] =>
  types.map((type) => ({ $ref: `#/channels/${channel}/messages/${componentOf(type)}` }));

const messageReferences = (types: readonly string[]): Json =>
  Object.fromEntries(
    types.map((type) => [
      componentOf(type),
      { $ref: `#/components/messages/${componentOf(type)}` },
    ]),
  );

const inventoryMessage = (type: InventoryEventType): Json => ({
  name: type,
  title: type,
  summary: inventoryEvents[type].summary,
  contentType: "application/cloudevents+json",
  headers: {
    type: "object",
    required: ["type"],
    properties: Object.fromEntries(
      Object.entries(inventoryEventAttributes).map(([name, description]) => [
        name,
        { type: "string", description },
      ]),
    ),
  },
  payload: outputSchema(inventoryEventSchema(type)),
});

/** Either the members beside the type, or a CloudEvent that has them as its data. */
const orderMessage = (type: OrderEventType): Json => {
  const data = inputSchema(orderEvents[type].data);
  const typed = { type: "object", required: ["type"], properties: { type: { const: type } } };
  const cloudEvent = {
    type: "object",
    required: ["specversion", "type", "id", "source", "data"],
    properties: {
      specversion: { const: "1.0" },
      type: { const: type },
      id: { type: "string" },
      source: { type: "string" },
      data,
    },
  };
  return {
    name: type,
    title: type,
    summary: orderEvents[type].summary,
    contentType: "application/json",
    payload: { oneOf: [{ allOf: [typed, data] }, cloudEvent] },
  };
};

/** The document, for a service of the given version. */
export const asyncApiDocument = (version: string): Json => ({
  asyncapi: "3.0.0",
  info: {
    title: "Holdfast events",
    version,
    description:
      "What Holdfast tells of stock and reservations (CloudEvents 1.0, at least once, each with an " +
      "id that is the same at every delivery), and the order events that it acts on.",
    license: { name: "MIT" },
  },
  defaultContentType: "application/json",
  channels: {
    inventoryEvents: {
      address: "InventoryEvents",
      title: "The SNS topic on which Holdfast tells what was committed",
      messages: messageReferences(inventoryEventTypes),
    },
    orderEvents: {
      address: "OrderEvents",
      title: "The SNS topic on which a shop tells what became of its orders",
      messages: messageReferences(orderEventTypes),
    },
  },
  operations: {
    tellOfInventory: {
      action: "send",
      channel: { $ref: "#/channels/inventoryEvents" },
      summary: "At least once, in the order of `sequence` for each subject as far as SNS keeps it",
      messages: messagesOf(inventoryEventTypes, "inventoryEvents"),
    },
    hearOfOrders: {
      action: "receive",
      channel: { $ref: "#/channels/orderEvents" },
      summary: "Safe to repeat, to reorder and to run twice at once",
      messages: messagesOf(orderEventTypes, "orderEvents"),
    },
  },
  components: {
    messages: {
      ...Object.fromEntries(
        inventoryEventTypes.map((type) => [componentOf(type), inventoryMessage(type)]),
      ),
      ...Object.fromEntries(orderEventTypes.map((type) => [componentOf(type), orderMessage(type)])),
    },
  },
});
