/** The requests about stock. */
import * as z from "zod/mini";
import { availabilitySkusMax, countsMax, pageSizeMax, shardsMax, unitsMax } from "./bounds.ts";
import { knownTags, versionTag } from "./entity-tags.ts";
import {
  boundedArray,
  channel,
  closedObject,
  exactly,
  idempotencyKey,
  label,
  location,
  oneOf,
  queryNumber,
  sku,
  text,
  trueOrFalse,
  wholeNumber,
} from "./fields.ts";

const units = wholeNumber(0, unitsMax);

const isTime = (time: string): boolean => !Number.isNaN(Date.parse(time));

/** A time, as milliseconds of the epoch. */
const instant = z.pipe(
  text(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/,
    'must be a UTC time, as in "2026-12-24T08:00:00.000Z"',
  ).check(z.refine(isTime, { error: "must be a day and a time that there are" })),
  z.transform((time) => Date.parse(time)),
);
const expectedVersion = z.optional(wholeNumber(0, Number.MAX_SAFE_INTEGER));
const skuParams = closedObject({ sku });
const levelParams = closedObject({ sku, location });

/** The same request for the stock at one location. */
export const atLocation = <Request extends { params: typeof skuParams }>(request: Request) => ({
  ...request,
  params: levelParams,
});

export const setStockRequest = {
  params: skuParams,
  ifMatch: versionTag,
  /**
   * `expectedVersion` and `If-Match` are for the same: the version that is replaced. `expectedVersion` 0 expects that there is no such stock level yet. At `lowStockThreshold` available units
   * or fewer the SKU is low; 0 is never, and what was set stays when it is absent. `safetyStock`
   * units are kept from sale. `backorderLimit` units may be sold before they are there, which is expected at
   * `availableFrom`. `shards` spreads the stock level over as many rows. `allowShortfall` applies a count below what is reserved.
   */
  body: closedObject({
    onHand: units,
    expectedVersion,
    lowStockThreshold: z.optional(units),
    safetyStock: z.optional(units),
    backorderLimit: z.optional(units),
    availableFrom: z.optional(instant),
    shards: z.optional(wholeNumber(1, shardsMax)),
    allowShortfall: z.optional(trueOrFalse),
  }),
};

/** A count in a file: `lowStockThreshold` stays as it was when it is absent. */
export const countRecord = closedObject({
  sku,
  location: z.optional(location),
  onHand: units,
  lowStockThreshold: z.optional(units),
});
export type CountRecord = z.infer<typeof countRecord>;

/** Counts of several stock levels, each as `setStockRequest` has it. */
export const setCountsRequest = {
  body: closedObject({
    counts: boundedArray(
      closedObject({ sku, location: z.optional(location), onHand: units, expectedVersion }),
      1,
      countsMax,
    ),
  }),
};

export const getStockRequest = { params: skuParams, ifNoneMatch: knownTags };

const pageParameters = {
  limit: z.optional(queryNumber(1, pageSizeMax)),
  cursor: z.optional(z.string()),
};
const pageQuery = closedObject(pageParameters);

/** In a channel, or at a location: the default one where neither is named. */
export const availabilityRequest = {
  body: closedObject({
    skus: boundedArray(sku, 1, availabilitySkusMax),
    channel: z.optional(channel),
    location: z.optional(location),
  }),
};

export const listStockRequest = { query: pageQuery };

export const listMovementsRequest = { params: skuParams, query: pageQuery };

export const listHoldsRequest = {
  params: skuParams,
  /** `status` names the reservations that are listed. There is one choice so far, and it is the default. */
  query: closedObject({ status: z.optional(exactly("held")), ...pageParameters }),
};

const quantity = wholeNumber(1, unitsMax);
const unitState = oneOf("available", "unavailable");

/** Takes units on hand out of sale, or puts them back. */
export const setAsideRequest = {
  params: skuParams,
  idempotencyKey,
  body: closedObject({ quantity, from: unitState, to: unitState, reason: label }),
};

/** The same, or brings units from one location to another: the default one where a name is absent. */
export const moveStockRequest = {
  params: skuParams,
  idempotencyKey,
  body: closedObject({
    quantity,
    from: z.optional(unitState),
    to: z.optional(unitState),
    fromLocation: z.optional(location),
    toLocation: z.optional(location),
    reason: label,
  }),
};

const nonZero = "must not be 0: an adjustment changes the count";
export const delta = wholeNumber(-unitsMax, unitsMax).check(
  z.refine((sent) => sent !== 0, { error: nonZero }),
);

export const adjustStockRequest = {
  params: skuParams,
  idempotencyKey,
  body: closedObject({
    delta,
    reason: label,
    reference: z.optional(label),
  }),
};
