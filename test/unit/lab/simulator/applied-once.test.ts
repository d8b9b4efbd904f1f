import { expect, test } from "vitest";
import { alice, hold, next, runWithHold } from "./hand-made-run.ts";

const extended = (item: Parameters<typeof next>[0], byMs: number) =>
  next(item, { expiresAtMs: item.expiresAtMs + byMs });
const extend = { operation: "extend", input: { reservationId: alice, ttlSeconds: 60 } } as const;

test("a count is applied once, also where another count came between", () => {
  const { run } = runWithHold();
  run.count(10, {}, { countId: "first" });
  run.count(12, {}, { countId: "second" });
  expect(run.violations).toEqual([]);
  run.count(10, {}, { countId: "first" });
  expect(run.messages).toEqual(["applied_twice: the count first: 12 on hand became 10"]);
});

test("a marker that leaves after a count is no count", () => {
  const { run, marker } = runWithHold();
  run.count(10, {}, { countId: "first" });
  run.clear(marker);
  expect(run.violations).toEqual([]);
});

test("an extension is applied once for each call", () => {
  const { run, item } = runWithHold();
  run.send(extend);
  const once = run.put(extended(item, 1_000));
  run.put(next(once));
  expect(run.violations).toEqual([]);
  run.put(extended(next(once), 1_000));
  expect(run.violations).toEqual(["applied_twice"]);
});

test("an extension is applied once for each request, also where there are more calls", () => {
  const { run, item } = runWithHold();
  for (let calls = 0; calls < 3; calls += 1) run.send(extend);
  const once = run.put(extended(item, 1_000), { requestNumber: 77 });
  run.put(extended(once, 1_000), { requestNumber: 77, isCopy: true });
  expect(run.violations).toEqual(["applied_twice"]);
});

test("a hold that a repeat places again is no violation", () => {
  const { run, marker } = runWithHold();
  run.clear(marker);
  run.settle(run.place(hold()));
  expect(run.violations).toEqual([]);
});
