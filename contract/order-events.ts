/**
 * The events that a shop publishes on the topic `OrderEvents`: plain JSON, or the data of a CloudEvent of
 * the same type. Unknown members are ignored, since others read the same messages. Events with lines are
 * identified by their `id`, or by their content where they have none.
 */
import * as z from "zod/mini";
import { linesMax, unitsMax } from "./bounds.ts";
import { boundedArray, channel, holdSeconds, label, location, sku, wholeNumber } from "./fields.ts";
import { metadata } from "./metadata.ts";

const orderId = label;
const lines = boundedArray(
  z.object({ sku, location: z.optional(location), quantity: wholeNumber(1, unitsMax) }),
  1,
  linesMax,
);

export const orderEvents = {
  "order.placed": {
    data: z.object({
      orderId,
      lines,
      ttlSeconds: z.optional(holdSeconds),
      channel: z.optional(channel),
      metadata: z.optional(metadata),
    }),
    summary: "An order is to be held until it is paid",
  },
  "order.paid": { data: z.object({ orderId }), summary: "The units held for an order are sold" },
  "order.fulfilled": {
    data: z.object({ orderId, lines: z.optional(lines) }),
    summary: "Sold units of an order were shipped or handed over: these, or all that are left",
  },
  "order.cancelled": {
    data: z.object({ orderId }),
    summary:
      "An order is not wanted any more: units that are held or sold are available again, and an " +
      "order that is placed later is kept out",
  },
  "order.returned": {
    data: z.object({ orderId, lines, reason: z.optional(label) }),
    summary: "Fulfilled units of an order came back",
  },
} as const satisfies Record<string, { data: z.core.$ZodType; summary: string }>;

export type OrderEventType = keyof typeof orderEvents;
export const orderEventTypes = Object.keys(orderEvents) as OrderEventType[];

export type OrderEvent = {
  [Type in OrderEventType]: {
    type: Type;
    data: z.infer<(typeof orderEvents)[Type]["data"]>;
    /** The same for all copies of the event. */
    identity: string;
  };
}[OrderEventType];
