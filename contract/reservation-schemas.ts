/** Reservations as the API returns them and the events carry them. */
import * as z from "zod/mini";
import { reservationStatuses } from "./tables.ts";

/** A line with too few units available. */
export const shortageSchema = z.object({
  sku: z.string(),
  location: z.optional(z.string()),
  requested: z.int(),
  available: z.int(),
});

const unitsSchema = {
  quantity: z.int(),
  /** Units that are not there yet, and the time at which they are expected, where that is known. */
  backordered: z.optional(z.int()),
  availableFrom: z.optional(z.iso.datetime({ precision: 3 })),
  /** Units that were shipped or handed over; absent for none, as are the others. */
  fulfilled: z.optional(z.int()),
  /** Units that were sold, and were not shipped. */
  cancelled: z.optional(z.int()),
  /** Fulfilled units that came back. */
  returned: z.optional(z.int()),
};

const reservationLineSchema = z.object({
  sku: z.string(),
  /** Absent for the default location, and in a reservation by channel. */
  location: z.optional(z.string()),
  ...unitsSchema,
  /** The units by their locations, in a reservation by channel. */
  allocations: z.optional(z.array(z.object({ location: z.string(), ...unitsSchema }))),
});
export type ReservationLine = z.infer<typeof reservationLineSchema>;

export const reservationSchema = z.object({
  reservationId: z.string(),
  status: z.enum(reservationStatuses),
  lines: z.array(reservationLineSchema),
  /** The lines of which fewer units are held than were requested, with `allowPartial`. */
  shortages: z.optional(z.array(shortageSchema)),
  orderId: z.optional(z.string()),
  channel: z.optional(z.string()),
  metadata: z.optional(z.record(z.string(), z.string())),
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

/** A hold of a SKU: the reservation, and its units of the SKU. */
export const skuHoldSchema = z.extend(reservationSchema, { quantity: z.int() });
export type SkuHold = z.infer<typeof skuHoldSchema>;

export const skuHoldPageSchema = z.object({
  items: z.array(skuHoldSchema),
  cursor: z.optional(z.string()),
});
