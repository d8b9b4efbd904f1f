/** The HTTP contract, over HTTP, against the synthesized app: docs/api.md line by line. */
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import * as z from "zod/mini";
import { channelListSchema, channelSchema } from "../../contract/channel-schemas.ts";
import { problemSchema } from "../../contract/problem-schemas.ts";
import { problemsByCode } from "../../contract/problems-by-code.ts";
import { type ProblemCode } from "../../contract/problem-json.ts";
import {
  reservationPageSchema,
  reservationSchema,
  skuHoldPageSchema,
} from "../../contract/reservation-schemas.ts";
import {
  availabilitySchema,
  countResultsSchema,
  movementPageSchema,
  stockPageSchema,
  stockRecordSchema,
} from "../../contract/stock-schemas.ts";
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
  status: number = problemsByCode[code].status,
) => {
  const problem = z.parse(problemSchema, answer.body);
  expect({ status: answer.status, code: problem.code }).toEqual({ status, code });
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(problem).toMatchObject({ status, type: `urn:holdfast:problem:${code}` });
  expect(problem.title).toBe(problemsByCode[code].title);
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

  test("PUT at another version than that of If-Match is a 412", async () => {
    const sku = await stocked(5);
    const set = (onHand: number, tag: string, more = {}) =>
      client.put(`/v1/stock/${sku}`, { onHand, ...more }, { "If-Match": tag });
    const stale = expectProblem(await set(9, '"7"'), "version_mismatch", 412);
    expect(stale.detail).toContain("If-Match 7");
    const contradictory = await set(9, '"1"', { expectedVersion: 2 });
    expect(expectProblem(contradictory, "invalid_request").issues).toEqual([
      {
        path: "expectedVersion",
        message: "must be the version of If-Match, 1, or be left out, not 2",
      },
    ]);
    const replaced = await set(9, '"1"', { expectedVersion: 1 });
    expect(replaced).toMatchObject({ status: 200, body: { onHand: 9, version: 2 } });
    expect(replaced.headers.get("etag")).toBe('"2"');
  });

  test("GET returns 304 only to a caller that has the current version", async () => {
    const sku = await stocked(5);
    const path = `/v1/stock/${sku}`;
    const { headers, body } = await client.get(path);
    const tag = headers.get("etag")!;
    expect(tag).toBe(`"${(body as { version: number }).version}"`);
    for (const known of [tag, `W/${tag}`, `"0", ${tag}`, "*"]) {
      const answer = await client.get(path, { "If-None-Match": known });
      expect([known, answer.status, answer.text]).toEqual([known, 304, ""]);
      expect(answer.headers.get("etag")).toBe(tag);
    }
    expect((await client.get(path, { "If-None-Match": '"0"' })).status).toBe(200);
    await held(sku);
    const changed = await client.get(path, { "If-None-Match": tag });
    expect(changed).toMatchObject({ status: 200, body: { available: 4 } });
    expect(changed.headers.get("etag")).not.toBe(tag);
  });

  test("GET shows the units of backorders, which change without another version", async () => {
    const sku = freshSku();
    await client.put(`/v1/stock/${sku}`, { onHand: 0, backorderLimit: 5 });
    const path = `/v1/stock/${sku}`;
    const tag = (await client.get(path)).headers.get("etag")!;
    await held(sku);
    const answer = await client.get(path, { "If-None-Match": tag });
    expect(answer).toMatchObject({ status: 200, body: { backordered: 1 } });
  });

  test("PUT below what is held, or at another version, is a 409", async () => {
    const sku = await stocked(5);
    await held(sku);
    const below = await client.put(`/v1/stock/${sku}`, { onHand: 0 });
    const { detail } = expectProblem(below, "below_reserved");
    expect(detail).toContain("1 units");
    expect(detail).toContain("allowShortfall");
    const other = await client.put(`/v1/stock/${sku}`, { onHand: 9, expectedVersion: 7 });
    expect(expectProblem(other, "version_mismatch").detail).toContain("7");
  });

  test("PUT below what is held is applied with allowShortfall, and no unit is sold until it is made up", async () => {
    const sku = await stocked(5);
    await held(sku);
    await held(sku);
    const refused = await client.put(`/v1/stock/${sku}`, { onHand: 1, allowShortfall: false });
    expectProblem(refused, "below_reserved");
    const answer = await client.put(`/v1/stock/${sku}`, { onHand: 1, allowShortfall: true });
    const after = { onHand: 1, available: -1, reserved: 2 };
    expect(answer).toMatchObject({ status: 200, body: after });
    expect(await stockOf(sku)).toMatchObject(after);
    const short = await client.post("/v1/reservations", { lines: [{ sku, quantity: 1 }] });
    const { shortages } = expectProblem(short, "insufficient_stock");
    expect(shortages).toMatchObject([{ sku, requested: 1, available: 0 }]);
    const adjust = (delta: number) =>
      client.post(`/v1/stock/${sku}/adjustments`, { delta, reason: "recount" });
    const taken = expectProblem(await adjust(-1), "insufficient_stock");
    expect(taken).toMatchObject({ shortages: [{ sku, requested: 1, available: 0 }] });
    expect(await adjust(2)).toMatchObject({ status: 200, body: { available: 1 } });
    await held(sku);
  });

  test("PUT keeps units from sale as safetyStock, which stays when it is absent", async () => {
    const sku = await stocked(5);
    const kept = await client.put(`/v1/stock/${sku}`, { onHand: 5, safetyStock: 2 });
    expect(kept).toMatchObject({ status: 200, body: { onHand: 5, available: 3, safetyStock: 2 } });
    expect(await client.put(`/v1/stock/${sku}`, { onHand: 6 })).toMatchObject({
      body: { onHand: 6, available: 4, safetyStock: 2 },
    });
    expect(await stockOf(sku)).toMatchObject({ available: 4, safetyStock: 2 });
  });

  test("PUT sets backorderLimit and availableFrom, and a receipt serves who waits", async () => {
    const sku = freshSku();
    const availableFrom = "2030-12-24T08:00:00.000Z";
    const set = { onHand: 1, backorderLimit: 5, availableFrom };
    expect(await client.put(`/v1/stock/${sku}`, set)).toMatchObject({ status: 201, body: set });
    const order = { lines: [{ sku, quantity: 3 }] };
    const answer = await client.post("/v1/reservations", order);
    const { reservationId, lines } = z.parse(reservationSchema, answer.body);
    expect(lines).toEqual([{ sku, quantity: 3, backordered: 2, availableFrom }]);
    expect(await stockOf(sku)).toMatchObject({ available: 0, reserved: 1, backordered: 2 });
    const look = await client.post("/v1/availability", { skus: [sku] });
    expect(z.parse(availabilitySchema, look.body).items).toEqual([
      { sku, available: 0, backorderable: 3 },
    ]);
    const { shortages } = expectProblem(
      await client.post("/v1/reservations", { lines: [{ sku, quantity: 4 }] }),
      "insufficient_stock",
    );
    expect(shortages).toMatchObject([{ sku, requested: 4, available: 3 }]);
    await client.post(`/v1/reservations/${reservationId}/confirm`);
    const early = await client.post(`/v1/reservations/${reservationId}/fulfill`, order);
    expectProblem(early, "exceeds_reservation");
    const delivery = { delta: 4, reason: "delivery" };
    const received = await client.post(`/v1/stock/${sku}/adjustments`, delivery);
    expect(received).toMatchObject({ status: 200, body: { available: 2, reserved: 3 } });
    const fulfilled = await client.post(`/v1/reservations/${reservationId}/fulfill`, order);
    expect(z.parse(reservationSchema, fulfilled.body)).toMatchObject({
      status: "fulfilled",
      lines: [{ sku, quantity: 3, fulfilled: 3 }],
    });
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

describe("a move of stock", () => {
  const move = (path: string, body: object, headers: Record<string, string> = {}) =>
    client.post(`/v1/stock/${path}/moves`, { reason: "for the window", ...body }, headers);

  test("takes units out of sale and puts them back, also at a location", async () => {
    const sku = await stocked(10);
    const out = await move(sku, { quantity: 3, from: "available", to: "unavailable" });
    expect(out).toMatchObject({ status: 200, body: { onHand: 10, available: 7, unavailable: 3 } });
    expect(await stockOf(sku)).toEqual(out.body);
    const back = await move(sku, { quantity: 3, from: "unavailable", to: "available" });
    expect(back).toMatchObject({ status: 200, body: { onHand: 10, available: 10 } });
    expect(back.body).not.toHaveProperty("unavailable");
    await client.put(`/v1/stock/${sku}/locations/ams1`, { onHand: 4 });
    const there = { quantity: 1, from: "available", to: "unavailable" };
    expect(await move(`${sku}/locations/ams1`, there)).toMatchObject({
      body: { sku, location: "ams1", available: 3, unavailable: 1 },
    });
    const more = await move(`${sku}/locations/ams1`, { ...there, quantity: 4 });
    const problem = expectProblem(more, "insufficient_stock");
    expect(problem.shortages).toEqual([{ sku, location: "ams1", requested: 4, available: 3 }]);
    expect(problem.detail).toContain(`the 3 units of ${sku} at ams1 that are available`);
    const none = { quantity: 2, from: "unavailable", to: "available" };
    expect(
      expectProblem(await move(`${sku}/locations/ams1`, none), "insufficient_stock").shortages,
    ).toEqual([{ sku, location: "ams1", requested: 2, available: 1 }]);
  });

  test("brings units from one location to another, once for its key", async () => {
    const sku = await stocked(10);
    await client.put(`/v1/stock/${sku}/locations/ams1`, { onHand: 1 });
    const key = { "Idempotency-Key": `move of ${sku}` };
    const body = { quantity: 4, toLocation: "ams1" };
    const first = await move(sku, body, key);
    expect(first).toMatchObject({
      status: 200,
      body: { onHand: 11, locations: [{ onHand: 6 }, { location: "ams1", onHand: 5 }] },
    });
    const again = await move(sku, body, key);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.body).toEqual(first.body);
    const other = await move(sku, { ...body, quantity: 5 }, key);
    expectProblem(other, "idempotency_key_reused");
    const elsewhere = await move(sku, { quantity: 1, fromLocation: "ams1", toLocation: "rtm" });
    expect(expectProblem(elsewhere, "unknown_sku").detail).toContain(`${sku} at rtm`);
    expectProblem(await move(sku, { quantity: 6, fromLocation: "ams1" }), "insufficient_stock");
    await vi.waitFor(
      async () => {
        const { body: page } = await client.get(`/v1/stock/${sku}/movements`);
        const { items } = z.parse(movementPageSchema, page);
        const wanted = { kind: "transfer", onHandDelta: -4, reason: "for the window" };
        expect(items).toContainEqual(expect.objectContaining(wanted));
      },
      { timeout: 20_000 },
    );
  });
});

describe("what is available", () => {
  const look = (body: object) => client.post("/v1/availability", body);

  test("is returned for many SKUs at once, in the order of the request, and is 0 for an unknown one", async () => {
    const [some, short, none] = [await stocked(5), await stocked(2), freshSku()];
    await held(some);
    await held(short);
    await client.put(`/v1/stock/${short}`, { onHand: 0, allowShortfall: true });
    const answer = await look({ skus: [short, none, some, short] });
    expect(answer.status).toBe(200);
    expect(z.parse(availabilitySchema, answer.body).items).toEqual([
      { sku: short, available: 0 },
      { sku: none, available: 0 },
      { sku: some, available: 4 },
      { sku: short, available: 0 },
    ]);
  });

  test("is that of the location that is named, with all rows of its level", async () => {
    const sku = await stocked(5);
    await client.put(`/v1/stock/${sku}/locations/ams1`, { onHand: 800, shards: 4 });
    expect((await look({ skus: [sku], location: "ams1" })).body).toEqual({
      items: [{ sku, location: "ams1", available: 800 }],
    });
  });
});

describe("a move of a hold", () => {
  test("holds units at another location, and is refused by what there is", async () => {
    const sku = await stocked(5);
    await client.put(`/v1/stock/${sku}/locations/ams1`, { onHand: 2 });
    const { reservationId } = await held(sku, { lines: [{ sku, quantity: 3 }] });
    const move = (quantity: number, headers: Record<string, string> = {}) =>
      client.post(
        `/v1/reservations/${reservationId}/move`,
        { lines: [{ sku, quantity }], toLocation: "ams1" },
        headers,
      );
    const short = expectProblem(await move(3), "insufficient_stock");
    expect(short.shortages).toMatchObject([{ sku, location: "ams1", requested: 3, available: 2 }]);
    expectProblem(await move(4), "exceeds_reservation");
    expectProblem(await move(1, { "If-Match": '"7"' }), "version_mismatch", 412);
    const { body } = await client.get(`/v1/reservations/${reservationId}`);
    const { version } = z.parse(reservationSchema, body);
    const key = { "Idempotency-Key": "move", "If-Match": `"${version}"` };
    const moved = await move(2, key);
    expect(moved).toMatchObject({ status: 200, body: { version: version + 1 } });
    expect(z.parse(reservationSchema, moved.body).lines).toEqual([
      { sku, quantity: 1 },
      { sku, location: "ams1", quantity: 2 },
    ]);
    expect((await move(2, key)).headers.get("idempotency-replayed")).toBe("true");
    expectProblem(await move(1, key), "idempotency_key_reused");
  });
});

describe("several counts at once", () => {
  const countAll = (counts: unknown) => client.post("/v1/stock/counts", { counts });

  test("are applied each by itself, and answered in their order", async () => {
    const [known, busy, fresh] = [await stocked(1), await stocked(5), freshSku()];
    await held(busy);
    const answer = await countAll([
      { sku: known, onHand: 7, expectedVersion: 1 },
      { sku: busy, onHand: 0 },
      { sku: fresh, location: "ams1", onHand: 3 },
      { sku: known, location: "ams1", onHand: 2, expectedVersion: 4 },
    ]);
    expect(answer.status).toBe(200);
    const { results } = z.parse(countResultsSchema, answer.body);
    expect(results).toMatchObject([
      { sku: known, status: 200, onHand: 7, version: 2 },
      { sku: busy, status: 409, problem: { code: "below_reserved", status: 409 } },
      { sku: fresh, location: "ams1", status: 201, onHand: 3, version: 1 },
      { sku: known, location: "ams1", status: 409, problem: { code: "version_mismatch" } },
    ]);
    expect(await stockOf(known)).toMatchObject({ onHand: 7 });
    expect(await stockOf(busy)).toMatchObject({ onHand: 5, reserved: 1 });
    expect((await stockOf(fresh)).locations).toMatchObject([{ location: "ams1", onHand: 3 }]);
  });

  test("may be a hundred", async () => {
    const counts = Array.from({ length: 100 }, (_, onHand) => ({ sku: freshSku(), onHand }));
    const { results } = z.parse(countResultsSchema, (await countAll(counts)).body);
    expect(results.map(({ status }) => status)).toEqual(counts.map(() => 201));
    expect(await stockOf(counts[99]!.sku)).toMatchObject({ onHand: 99 });
  });
});

describe("a sales channel", () => {
  const at = (channel: string) => `/v1/channels/${channel}`;

  test("is created with 201, replaced with 200, and read", async () => {
    const body = { locations: ["rtm", "ams1"], rule: "fewest-splits", maxSplits: 2 };
    const created = await client.put(at("web:nl"), body);
    expect(created.status).toBe(201);
    expect(z.parse(channelSchema, created.body)).toEqual({
      channel: "web:nl",
      ...body,
      updatedAt: expect.any(String),
    });
    expect(await client.get(at("web:nl"))).toMatchObject({ status: 200, body: created.body });
    const replaced = await client.put(at("web:nl"), { locations: ["ams1"], rule: "priority" });
    expect(replaced.status).toBe(200);
    expect(replaced.body).toEqual({
      channel: "web:nl",
      locations: ["ams1"],
      rule: "priority",
      updatedAt: expect.any(String),
    });
    expect((await client.get(at("web:nl"))).body).toEqual(replaced.body);
  });

  test("has up to twenty locations, where no stock needs to be, and as many splits", async () => {
    const locations = Array.from({ length: 20 }, (_, index) => `shelf-${20 - index}`);
    const body = { locations, rule: "most-stock", maxSplits: 20 };
    expect(await client.put(at("large"), body)).toMatchObject({ status: 201, body });
  });

  test("is deleted with 204 and no body, and is a 404 then", async () => {
    await client.put(at("popup"), { locations: ["ams1"], rule: "priority" });
    const deleted = await client.delete(at("popup"));
    expect(deleted).toMatchObject({ status: 204, text: "" });
    expect(deleted.headers.get("content-length")).toBeNull();
    for (const answer of [await client.get(at("popup")), await client.delete(at("popup"))]) {
      expect(expectProblem(answer, "unknown_channel").detail).toContain("popup");
    }
  });

  test("is listed by its name, and the record of all is no stock", async () => {
    for (const name of ["list-b", "list-a"]) {
      await client.put(at(name), { locations: ["ams1"], rule: "priority" });
    }
    const answer = await client.get("/v1/channels");
    expect(answer.status).toBe(200);
    const names = z.parse(channelListSchema, answer.body).items.map(({ channel }) => channel);
    expect(names).toEqual(names.toSorted());
    expect(names).toEqual(expect.arrayContaining(["list-a", "list-b"]));
    const { items } = z.parse(stockPageSchema, (await client.get("/v1/stock?limit=100")).body);
    expect(items.map(({ sku }) => sku)).not.toContain("");
  });

  test("is refused where there are a hundred already", async () => {
    const { items } = z.parse(channelListSchema, (await client.get("/v1/channels")).body);
    const more = Array.from({ length: 100 - items.length }, (_, index) => `more-${index}`);
    const body = { locations: ["ams1"], rule: "priority" };
    for (const name of more) expect((await client.put(at(name), body)).status).toBe(201);
    const { issues } = expectProblem(await client.put(at("last"), body), "invalid_request");
    expect(issues).toMatchObject([
      { path: "channel", message: expect.stringContaining("100 channels") },
    ]);
    for (const name of more) expect((await client.delete(at(name))).status).toBe(204);
  });
});

describe("a reservation by channel", () => {
  let made = 0;

  /** A channel over three locations, and a SKU with the given units at each. */
  const sell = async (units: readonly number[], more: object = {}) => {
    const [channel, sku] = [`sales-${(made += 1)}`, freshSku()];
    const locations = ["ams1", "rtm", "utr"];
    await client.put(`/v1/channels/${channel}`, { locations, rule: "priority", ...more });
    for (const [index, onHand] of units.entries()) {
      await client.put(`/v1/stock/${sku}/locations/${locations[index]}`, { onHand });
    }
    return { channel, sku };
  };

  test("shows the locations that the units of each line come from", async () => {
    const { channel, sku } = await sell([2, 3, 1]);
    const answer = await client.post("/v1/reservations", {
      channel,
      lines: [{ sku, quantity: 4 }],
    });
    const reservation = z.parse(reservationSchema, answer.body);
    expect(reservation).toMatchObject({ channel, status: "held" });
    expect(reservation.lines).toEqual([
      {
        sku,
        quantity: 4,
        allocations: [
          { location: "ams1", quantity: 2 },
          { location: "rtm", quantity: 2 },
        ],
      },
    ]);
    const path = `/v1/reservations/${reservation.reservationId}`;
    await client.post(`${path}/confirm`);
    const fulfilled = await client.post(`${path}/fulfill`, { lines: [{ sku, quantity: 3 }] });
    expect(z.parse(reservationSchema, fulfilled.body).lines).toEqual([
      {
        sku,
        quantity: 4,
        fulfilled: 3,
        allocations: [
          { location: "ams1", quantity: 2, fulfilled: 2 },
          { location: "rtm", quantity: 2, fulfilled: 1 },
        ],
      },
    ]);
  });

  test("is refused with what all its locations have together", async () => {
    const { channel, sku } = await sell([2, 3, 1]);
    const refused = await client.post("/v1/reservations", {
      channel,
      lines: [{ sku, quantity: 7 }],
    });
    const { shortages } = expectProblem(refused, "insufficient_stock");
    expect(shortages).toEqual([{ sku, requested: 7, available: 6 }]);
  });

  test("is refused with 422 for a channel that there is not", async () => {
    const { sku } = await sell([2]);
    const refused = await client.post("/v1/reservations", {
      channel: "nowhere",
      lines: [{ sku, quantity: 1 }],
    });
    const { detail } = expectProblem(refused, "unknown_channel", 422);
    expect(detail).toBe("There is no channel nowhere: PUT it first.");
  });

  test("is refused for a line at a location outside of its channel", async () => {
    const { channel, sku } = await sell([2], { locations: ["ams1"] });
    const lines = [{ sku, location: "rtm", quantity: 1 }];
    const { issues } = expectProblem(
      await client.post("/v1/reservations", { channel, lines }),
      "invalid_request",
    );
    const message = `must be at a location of the channel ${channel} (ams1), not ${sku} at rtm`;
    expect(issues).toEqual([{ path: "lines", message }]);
  });

  test("is what a look at availability by channel counts on", async () => {
    const { channel, sku } = await sell([2, 0, 4], { maxSplits: 1 });
    const unknown = freshSku();
    const look = (body: object) => client.post("/v1/availability", body);
    const answer = await look({ skus: [sku, unknown], channel });
    expect(z.parse(availabilitySchema, answer.body).items).toEqual([
      {
        sku,
        available: 4,
        locations: [
          { location: "ams1", available: 2 },
          { location: "utr", available: 4 },
        ],
      },
      { sku: unknown, available: 0, locations: [] },
    ]);
    expectProblem(await look({ skus: [sku], channel: "nowhere" }), "unknown_channel", 422);
    const both = expectProblem(
      await look({ skus: [sku], channel, location: "ams1" }),
      "invalid_request",
    );
    expect(both.issues).toMatchObject([{ path: "location" }]);
  });
});

describe("stock at a location", () => {
  const at = (sku: string, location = "ams1") => `/v1/stock/${sku}/locations/${location}`;

  test("is set, read, adjusted and listed there, and is part of the totals", async () => {
    const sku = await stocked(10);
    const created = await client.put(at(sku), { onHand: 5, lowStockThreshold: 1 });
    const record = { sku, location: "ams1", onHand: 5, available: 5, reserved: 0, version: 1 };
    expect(created).toMatchObject({ status: 201, body: { ...record, lowStockThreshold: 1 } });
    expect((await client.get(at(sku))).body).toEqual(created.body);
    const adjusted = await client.post(`${at(sku)}/adjustments`, { delta: -2, reason: "damaged" });
    expect(adjusted).toMatchObject({ status: 200, body: { sku, location: "ams1", onHand: 3 } });
    const total = await stockOf(sku);
    expect(total).toMatchObject({ sku, onHand: 13, available: 13, reserved: 0, version: 3 });
    expect(total.locations).toMatchObject([
      { onHand: 10, version: 1 },
      { location: "ams1", onHand: 3, version: 2, lowStockThreshold: 1 },
    ]);
    const replaced = await client.put(at(sku), { onHand: 9, expectedVersion: 2 });
    expect(replaced).toMatchObject({ status: 200, body: { onHand: 9 } });
    await vi.waitFor(
      async () => {
        const { body } = await client.get(`${at(sku)}/movements`);
        const { items } = z.parse(movementPageSchema, body);
        expect(items.map(({ kind, location }) => [kind, location])).toEqual([
          ["count", "ams1"],
          ["adjustment", "ams1"],
          ["count", "ams1"],
        ]);
      },
      { timeout: 20_000 },
    );
  });

  test("is held by lines that name it, which its holds are listed by", async () => {
    const sku = await stocked(10);
    await client.put(at(sku), { onHand: 2 });
    const lines = [{ sku, location: "ams1", quantity: 2 }];
    const reservation = await held(sku, { lines });
    expect(reservation.lines).toEqual(lines);
    expect((await client.get(at(sku))).body).toMatchObject({ available: 0, reserved: 2 });
    const short = await client.post("/v1/reservations", { lines: [{ ...lines[0], quantity: 1 }] });
    const problem = expectProblem(short, "insufficient_stock");
    expect(problem.detail).toContain(`${sku} at ams1 has 0 available`);
    expect(problem.shortages).toMatchObject([
      { sku, location: "ams1", requested: 1, available: 0 },
    ]);
    const listed = await client.get(`${at(sku)}/reservations`);
    expect(listed.body).toEqual({ items: [{ ...reservation, quantity: 2 }] });
    expect((await client.get(`/v1/stock/${sku}/reservations`)).body).toEqual({ items: [] });
  });

  test("is refused with the location's name where none was set, or too few are there", async () => {
    const sku = await stocked(10);
    await client.put(at(sku), { onHand: 2 });
    for (const answer of [
      await client.get(at(sku, "nowhere")),
      await client.get(`${at(sku, "nowhere")}/movements`),
      await client.get(`${at(sku, "nowhere")}/reservations`),
      await client.post(`${at(sku, "nowhere")}/adjustments`, { delta: 1, reason: "found" }),
    ]) {
      expect(expectProblem(answer, "unknown_sku").detail).toContain(`${sku} at nowhere`);
    }
    const lines = [{ sku, location: "nowhere", quantity: 1 }];
    const unknown = expectProblem(
      await client.post("/v1/reservations", { lines }),
      "unknown_sku",
      422,
    );
    expect(unknown).toMatchObject({ skus: [sku] });
    expect(unknown.detail).toContain(`${sku} at nowhere`);
    const taken = await client.post(`${at(sku)}/adjustments`, { delta: -3, reason: "lost" });
    expect(expectProblem(taken, "insufficient_stock").shortages).toEqual([
      { sku, location: "ams1", requested: 3, available: 2 },
    ]);
    const stale = await client.put(at(sku), { onHand: 9, expectedVersion: 7 });
    expect(expectProblem(stale, "version_mismatch").detail).toContain(`${sku} at ams1`);
    await held(sku, { lines: [{ sku, location: "ams1", quantity: 2 }] });
    const below = await client.put(at(sku), { onHand: 1 });
    expect(expectProblem(below, "below_reserved").detail).toContain(`${sku} at ams1`);
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
    expect(detail).toContain(`${few} has 2 available, 3 were requested`);
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
    // Sold is not shipped: the unit stays on the shelf.
    expect(await stockOf(sku)).toMatchObject({ onHand: 10, available: 9, reserved: 1 });
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
      expectProblem(await client.post(`${path}/fulfill`), "unknown_reservation");
      expectProblem(await client.post(`${path}/cancel`), "unknown_reservation");
      const lines = [{ sku: "a", quantity: 1 }];
      const returned = await client.post(`${path}/return`, { lines, reason: "x" });
      expectProblem(returned, "unknown_reservation");
      expectProblem(await client.patch(path, { lines }), "unknown_reservation");
    },
  );
});

/** A call about a reservation. */
const act = (
  reservationId: string,
  action: string,
  body?: unknown,
  headers: Record<string, string> = {},
) => client.post(`/v1/reservations/${reservationId}/${action}`, body, headers);

const sold = async (sku: string, quantity: number): Promise<string> => {
  const { reservationId } = await held(sku, { lines: [{ sku, quantity }] });
  expect((await act(reservationId, "confirm")).status).toBe(200);
  return reservationId;
};

describe("a hold is changed", () => {
  const change = (id: string, lines: unknown, headers: Record<string, string> = {}) =>
    client.patch(`/v1/reservations/${id}`, { lines }, headers);

  test("to more units, fewer and other SKUs, in one step", async () => {
    const [more, fewer, other] = [await stocked(5), await stocked(5), await stocked(5)];
    const lines = [
      { sku: more, quantity: 1 },
      { sku: fewer, quantity: 3 },
    ];
    const { reservationId, expiresAt } = await held(more, { lines });
    const next = [
      { sku: more, quantity: 5 },
      { sku: fewer, quantity: 1 },
      { sku: other, quantity: 2 },
    ];
    const answer = await change(reservationId, next);
    expect(answer).toMatchObject({ status: 200, body: { status: "held", lines: next, expiresAt } });
    expect(await stockOf(more)).toMatchObject({ available: 0, reserved: 5 });
    expect(await stockOf(fewer)).toMatchObject({ available: 4, reserved: 1 });
    expect(await stockOf(other)).toMatchObject({ available: 3, reserved: 2 });
    const back = await change(reservationId, [{ sku: other, quantity: 2 }]);
    expect(z.parse(reservationSchema, back.body).lines).toEqual([{ sku: other, quantity: 2 }]);
    expect(await stockOf(more)).toMatchObject({ available: 5, reserved: 0 });
  });

  test("all or nothing: a refusal names what is missing and leaves the hold as it was", async () => {
    const [first, second] = [await stocked(3), await stocked(1)];
    const { reservationId } = await held(first, { lines: [{ sku: first, quantity: 2 }] });
    const answer = await change(reservationId, [
      { sku: first, quantity: 3 },
      { sku: second, quantity: 2 },
    ]);
    expect(expectProblem(answer, "insufficient_stock").shortages).toEqual([
      { sku: second, requested: 2, available: 1 },
    ]);
    const unknown = await change(reservationId, [{ sku: "nobody", quantity: 1 }]);
    expect(expectProblem(unknown, "unknown_sku", 422).skus).toEqual(["nobody"]);
    expect((await client.get(`/v1/reservations/${reservationId}`)).body).toMatchObject({
      status: "held",
      lines: [{ sku: first, quantity: 2 }],
    });
    expect(await stockOf(first)).toMatchObject({ available: 1, reserved: 2 });
    expect(await stockOf(second)).toMatchObject({ available: 1, reserved: 0 });
  });

  test("has a new ETag, with which GET returns 304", async () => {
    const sku = await stocked(9);
    const { reservationId } = await held(sku);
    const path = `/v1/reservations/${reservationId}`;
    const read = (tag: string) => client.get(path, { "If-None-Match": tag });
    expect((await client.get(path)).headers.get("etag")).toBe('"1"');
    expect((await read('"1"')).status).toBe(304);
    const changed = await change(reservationId, [{ sku, quantity: 2 }]);
    expect(changed.headers.get("etag")).toBe('"2"');
    expect((await read('"1"')).status).toBe(200);
    expect((await read('"2"')).status).toBe(304);
  });

  test("at the version of If-Match, otherwise refused with 412", async () => {
    const sku = await stocked(5);
    const { reservationId } = await held(sku);
    const lines = [{ sku, quantity: 2 }];
    const stale = await change(reservationId, lines, { "If-Match": '"7"' });
    expect(expectProblem(stale, "version_mismatch", 412).detail).toContain('"1"');
    const matching = await change(reservationId, lines, { "If-Match": '"1"' });
    expect(matching).toMatchObject({ status: 200, body: { version: 2 } });
    expectProblem(
      await change(reservationId, lines, { "If-Match": '"1"' }),
      "version_mismatch",
      412,
    );
    expect(await stockOf(sku)).toMatchObject({ reserved: 2 });
  });

  test("once for each key", async () => {
    const sku = await stocked(9);
    const { reservationId } = await held(sku);
    const headers = { "Idempotency-Key": "cart 2", "If-Match": '"1"' };
    const first = await change(reservationId, [{ sku, quantity: 2 }], headers);
    expect((await change(reservationId, [{ sku, quantity: 4 }])).status).toBe(200);
    const again = await change(reservationId, [{ sku, quantity: 2 }], headers);
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(first.headers.has("idempotency-replayed")).toBe(false);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.body).toMatchObject({ lines: [{ sku, quantity: 4 }] });
    const reused = await change(reservationId, [{ sku, quantity: 3 }], headers);
    expectProblem(reused, "idempotency_key_reused");
  });

  test("only while it is held", async () => {
    const sku = await stocked(9);
    const lines = [{ sku, quantity: 2 }];
    expectProblem(await change(await sold(sku, 1), lines), "reservation_confirmed");
    const { reservationId: released } = await held(sku);
    await act(released, "release");
    expectProblem(await change(released, lines), "reservation_released");
    const { reservationId: expired } = await held(sku, { ttlSeconds: 1 });
    await expect
      .poll(async () => (await client.get(`/v1/reservations/${expired}`)).body, { timeout: 10_000 })
      .toMatchObject({ status: "expired" });
    // The record still has the version that a caller read while it was held.
    const path = `/v1/reservations/${expired}`;
    expect((await client.get(path, { "If-None-Match": '"1"' })).status).toBe(200);
    expectProblem(await change(expired, lines), "reservation_expired");
  });
});

describe("a partial hold", () => {
  test("has the units that there are, and names the lines with fewer than requested", async () => {
    const [few, none, enough] = [await stocked(2), await stocked(0), await stocked(9)];
    const lines = [few, none, enough].map((sku) => ({ sku, quantity: 3 }));
    const answer = await client.post("/v1/reservations", { lines, allowPartial: true });
    expect(answer.status).toBe(201);
    expect(z.parse(reservationSchema, answer.body)).toMatchObject({
      lines: [
        { sku: few, quantity: 2 },
        { sku: enough, quantity: 3 },
      ],
      shortages: [
        { sku: few, requested: 3, available: 2 },
        { sku: none, requested: 3, available: 0 },
      ],
    });
    expect((await client.get(answer.headers.get("location")!)).body).toEqual(answer.body);
  });

  test("is refused where no line has a unit, and is a plain hold where all have enough", async () => {
    const none = { lines: [{ sku: await stocked(0), quantity: 1 }], allowPartial: true };
    expectProblem(await client.post("/v1/reservations", none), "insufficient_stock");
    const whole = await held(await stocked(1), { allowPartial: true });
    expect(whole).not.toHaveProperty("shortages");
  });
});

describe("a confirm", () => {
  test("of some lines releases the others", async () => {
    const [kept, dropped] = [await stocked(5), await stocked(5)];
    const lines = [
      { sku: kept, quantity: 3 },
      { sku: dropped, quantity: 1 },
    ];
    const { reservationId } = await held(kept, { lines });
    const excess = await act(reservationId, "confirm", { lines: [{ sku: kept, quantity: 4 }] });
    expect(expectProblem(excess, "exceeds_reservation").detail).toContain("4");
    const answer = await act(reservationId, "confirm", { lines: [{ sku: kept, quantity: 2 }] });
    expect(answer).toMatchObject({
      status: 200,
      body: { status: "confirmed", lines: [{ sku: kept, quantity: 2 }] },
    });
    expect(await stockOf(kept)).toMatchObject({ onHand: 5, available: 3, reserved: 2 });
    expect(await stockOf(dropped)).toMatchObject({ onHand: 5, available: 5, reserved: 0 });
  });

  test("that hands over at once fulfills", async () => {
    const sku = await stocked(5);
    const { reservationId } = await held(sku);
    const answer = await act(reservationId, "confirm", { fulfill: true });
    expect(answer).toMatchObject({
      status: 200,
      body: { status: "fulfilled", lines: [{ sku, quantity: 1, fulfilled: 1 }] },
    });
    expect(await stockOf(sku)).toMatchObject({ onHand: 4, available: 4, reserved: 0 });
  });

  test("takes the units of an expired hold again where they are available", async () => {
    const sku = await stocked(1);
    const { reservationId } = await held(sku, { ttlSeconds: 1 });
    await expect
      .poll(async () => (await client.get(`/v1/reservations/${reservationId}`)).body, {
        timeout: 10_000,
      })
      .toMatchObject({ status: "expired" });
    const other = await held(sku);
    const late = { reacquire: true };
    expectProblem(await act(reservationId, "confirm", late), "reservation_expired");
    await act(other.reservationId, "release");
    expectProblem(await act(reservationId, "confirm"), "reservation_expired");
    expect(await act(reservationId, "confirm", late)).toMatchObject({
      status: 200,
      body: { status: "confirmed" },
    });
    expect(await stockOf(sku)).toMatchObject({ onHand: 1, available: 0, reserved: 1 });
  });
});

describe("sold units", () => {
  test("are fulfilled, cancelled and returned in parts, each with its counts", async () => {
    const sku = await stocked(10);
    const id = await sold(sku, 4);
    const lines = (quantity: number) => ({ lines: [{ sku, quantity }] });
    expect(await act(id, "fulfill", lines(2))).toMatchObject({
      status: 200,
      body: { status: "confirmed", lines: [{ sku, quantity: 4, fulfilled: 2 }] },
    });
    expect(await stockOf(sku)).toMatchObject({ onHand: 8, available: 6, reserved: 2 });
    expect(await act(id, "cancel", lines(1))).toMatchObject({
      status: 200,
      body: { status: "confirmed", lines: [{ sku, fulfilled: 2, cancelled: 1 }] },
    });
    expect(await stockOf(sku)).toMatchObject({ onHand: 8, available: 7, reserved: 1 });
    expect(await act(id, "return", { ...lines(1), reason: "too small" })).toMatchObject({
      status: 200,
      body: { status: "confirmed", lines: [{ sku, fulfilled: 2, cancelled: 1, returned: 1 }] },
    });
    expect(await stockOf(sku)).toMatchObject({ onHand: 9, available: 8, reserved: 1 });
    expect(await act(id, "cancel")).toMatchObject({
      status: 200,
      body: { status: "fulfilled", lines: [{ sku, fulfilled: 2, cancelled: 2, returned: 1 }] },
    });
    expect(await stockOf(sku)).toMatchObject({ onHand: 9, available: 9, reserved: 0 });
  });

  test("never more than there are", async () => {
    const sku = await stocked(10);
    const id = await sold(sku, 2);
    const lines = (quantity: number) => ({ lines: [{ sku, quantity }] });
    const returning = (quantity: number) => ({ ...lines(quantity), reason: "broken" });
    const over = await act(id, "fulfill", lines(3));
    expect(expectProblem(over, "exceeds_reservation").detail).toContain(`3 of ${sku}`);
    expectProblem(await act(id, "cancel", lines(3)), "exceeds_reservation");
    expectProblem(await act(id, "return", returning(1)), "exceeds_reservation");
    expect((await act(id, "fulfill")).status).toBe(200);
    expectProblem(await act(id, "cancel"), "exceeds_reservation");
    expectProblem(await act(id, "cancel", lines(1)), "exceeds_reservation");
    expectProblem(await act(id, "return", returning(3)), "exceeds_reservation");
    expect((await act(id, "return", returning(2))).status).toBe(200);
    expectProblem(await act(id, "return", returning(1)), "exceeds_reservation");
    expect(await stockOf(sku)).toMatchObject({ onHand: 10, available: 10, reserved: 0 });
  });

  test.each([
    ["fulfill", "fulfilled"],
    ["cancel", "cancelled"],
  ])("%s of all of them, again, changes nothing", async (action, status) => {
    const id = await sold(await stocked(3), 2);
    const first = await act(id, action);
    expect(first).toMatchObject({ status: 200, body: { status } });
    expect((await act(id, action, {})).text).toBe(first.text);
    expect((await act(id, "confirm")).text).toBe(first.text);
    expectProblem(await act(id, "release"), "reservation_confirmed");
    expectProblem(await act(id, "extend", { ttlSeconds: 9 }), "reservation_confirmed");
  });

  test("change once for each key, whatever the copies", async () => {
    const sku = await stocked(10);
    const id = await sold(sku, 3);
    const one = { lines: [{ sku, quantity: 1 }] };
    const key = { "Idempotency-Key": "parcel 1" };
    const copies = await Promise.all(Array.from({ length: 5 }, () => act(id, "fulfill", one, key)));
    expect(copies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const replays = copies.filter(({ headers }) => headers.get("idempotency-replayed") === "true");
    expect(replays).toHaveLength(4);
    expect(await stockOf(sku)).toMatchObject({ onHand: 9, reserved: 2 });
    const other = { lines: [{ sku, quantity: 2 }] };
    expectProblem(await act(id, "fulfill", other, key), "idempotency_key_reused");
    expectProblem(await act(id, "cancel", one, key), "idempotency_key_reused");
  });

  test("of a hold that is not confirmed are none", async () => {
    const sku = await stocked(3);
    const { reservationId } = await held(sku);
    const body = { lines: [{ sku, quantity: 1 }], reason: "x" };
    for (const action of ["fulfill", "cancel"]) {
      expectProblem(await act(reservationId, action), "reservation_not_confirmed");
    }
    expectProblem(await act(reservationId, "return", body), "reservation_not_confirmed");
    await act(reservationId, "release");
    const refused = await act(reservationId, "fulfill");
    expect(expectProblem(refused, "reservation_not_confirmed").detail).toContain("released");
  });

  test("cancelled and fulfilled at once go one way", async () => {
    const sku = await stocked(3);
    const id = await sold(sku, 1);
    const answers = await Promise.all([act(id, "fulfill"), act(id, "cancel")]);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused).toHaveLength(1);
    expectProblem(refused[0]!, "exceeds_reservation");
    const [fulfilled] = answers;
    const onHand = fulfilled.status === 200 ? 2 : 3;
    expect(await stockOf(sku)).toMatchObject({ onHand, available: onHand, reserved: 0 });
  });

  test("are counted once, though the warehouse counts its shelf before it ships", async () => {
    const sku = await stocked(10);
    const first = await sold(sku, 2);
    expect(await client.put(`/v1/stock/${sku}`, { onHand: 10 })).toMatchObject({
      status: 200,
      body: { onHand: 10, available: 8, reserved: 2 },
    });
    const second = await sold(sku, 8);
    const third = { lines: [{ sku, quantity: 1 }] };
    const { code } = z.parse(problemSchema, (await client.post("/v1/reservations", third)).body);
    // A slow machine may take longer to prove the shortage than a request waits.
    expect(["insufficient_stock", "busy"]).toContain(code);
    expect(await stockOf(sku)).toMatchObject({ onHand: 10, available: 0, reserved: 10 });
    for (const id of [first, second]) expect((await act(id, "fulfill")).status).toBe(200);
    expect(await stockOf(sku)).toMatchObject({ onHand: 0, available: 0, reserved: 0 });
  });
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
    ["POST", "/v1/reservations/a/ship"],
    ["GET", "/v1/stock/a/"],
  ])("has no route %s %s", async (method, path) => {
    expectProblem(await client.send(method, path), "not_found");
  });

  test("takes no HEAD of a route, and says so without a body", async () => {
    const answer = await client.send("HEAD", "/v1/channels/web");
    expect(answer).toMatchObject({ status: 405, text: "" });
    expect(answer.headers.get("allow")).toBe("PUT, GET, DELETE");
  });

  test.each([
    ["DELETE", "/v1/stock/a", "PUT, GET"],
    ["POST", "/v1/stock/a", "PUT, GET"],
    ["PATCH", "/v1/reservations", "POST, GET"],
    ["GET", "/v1/reservations/a/confirm", "POST"],
    ["PATCH", "/v1/reservations/a/fulfill", "POST"],
    ["PUT", "/v1/reservations/a", "GET, PATCH"],
    ["POST", "/v1/channels/web", "PUT, GET, DELETE"],
    ["DELETE", "/v1/channels", "GET"],
    ["OPTIONS", "/v1/channels", "GET"],
    ["OPTIONS", "/v1/health", "GET"],
  ])("does not take %s %s, and says what it takes", async (method, path, allowed) => {
    const answer = await client.send(method, path);
    expectProblem(answer, "method_not_allowed");
    expect(answer.headers.get("allow")).toBe(allowed);
  });
});
