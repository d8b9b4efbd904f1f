/** Stock over HTTP: what each call takes and what it answers. */
import * as z from "zod/mini";
import { pageSizeMax, shardsMax, unitsMax } from "./bounds.ts";
import { closedObject, idempotencyKey, label, queryNumber, sku, wholeNumber } from "./fields.ts";
import { publicMovementKinds } from "./tables.ts";

const units = wholeNumber(0, unitsMax);
const skuParams = closedObject({ sku });

export const setStockRequest = {
  params: skuParams,
  /**
   * `expectedVersion` 0 expects that there is no such SKU yet. At `lowStockThreshold` available units
   * or fewer the SKU is low; 0 is never, and what was set stays when it is absent. `shards` spreads the
   * stock level over as many rows.
   */
  body: closedObject({
    onHand: units,
    expectedVersion: z.optional(wholeNumber(0, Number.MAX_SAFE_INTEGER)),
    lowStockThreshold: z.optional(units),
    shards: z.optional(wholeNumber(1, shardsMax)),
  }),
};

export const getStockRequest = { params: skuParams };

const pageQuery = closedObject({
  limit: z.optional(queryNumber(1, pageSizeMax)),
  cursor: z.optional(z.string()),
});

export const listStockRequest = { query: pageQuery };

export const listMovementsRequest = { params: skuParams, query: pageQuery };

const nonZero = "must not be 0: an adjustment changes the count";

export const adjustStockRequest = {
  params: skuParams,
  idempotencyKey,
  body: closedObject({
    delta: wholeNumber(-unitsMax, unitsMax).check(
      z.refine((delta) => delta !== 0, { error: nonZero }),
    ),
    reason: label,
    reference: z.optional(label),
  }),
};

export const stockRecordSchema = z.object({
  sku: z.string(),
  onHand: z.int(),
  available: z.int(),
  reserved: z.int(),
  version: z.int(),
  updatedAt: z.iso.datetime({ precision: 3 }),
  lowStockThreshold: z.optional(z.int()),
  /** The rows of the stock level; absent for one. */
  shards: z.optional(wholeNumber(1, shardsMax)),
});
export type StockRecord = z.infer<typeof stockRecordSchema>;

export const stockPageSchema = z.object({
  items: z.array(stockRecordSchema),
  cursor: z.optional(z.string()),
});
export type StockPage = z.infer<typeof stockPageSchema>;

/** One change of a SKU's counts: `version` is that of the row to which it led. */
export const movementSchema = z.object({
  sku: z.string(),
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
