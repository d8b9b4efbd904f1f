/** The answers that lead to another attempt. The jitter is zero, so that no test waits. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { createHoldfastClient, type HoldfastClient } from "../../../client/client.ts";
import { json, neverAnswers, problem, scriptedFetch, type ScriptEntry } from "./scripted-fetch.ts";

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});

const open = (
  script: ScriptEntry[],
  options: { attemptsMax?: number; timeoutMs?: number } = {},
) => {
  const { fetch, requests } = scriptedFetch(...script);
  const client = createHoldfastClient({ baseUrl: "https://api.example.com/v", fetch, ...options });
  return { client, requests };
};

const network = new TypeError("fetch failed");
const lines = [{ sku: "hat", quantity: 1 }];
const reservation = { reservationId: "r", status: "held", lines, version: 1 };
const held = json(201, reservation);
const busy = problem(503, "busy");

test("an attempt without a usable answer is repeated under the same idempotency key", async () => {
  const { client, requests } = open([network, 500, 502, 504, held]);
  const outcome = await client.reserve({ lines });
  expect(outcome).toEqual({ outcome: "reserved", reservation, replayed: false });
  expect(requests).toHaveLength(5);
  const keys = requests.map(({ headers }) => headers.get("Idempotency-Key"));
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(new Set(requests.map(({ body }) => body))).toEqual(new Set([JSON.stringify({ lines })]));
});

test("two calls have two keys, and a given key is sent as it is", async () => {
  const { client, requests } = open([held]);
  await client.reserve({ lines });
  await client.reserve({ lines });
  await client.reserve({ lines }, { idempotencyKey: "checkout 7" });
  const keys = requests.map(({ headers }) => headers.get("Idempotency-Key"));
  expect(new Set(keys).size).toBe(3);
  expect(keys[2]).toBe("checkout 7");
});

test("the last fault is thrown when the attempts are used up", async () => {
  const { client, requests } = open([busy], { attemptsMax: 3 });
  await expect(client.reserve({ lines })).rejects.toMatchObject({
    name: "HoldfastError",
    message: "reserve got 503 busy after 3 attempts: In words.",
    code: "busy",
    operation: "reserve",
    status: 503,
    requestId: "r-1",
    issues: [],
    attempts: 3,
    mayHaveTakenEffect: true,
  });
  expect(requests).toHaveLength(3);
});

test("a network failure is thrown with its cause", async () => {
  const { client } = open([network], { attemptsMax: 1 });
  await expect(client.getStock({ sku: "hat" })).rejects.toMatchObject({
    code: "no_answer",
    status: undefined,
    cause: network,
    attempts: 1,
    mayHaveTakenEffect: false,
  });
});

test("a wait beyond the deadline ends the call at once", async () => {
  const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
  for (const header of ["3600", inAnHour]) {
    const { client, requests } = open([json(503, {}, { "Retry-After": header })]);
    await expect(client.reserve({ lines })).rejects.toMatchObject({ attempts: 1 });
    expect(requests).toHaveLength(1);
  }
});

test("a connection that has gone silent is given up in time for another attempt", async () => {
  vi.useFakeTimers();
  try {
    const { client, requests } = open([neverAnswers, held]);
    const call = client.reserve({ lines });
    await vi.advanceTimersByTimeAsync(5_100);
    expect(await call).toMatchObject({ outcome: "reserved" });
    expect(requests).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("a call that gets no answer ends at its deadline", async () => {
  vi.useFakeTimers();
  try {
    const { client } = open([neverAnswers], { timeoutMs: 10_000 });
    const call = expect(client.reserve({ lines })).rejects.toMatchObject({
      code: "no_answer",
      mayHaveTakenEffect: true,
    });
    await vi.advanceTimersByTimeAsync(10_000);
    await call;
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

describe("a count without a key", () => {
  const calls: [string, (client: HoldfastClient) => Promise<unknown>][] = [
    ["setStock", (client) => client.setStock({ sku: "hat", onHand: 1 })],
    [
      "setStockAtLocation",
      (client) => client.setStockAtLocation({ sku: "hat", location: "ams1", onHand: 1 }),
    ],
    ["setCounts", (client) => client.setCounts({ counts: [{ sku: "hat", onHand: 1 }] })],
  ];

  test.each(calls)("is not repeated when its reply may be lost: %s", async (_, call) => {
    for (const entry of [network, 500, busy, 504]) {
      const { client, requests } = open([entry, json(200, {})]);
      await expect(call(client)).rejects.toMatchObject({ attempts: 1, mayHaveTakenEffect: true });
      expect(requests).toHaveLength(1);
    }
  });

  test.each(calls)("is repeated when API Gateway throttles it: %s", async (_, call) => {
    const { client, requests } = open([429, json(200, { results: [] })]);
    await call(client);
    expect(requests).toHaveLength(2);
    const throttled = open([429]);
    await expect(call(throttled.client)).rejects.toMatchObject({
      code: "throttled",
      attempts: 5,
      mayHaveTakenEffect: false,
    });
  });
});

test("every other call is repeated after a lost reply", async () => {
  const reservationId = "r";
  const sku = "hat";
  const location = "ams1";
  const reason = "count";
  const { client, requests } = open([network], { attemptsMax: 2 });
  const calls = [
    client.getReservation({ reservationId }),
    client.changeReservation({ reservationId, lines }),
    client.moveReservation({ reservationId, lines }),
    client.confirmReservation({ reservationId }),
    client.releaseReservation({ reservationId }),
    client.extendReservation({ reservationId, ttlSeconds: 60 }),
    client.fulfillReservation({ reservationId }),
    client.cancelReservation({ reservationId }),
    client.returnReservation({ reservationId, lines, reason }),
    client.getStock({ sku }),
    client.adjustStock({ sku, delta: 1, reason }),
    client.moveStock({ sku, quantity: 1, toLocation: location, reason }),
    client.adjustStockAtLocation({ sku, location, delta: 1, reason }),
    client.checkAvailability({ skus: [sku] }),
    client.setChannel({ channel: "web", locations: [location], rule: "priority" }),
    client.deleteChannel({ channel: "web" }),
    client.listChannels(),
    client.health(),
  ];
  for (const call of calls) await expect(call).rejects.toMatchObject({ attempts: 2 });
  expect(requests).toHaveLength(2 * calls.length);
});

test.each([400, 401, 403, 404, 405, 409, 413, 415, 302])(
  "an answer with status %i is final",
  async (status) => {
    const { client, requests } = open([status, held]);
    await expect(client.reserve({ lines })).rejects.toMatchObject({ status, attempts: 1 });
    expect(requests).toHaveLength(1);
  },
);

test("a refusal after a lost reply says that the call may have taken effect", async () => {
  const { client } = open([network, 403]);
  await expect(client.reserve({ lines })).rejects.toMatchObject({
    code: "forbidden",
    attempts: 2,
    mayHaveTakenEffect: true,
  });
});

test("an aborted call rejects with the reason, while it waits for an answer or for its next attempt", async () => {
  const reason = new Error("The shopper left.");
  const inFlight = new AbortController();
  const { client } = open([neverAnswers]);
  const call = client.reserve({ lines }, { signal: inFlight.signal });
  inFlight.abort(reason);
  await expect(call).rejects.toBe(reason);

  const waiting = new AbortController();
  const later = open([json(503, {}, { "Retry-After": "5" })]);
  const repeated = later.client.reserve({ lines }, { signal: waiting.signal });
  await vi.waitFor(() => expect(later.requests).toHaveLength(1));
  waiting.abort(reason);
  await expect(repeated).rejects.toBe(reason);

  const before = open([held]);
  const late = before.client.reserve({ lines }, { signal: AbortSignal.abort(reason) });
  await expect(late).rejects.toBe(reason);
  expect(before.requests).toEqual([]);
});
