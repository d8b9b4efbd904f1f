import { expect, test } from "vitest";
import {
  backOff,
  callWithin,
  type Database,
  type RetryCause,
} from "../../../inventory/dynamodb/database.ts";

/** Records the waits instead of waiting. */
const withRandom = (value: number) => {
  const waitsMs: number[] = [];
  const sleep = (waitMs: number): Promise<void> => {
    waitsMs.push(waitMs);
    return Promise.resolve();
  };
  return { database: { random: () => value, sleep } as unknown as Database, waitsMs };
};

test("an attempt that may be repeated is reported to the caller", async () => {
  const causes: RetryCause[] = [];
  const call = {
    remainingMs: () => 1_000,
    onRetry: (cause: RetryCause) => void causes.push(cause),
  };
  const { database } = withRandom(0);
  await backOff(database, call, 0, "conflict");
  await backOff(database, call, 1, "throttle");
  expect(causes).toEqual(["conflict", "throttle"]);
});

test.each([
  [0, 10],
  [1, 20],
  [4, 160],
  [5, 200],
  [30, 200],
])(
  "the wait after attempt %i is a share of a bound that doubles up to 400 ms",
  async (attempt, ms) => {
    // Half of the bound. With less time than that left, a wait is useless.
    const { database, waitsMs } = withRandom(0.5);
    const call = (remainingMs: number) => ({ remainingMs: () => remainingMs });
    await expect(backOff(database, call(ms), attempt, "conflict")).rejects.toMatchObject({
      code: "busy",
      message: expect.stringContaining(`${attempt + 1} attempts`),
    });
    expect(waitsMs).toEqual([]);
    await backOff(database, call(ms + 1), attempt, "conflict");
    expect(waitsMs).toEqual([ms]);
  },
);

test("a call's remaining time runs out", () => {
  expect(callWithin(0).remainingMs()).toBeLessThanOrEqual(0);
  expect(callWithin(5_000).remainingMs()).toBeGreaterThan(4_000);
});

test("a call's remaining time is that of the clock that it is given", () => {
  let nowMs = 100;
  const call = callWithin(5_000, { monotonicMs: () => nowMs });
  nowMs += 4_000;
  expect(call.remainingMs()).toBe(1_000);
});
