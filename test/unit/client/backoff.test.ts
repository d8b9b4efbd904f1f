import { expect, test } from "vitest";
import { fullJitterMs, retryAfterMs } from "../../../client/backoff.ts";

const nowMs = Date.parse("2026-11-27T08:00:00.000Z");

test("the limit of the jitter doubles with each attempt up to two seconds", () => {
  const limits = [1, 2, 3, 4, 5, 6, 100].map((attempts) => fullJitterMs(attempts, 1));
  expect(limits).toEqual([100, 200, 400, 800, 1_600, 2_000, 2_000]);
  expect(fullJitterMs(3, 0.25)).toBe(100);
  expect(fullJitterMs(3, 0)).toBe(0);
});

test("Retry-After is read as seconds and as an HTTP date", () => {
  expect(retryAfterMs("0", nowMs)).toBe(0);
  expect(retryAfterMs("120", nowMs)).toBe(120_000);
  expect(retryAfterMs("Fri, 27 Nov 2026 08:00:30 GMT", nowMs)).toBe(30_000);
});

test("Retry-After that is absent, malformed or in the past asks for no wait", () => {
  for (const header of [null, "", "soon", "-1", "Fri, 27 Nov 2026 07:59:59 GMT"]) {
    expect([header, retryAfterMs(header, nowMs)]).toEqual([header, 0]);
  }
});
