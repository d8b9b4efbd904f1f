/**
 * What Holdfast tells the world: CloudEvents 1.0 (https://cloudevents.io) as JSON, on the topic
 * `InventoryEvents`. An event tells of one committed version of one record. Its id is the same at every
 * delivery, and `sequence` orders the events of a subject, as does the `version` in its data.
 */
import * as z from "zod/mini";
import { reservationSchema, shortageSchema } from "./reservation-schemas.ts";
import { movementSchema, stockRecordSchema } from "./stock-schemas.ts";

/** Of an order that came as an event and could not be held: nothing of it was. */
const rejectionSchema = z.object({
  reservationId: z.string(),
  orderId: z.string(),
  metadata: reservationSchema.shape.metadata,
  lines: z.array(
    z.object({ sku: z.string(), location: z.optional(z.string()), quantity: z.int() }),
  ),
  /** An unknown SKU has none available. */
  shortages: z.array(shortageSchema),
  rejectedAt: z.iso.datetime({ precision: 3 }),
  version: z.int(),
});

const {
  sku: _sku,
  location: _location,
  version: _version,
  at: _at,
  ...change
} = movementSchema.shape;

/** The record after the change, and the change. */
const stockAdjustmentSchema = z.extend(stockRecordSchema, { change: z.object(change) });

const lowStockSchema = z.extend(stockRecordSchema, { lowStockThreshold: z.int() });

const { reservationId, orderId, status, createdAt } = reservationSchema.shape;

/** A reservation that owns units of the SKU, and how many. */
const reservationAtRiskSchema = z.object({
  reservationId,
  orderId,
  status,
  quantity: z.int(),
  createdAt,
});
export type ReservationAtRisk = z.infer<typeof reservationAtRiskSchema>;

/** The record after the count, the units that are missing, and the youngest reservations that own as many. */
const shortfallSchema = z.extend(stockRecordSchema, {
  shortfall: z.int(),
  reservations: z.array(reservationAtRiskSchema),
});

/** Every type of event, with its data and a summary. */
export const inventoryEvents = {
  "reservation.held": { data: reservationSchema, summary: "The units of an order are held" },
  "reservation.supplied": {
    data: reservationSchema,
    summary: "Units that were backordered have arrived for a reservation",
  },
  "reservation.extended": { data: reservationSchema, summary: "A hold has another end" },
  "reservation.changed": { data: reservationSchema, summary: "A hold has other lines" },
  "reservation.confirmed": { data: reservationSchema, summary: "The units of a hold are sold" },
  "reservation.fulfilled": {
    data: reservationSchema,
    summary: "Sold units were shipped or handed over, all of them or some",
  },
  "reservation.cancelled": {
    data: reservationSchema,
    summary: "Sold units are available again, all of them or some",
  },
  "reservation.returned": { data: reservationSchema, summary: "Fulfilled units came back" },
  "reservation.released": {
    data: reservationSchema,
    summary: "The units of a hold are available again, or an order was cancelled before it came",
  },
  "reservation.expired": { data: reservationSchema, summary: "A hold has ended by itself" },
  "reservation.rejected": { data: rejectionSchema, summary: "An order.placed could not be held" },
  "stock.adjusted": {
    data: stockAdjustmentSchema,
    summary: "Units were counted, corrected or transferred",
  },
  "stock.shortfall": {
    data: shortfallSchema,
    summary: "A count has left fewer units on hand than are reserved",
  },
  "stock.low": {
    data: lowStockSchema,
    summary: "The available units have come down to the threshold",
  },
  "stock.depleted": { data: stockRecordSchema, summary: "The last available unit is gone" },
  "stock.replenished": {
    data: stockRecordSchema,
    summary: "Units are available after there were none",
  },
} as const satisfies Record<string, { data: z.core.$ZodType; summary: string }>;

export type InventoryEventType = keyof typeof inventoryEvents;
export const inventoryEventTypes = Object.keys(inventoryEvents) as InventoryEventType[];

/** What is published, but for its data. */
const envelopeSchema = z.object({
  specversion: z.literal("1.0"),
  /** The same at every delivery of the event. */
  id: z.string(),
  /** Which Holdfast has told it. */
  source: z.string(),
  /** The id of a reservation, or a SKU with its location, as in `widget@ams1`. */
  subject: z.string(),
  /** When it was committed. */
  time: z.iso.datetime({ precision: 3 }),
  datacontenttype: z.literal("application/json"),
  /** Grows with the events of a subject, compared as text. */
  sequence: z.string().check(z.regex(/^\d{16}$/)),
});

export const inventoryEventSchema = <Type extends InventoryEventType>(type: Type) =>
  z.extend(envelopeSchema, { type: z.literal(type), data: inventoryEvents[type].data });

export type InventoryEvent<Type extends InventoryEventType = InventoryEventType> = {
  [Each in Type]: z.infer<typeof envelopeSchema> & {
    type: Each;
    data: z.infer<(typeof inventoryEvents)[Each]["data"]>;
  };
}[Type];

/** Message attributes of a published event, for the filter policies of its subscribers. */
export const inventoryEventAttributes = {
  type: "The type of the event",
  sku: "The SKU, where the event is about a single one",
  location: "The location of its units, where it is not the default one",
} as const;
