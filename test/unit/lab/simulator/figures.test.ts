/** Figures: the warm-up, and the peaks of units. */
import { expect, test } from "vitest";
import { createPeaks } from "../../../../lab/simulator/meter.ts";
import { createAnswers } from "../../../../lab/simulator/scenarios/answers.ts";
import type { Response } from "../../../../lab/simulator/cloud/holdfast.ts";

const reserved = { kind: "outcome", outcome: { outcome: "reserved" } } as unknown as Response;
const noFunction: Response = { kind: "no_function" };

test("answers to requests of the warm-up count in the whole run alone", () => {
  const answers = createAnswers();
  answers.measureFrom(5_000);
  answers.add(noFunction, 100, 110);
  answers.add(reserved, 4_999, 6_000);
  answers.add(reserved, 5_000, 5_010);
  answers.add(reserved, 5_500, 6_020);
  expect([...answers.byKind]).toEqual([["reserved", 2]]);
  expect([...answers.latenciesMs()]).toEqual([10, 520]);
  expect(answers.holdsWithin(1_000)).toBe(1);
  expect(answers.inAll).toEqual({ answers: 4, holds: 3 });
});

test("calls of staff are counted by their names", () => {
  const answers = createAnswers();
  answers.addStaff("counts", true);
  answers.addStaff("counts", false);
  expect([...answers.staff]).toEqual([["counts", { calls: 2, done: 1 }]]);
  expect(answers.inAll.answers).toBe(0);
});

test("the peak of a table is of its fullest second, and of its fullest partition", () => {
  const peaks = createPeaks();
  const demand = (partition: string, units: number) => ({ table: "Stock", partition, units });
  peaks.note(100, [demand("mug", 3), demand("cup", 1)]);
  peaks.note(999, [demand("mug", 2)]);
  peaks.note(1_000, [demand("mug", 1), demand("cup", 1)]);
  peaks.note(2_500, [demand("cup", 5.5)]);
  expect([...peaks.byTable]).toEqual([["Stock", { perSecond: 6, perSecondOfPartition: 5.5 }]]);
});
