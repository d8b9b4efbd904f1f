/** The HTTP contract, over HTTP, against the synthesized app: docs/api.md line by line. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import * as z from "zod/mini";
import { problemSchema } from "../../contract/problem-schemas.ts";
import { problems, type ProblemCode } from "../../contract/problems.ts";
import {
  reservationPageSchema,
  reservationSchema,
  skuHoldPageSchema,
} from "../../contract/reservation-schemas.ts";
import { stockPageSchema, stockRecordSchema } from "../../contract/stock-schemas.ts";
import { createClient, type Answer, type Client } from "../support/http-client.ts";
import { startLocalRun, type LocalRun } from "../support/local-run.ts";

let run: LocalRun;
let client: Client;

beforeAll(async () => {
  run = await startLocalRun({ assembly: inject("assembly") });
  client = createClient(run.endpoint);
});

afterAll(() => run.stop());

let count = 0;
const freshSku = () => `sku-${(count += 1)}`;

const stocked = async (onHand: number): Promise<string> => {
  const sku = freshSku();
  const { status } = await client.put(`/v1/stock/${sku}`, { onHand });
  expect(status).toBe(201);
  return sku;
};

const held = async (sku: string, more: Record<string, unknown> = {}) => {
  const answer = await client.post("/v1/reservations", { lines: [{ sku, quantity: 1 }], ...more });
  expect(answer.status).toBe(201);
  return z.parse(reservationSchema, answer.body);
};

const stockOf = async (sku: string) =>
  z.parse(stockRecordSchema, (await client.get(`/v1/stock/${sku}`)).body);

/** A refusal as it must look, whatever it refuses. */
const expectProblem = (
  answer: Answer,
  code: ProblemCode,
  status: number = problems[code].status,
) => {
  const problem = z.parse(problemSchema, answer.body);
  expect({ status: answer.status, code: problem.code }).toEqual({ status, code });
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(problem).toMatchObject({ status, type: `urn:holdfast:problem:${code}` });
  expect(problem.title).toBe(problems[code].title);
  expect(problem.requestId).not.toBe("");
  expect(problem.detail).not.toBe("");
  return problem;
};

