/** The operations of the API for the OpenAPI document: purpose, request, answers and refusals. */
import { channelListSchema, channelSchema } from "./channel-schemas.ts";
import { channelRequest, listChannelsRequest, setChannelRequest } from "./channels.ts";
import {
  unknownInBodyStatus,
  versionMismatchInHeaderStatus,
  type ProblemCode,
} from "./problem-json.ts";
import type { RequestSchema } from "./request.ts";
import {
  reservationPageSchema,
  reservationSchema,
  skuHoldPageSchema,
} from "./reservation-schemas.ts";
import {
  changeReservationRequest,
  confirmReservationRequest,
  extendReservationRequest,
  getReservationRequest,
  listReservationsRequest,
  moveReservationRequest,
  reservationRequest,
  returnRequest,
  soldUnitsRequest,
} from "./reservations.ts";
import { reserveRequest } from "./reserve-request.ts";
import type { OperationId } from "./routes.ts";
import { healthSchema } from "./service.ts";
import {
  availabilitySchema,
  countResultsSchema,
  movementPageSchema,
  stockPageSchema,
  stockRecordSchema,
} from "./stock-schemas.ts";
import {
  adjustStockRequest,
  atLocation,
  availabilityRequest,
  getStockRequest,
  listHoldsRequest,
  listMovementsRequest,
  listStockRequest,
  moveStockRequest,
  setAsideRequest,
  setCountsRequest,
  setStockRequest,
} from "./stock.ts";

export interface Operation {
  summary: string;
  /** Markdown. */
  description: string;
  request: RequestSchema;
  /** The meaning of each success status. */
  successes: Record<number, string>;
  answer: keyof typeof answers | "document" | "empty";
  /** True where a success with 201 has the header `Location`. */
  hasLocation?: true;
  /** Refusals in addition to the common ones. */
  refusals: (ProblemCode | { code: ProblemCode; status: number })[];
}

/** The answers by the names of their schemas. */
export const answers = {
  Stock: stockRecordSchema,
  StockPage: stockPageSchema,
  CountResults: countResultsSchema,
  Availability: availabilitySchema,
  MovementPage: movementPageSchema,
  Channel: channelSchema,
  ChannelList: channelListSchema,
  SkuHoldPage: skuHoldPageSchema,
  Reservation: reservationSchema,
  ReservationPage: reservationPageSchema,
  Health: healthSchema,
};

const soldUnitsRefusals = [
  "unknown_reservation",
  "reservation_not_confirmed",
  "exceeds_reservation",
  "idempotency_key_reused",
  "busy",
] satisfies ProblemCode[];

const holdChangeRefusals = [
  "unknown_reservation",
  "insufficient_stock",
  { code: "unknown_sku", status: unknownInBodyStatus },
  { code: "unknown_channel", status: unknownInBodyStatus },
  "reservation_expired",
  "reservation_released",
  "reservation_confirmed",
  { code: "version_mismatch", status: versionMismatchInHeaderStatus },
  "idempotency_key_reused",
  "busy",
] satisfies Operation["refusals"];

const stockOperations = {
  setStock: {
    summary: "Set the units on hand of a SKU",
    description:
      "`onHand` counts all units on the shelf, including sold units that are not shipped yet. Reserved units stay reserved. Send `expectedVersion`, or `If-Match`, so that a count is not set over a newer one.",
    request: setStockRequest,
    successes: { 200: "Replaced", 201: "Created" },
    answer: "Stock",
    refusals: [
      "below_reserved",
      "version_mismatch",
      { code: "version_mismatch", status: versionMismatchInHeaderStatus },
      "busy",
    ],
  },
  getStock: {
    summary: "Read the stock of a SKU: the totals of all its locations, and each of them",
    description:
      "Where the SKU has stock at other locations than the default one, the counts are the totals of all of them, and `locations` has each.",
    request: getStockRequest,
    successes: { 200: "The stock record" },
    answer: "Stock",
    refusals: ["unknown_sku", "busy"],
  },
  listStock: {
    summary: "List all stock, each location by itself, page by page, in no order",
    description:
      "A page is eventually consistent, and may have fewer records than `limit`. Go on while it has a `cursor`.",
    request: listStockRequest,
    successes: { 200: "A page; without a cursor, the last one" },
    answer: "StockPage",
    refusals: ["invalid_cursor", "busy"],
  },
  listMovements: {
    summary: "List the changes of a SKU's counts, newest first",
    description:
      "The ledger: each movement is one change of the counts, with its reason. The list may lag a few seconds behind.",
    request: listMovementsRequest,
    successes: { 200: "A page; without a cursor, the last one" },
    answer: "MovementPage",
    refusals: ["unknown_sku", "invalid_cursor", "busy"],
  },
  listHolds: {
    summary: "List the holds of a SKU, next to expire first",
    description:
      "Holds that are due are not listed. A page may have fewer items than `limit`; go on while it has a `cursor`.",
    request: listHoldsRequest,
    successes: { 200: "A page; without a cursor, the last one" },
    answer: "SkuHoldPage",
    refusals: ["unknown_sku", "invalid_cursor", "busy"],
  },
  moveStock: {
    summary:
      "Move units to another location, or out of sale and back; repeatable with an Idempotency-Key",
    description:
      "Name `from` and `to` to take units out of sale and back, or `fromLocation` and `toLocation` to bring them elsewhere. Units are moved as a whole or not at all, and only those that are available, or out of sale.",
    request: moveStockRequest,
    successes: { 200: "The stock record after it" },
    answer: "Stock",
    refusals: ["unknown_sku", "insufficient_stock", "idempotency_key_reused", "busy"],
  },
  adjustStock: {
    summary: "Add or take away units of a SKU; repeatable with an Idempotency-Key",
    description:
      "Removed units are taken from the available units. If there are too few, the call changes nothing.",
    request: adjustStockRequest,
    successes: { 200: "The stock record" },
    answer: "Stock",
    refusals: ["unknown_sku", "insufficient_stock", "idempotency_key_reused", "busy"],
  },
} satisfies Partial<Record<OperationId, Operation>>;

