/** Reservations over HTTP: what each call takes and what it answers. */
import * as z from "zod/mini";
import { linesMax, pageSizeMax, unitsMax } from "./bounds.ts";
import {
  boundedArray,
  closedObject,
  holdSeconds,
  idempotencyKey,
  label,
  queryNumber,
  sku,
  wholeNumber,
} from "./fields.ts";
import { reservationStatuses } from "./tables.ts";

export const reserveRequest = {
  idempotencyKey,
  body: closedObject({
    lines: boundedArray(closedObject({ sku, quantity: wholeNumber(1, unitsMax) }), 1, linesMax),
    orderId: z.optional(label),
    ttlSeconds: z.optional(holdSeconds),
  }),
};

/** Any text: an id that was never given out is unknown, not malformed. */
const reservationParams = closedObject({ reservationId: z.string() });

export const reservationRequest = { params: reservationParams };

export const listReservationsRequest = {
  query: closedObject({
    orderId: label,
    limit: z.optional(queryNumber(1, pageSizeMax)),
    cursor: z.optional(z.string()),
  }),
};

export const extendReservationRequest = {
  params: reservationParams,
  body: closedObject({ ttlSeconds: holdSeconds }),
};

export const reservationSchema = z.object({
  reservationId: z.string(),
  status: z.enum(reservationStatuses),
  lines: z.array(z.object({ sku: z.string(), quantity: z.int() })),
  orderId: z.optional(z.string()),
  createdAt: z.iso.datetime({ precision: 3 }),
  expiresAt: z.iso.datetime({ precision: 3 }),
  version: z.int(),
});
export type Reservation = z.infer<typeof reservationSchema>;

export const reservationPageSchema = z.object({
  items: z.array(reservationSchema),
  cursor: z.optional(z.string()),
});
export type ReservationPage = z.infer<typeof reservationPageSchema>;
