import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { describe, expect, test } from "vitest";
import type { RequestSchema } from "../../../contract/request.ts";
import {
  changeReservationRequest,
  confirmReservationRequest,
  extendReservationRequest,
  returnRequest,
  soldUnitsRequest,
} from "../../../contract/reservations.ts";
import { RefusedRequest, type Refusal } from "../../../functions/middleware/answer.ts";
import { parseRequest } from "../../../functions/middleware/parse-request.ts";

const lines = [{ sku: "shirt", quantity: 2 }];

/** A request as API Gateway passes it on: the names of headers are in lower case. */
const request = (body: unknown, headers: Record<string, string> = {}) =>
  ({
    pathParameters: { reservationId: "r1" },
    headers: { "content-type": "application/json", ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    isBase64Encoded: false,
  }) as unknown as APIGatewayProxyEventV2;

const refusalOf = (schema: RequestSchema, event: APIGatewayProxyEventV2): Refusal["problem"] => {
  try {
    parseRequest(schema, event);
  } catch (error) {
    expect(error).toBeInstanceOf(RefusedRequest);
    return (error as RefusedRequest).refusal.problem;
  }
  throw new Error("The request was not refused.");
};

/** The same request of a caller whom an authorizer names. */
const by = (authorizer: object, event: APIGatewayProxyEventV2) =>
  ({ ...event, requestContext: { authorizer } }) as unknown as APIGatewayProxyEventV2;

const roleIn = (session: string) => ({
  iam: { userArn: `arn:aws:sts::123456789012:assumed-role/Checkout/${session}` },
});

describe("the header Idempotency-Key", () => {
  const keyOf = (key: string, authorizer: object = {}) =>
    parseRequest(
      changeReservationRequest,
      by(authorizer, request({ lines }, { "idempotency-key": key })),
    ).idempotencyKey;

  test.each([
    ['"cart 1"', "cart 1"],
    [String.raw`"a \"b\" \\ c"`, String.raw`a "b" \ c`],
    ['"open', '"open'],
    ['half"', 'half"'],
  ])("is the same quoted and bare: %s", (header, key) => {
    expect(keyOf(header)).toBe(key);
  });

  test("has 1 to 255 characters, its quotes not counted", () => {
    expect(keyOf(`"${"x".repeat(255)}"`)).toBe("x".repeat(255));
    for (const key of ['""', `"${"x".repeat(256)}"`, '"a\u0000"']) {
      const event = request({ lines }, { "idempotency-key": key });
      expect(refusalOf(changeReservationRequest, event).issues).toMatchObject([
        { path: "Idempotency-Key" },
      ]);
    }
  });

  test("is another key for each caller", () => {
    const callers = [
      {},
      { jwt: { claims: { sub: "ann" } } },
      { jwt: { claims: { sub: "bob" } } },
      { jwt: { claims: { client_id: "shop" } } },
      { iam: { userArn: "arn:aws:iam::123456789012:user/ann" } },
      roleIn("one"),
    ];
    const keys = callers.map((caller) => keyOf("cart 1", caller));
    expect(new Set(keys).size).toBe(callers.length);
  });

  test("is one key for all sessions of a role", () => {
    expect(keyOf("cart 1", roleIn("one"))).toBe(keyOf("cart 1", roleIn("two")));
  });

  test("cannot be made to look like that of another caller", () => {
    const ann = keyOf("cart", { jwt: { claims: { sub: "ann" } } });
    expect(keyOf(ann!, { jwt: { claims: { sub: "bob" } } })).not.toBe(ann);
    expect(keyOf('","cart', { jwt: { claims: { sub: "ann" } } })).not.toBe(ann);
  });
});

describe("the header If-Match", () => {
  const change = (ifMatch: string) => request({ lines }, { "if-match": ifMatch });

  test.each([
    ['"1"', 1],
    ['"0"', 0],
    ['"999999999999999"', 999_999_999_999_999],
  ])("is the version in quotes: %s", (ifMatch, version) => {
    expect(parseRequest(changeReservationRequest, change(ifMatch))).toEqual({
      params: { reservationId: "r1" },
      body: { lines },
      ifMatch: version,
    });
  });

  test("is absent where a caller does not send it", () => {
    const input = parseRequest(changeReservationRequest, request({ lines }));
    expect(input).not.toHaveProperty("ifMatch");
  });

  test.each([
    "",
    "1",
    "*",
    'W/"1"',
    '"1", "2"',
    '""',
    '"-1"',
    '"1.5"',
    '"1e3"',
    '"1234567890123456"',
  ])("cannot be %j", (ifMatch) => {
    const { code, issues } = refusalOf(changeReservationRequest, change(ifMatch));
    expect(code).toBe("invalid_request");
    expect(issues).toEqual([
      {
        path: "If-Match",
        message: `must be one version in quotes, as in "3", not ${JSON.stringify(ifMatch)}`,
      },
    ]);
  });

  test.each([
    ["confirm", confirmReservationRequest],
    ["fulfill", soldUnitsRequest],
  ])("is ignored by %s", (_, schema) => {
    const input = parseRequest(schema, request({}, { "if-match": "*" }));
    expect(input).not.toHaveProperty("ifMatch");
  });

  test("is refused together with all other faults", () => {
    const headers = { "if-match": "3", "idempotency-key": "" };
    const { issues } = refusalOf(changeReservationRequest, request({ lines: [] }, headers));
    expect(issues!.map(({ path }) => path).toSorted()).toEqual([
      "Idempotency-Key",
      "If-Match",
      "lines",
    ]);
  });
});

describe("a body that may be omitted", () => {
  test.each([
    ["confirm", confirmReservationRequest],
    ["fulfill and cancel", soldUnitsRequest],
  ])("is {} when it is absent or empty: %s", (_, schema) => {
    const { headers: __, ...event } = request(undefined);
    const bare = { ...event, headers: {} } as unknown as APIGatewayProxyEventV2;
    for (const one of [bare, request(undefined), request(""), request("{}")]) {
      expect(parseRequest(schema, one)).toEqual({ params: { reservationId: "r1" }, body: {} });
    }
  });

  test("is read where there is one", () => {
    const body = { lines, fulfill: true, reacquire: false };
    expect(parseRequest(confirmReservationRequest, request(body)).body).toEqual(body);
    expect(parseRequest(soldUnitsRequest, request({ lines })).body).toEqual({ lines });
  });

  test.each([
    [{ fulfil: true }, "fulfil"],
    [{ fulfill: "true" }, "fulfill"],
    [{ reacquire: 1 }, "reacquire"],
    [{ lines: [] }, "lines"],
    [{ lines: [{ sku: "shirt", quantity: 0 }] }, "lines[0].quantity"],
    [{ lines: [{ sku: "shirt", quantity: 1, price: 1 }] }, "lines[0].price"],
  ])("is refused by its members: %j", (body, path) => {
    expect(refusalOf(confirmReservationRequest, request(body)).issues).toMatchObject([{ path }]);
  });

  test.each([
    ["a change", changeReservationRequest],
    ["a return", returnRequest],
    ["an extension", extendReservationRequest],
  ])("is not that of %s", (_, schema) => {
    expect(refusalOf(schema, request(undefined)).code).toBe("invalid_json");
  });

  test("names what a return lacks", () => {
    const { issues } = refusalOf(returnRequest, request({}));
    expect(issues!.map(({ path }) => path).toSorted()).toEqual(["lines", "reason"]);
  });
});