export const operations: Record<OperationId, Operation> = {
  ...stockOperations,
  setStockAtLocation: {
    ...stockOperations.setStock,
    summary: "Set the units on hand of a SKU at a location",
    description:
      "As `setStock`, for one location. A location that is new to the SKU is added to its locations.",
    request: atLocation(setStockRequest),
  },
  getStockAtLocation: {
    ...stockOperations.getStock,
    summary: "Read the stock of a SKU at a location",
    description: "The counts of this location alone.",
    request: atLocation(getStockRequest),
  },
  adjustStockAtLocation: {
    ...stockOperations.adjustStock,
    summary: "Add or take away units of a SKU at a location; repeatable with an Idempotency-Key",
    description: "As `adjustStock`, for one location.",
    request: atLocation(adjustStockRequest),
  },
  moveStockAtLocation: {
    ...stockOperations.moveStock,
    summary:
      "Take units at a location out of sale, or put them back; repeatable with an Idempotency-Key",
    description: "Units that are damaged or on show are no longer for sale, and stay on hand.",
    request: atLocation(setAsideRequest),
  },
  listMovementsAtLocation: {
    ...stockOperations.listMovements,
    summary: "List the changes of a SKU's counts at a location, newest first",
    description: "As `listMovements`, for one location.",
    request: atLocation(listMovementsRequest),
  },
  listHoldsAtLocation: {
    ...stockOperations.listHolds,
    summary: "List the holds of a SKU at a location, next to expire first",
    description: "As `listHolds`, for one location.",
    request: atLocation(listHoldsRequest),
  },
  setCounts: {
    summary: "Set the units on hand of up to 100 stock levels, each by itself",
    description:
      "Each count is set or refused by itself: one that is refused has its `problem`, and the others are set. A level may be counted once in a call.",
    request: setCountsRequest,
    successes: { 200: "A result for each count, in their order" },
    answer: "CountResults",
    refusals: [],
  },
  checkAvailability: {
    summary: "Look up how many units of up to 100 SKUs are available",
    description:
      "What one reservation could have now: in a channel, at a location, or at the default one. It holds nothing.",
    request: availabilityRequest,
    successes: { 200: "The units of each SKU, in the order of the request" },
    answer: "Availability",
    refusals: [{ code: "unknown_channel", status: unknownInBodyStatus }, "busy"],
  },
  setChannel: {
    summary: "Set the locations of a sales channel, and the rule by which orders are sourced",
    description:
      "Creates the channel, or replaces it as a whole. Functions remember a channel for a second, so that a change is in use by then.",
    request: setChannelRequest,
    successes: { 200: "Replaced", 201: "Created" },
    answer: "Channel",
    refusals: ["busy"],
  },
  getChannel: {
    summary: "Read a sales channel",
    description: "The locations of the channel in their order, and its rule.",
    request: channelRequest,
    successes: { 200: "The channel" },
    answer: "Channel",
    refusals: ["unknown_channel", "busy"],
  },
  deleteChannel: {
    summary: "Delete a sales channel",
    description: "Reservations that were made by the channel stay as they are.",
    request: channelRequest,
    successes: { 204: "Deleted" },
    answer: "empty",
    refusals: ["unknown_channel", "busy"],
  },
  listChannels: {
    summary: "List all sales channels, by their names",
    description: "All of them: there are 100 at most.",
    request: listChannelsRequest,
    successes: { 200: "The channels" },
    answer: "ChannelList",
    refusals: ["busy"],
  },
  reserve: {
    summary: "Hold units of one or more SKUs: all lines or none",
    description:
      "The database subtracts under a condition, so that no unit is held twice. A shortage names every line with too few units. Always send an `Idempotency-Key`: a repeat under it meets the same reservation.",
    request: reserveRequest,
    successes: { 200: "A repeat of an earlier call, with Idempotency-Replayed: true", 201: "Held" },
    answer: "Reservation",
    hasLocation: true,
    refusals: [
      "insufficient_stock",
      { code: "unknown_sku", status: unknownInBodyStatus },
      { code: "unknown_channel", status: unknownInBodyStatus },
      "idempotency_key_reused",
      "busy",
    ],
  },
  getReservation: {
    summary: "Read a reservation",
    description:
      "A hold whose end has passed is shown as `expired`, also before its units are available again.",
    request: getReservationRequest,
    successes: { 200: "The reservation" },
    answer: "Reservation",
    refusals: ["unknown_reservation", "busy"],
  },
  listReservations: {
    summary: "List the reservations of an order, newest first",
    description:
      "A reservation that was made this instant may not be listed yet. Listed reservations show their current state.",
    request: listReservationsRequest,
    successes: { 200: "A page; without a cursor, the last one" },
    answer: "ReservationPage",
    refusals: ["invalid_cursor", "busy"],
  },
  changeReservation: {
    summary: "Change the lines of a hold: all or nothing, and no less than it had on a refusal",
    description:
      "`lines` are all that the hold is to have from now on. Only the difference is taken and given up, so that a hold is never in the way of its own change.",
    request: changeReservationRequest,
    successes: { 200: "The reservation with its new lines" },
    answer: "Reservation",
    refusals: holdChangeRefusals,
  },
  moveReservation: {
    summary: "Hold units of a hold at another location: all or nothing",
    description:
      "`lines` are units that the hold has, where it has them. Units at `toLocation` are taken first, so that a refusal leaves the hold as it was.",
    request: moveReservationRequest,
    successes: { 200: "The reservation with its new lines" },
    answer: "Reservation",
    refusals: [...holdChangeRefusals, "exceeds_reservation"],
  },
  confirmReservation: {
    summary: "Sell the units of a hold, or some of them and release the rest",
    description:
      "The units stay `reserved` until they are fulfilled; `fulfill` takes them off the shelf at once. `lines` sells these units and releases the others. `reacquire` takes the units of an expired hold again, where they are available.",
    request: confirmReservationRequest,
    successes: { 200: "Confirmed, now or before" },
    answer: "Reservation",
    refusals: [
      "unknown_reservation",
      "reservation_expired",
      "reservation_released",
      "exceeds_reservation",
      "busy",
    ],
  },
  fulfillReservation: {
    summary: "Take sold units off the shelf: shipped, or handed over",
    description:
      "The units leave `onHand` and `reserved`. Without `lines` it is all that are left. Two equal calls for some units are two shipments: send an `Idempotency-Key`.",
    request: soldUnitsRequest,
    successes: { 200: "Fulfilled, now or before" },
    answer: "Reservation",
    refusals: soldUnitsRefusals,
  },
  cancelReservation: {
    summary: "Make sold units available again that are not going to be shipped",
    description: "Without `lines` it is all units that are not fulfilled.",
    request: soldUnitsRequest,
    successes: { 200: "Cancelled, now or before" },
    answer: "Reservation",
    refusals: soldUnitsRefusals,
  },
  returnReservation: {
    summary: "Put fulfilled units back on hand, available",
    description: "Units that were fulfilled, and not returned before.",
    request: returnRequest,
    successes: { 200: "The reservation with its returned units" },
    answer: "Reservation",
    refusals: soldUnitsRefusals,
  },
  releaseReservation: {
    summary: "Give the units of a hold back",
    description:
      "Releasing a hold that was released, or has expired, changes nothing and succeeds.",
    request: reservationRequest,
    successes: { 200: "Released now, or released or expired before" },
    answer: "Reservation",
    refusals: ["unknown_reservation", "reservation_confirmed", "busy"],
  },
  extendReservation: {
    summary: "Let a hold end ttlSeconds from now",
    description:
      "It may also end earlier than before. All extensions together keep a hold for 7 days at most.",
    request: extendReservationRequest,
    successes: { 200: "The reservation with its new end" },
    answer: "Reservation",
    refusals: [
      "unknown_reservation",
      "reservation_expired",
      "reservation_released",
      "reservation_confirmed",
      "hold_limit_reached",
      "busy",
    ],
  },
  health: {
    summary: "Whether the service is up",
    description: "Needs no authorization and reads no database.",
    request: {},
    successes: { 200: "It is" },
    answer: "Health",
    refusals: [],
  },
  openApi: {
    summary: "This document",
    description: "OpenAPI 3.1, generated from the schemas by which requests are checked.",
    request: {},
    successes: { 200: "The document" },
    answer: "document",
    refusals: [],
  },
  asyncApi: {
    summary: "The AsyncAPI document: the events that come and go",
    description: "AsyncAPI 3.0, for the topics of the events.",
    request: {},
    successes: { 200: "The document" },
    answer: "document",
    refusals: [],
  },
};
