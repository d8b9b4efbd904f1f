/** The request of `POST /v1/reservations`. Alone here, so that the bundle has no other request. */
import * as z from "zod/mini";
import { linesMax, unitsMax } from "./bounds.ts";
import {
  boundedArray,
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

/** SKUs, and how many units of each; those of the default location where a line names none. */
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
    allowPartial: z.optional(trueOrFalse),
    metadata: z.optional(metadata),
  }),
};
