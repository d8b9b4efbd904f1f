import { expect, test } from "vitest";
import {
  backOff,
  callWithin,
  type Database,
  type RetryCause,
} from "../../../inventory/database.ts";

const withRandom = (value: number) => ({ random: () => value }) as Database;

test("an attempt that may be repeated is told to the caller", async () => {
  const causes: RetryCause[] = [];
  const call = {
    remainingMs: () => 1_000,
    onRetry: (cause: RetryCause) => void causes.push(cause),
  };
  await backOff(withRandom(0), call, 0, "conflict");
  await backOff(withRandom(0), call, 1, "throttle");
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
    // Half of the bound: with less time than that left, waiting makes no sense any more.
    const call = (remainingMs: number) => ({ remainingMs: () => remainingMs });
    await expect(backOff(withRandom(0.5), call(ms), attempt, "conflict")).rejects.toMatchObject({
      code: "busy",
      message: expect.stringContaining(`${attempt + 1} attempts`),
    });
    await expect(
      backOff(withRandom(0.5), call(ms + 1), attempt, "conflict"),
    ).resolves.toBeUndefined();
  },
);

test("a call's remaining time runs out", () => {
  expect(callWithin(0).remainingMs()).toBeLessThanOrEqual(0);
  expect(callWithin(5_000).remainingMs()).toBeGreaterThan(4_000);
});
