/** A hold around work, on a clock that only the test advances. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  createHoldfastClient,
  HoldfastError,
  type HoldWork,
  type WithHoldOptions,
} from "../../../client/client.ts";
import { json, problem } from "./scripted-fetch.ts";

const lines = [{ sku: "hat", quantity: 1 }];
const reservation = { reservationId: "r", status: "held", lines, version: 1 };
const confirmed = { ...reservation, status: "confirmed", version: 2 };

type Answers = Partial<Record<string, () => Response>>;

/** The API as far as a hold needs it; `answers` are in place of its successes. */
const open = (answers: Answers = {}) => {
  const calls: string[] = [];
  const bodies: unknown[] = [];
  const fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    init.signal?.throwIfAborted();
    const action = /reservations(?:\/r\/(\w+))?$/.exec(String(input))![1] ?? "reserve";
    calls.push(action);
    bodies.push(JSON.parse(init.body as string));
    const successes: Answers = {
      reserve: () => json(201, reservation),
      confirm: () => json(200, confirmed),
    };
    return (answers[action] ?? successes[action] ?? (() => json(200, reservation)))();
  };
  const options = { baseUrl: "https://api.example.com", fetch: fetch as never, attemptsMax: 1 };
  const client = createHoldfastClient(options);
  const withHold = <Result>(work: HoldWork<Result>, more: WithHoldOptions = {}) =>
    client.withHold({ lines, ttlSeconds: 60 }, work, more);
  return { calls, bodies, client, withHold };
};

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000);

/** Work that lasts until its signal is aborted, and then rejects with the reason. */
const untilAborted: HoldWork<never> = (_, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });

const lasting =
  (count: number): HoldWork<string> =>
  () =>
    new Promise((resolve) => {
      setTimeout(() => resolve("paid"), count * 1_000);
    });

test("a hold is confirmed when the work returns", async () => {
  const { calls, bodies, withHold } = open();
  const outcome = await withHold((held) => `paid for ${held.reservationId}`, {
    confirm: { fulfill: true },
  });
  expect(outcome).toEqual({
    outcome: "confirmed",
    reservation: confirmed,
    result: "paid for r",
  });
  expect(calls).toEqual(["reserve", "confirm"]);
  expect(bodies[1]).toEqual({ fulfill: true });
});

test("a hold lasts 60 seconds where the caller names no time", async () => {
  const { bodies, client } = open();
  await client.withHold({ lines }, () => "paid");
  expect(bodies[0]).toEqual({ lines, ttlSeconds: 60 });
});

test("a hold is extended at half of its time for as long as the work runs", async () => {
  const { calls, bodies, withHold } = open();
  const outcome = withHold(lasting(100));
  await seconds(29);
  expect(calls).toEqual(["reserve"]);
  await seconds(2);
  expect(calls).toEqual(["reserve", "extend"]);
  expect(bodies[1]).toEqual({ ttlSeconds: 60 });
  await seconds(70);
  expect(await outcome).toMatchObject({ outcome: "confirmed", result: "paid" });
  expect(calls).toEqual(["reserve", "extend", "extend", "extend", "confirm"]);
});

test("a hold is released when the work throws, and the error is thrown", async () => {
  const { calls, withHold } = open();
  const error = new Error("The card was declined.");
  const work = () => {
    throw error;
  };
  await expect(withHold(work)).rejects.toBe(error);
  expect(calls).toEqual(["reserve", "release"]);
});

test("the error of the work is thrown where the release fails too", async () => {
  const { withHold } = open({ release: () => json(500, {}) });
  const error = new Error("The card was declined.");
  await expect(withHold(() => Promise.reject(error))).rejects.toBe(error);
});

test("the work does not run where the reserve is refused", async () => {
  const shortages = [{ sku: "hat", requested: 1, available: 0 }];
  const { calls, withHold } = open({
    reserve: () => problem(409, "insufficient_stock", { shortages }),
  });
  const work = vi.fn<HoldWork<void>>();
  expect(await withHold(work)).toMatchObject({ outcome: "insufficient_stock", shortages });
  expect(work).not.toHaveBeenCalled();
  expect(calls).toEqual(["reserve"]);
});

test("the work does not run where the reserve fails", async () => {
  const { withHold } = open({ reserve: () => json(401, { message: "Unauthorized" }) });
  const work = vi.fn<HoldWork<void>>();
  await expect(withHold(work)).rejects.toMatchObject({ code: "unauthorized" });
  expect(work).not.toHaveBeenCalled();
});

const replayed = () => json(200, reservation, { "Idempotency-Replayed": "true" });

