import { expect, test } from "vitest";
import { createRandom, type Random } from "../../../../lab/simulator/time/random.ts";

const draw = (random: Random, count = 20): number[] =>
  Array.from({ length: count }, () => random.next());

test("the same seed draws the same numbers, and another seed others", () => {
  expect(draw(createRandom(7))).toEqual(draw(createRandom(7)));
  expect(draw(createRandom(7))).not.toEqual(draw(createRandom(8)));
});

test("a fork draws its own numbers, whatever its origin and its siblings draw", () => {
  const quiet = createRandom(7);
  const busy = createRandom(7);
  draw(busy, 100);
  draw(busy.fork("sibling"), 100);
  expect(draw(busy.fork("part"))).toEqual(draw(quiet.fork("part")));
  expect(draw(quiet.fork("part"))).not.toEqual(draw(quiet.fork("other")));
  expect(draw(quiet.fork("a").fork("b"))).not.toEqual(draw(quiet.fork("b").fork("a")));
});

test("numbers are within their ranges, and reach both ends of whole ones", () => {
  const random = createRandom(1);
  const wholes = Array.from({ length: 500 }, () => random.whole(2, 5));
  expect(new Set(wholes)).toEqual(new Set([2, 3, 4, 5]));
  for (let index = 0; index < 500; index += 1) {
    const value = random.within([10, 20]);
    expect(value).toBeGreaterThanOrEqual(10);
    expect(value).toBeLessThan(20);
  }
});

test("a chance of 0 draws nothing, and a chance of 1 is certain", () => {
  const random = createRandom(3);
  expect(random.chance(0)).toBe(false);
  expect(random.next()).toBe(createRandom(3).next());
  expect(Array.from({ length: 100 }, () => random.chance(1))).not.toContain(false);
});

test("events at a rate come at that rate", () => {
  const random = createRandom(5);
  const gapsMs = Array.from({ length: 5_000 }, () => random.untilNextMs(100));
  const averageMs = gapsMs.reduce((sum, gapMs) => sum + gapMs, 0) / gapsMs.length;
  expect(Math.min(...gapsMs)).toBeGreaterThanOrEqual(0);
  expect(averageMs).toBeGreaterThan(9);
  expect(averageMs).toBeLessThan(11);
});

test("UUIDs are of version 4, and differ", () => {
  const random = createRandom(9);
  const uuids = Array.from({ length: 100 }, () => random.uuid());
  expect(new Set(uuids).size).toBe(100);
  for (const uuid of uuids) {
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});
