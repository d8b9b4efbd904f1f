/**
 * What a shop tells Holdfast on the topic `OrderEvents`: plain JSON, or the data of a CloudEvent of the
 * same type. A member that is not known here is passed over: others read the same messages.
 */
import * as z from "zod/mini";
import { linesMax, unitsMax } from "./bounds.ts";
import { boundedArray, holdSeconds, label, sku, wholeNumber } from "./fields.ts";
import { metadata } from "./metadata.ts";

const orderId = label;

export const orderEvents = {
  "order.placed": {
    data: z.object({
      orderId,
      lines: boundedArray(z.object({ sku, quantity: wholeNumber(1, unitsMax) }), 1, linesMax),
      ttlSeconds: z.optional(holdSeconds),
      metadata: z.optional(metadata),
    }),
    told: "An order is to be held until it is paid",
  },
  "order.paid": { data: z.object({ orderId }), told: "The units held for an order are sold" },
  "order.cancelled": {
    data: z.object({ orderId }),
    told: "The units held for an order are not wanted, or an order to come is not",
  },
} as const satisfies Record<string, { data: z.core.$ZodType; told: string }>;

export type OrderEventType = keyof typeof orderEvents;
export const orderEventTypes = Object.keys(orderEvents) as OrderEventType[];

export type OrderEvent = {
  [Type in OrderEventType]: { type: Type; data: z.infer<(typeof orderEvents)[Type]["data"]> };
}[OrderEventType];
