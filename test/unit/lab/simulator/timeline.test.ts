import { expect, test } from "vitest";
import { createTimeline } from "../../../../lab/simulator/checks/timeline.ts";

const timeline = () => {
  const created = createTimeline<string>();
  created.add(10, "a");
  created.add(20, "b");
  created.add(30, undefined);
  return created;
};

test.each([
  [0, 5, [undefined]],
  [12, 18, ["a"]],
  [12, 25, ["a", "b"]],
  [25, 99, ["b", undefined]],
  [0, 99, [undefined, "a", "b", undefined]],
])("between %d and %d it has the values that held at some instant", (fromMs, toMs, values) => {
  expect(timeline().within(fromMs, toMs)).toEqual(values);
});

test("at the very instant of a change both values held", () => {
  expect(timeline().within(20, 20)).toEqual(["a", "b"]);
});

test("several values of one instant are all there, and the last one is the last added", () => {
  const created = timeline();
  created.add(40, "c");
  created.add(40, "d");
  expect(created.within(40, 40)).toEqual([undefined, "c", "d"]);
  expect(created.last).toBe("d");
  expect(createTimeline().last).toBeUndefined();
});
