/** The requests about a reservation that exists. Reserving: reserve-request.ts. */
import * as z from "zod/mini";
import { pageSizeMax } from "./bounds.ts";
import { closedObject, holdSeconds, label, queryNumber } from "./fields.ts";

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
