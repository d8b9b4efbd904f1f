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
