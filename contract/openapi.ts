/** The OpenAPI 3.1 document, generated from the routes and the schemas of this room. */
import type * as z from "zod/mini";
import { bodyBytesMax, retryAfterSeconds } from "./bounds.ts";
import { channelListSchema, channelSchema } from "./channel-schemas.ts";
import { channelRequest, listChannelsRequest, setChannelRequest } from "./channels.ts";
import { versionTag } from "./entity-tags.ts";
import { inputSchema, outputSchema, type Json } from "./json-schema.ts";
import { problemSchema } from "./problem-schemas.ts";
import { problemsByCode } from "./problems-by-code.ts";
import {
  problemMediaType,
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
import { routes, scopeClaim, type OperationId, type Route } from "./routes.ts";
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

interface Operation {
  summary: string;
  request: RequestSchema;
  /** What a success means, by status. */
  successes: Record<number, string>;
  answer: keyof typeof answers | "document" | "empty";
  /** Refusals besides those that every call can meet. */
  refusals: (ProblemCode | { code: ProblemCode; status: number })[];
}

const answers = {
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
    request: getStockRequest,
    successes: { 200: "The stock record" },
    answer: "Stock",
    refusals: ["unknown_sku", "busy"],
  },
  listStock: {
    summary: "List all stock, each location by itself, page by page, in no order",
    request: listStockRequest,
    successes: { 200: "A page; without a cursor, the last one" },
    answer: "StockPage",
    refusals: ["invalid_cursor", "busy"],
  },
  listMovements: {
    summary: "List the changes of a SKU's counts, newest first",
    request: listMovementsRequest,
    successes: { 200: "A page; without a cursor, the last one" },
    answer: "MovementPage",
    refusals: ["unknown_sku", "invalid_cursor", "busy"],
  },
  listHolds: {
    summary: "List the holds of a SKU, next to expire first",
    request: listHoldsRequest,
    successes: { 200: "A page; without a cursor, the last one" },
    answer: "SkuHoldPage",
    refusals: ["unknown_sku", "invalid_cursor", "busy"],
  },
  moveStock: {
    summary:
      "Move units to another location, or out of sale and back; repeatable with an Idempotency-Key",
    request: moveStockRequest,
    successes: { 200: "The stock record after it" },
    answer: "Stock",
    refusals: ["unknown_sku", "insufficient_stock", "idempotency_key_reused", "busy"],
  },
  adjustStock: {
    summary: "Add or take away units of a SKU; repeatable with an Idempotency-Key",
    request: adjustStockRequest,
    successes: { 200: "The stock record" },
    answer: "Stock",
    refusals: ["unknown_sku", "insufficient_stock", "idempotency_key_reused", "busy"],
  },
} satisfies Partial<Record<OperationId, Operation>>;

