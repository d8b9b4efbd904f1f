import { expect, test } from "vitest";
import { openApiDocument } from "../../../contract/openapi.ts";
import { problemsByCode } from "../../../contract/problems-by-code.ts";

import { routes, scopeClaim, type Route } from "../../../contract/routes.ts";

type Operation = {
  operationId: string;
  security: Record<string, string[]>[];
  parameters: { name: string; in: string; required: boolean; schema: Record<string, unknown> }[];
  requestBody?: {
    required: boolean;
    content: Record<string, { schema: Record<string, unknown> }>;
  };
  responses: Record<string, unknown>;
};

const document = openApiDocument("1.2.3") as {
  openapi: string;
  info: { version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Record<string, never>> };
};

test("the document is OpenAPI 3.1 of the version that is deployed", () => {
  expect(document.openapi).toBe("3.1.0");
  expect(document.info.version).toBe("1.2.3");
});

test("it describes every route, and nothing else", () => {
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => [operationId, method, path]),
  );
  const expected = Object.entries(routes).map(([operationId, { method, path }]) => [
    operationId,
    method.toLowerCase(),
    path,
  ]);
  expect(described.toSorted()).toEqual(expected.toSorted());
});

test("every operation names the path's parameters, its scope and its refusals", () => {
  for (const route of Object.values(routes) as Route[]) {
    const operation = document.paths[route.path]![route.method.toLowerCase()]!;
    const inPath = operation.parameters.filter((parameter) => parameter.in === "path");
    expect(inPath.map((parameter) => `{${parameter.name}}`)).toEqual(
      route.path.match(/\{\w+\}/g) ?? [],
    );
    expect(inPath.every((parameter) => parameter.required)).toBe(true);
    const scopes = operation.security.flatMap(({ jwt }) => jwt ?? []);
    const isScoped = route.access !== "open" && route.access !== "authenticated";
    expect(scopes).toEqual(isScoped ? [scopeClaim(route.access as never)] : []);
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(["400", "500"]));
  }
});

test("a body is described with its bounds, its defaults not required, and no other members", () => {
  const schema =
    document.paths["/v1/reservations"]!["post"]!.requestBody!.content["application/json"]!.schema;
  expect(schema).toMatchObject({
    required: ["lines"],
    additionalProperties: false,
    properties: {
      lines: {
        minItems: 1,
        maxItems: 500,
        items: {
          required: ["sku", "quantity"],
          properties: {
            sku: {
              pattern: String.raw`^(\.{0,2}[A-Za-z0-9_:-]|\.{3})[A-Za-z0-9._:-]*$`,
              maxLength: 128,
            },
            quantity: { type: "integer", minimum: 1, maximum: 1_000_000_000 },
          },
        },
      },
      ttlSeconds: { type: "integer", minimum: 1, maximum: 86_400 },
      metadata: {
        type: "object",
        maxProperties: 20,
        propertyNames: { minLength: 1, maxLength: 40 },
        additionalProperties: { type: "string" },
        description: "At most 2,048 bytes of UTF-8, names and values together.",
      },
    },
  });
});

/** All objects within the document. */
const objectsIn = (value: unknown): Record<string, unknown>[] =>
  typeof value !== "object" || value === null
    ? []
    : [value as Record<string, unknown>, ...Object.values(value).flatMap(objectsIn)];

