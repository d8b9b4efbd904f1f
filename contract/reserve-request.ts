/** The request of `POST /v1/reservations`. Alone here, so that the bundle has no other request. */
import * as z from "zod/mini";
import { linesMax, unitsMax } from "./bounds.ts";
import {
  boundedArray,
  channel,
  closedObject,
  trueOrFalse,
  holdSeconds,
  idempotencyKey,
  label,
  location,
  sku,
  wholeNumber,
} from "./fields.ts";
import { metadata } from "./metadata.ts";

/**
 * SKUs, and how many units of each. A line without a location is for the default one; with a channel, for any of
 * the channel's locations.
 */
export const lines = boundedArray(
  closedObject({ sku, location: z.optional(location), quantity: wholeNumber(1, unitsMax) }),
  1,
  linesMax,
);

export const reserveRequest = {
  idempotencyKey,
  body: closedObject({
    lines,
    orderId: z.optional(label),
    ttlSeconds: z.optional(holdSeconds),
    channel: z.optional(channel),
    allowPartial: z.optional(trueOrFalse),
    metadata: z.optional(metadata),
  }),
};