const operations: Record<OperationId, Operation> = {
  ...stockOperations,
  setStockAtLocation: {
    ...stockOperations.setStock,
    summary: "Set the units on hand of a SKU at a location",
    request: atLocation(setStockRequest),
  },
  getStockAtLocation: {
    ...stockOperations.getStock,
    summary: "Read the stock of a SKU at a location",
    request: atLocation(getStockRequest),
  },
  adjustStockAtLocation: {
    ...stockOperations.adjustStock,
    summary: "Add or take away units of a SKU at a location; repeatable with an Idempotency-Key",
    request: atLocation(adjustStockRequest),
  },
  moveStockAtLocation: {
    ...stockOperations.moveStock,
    summary:
      "Take units at a location out of sale, or put them back; repeatable with an Idempotency-Key",
    request: atLocation(setAsideRequest),
  },
  listMovementsAtLocation: {
    ...stockOperations.listMovements,
    summary: "List the changes of a SKU's counts at a location, newest first",
    request: atLocation(listMovementsRequest),
  },
  listHoldsAtLocation: {
    ...stockOperations.listHolds,
    summary: "List the holds of a SKU at a location, next to expire first",
    request: atLocation(listHoldsRequest),
  },
  setCounts: {
    summary: "Set the units on hand of up to 100 stock levels, each by itself",
    request: setCountsRequest,
    successes: { 200: "A result for each count, in their order" },
    answer: "CountResults",
    refusals: [],
  },
  checkAvailability: {
    summary: "Look up how many units of up to 100 SKUs are available",
    request: availabilityRequest,
    successes: { 200: "The units of each SKU, in the order of the request" },
    answer: "Availability",
    refusals: [{ code: "unknown_channel", status: unknownInBodyStatus }, "busy"],
  },
  setChannel: {
    summary: "Set the locations of a sales channel, and the rule by which orders are sourced",
    request: setChannelRequest,
    successes: { 200: "Replaced", 201: "Created" },
    answer: "Channel",
    refusals: ["busy"],
  },
  getChannel: {
    summary: "Read a sales channel",
    request: channelRequest,
    successes: { 200: "The channel" },
    answer: "Channel",
    refusals: ["unknown_channel", "busy"],
  },
  deleteChannel: {
    summary: "Delete a sales channel",
    request: channelRequest,
    successes: { 204: "Deleted" },
    answer: "empty",
    refusals: ["unknown_channel", "busy"],
  },
  listChannels: {
    summary: "List all sales channels, by their names",
    request: listChannelsRequest,
    successes: { 200: "The channels" },
    answer: "ChannelList",
    refusals: ["busy"],
  },
  reserve: {
    summary: "Hold units of one or more SKUs: all lines or none",
    request: reserveRequest,
    successes: { 200: "A repeat of an earlier call, with Idempotency-Replayed: true", 201: "Held" },
    answer: "Reservation",
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
    request: getReservationRequest,
    successes: { 200: "The reservation" },
    answer: "Reservation",
    refusals: ["unknown_reservation", "busy"],
  },
  listReservations: {
    summary: "List the reservations of an order, newest first",
    request: listReservationsRequest,
    successes: { 200: "A page; without a cursor, the last one" },
    answer: "ReservationPage",
    refusals: ["invalid_cursor", "busy"],
  },
  changeReservation: {
    summary: "Change the lines of a hold: all or nothing, and no less than it had on a refusal",
    request: changeReservationRequest,
    successes: { 200: "The reservation with its new lines" },
    answer: "Reservation",
    refusals: holdChangeRefusals,
  },
  moveReservation: {
    summary: "Hold units of a hold at another location: all or nothing",
    request: moveReservationRequest,
    successes: { 200: "The reservation with its new lines" },
    answer: "Reservation",
    refusals: [...holdChangeRefusals, "exceeds_reservation"],
  },
  confirmReservation: {
    summary: "Sell the units of a hold, or some of them and release the rest",
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
    request: soldUnitsRequest,
    successes: { 200: "Fulfilled, now or before" },
    answer: "Reservation",
    refusals: soldUnitsRefusals,
  },
  cancelReservation: {
    summary: "Make sold units available again that are not going to be shipped",
    request: soldUnitsRequest,
    successes: { 200: "Cancelled, now or before" },
    answer: "Reservation",
    refusals: soldUnitsRefusals,
  },
  returnReservation: {
    summary: "Put fulfilled units back on hand, available",
    request: returnRequest,
    successes: { 200: "The reservation with its returned units" },
    answer: "Reservation",
    refusals: soldUnitsRefusals,
  },
  releaseReservation: {
    summary: "Give the units of a hold back",
    request: reservationRequest,
    successes: { 200: "Released now, or released or expired before" },
    answer: "Reservation",
    refusals: ["unknown_reservation", "reservation_confirmed", "busy"],
  },
  extendReservation: {
    summary: "Let a hold end ttlSeconds from now",
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
    request: {},
    successes: { 200: "It is" },
    answer: "Health",
    refusals: [],
  },
  openApi: {
    summary: "This document",
    request: {},
    successes: { 200: "The document" },
    answer: "document",
    refusals: [],
  },
  asyncApi: {
    summary: "The AsyncAPI document: the events that come and go",
    request: {},
    successes: { 200: "The document" },
    answer: "document",
    refusals: [],
  },
};

const parametersIn = (place: "path" | "query", schema: z.core.$ZodType | undefined): Json[] => {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = outputSchema(schema) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: property,
  }));
};

const headerOf = (name: string, schema: z.core.$ZodType | undefined, description: string) =>
  schema === undefined
    ? []
    : [{ name, in: "header", required: false, schema: inputSchema(schema), description }];

const parametersOf = ({ params, query, ...headers }: RequestSchema): Json[] => [
  ...parametersIn("path", params),
  ...parametersIn("query", query),
  ...headerOf(
    "Idempotency-Key",
    headers.idempotencyKey,
    "Repeats of a success under the same key get its outcome. Bare, or in quotes.",
  ),
  ...headerOf("If-Match", headers.ifMatch, "The version that the caller has seen, in quotes."),
  ...headerOf(
    "If-None-Match",
    headers.ifNoneMatch,
    "The version that the caller has, in quotes: answered with 304 where it is the record's.",
  ),
];

/** The codes are an `enum` too, so that generated clients know which problems a call can have. */
const problemResponse = (codes: ProblemCode[]): Json => ({
  description: codes.map((code) => `\`${code}\`: ${problemsByCode[code].title}`).join("; "),
  ...(codes.includes("busy")
    ? { headers: { "Retry-After": { schema: { type: "integer", const: retryAfterSeconds } } } }
    : {}),
  content: {
    [problemMediaType]: {
      schema: {
        allOf: [
          { $ref: "#/components/schemas/Problem" },
          { type: "object", properties: { code: { enum: codes } } },
        ],
      },
    },
  },
});

