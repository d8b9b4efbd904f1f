/** The requests about a reservation that exists. Reserving: reserve-request.ts. */
import * as z from "zod/mini";
import { pageSizeMax } from "./bounds.ts";
import { knownTags, versionTag } from "./entity-tags.ts";
import {
  closedObject,
  trueOrFalse,
  holdSeconds,
  idempotencyKey,
  label,
  location,
  queryNumber,
} from "./fields.ts";
import { lines } from "./reserve-request.ts";

/** Any text: an id that was never given out is unknown, not malformed. */
const reservationParams = closedObject({ reservationId: z.string() });

export const reservationRequest = { params: reservationParams };

export const getReservationRequest = { params: reservationParams, ifNoneMatch: knownTags };

export const listReservationsRequest = {
  query: closedObject({
    orderId: label,
    limit: z.optional(queryNumber(1, pageSizeMax)),
    cursor: z.optional(z.string()),
  }),
};

export const changeReservationRequest = {
  params: reservationParams,
  idempotencyKey,
  ifMatch: versionTag,
  body: closedObject({ lines }),
};

/** `lines` name the units where they are held; to the default location where none is named. */
export const moveReservationRequest = {
  params: reservationParams,
  idempotencyKey,
  ifMatch: versionTag,
  body: closedObject({ lines, toLocation: z.optional(location) }),
};

/** `lines` are the units that are sold: the rest is released. */
export const confirmReservationRequest = {
  params: reservationParams,
  body: closedObject({
    lines: z.optional(lines),
    fulfill: z.optional(trueOrFalse),
    reacquire: z.optional(trueOrFalse),
  }),
  mayOmitBody: true,
} as const;

/** Fulfils or cancels these units, or all that are left. */
export const soldUnitsRequest = {
  params: reservationParams,
  idempotencyKey,
  body: closedObject({ lines: z.optional(lines) }),
  mayOmitBody: true,
} as const;

export const returnRequest = {
  params: reservationParams,
  idempotencyKey,
  body: closedObject({ lines, reason: label }),
};

export const extendReservationRequest = {
  params: reservationParams,
  body: closedObject({ ttlSeconds: holdSeconds }),
};