describe("stock", () => {
  test("PUT creates with 201, then replaces with 200", async () => {
    const sku = freshSku();
    const created = await client.put(`/v1/stock/${sku}`, { onHand: 100 });
    expect(created.status).toBe(201);
    expect(created.headers.get("content-type")).toBe("application/json");
    expect(created.body).toEqual({
      sku,
      onHand: 100,
      available: 100,
      reserved: 0,
      version: 1,
      updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    const replaced = await client.put(`/v1/stock/${sku}`, { onHand: 50, expectedVersion: 1 });
    expect(replaced).toMatchObject({ status: 200, body: { onHand: 50, version: 2 } });
    expect(await stockOf(sku)).toEqual(replaced.body);
  });

  test("PUT below what is held, or at another version, is a 409", async () => {
    const sku = await stocked(5);
    await held(sku);
    const below = await client.put(`/v1/stock/${sku}`, { onHand: 0 });
    expect(expectProblem(below, "below_reserved").detail).toContain("1 units");
    const other = await client.put(`/v1/stock/${sku}`, { onHand: 9, expectedVersion: 7 });
    expect(expectProblem(other, "version_mismatch").detail).toContain("7");
  });

  test("GET of an unknown SKU is a 404", async () => {
    expectProblem(await client.get("/v1/stock/nobody"), "unknown_sku");
  });

  test("GET lists in pages of `limit`, each SKU once", async () => {
    await Promise.all(Array.from({ length: 5 }, () => stocked(1)));
    const seen: string[] = [];
    let path = "/v1/stock?limit=2";
    for (;;) {
      const page = z.parse(stockPageSchema, (await client.get(path)).body);
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ sku }) => sku));
      if (page.cursor === undefined) break;
      path = `/v1/stock?limit=2&cursor=${encodeURIComponent(page.cursor)}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual(5);
  });

  test("GET lists the holds of a SKU with its units, next to expire first, in pages", async () => {
    const [sku, other] = [await stocked(10), await stocked(10)];
    const lines = [
      { sku, quantity: 3 },
      { sku: other, quantity: 1 },
    ];
    const metadata = { till: "7" };
    const late = await held(sku, { ttlSeconds: 300 });
    const soon = await held(sku, { lines, ttlSeconds: 60, orderId: `order of ${sku}`, metadata });
    await held(other);
    const path = `/v1/stock/${sku}/reservations`;
    const all = await client.get(`${path}?status=held`);
    expect(all).toMatchObject({ status: 200 });
    expect(z.parse(skuHoldPageSchema, all.body)).toEqual({
      items: [
        { ...soon, quantity: 3 },
        { ...late, quantity: 1 },
      ],
    });
    const first = z.parse(skuHoldPageSchema, (await client.get(`${path}?limit=1`)).body);
    expect(first.items).toEqual([{ ...soon, quantity: 3 }]);
    const rest = await client.get(`${path}?cursor=${encodeURIComponent(first.cursor!)}`);
    expect(rest.body).toEqual({ items: [{ ...late, quantity: 1 }] });
  });

  test("GET of the holds of a SKU is empty without any, and a 404 where it is unknown", async () => {
    const sku = await stocked(1);
    const answer = await client.get(`/v1/stock/${sku}/reservations`);
    expect(answer).toMatchObject({ status: 200, body: { items: [] } });
    expectProblem(await client.get("/v1/stock/nobody/reservations"), "unknown_sku");
  });

  test("an adjustment changes the count, once for each key", async () => {
    const sku = await stocked(10);
    const adjust = () =>
      client.post(
        `/v1/stock/${sku}/adjustments`,
        { delta: -3, reason: "damaged", reference: "R 1" },
        { "Idempotency-Key": `adjust ${sku}` },
      );
    const [first, again] = [await adjust(), await adjust()];
    expect(first).toMatchObject({
      status: 200,
      body: { sku, onHand: 7, available: 7, version: 2 },
    });
    expect(again).toMatchObject({ status: 200, body: first.body });
    const reused = await client.post(
      `/v1/stock/${sku}/adjustments`,
      { delta: -4, reason: "damaged" },
      { "Idempotency-Key": `adjust ${sku}` },
    );
    expectProblem(reused, "idempotency_key_reused");
  });

  test("an adjustment that takes more than there is, or more than may be, is refused", async () => {
    const sku = await stocked(10);
    const path = `/v1/stock/${sku}/adjustments`;
    const short = await client.post(path, { delta: -11, reason: "lost" });
    expect(expectProblem(short, "insufficient_stock").shortages).toEqual([
      { sku, requested: 11, available: 10 },
    ]);
    const over = await client.post(path, { delta: 1_000_000_000, reason: "found" });
    expect(expectProblem(over, "invalid_request").issues).toEqual([
      { path: "delta", message: expect.stringContaining("1000000010") },
    ]);
    const unknown = await client.post("/v1/stock/nobody/adjustments", { delta: 1, reason: "x" });
    expectProblem(unknown, "unknown_sku");
    expect(await stockOf(sku)).toMatchObject({ onHand: 10, version: 1 });
  });
});

describe("reserving", () => {
  test("answers 201 with the reservation, and where it is", async () => {
    const sku = await stocked(10);
    const before = Date.now();
    const answer = await client.post("/v1/reservations", {
      lines: [{ sku, quantity: 3 }],
      orderId: "order 1",
      ttlSeconds: 60,
    });
    expect(answer.status).toBe(201);
    const reservation = z.parse(reservationSchema, answer.body);
    expect(reservation).toEqual({
      reservationId: expect.any(String),
      status: "held",
      lines: [{ sku, quantity: 3 }],
      orderId: "order 1",
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
      version: 1,
    });
    const createdAtMs = Date.parse(reservation.createdAt);
    expect(createdAtMs).toBeGreaterThanOrEqual(before);
    expect(Date.parse(reservation.expiresAt)).toBe(createdAtMs + 60_000);
    const location = answer.headers.get("location")!;
    expect((await client.get(location)).body).toEqual(answer.body);
    expect(await stockOf(sku)).toMatchObject({ onHand: 10, available: 7, reserved: 3 });
  });

  test("answers with the metadata of the request, and so does every later call", async () => {
    const metadata = { till: "7", note: "Grüße, 注文" };
    const reservation = await held(await stocked(10), { metadata });
    expect(reservation).toMatchObject({ metadata });
    const path = `/v1/reservations/${reservation.reservationId}`;
    for (const answer of [
      await client.get(path),
      await client.post(`${path}/extend`, { ttlSeconds: 60 }),
      await client.post(`${path}/confirm`),
    ]) {
      expect(answer).toMatchObject({ status: 200, body: { metadata } });
    }
  });

  test("holds for 15 minutes when it is not said how long", async () => {
    const reservation = await held(await stocked(1));
    const lifeMs = Date.parse(reservation.expiresAt) - Date.parse(reservation.createdAt);
    expect(lifeMs).toBe(900_000);
  });

  test("names every line that fell short", async () => {
    const [few, none] = [await stocked(2), await stocked(0)];
    const answer = await client.post("/v1/reservations", {
      lines: [
        { sku: few, quantity: 3 },
        { sku: none, quantity: 1 },
      ],
    });
    const { shortages, detail } = expectProblem(answer, "insufficient_stock");
    expect(shortages).toEqual([
      { sku: few, requested: 3, available: 2 },
      { sku: none, requested: 1, available: 0 },
    ]);
    expect(detail).toContain(`${few} has 2 available, 3 were asked for`);
  });

  test("names every unknown SKU, with 422", async () => {
    const answer = await client.post("/v1/reservations", {
      lines: [
        { sku: "nobody-1", quantity: 1 },
        { sku: "nobody-2", quantity: 1 },
      ],
    });
    expect(expectProblem(answer, "unknown_sku", 422).skus).toEqual(["nobody-1", "nobody-2"]);
  });

  test("under one key 50 times at once makes one, and replays it with the same body", async () => {
    const sku = await stocked(100);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        client.post(
          "/v1/reservations",
          { lines: [{ sku, quantity: 1 }] },
          { "Idempotency-Key": `fifty ${sku}` },
        ),
      ),
    );
    const replays = answers.filter((answer) => answer.status === 200);
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    expect(replays).toHaveLength(49);
    expect(replays.every((one) => one.headers.get("idempotency-replayed") === "true")).toBe(true);
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(await stockOf(sku)).toMatchObject({ reserved: 1 });
    const other = await client.post(
      "/v1/reservations",
      { lines: [{ sku, quantity: 2 }] },
      { "Idempotency-Key": `fifty ${sku}` },
    );
    expectProblem(other, "idempotency_key_reused");
  });
});

describe("a reservation", () => {
  test("is confirmed, again with no effect, and then not released", async () => {
    const sku = await stocked(10);
    const { reservationId } = await held(sku);
    const path = `/v1/reservations/${reservationId}`;
    const confirmed = await client.post(`${path}/confirm`);
    expect(confirmed).toMatchObject({ status: 200, body: { status: "confirmed", version: 2 } });
    expect(await client.post(`${path}/confirm`, {})).toMatchObject({
      status: 200,
      body: { status: "confirmed" },
    });
    // The function settle takes the sold unit off.
    await expect
      .poll(() => stockOf(sku), { timeout: 20_000 })
      .toMatchObject({ onHand: 9, available: 9, reserved: 0 });
    expectProblem(await client.post(`${path}/release`), "reservation_confirmed");
    expectProblem(await client.post(`${path}/extend`, { ttlSeconds: 1 }), "reservation_confirmed");
  });

  test("is released, again with no effect, and then not confirmed", async () => {
    const sku = await stocked(10);
    const { reservationId } = await held(sku);
    const path = `/v1/reservations/${reservationId}`;
    const released = await client.post(`${path}/release`);
    expect(released).toMatchObject({ status: 200, body: { status: "released" } });
    expect((await client.post(`${path}/release`)).text).toBe(released.text);
    expect(await stockOf(sku)).toMatchObject({ onHand: 10, available: 10, reserved: 0 });
    expectProblem(await client.post(`${path}/confirm`), "reservation_released");
    expectProblem(await client.post(`${path}/extend`, { ttlSeconds: 1 }), "reservation_released");
  });

  test("is extended from now, up to a life of 7 days", async () => {
    const { reservationId, createdAt } = await held(await stocked(1), { ttlSeconds: 60 });
    const path = `/v1/reservations/${reservationId}/extend`;
    const before = Date.now();
    const extended = await client.post(path, { ttlSeconds: 86_400 });
    const { expiresAt, version } = z.parse(reservationSchema, extended.body);
    expect(Date.parse(expiresAt)).toBeGreaterThanOrEqual(before + 86_400_000);
    expect(version).toBe(2);
    expect(Date.parse(createdAt)).toBeLessThanOrEqual(before);
  });

  test("that has expired cannot be confirmed or extended, and gives its unit back", async () => {
    const sku = await stocked(1);
    const { reservationId, expiresAt } = await held(sku, { ttlSeconds: 1 });
    const path = `/v1/reservations/${reservationId}`;
    await expect
      .poll(async () => (await client.get(path)).body, { timeout: 10_000 })
      .toMatchObject({ status: "expired" });
    const refused = expectProblem(await client.post(`${path}/confirm`), "reservation_expired");
    expect(refused.detail).toContain(expiresAt);
    expectProblem(await client.post(`${path}/extend`, { ttlSeconds: 60 }), "reservation_expired");
    expect(await stockOf(sku)).toMatchObject({ available: 1, reserved: 0 });
    expect(await client.post(`${path}/release`)).toMatchObject({
      status: 200,
      body: { status: "expired" },
    });
  });

  test("is listed by its order, newest first, in pages", async () => {
    const sku = await stocked(10);
    const orderId = "Bestellung für Jürgen & Söhne";
    for (let index = 0; index < 3; index += 1) await held(sku, { orderId });
    const query = `orderId=${encodeURIComponent(orderId)}`;
    const page = await client.get(`/v1/reservations?${query}&limit=2`);
    const { items, cursor } = z.parse(reservationPageSchema, page.body);
    expect(items).toHaveLength(2);
    const rest = await client.get(`/v1/reservations?${query}&cursor=${cursor}`);
    expect(z.parse(reservationPageSchema, rest.body).items).toHaveLength(1);
    expect(items[0]!.createdAt >= items[1]!.createdAt).toBe(true);
    const foreign = await client.get(`/v1/reservations?orderId=another&cursor=${cursor}`);
    expectProblem(foreign, "invalid_cursor");
    expectProblem(await client.get(`/v1/stock?cursor=${cursor}`), "invalid_cursor");
  });

  test.each(["nobody", "00000000-0000-8000-8000-000000000000", "x".repeat(2_000), "a%2Fb", "%00"])(
    "%s was never made",
    async (id) => {
      const path = `/v1/reservations/${id}`;
      expectProblem(await client.get(path), "unknown_reservation");
      expectProblem(await client.post(`${path}/confirm`), "unknown_reservation");
      expectProblem(await client.post(`${path}/release`), "unknown_reservation");
      const extend = await client.post(`${path}/extend`, { ttlSeconds: 1 });
      expectProblem(extend, "unknown_reservation");
    },
  );
});

describe("the service", () => {
  test("says that it is up, and in which version", async () => {
    expect(await client.get("/v1/health")).toMatchObject({
      status: 200,
      body: { status: "ok", version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
    });
  });

  test("describes itself", async () => {
    const answer = await client.get("/openapi.json");
    expect(answer).toMatchObject({ status: 200, body: { openapi: "3.1.0" } });
  });

  test.each([
    ["GET", "/"],
    ["GET", "/v1"],
    ["GET", "/v2/stock"],
    ["GET", "/v1/stock/a/b"],
    ["POST", "/v1/reservations/a/cancel"],
    ["GET", "/v1/stock/a/"],
  ])("has no route %s %s", async (method, path) => {
    expectProblem(await client.send(method, path), "not_found");
  });

  test.each([
    ["DELETE", "/v1/stock/a", "PUT, GET"],
    ["POST", "/v1/stock/a", "PUT, GET"],
    ["PATCH", "/v1/reservations", "POST, GET"],
    ["GET", "/v1/reservations/a/confirm", "POST"],
    ["OPTIONS", "/v1/health", "GET"],
  ])("does not take %s %s, and says what it takes", async (method, path, allowed) => {
    const answer = await client.send(method, path);
    expectProblem(answer, "method_not_allowed");
    expect(answer.headers.get("allow")).toBe(allowed);
  });
});
