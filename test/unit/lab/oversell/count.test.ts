import { describe, expect, it } from "vitest";
import { emptyTally, type Tally } from "../../../../lab/oversell/buyers.ts";
import { longestPauseAfter } from "../../../../lab/oversell/faults.ts";
import { countUp, throwFirstFailure } from "../../../../lab/oversell/race.ts";

const tally = (given: Partial<Tally>): Tally => ({ ...emptyTally(), ...given });

describe("what is counted of a race", () => {
  it("is exact when each unit was sold once", () => {
    const tallies = [
      tally({ soldAtMs: [1, 2], soldOutAnswers: 1 }),
      tally({ soldAtMs: [3], soldOutAnswers: 1 }),
    ];
    expect(countUp(3, 0, tallies)).toEqual({
      sold: 3,
      oversold: 0,
      lostUpdates: 0,
      falseRefusals: 0,
      staleWritesRefused: 0,
    });
  });

  it("finds what was sold twice, and that the count does not know of it", () => {
    const count = countUp(3, 0, [tally({ soldAtMs: [1, 2, 3, 4, 5] })]);
    expect(count).toMatchObject({ sold: 5, oversold: 2, lostUpdates: 2 });
  });

  it("finds updates that were lost before anything was oversold", () => {
    const count = countUp(10, 8, [tally({ soldAtMs: [1, 2, 3, 4, 5] })]);
    expect(count).toMatchObject({ sold: 5, oversold: 0, lostUpdates: 3 });
  });

  it("finds units that are gone though nobody has bought them", () => {
    expect(countUp(3, 0, [tally({ soldAtMs: [1, 2] })])).toMatchObject({ lostUpdates: -1 });
  });

  it("takes a refusal for a false one when something is left, and a wait in vain always", () => {
    const tallies = [tally({ soldOutAnswers: 2 }), tally({ turnedAway: 3, superseded: 4 })];
    expect(countUp(3, 1, tallies)).toMatchObject({ falseRefusals: 5, staleWritesRefused: 4 });
    expect(countUp(3, 0, tallies)).toMatchObject({ falseRefusals: 3 });
  });

  it("does not hide a failure", () => {
    const tallies = [tally({}), tally({ failures: ["Error: no such table", "another"] })];
    expect(() => throwFirstFailure({ name: "redis", fencing: "fenced" }, tallies)).toThrow(
      "A buyer under redis-fenced failed: Error: no such table",
    );
    expect(() => throwFirstFailure({ name: "case-2" }, [tally({})])).not.toThrow();
  });
});

describe("the longest pause", () => {
  it("is counted from the fault on, over all processes", () => {
    const tallies = [tally({ soldAtMs: [1, 9, 30] }), tally({ soldAtMs: [26, 4, 27] })];
    expect(longestPauseAfter(10, tallies)).toBe(16);
    expect(longestPauseAfter(3, tallies)).toBe(17);
  });

  it("is not told when nobody has bought since", () => {
    expect(() => longestPauseAfter(30, [tally({ soldAtMs: [30] })])).toThrow("since the fault");
  });
});
