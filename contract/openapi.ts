/** The OpenAPI 3.1 document, generated from the operations, the routes and the schemas of this room. */
import type * as z from "zod/mini";
import { bodyBytesMax, retryAfterSeconds } from "./bounds.ts";
import { versionTag } from "./entity-tags.ts";
import { inputSchema, outputSchema, type Json } from "./json-schema.ts";
import { problemSchema } from "./problem-schemas.ts";
import { problemsByCode } from "./problems-by-code.ts";
import { problemMediaType, type ProblemCode } from "./problem-json.ts";
import type { RequestSchema } from "./request.ts";
import { routes, scopeClaim, type OperationId, type Route } from "./routes.ts";
import { answers, operations, type Operation } from "./operations.ts";

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

/** Returns the headers of an answer: `ETag`, `Idempotency-Replayed` for a repeat, `Location` for a new record. */
const headersOf = ({ request, answer, hasLocation }: Operation, status: number): Json => {
  const headers = {
    ...((answer === "Stock" || answer === "Reservation") && {
      ETag: { schema: inputSchema(versionTag), description: "The version, in quotes" },
    }),
    ...(request.idempotencyKey &&
      status === 200 && {
        "Idempotency-Replayed": {
          schema: { const: "true" },
          description: "Present if this call repeats an earlier one under the same key",
        },
      }),
    ...(hasLocation &&
      status === 201 && {
        Location: { schema: { type: "string" }, description: "The path of the new record" },
      }),
  };
  return Object.keys(headers).length > 0 ? { headers } : {};
};

/** A response that API Gateway returns before a function runs. */
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

const responsesOf = (operation: Operation): Json => {
  const { request, successes, answer, refusals } = operation;
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
        { description, ...headersOf(operation, Number(status)), ...contentOf(answer) },
      ]),
    ),
    ...(request.ifNoneMatch && {
      304: {
        description: "The record has the version of If-None-Match",
        ...headersOf(operation, 304),
      },
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

const tags = {
  Stock: "Units on hand, by SKU and location",
  Channels: "Lists of locations, by which orders are sourced",
  Reservations: "Units that are held, sold, and handed over",
  Service: "The service itself",
};

const tagOf = ({ path }: Route): keyof typeof tags => {
  if (path.startsWith("/v1/stock") || path === "/v1/availability") return "Stock";
  if (path.startsWith("/v1/channels")) return "Channels";
  return path.startsWith("/v1/reservations") ? "Reservations" : "Service";
};

const pathsOf = (): Json => {
  const paths: Record<string, Json> = {};
  for (const [operationId, operation] of Object.entries(operations)) {
    const route: Route = routes[operationId as OperationId];
    const { summary, description, request } = operation;
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: {
        operationId,
        summary,
        description,
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
  servers: [
    { url: "http://127.0.0.1:3000", description: "The local run" },
    {
      url: "https://{apiId}.execute-api.{region}.amazonaws.com",
      description: "A deployed stack: its output ApiUrl",
      variables: { apiId: { default: "api" }, region: { default: "eu-west-1" } },
    },
  ],
  tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
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