test("its patterns are ones that Python and Go take: no lookaround, no properties of Unicode", () => {
  const patterns = objectsIn(document).flatMap(({ pattern }) =>
    typeof pattern === "string" ? [pattern] : [],
  );
  expect(patterns.length).toBeGreaterThan(0);
  expect(patterns.filter((pattern) => /\\[pu]|\(\?[=!<]/.test(pattern))).toEqual([]);
});

test("its answers may have more members in a later version, and its requests may not", () => {
  const { schemas } = (document as unknown as { components: { schemas: object } }).components;
  const closed = objectsIn(schemas).filter((one) => one["additionalProperties"] === false);
  expect(closed).toEqual([]);
});

test("an adjustment of 0 is not valid", () => {
  const { requestBody } = document.paths["/v1/stock/{sku}/adjustments"]!["post"]!;
  expect(requestBody!.content["application/json"]!.schema).toMatchObject({
    properties: { delta: { not: { const: 0 } } },
  });
});

test("each operation has a description and the headers of its answers", () => {
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  for (const { operationId, description } of operations as unknown as {
    operationId: string;
    description: string;
  }[]) {
    expect(description, operationId).toMatch(/^[A-Z`].*\.$/);
  }
  expect(document.paths["/v1/reservations"]!["post"]!.responses).toMatchObject({
    200: { headers: { ETag: {}, "Idempotency-Replayed": {} } },
    201: { headers: { ETag: {}, Location: {} } },
    401: {},
    403: {},
    429: {},
  });
  expect(document.paths["/v1/stock/{sku}"]!["get"]!.responses).toMatchObject({
    304: { headers: { ETag: {} } },
  });
  expect(document.paths["/v1/health"]!["get"]!.responses).not.toHaveProperty("401");
});

test("a number of a query is described as a number", () => {
  const { parameters } = document.paths["/v1/stock"]!["get"]!;
  expect(parameters.find((parameter) => parameter.name === "limit")).toMatchObject({
    required: false,
    schema: { type: "integer", minimum: 1, maximum: 100 },
  });
});

test("the status of a SKU's holds may be left out, and has one accepted value", () => {
  const { parameters } = document.paths["/v1/stock/{sku}/reservations"]!["get"]!;
  expect(parameters.find((parameter) => parameter.name === "status")).toMatchObject({
    required: false,
    schema: { const: "held" },
  });
});

test("an unknown SKU is a 404 in a path and a 422 in a body", () => {
  expect(document.paths["/v1/stock/{sku}"]!["get"]!.responses).toHaveProperty("404");
  const { responses } = document.paths["/v1/reservations"]!["post"]!;
  expect(responses["422"]).toHaveProperty(
    "description",
    expect.stringContaining("`unknown_sku`") as unknown,
  );
  expect(responses).not.toHaveProperty("404");
});

test("a channel has each location once, and its deletion is answered without a body", () => {
  const channel = document.paths["/v1/channels/{channel}"]!;
  const { schema } = channel["put"]!.requestBody!.content["application/json"]!;
  expect(schema).toMatchObject({
    required: ["locations", "rule"],
    properties: {
      locations: { minItems: 1, maxItems: 20, uniqueItems: true },
      rule: { enum: ["priority", "fewest-splits", "most-stock"] },
      maxSplits: { type: "integer", minimum: 1, maximum: 20 },
    },
  });
  expect(channel["delete"]!.responses["204"]).toEqual({ description: "Deleted" });
});

test("the codes of a status are an enum, besides the words of its description", () => {
  const responses = document.paths["/v1/reservations"]!["post"]!.responses as Record<
    string,
    { content: Record<string, { schema: unknown }> }
  >;
  expect(responses["422"]!.content["application/problem+json"]!.schema).toEqual({
    allOf: [
      { $ref: "#/components/schemas/Problem" },
      {
        type: "object",
        properties: {
          code: { enum: ["unknown_sku", "unknown_channel", "idempotency_key_reused"] },
        },
      },
    ],
  });
});

const reservation = document.paths["/v1/reservations/{reservationId}"]!;
const transition = (name: string) =>
  document.paths[`/v1/reservations/{reservationId}/${name}`]!["post"]!;
const headersOf = ({ parameters }: Operation) =>
  parameters.filter((parameter) => parameter.in === "header").map(({ name }) => name);

test("a body that may be omitted is not required", () => {
  for (const name of ["confirm", "fulfill", "cancel"]) {
    expect([name, transition(name).requestBody?.required]).toEqual([name, false]);
  }
  for (const operation of [reservation["patch"]!, transition("return"), transition("extend")]) {
    expect([operation.operationId, operation.requestBody?.required]).toEqual([
      operation.operationId,
      true,
    ]);
  }
  expect(transition("release")).not.toHaveProperty("requestBody");
});

test("changes of a reservation take a key, and a change of its lines takes If-Match too", () => {
  expect(headersOf(reservation["patch"]!)).toEqual(["Idempotency-Key", "If-Match"]);
  for (const name of ["fulfill", "cancel", "return"]) {
    expect([name, headersOf(transition(name))]).toEqual([name, ["Idempotency-Key"]]);
  }
  const ifMatch = reservation["patch"]!.parameters.find(({ name }) => name === "If-Match");
  expect(ifMatch).toMatchObject({
    required: false,
    schema: { type: "string", pattern: String.raw`^"\d{1,15}"$` },
  });
});

test("another version is a 412 where a header names it, and a 409 where a body does", () => {
  const mentions = expect.stringContaining("`version_mismatch`") as unknown;
  expect(reservation["patch"]!.responses["412"]).toHaveProperty("description", mentions);
  expect(document.paths["/v1/stock/{sku}"]!["put"]!.responses["409"]).toHaveProperty(
    "description",
    mentions,
  );
});

test("every code is in the schema of a problem", () => {
  const { properties } = document.components.schemas["Problem"] as unknown as {
    properties: { code: { enum: string[] } };
  };
  expect(properties.code.enum).toEqual(Object.keys(problemsByCode));
});

test("every reference leads somewhere", () => {
  const references = JSON.stringify(document).match(/#\/components\/schemas\/\w+/g) ?? [];
  const names = new Set(references.map((reference) => reference.split("/").at(-1)!));
  expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining([...names]));
});
