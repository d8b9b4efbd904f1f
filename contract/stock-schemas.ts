/** Stock as the API returns it and the events carry it. */
import * as z from "zod/mini";
import { shardsMax } from "./bounds.ts";
import { wholeNumber } from "./fields.ts";
import { problemSchema } from "./problem-schemas.ts";
import { publicMovementKinds } from "./tables.ts";

const levelSchema = z.object({
  /** Absent for the default location. */
  location: z.optional(z.string()),
  onHand: z.int(),
  /** Negative while more units are reserved, or kept from sale, than are on hand. */
  available: z.int(),
  reserved: z.int(),
  /** Units on hand that are not for sale; absent for none. */
  unavailable: z.optional(z.int()),
  /** Units that are kept from sale; absent for none. */
  safetyStock: z.optional(z.int()),
  /** Units that may be sold before they are there, those of them that reservations wait for, and the expected time. */
  backorderLimit: z.optional(z.int()),
  backordered: z.optional(z.int()),
  availableFrom: z.optional(z.iso.datetime({ precision: 3 })),
  version: z.int(),
  updatedAt: z.iso.datetime({ precision: 3 }),
  lowStockThreshold: z.optional(z.int()),
  /** The rows of the stock level; absent for one. */
  shards: z.optional(wholeNumber(1, shardsMax)),
});

/** The stock of a SKU at one location, or the totals of all its locations with each of them. */
export const stockRecordSchema = z.object({
  sku: z.string(),
  ...levelSchema.shape,
  locations: z.optional(z.array(levelSchema)),
});
export type StockRecord = z.infer<typeof stockRecordSchema>;

export const stockPageSchema = z.object({
  items: z.array(stockRecordSchema),
  cursor: z.optional(z.string()),
});
export type StockPage = z.infer<typeof stockPageSchema>;

/** The units of each SKU that a reservation could have, in the order of the request; 0 of an unknown one. */
export const availabilitySchema = z.object({
  items: z.array(
    z.object({
      sku: z.string(),
      location: z.optional(z.string()),
      available: z.int(),
      /** Units that may be reserved besides, before they are there; absent for none. */
      backorderable: z.optional(z.int()),
      /** The locations of the channel that have units, where a channel is named. */
      locations: z.optional(z.array(z.object({ location: z.string(), available: z.int() }))),
    }),
  ),
});

/** The results of several counts, each with the status that it would have had by itself. */
export const countResultsSchema = z.object({
  results: z.array(
    z.union([
      z.extend(stockRecordSchema, { status: z.int() }),
      z.object({
        sku: z.string(),
        location: z.optional(z.string()),
        status: z.int(),
        problem: z.omit(problemSchema, { requestId: true }),
      }),
    ]),
  ),
});

/** One change of the counts of a SKU at a location: `version` is that of the row to which it led. */
export const movementSchema = z.object({
  sku: z.string(),
  location: z.optional(z.string()),
  version: z.int(),
  kind: z.enum(publicMovementKinds),
  onHandDelta: z.int(),
  availableDelta: z.int(),
  reservedDelta: z.int(),
  at: z.iso.datetime({ precision: 3 }),
  reservationId: z.optional(z.string()),
  reason: z.optional(z.string()),
  reference: z.optional(z.string()),
  actor: z.optional(z.string()),
});
export type Movement = z.infer<typeof movementSchema>;

export const movementPageSchema = z.object({
  items: z.array(movementSchema),
  cursor: z.optional(z.string()),
});
export type MovementPage = z.infer<typeof movementPageSchema>;