const commonRefusals = (request: RequestSchema): ProblemCode[] => [
  "internal",
  "invalid_json",
  "invalid_request",
  "too_large",
  ...(request.body ? (["unsupported_media_type"] as const) : []),
];

const contentOf = (answer: Operation["answer"]): Json => {
  if (answer === "empty") return {};
  const schema =
    answer === "document" ? { type: "object" } : { $ref: `#/components/schemas/${answer}` };
  return { content: { "application/json": { schema } } };
};

/** What carries a version has it as its tag. */
const headersOf = (answer: Operation["answer"]): Json =>
  answer === "Stock" || answer === "Reservation"
    ? {
        headers: {
          ETag: { schema: inputSchema(versionTag), description: "The version, in quotes" },
        },
      }
    : {};

/** What API Gateway answers itself, before a function runs. */
const gatewayResponse = (description: string): Json => ({
  description,
  content: { "application/json": { schema: { $ref: "#/components/schemas/GatewayError" } } },
});

const gatewayResponsesOf = ({ access }: Route): Json => ({
  ...(access !== "open" && {
    401: gatewayResponse("The token, or the signature, is missing or not valid"),
    403: gatewayResponse("The caller may not make this call"),
  }),
  429: gatewayResponse("The throttle of the API is reached: try again later"),
});

const responsesOf = ({ request, successes, answer, refusals }: Operation): Json => {
  const codesByStatus = new Map<number, ProblemCode[]>();
  for (const refusal of [...refusals, ...commonRefusals(request)]) {
    const { code, status } =
      typeof refusal === "string"
        ? { code: refusal, status: problemsByCode[refusal].status }
        : refusal;
    codesByStatus.set(status, [...(codesByStatus.get(status) ?? []), code]);
  }
  return {
    ...Object.fromEntries(
      Object.entries(successes).map(([status, description]) => [
        status,
        { description, ...headersOf(answer), ...contentOf(answer) },
      ]),
    ),
    ...(request.ifNoneMatch && {
      304: { description: "The record has the version of If-None-Match", ...headersOf(answer) },
    }),
    ...Object.fromEntries(
      Array.from(codesByStatus, ([status, codes]) => [status, problemResponse(codes)]),
    ),
  };
};

/** What a token must carry; a deployment with IAM checks a signature in its place. */
const securityOf = ({ access }: Route): Json[] => {
  if (access === "open") return [];
  const scopes = access === "authenticated" ? [] : [scopeClaim(access)];
  return [{ iam: [] }, { jwt: scopes }];
};

const tagOf = ({ path }: Route): string => {
  if (path.startsWith("/v1/stock") || path === "/v1/availability") return "Stock";
  if (path.startsWith("/v1/channels")) return "Channels";
  return path.startsWith("/v1/reservations") ? "Reservations" : "Service";
};

const pathsOf = (): Json => {
  const paths: Record<string, Json> = {};
  for (const [operationId, operation] of Object.entries(operations)) {
    const route: Route = routes[operationId as OperationId];
    const { summary, request } = operation;
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: {
        operationId,
        summary,
        tags: [tagOf(route)],
        security: securityOf(route),
        parameters: parametersOf(request),
        ...(request.body && {
          requestBody: {
            required: request.mayOmitBody !== true,
            description: `At most ${bodyBytesMax} bytes. Unknown members are refused by name.`,
            content: { "application/json": { schema: inputSchema(request.body) } },
          },
        }),
        responses: { ...responsesOf(operation), ...gatewayResponsesOf(route) },
      },
    };
  }
  return paths;
};

/** The document, for a service of the given version. */
export const openApiDocument = (version: string): Json => ({
  openapi: "3.1.0",
  info: {
    title: "Holdfast",
    version,
    description:
      "Inventory reservations that never oversell. Times are ISO 8601 UTC with milliseconds, " +
      "quantities are whole numbers, errors are RFC 9457 problems.",
    license: { name: "MIT", identifier: "MIT" },
  },
  paths: pathsOf(),
  components: {
    schemas: {
      ...Object.fromEntries(
        Object.entries(answers).map(([name, schema]) => [name, outputSchema(schema)]),
      ),
      Problem: outputSchema(problemSchema),
      GatewayError: { type: "object", properties: { message: { type: "string" } } },
    },
    securitySchemes: {
      iam: {
        type: "apiKey",
        in: "header",
        name: "Authorization",
        description: "AWS Signature Version 4 for the service `execute-api`.",
      },
      jwt: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
    },
  },
});
