import { expect, expectTypeOf, test } from "vitest";
import { createHoldfastClient, type Problem, type Shortage } from "../../../client/client.ts";
import { collect } from "../../support/collect.ts";
import { json, problem, scriptedFetch, type ScriptEntry } from "./scripted-fetch.ts";

const open = (...script: ScriptEntry[]) => {
  const { fetch, requests } = scriptedFetch(...script);
  return { client: createHoldfastClient({ baseUrl: "https://api.example.com/", fetch }), requests };
};

const lines = [{ sku: "hat", quantity: 2 }];

test("a refusal that a caller must act on is an outcome, with its members", async () => {
  const shortages = [{ sku: "hat", requested: 2, available: 1 }];
  const { client } = open(
    problem(409, "insufficient_stock", { shortages }),
    problem(422, "unknown_sku", { skus: ["hat"] }),
    problem(422, "idempotency_key_reused"),
  );
  const short = await client.reserve({ lines });
  expect(short).toMatchObject({ outcome: "insufficient_stock", shortages });
  if (short.outcome === "insufficient_stock") {
    expectTypeOf(short.shortages).toEqualTypeOf<Shortage[]>();
    expectTypeOf(short.problem).toEqualTypeOf<Problem>();
    expect(short.problem.requestId).toBe("r-1");
  }
  expect(await client.reserve({ lines })).toMatchObject({ outcome: "unknown_sku", skus: ["hat"] });
  expect(await client.reserve({ lines })).toMatchObject({ outcome: "idempotency_key_reused" });
});

test("the outcomes of a call are those of the contract", async () => {
  const { client } = open(200);
  expectTypeOf<Awaited<ReturnType<typeof client.reserve>>["outcome"]>().toEqualTypeOf<
    "reserved" | "insufficient_stock" | "unknown_sku" | "unknown_channel" | "idempotency_key_reused"
  >();
  expectTypeOf<Awaited<ReturnType<typeof client.setStock>>["outcome"]>().toEqualTypeOf<
    "created" | "replaced" | "below_reserved" | "version_mismatch"
  >();
});

test("an unknown SKU of a path is named in the outcome", async () => {
  const { client } = open(problem(404, "unknown_sku"));
  expect(await client.getStock({ sku: "hat" })).toMatchObject({
    outcome: "unknown_sku",
    skus: ["hat"],
  });
});

test("a success is named by its status where that matters", async () => {
  const stock = { sku: "hat", onHand: 1 };
  const { client } = open(json(201, stock), json(200, stock), new Response(null, { status: 204 }));
  const request = { sku: "hat", onHand: 1 };
  expect(await client.setStock(request)).toEqual({ outcome: "created", stock });
  expect(await client.setStock(request)).toEqual({ outcome: "replaced", stock });
  expect(await client.deleteChannel({ channel: "web" })).toEqual({ outcome: "deleted" });
});

test("a repeat that Holdfast has applied before is marked", async () => {
  const reservation = { reservationId: "r" };
  const { client } = open(json(200, reservation, { "Idempotency-Replayed": "true" }));
  expect(await client.reserve({ lines })).toEqual({
    outcome: "reserved",
    reservation,
    replayed: true,
  });
});

test("the members of a request go to the path, the query and the body", async () => {
  const { client, requests } = open(json(200, { items: [] }));
  await client.setStockAtLocation({ sku: "hat:1", location: "ams1", onHand: 3 });
  await client.releaseReservation({ reservationId: "a/b c" });
  await collect(client.listReservations({ orderId: "order 7+1", limit: 5 }));
  await client.changeReservation({ reservationId: "r", lines }, { ifMatch: 3 });
  expect(requests.map(({ method, url, body }) => [method, url, body])).toEqual([
    ["PUT", "https://api.example.com/v1/stock/hat%3A1/locations/ams1", '{"onHand":3}'],
    ["POST", "https://api.example.com/v1/reservations/a%2Fb%20c/release", "{}"],
    ["GET", "https://api.example.com/v1/reservations?orderId=order%207%2B1&limit=5", null],
    ["PATCH", "https://api.example.com/v1/reservations/r", JSON.stringify({ lines })],
  ]);
  await client.setStock({ sku: "hat", onHand: 3 }, { ifMatch: 7 });
  const tags = requests.slice(-2).map(({ headers }) => headers.get("If-Match"));
  expect(tags).toEqual(['"3"', '"7"']);
  expect(requests[0]!.headers.get("Idempotency-Key")).toBeNull();
});

test("a request that Holdfast refuses is a fault with its issues", async () => {
  const issues = [{ path: "lines.0.quantity", message: "must be a whole number" }];
  const { client } = open(problem(400, "invalid_request", { issues }));
  await expect(client.reserve({ lines })).rejects.toMatchObject({
    code: "invalid_request",
    status: 400,
    issues,
    requestId: "r-1",
    mayHaveTakenEffect: false,
  });
});

test("a refusal that the operation does not have is a fault", async () => {
  const { client } = open(problem(404, "not_found"), problem(409, "hold_limit_reached"));
  await expect(client.reserve({ lines })).rejects.toMatchObject({ code: "not_found" });
  await expect(client.reserve({ lines })).rejects.toMatchObject({ code: "hold_limit_reached" });
});

test("an answer of API Gateway's own is a fault with its request id", async () => {
  const { client } = open(json(403, { message: "Forbidden" }, { "Apigw-Requestid": "gateway-1=" }));
  await expect(client.health()).rejects.toMatchObject({
    code: "forbidden",
    requestId: "gateway-1=",
    message: "health got 403 forbidden: Forbidden",
  });
});

test.each([
  ["no JSON", new Response("<html></html>", { status: 201 })],
  ["JSON of another kind", json(201, null)],
  ["a status that the operation does not have", json(206, {})],
  ["a refusal without its members", problem(409, "insufficient_stock")],
])("an answer with %s is a fault", async (_, answer) => {
  const { client } = open(answer);
  const expected = answer.status === 409 ? "insufficient_stock" : "malformed_answer";
  const call =
    answer.status === 206 ? client.setStock({ sku: "a", onHand: 1 }) : client.reserve({ lines });
  await expect(call).rejects.toMatchObject({ name: "HoldfastError", code: expected });
});
