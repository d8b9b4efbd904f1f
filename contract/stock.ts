/** Stock over HTTP: what each call takes and what it answers. */
import * as z from "zod/mini";
import { pageSizeMax, unitsMax } from "./bounds.ts";
import { closedObject, idempotencyKey, label, queryNumber, sku, wholeNumber } from "./fields.ts";

const units = wholeNumber(0, unitsMax);
const skuParams = closedObject({ sku });

export const setStockRequest = {
  params: skuParams,
  /** `expectedVersion` 0 expects that there is no such SKU yet. */
  body: closedObject({
    onHand: units,
    expectedVersion: z.optional(wholeNumber(0, Number.MAX_SAFE_INTEGER)),
  }),
};

export const getStockRequest = { params: skuParams };

export const listStockRequest = {
  query: closedObject({
    limit: z.optional(queryNumber(1, pageSizeMax)),
    cursor: z.optional(z.string()),
  }),
};

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
});
export type StockRecord = z.infer<typeof stockRecordSchema>;

export const stockPageSchema = z.object({
  items: z.array(stockRecordSchema),
  cursor: z.optional(z.string()),
});
export type StockPage = z.infer<typeof stockPageSchema>;