test("a hold of an earlier run is extended before the work runs", async () => {
  const { calls, withHold } = open({ reserve: replayed });
  expect(await withHold(() => "paid")).toMatchObject({ outcome: "confirmed" });
  expect(calls).toEqual(["reserve", "extend", "confirm"]);
});

test("the work does not run again where an earlier run has ended the reservation", async () => {
  for (const code of ["reservation_confirmed", "reservation_released", "reservation_expired"]) {
    const { calls, withHold } = open({ reserve: replayed, extend: () => problem(409, code) });
    const work = vi.fn<HoldWork<void>>();
    expect(await withHold(work)).toMatchObject({ outcome: code });
    expect(work).not.toHaveBeenCalled();
    expect(calls).toEqual(["reserve", "extend"]);
  }
});

test("the signal is aborted with the code when the hold is lost", async () => {
  for (const [status, code] of [
    [409, "reservation_released"],
    [409, "reservation_expired"],
    [404, "unknown_reservation"],
  ] as const) {
    const { calls, withHold } = open({ extend: () => problem(status, code) });
    const outcome = expect(withHold(untilAborted)).rejects.toMatchObject({
      name: "HoldfastError",
      code,
      operation: "withHold",
    });
    await seconds(30);
    await outcome;
    expect(calls).toEqual(["reserve", "extend", "release"]);
  }
});

test("work that returns without its hold has the outcome hold_lost and keeps its result", async () => {
  const lost = () => problem(409, "reservation_released");
  const { withHold } = open({ extend: lost, confirm: lost });
  let reason: unknown;
  const outcome = withHold(async (held, signal) => {
    await untilAborted(held, signal).catch((error: unknown) => {
      reason = error;
    });
    return "paid";
  });
  await seconds(30);
  expect(await outcome).toMatchObject({
    outcome: "hold_lost",
    reservation,
    result: "paid",
    problem: { code: "reservation_released" },
  });
  expect(reason).toBeInstanceOf(HoldfastError);
});

test("a hold that cannot be extended is lost when its time is over, not before", async () => {
  const { calls, withHold } = open({ extend: () => json(503, {}) });
  const onAbort = vi.fn<() => void>();
  const outcome = expect(
    withHold((held, signal) => {
      signal.addEventListener("abort", onAbort);
      return untilAborted(held, signal);
    }),
  ).rejects.toMatchObject({ code: "reservation_expired" });
  await seconds(59);
  expect(onAbort).not.toHaveBeenCalled();
  await seconds(2);
  await outcome;
  expect(calls.filter((call) => call === "extend").length).toBeGreaterThan(2);
});

test("a hold is kept when a later extension succeeds", async () => {
  let failures = 2;
  const extend = () => ((failures -= 1) >= 0 ? json(503, {}) : json(200, reservation));
  const { withHold } = open({ extend });
  const outcome = withHold(lasting(200));
  await seconds(201);
  expect(await outcome).toMatchObject({ outcome: "confirmed" });
});

test("a hold at its limit of seven days runs out", async () => {
  const { calls, withHold } = open({ extend: () => problem(409, "hold_limit_reached") });
  const outcome = expect(withHold(untilAborted)).rejects.toMatchObject({
    code: "reservation_expired",
  });
  await seconds(61);
  await outcome;
  expect(calls).toEqual(["reserve", "extend", "release"]);
});

test("work goes on where something else has confirmed its hold", async () => {
  const { calls, withHold } = open({ extend: () => problem(409, "reservation_confirmed") });
  const outcome = withHold(lasting(100));
  await seconds(101);
  expect(await outcome).toMatchObject({ outcome: "confirmed", result: "paid" });
  expect(calls).toEqual(["reserve", "extend", "confirm"]);
});

test("the caller's signal aborts the work, and the hold is released nevertheless", async () => {
  const { calls, withHold } = open();
  const stopping = new AbortController();
  const reason = new Error("The shopper left.");
  const outcome = expect(withHold(untilAborted, { signal: stopping.signal })).rejects.toBe(reason);
  await seconds(1);
  stopping.abort(reason);
  await outcome;
  expect(calls).toEqual(["reserve", "release"]);
});

test("a confirm that fails is thrown, and the hold is not released", async () => {
  const { calls, withHold } = open({ confirm: () => json(503, {}) });
  await expect(withHold(() => "paid")).rejects.toMatchObject({
    code: "unavailable",
    operation: "confirmReservation",
    mayHaveTakenEffect: true,
  });
  expect(calls).toEqual(["reserve", "confirm"]);
});
