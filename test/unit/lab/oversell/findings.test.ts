import { describe, expect, it } from "vitest";
import {
  approachesOf,
  approachNames,
  isSafeWhenFrozen,
  keyOf,
  type Approach,
} from "../../../../lab/oversell/approaches.ts";
import {
  frozenPart,
  racePart,
  recoveryPart,
  type Setting,
} from "../../../../lab/oversell/findings.ts";
import type { RaceFigures } from "../../../../lab/oversell/race.ts";
import { renderReport } from "../../../../lab/report/render-report.ts";
import { openReport, type Part } from "../../../../lab/report/report.ts";

const approaches = approachesOf(approachNames);
const setting: Setting = {
  approaches,
  missing: new Map(),
  buyers: 8,
  units: 100,
  engine: "dynoxide",
};
const withoutRedis: Setting = {
  ...setting,
  missing: new Map([
    ["redis", "There is no redis-server. To install: apt-get install redis-server"],
    ["redisson", "There is no redis-server. To install: apt-get install redis-server"],
  ]),
};

const exact: RaceFigures = {
  sold: 100,
  oversold: 0,
  lostUpdates: 0,
  falseRefusals: 0,
  staleWritesRefused: 0,
  perSecond: 100,
  p50Ms: 5,
  p99Ms: 50,
  requestsPerBuy: 4,
};
const oversold: Partial<RaceFigures> = { sold: 400, oversold: 300, lostUpdates: 300 };

const roundsOf = (figuresOf: (approach: Approach) => Partial<RaceFigures>) =>
  Object.fromEntries(
    approaches.map((approach) => {
      const figures = { ...exact, ...figuresOf(approach) };
      return [keyOf(approach), [figures, { ...figures, perSecond: figures.perSecond * 2 }]];
    }),
  );

const asClaimed = roundsOf((approach) => ({
  ...(approach.name === "unguarded" && oversold),
  ...(approach.name === "redisson" && { perSecond: 250 }),
  ...(approach.name === "case-2" && { perSecond: 1_000 }),
}));
const asClaimedWhenFrozen = roundsOf((approach) => (isSafeWhenFrozen(approach) ? {} : oversold));

const rowsOf = ({ results }: Part): string[] =>
  results.map(({ group, name }) => `${group}: ${name}`);
const verdictsOf = ({ targets }: Part) => targets.map(({ isMet }) => isMet);

describe("the race's findings", () => {
  it("have a row for each approach, and met targets when all is as claimed", () => {
    const part = racePart(setting, asClaimed);
    expect(rowsOf(part)).toHaveLength(13);
    expect(new Set(rowsOf(part)).size).toBe(13);
    expect(verdictsOf(part)).toEqual([true, true, true]);
  });

  it("compare with Case 2 and with the best lock, round by round", () => {
    const part = racePart(setting, asClaimed);
    const figures = part.results.find(({ name }) => name === "case-2")!.figures;
    expect(figures["ratioToBestLock"]).toMatchObject({ median: 4, min: 4, max: 4 });
    expect(part.results[1]!.figures["ratioToCase2"]!.median).toBe(0.1);
    expect(part.notes[0]).toBe(
      "Case 2 sells 4.0 times as many units a second as the best lock of this run, " +
        "redisson, unfenced (4.0 to 4.0).",
    );
  });

  it.each([
    ["the unguarded one sells exactly", roundsOf(() => ({})), 0],
    [
      "a guarded one oversells",
      roundsOf(({ name }) => (name === "unguarded" || name === "curator" ? oversold : {})),
      1,
    ],
    [
      "a guarded one is not sold out in time",
      roundsOf(({ name }) => (name === "unguarded" ? oversold : { sold: 99 })),
      1,
    ],
    [
      "Case 2 is slower than a lock",
      roundsOf(({ name }) =>
        name === "unguarded" ? oversold : name === "case-2" ? { perSecond: 50 } : {},
      ),
      2,
    ],
  ])("miss a target when %s", (_, rounds, missed) => {
    expect(verdictsOf(racePart(setting, rounds)).indexOf(false)).toBe(missed);
  });

  it("keep the row of an approach without its server, with the command that installs it", () => {
    const part = racePart(withoutRedis, asClaimed);
    expect(rowsOf(part)).toHaveLength(13);
    const leftOut = part.results.filter((result) => result.leftOut !== undefined);
    expect(leftOut.map(({ name }) => name)).toEqual(["redis", "redisson", "redis", "redisson"]);
    expect(leftOut.every(({ figures }) => Object.keys(figures).length === 0)).toBe(true);
    expect(part.notes[0]).not.toContain("redisson");
  });

  it("go without what only others can be compared with", () => {
    const some = { ...setting, approaches: approachesOf(["unguarded"]) };
    const part = racePart(some, asClaimed);
    expect(part.targets).toHaveLength(1);
    expect(part.results[0]!.figures).not.toHaveProperty("ratioToCase2");
  });
});

describe("the findings with frozen holders", () => {
  it("have met targets when the unfenced oversell, and the fenced do not", () => {
    const part = frozenPart(setting, asClaimedWhenFrozen, 100);
    expect(rowsOf(part)).toHaveLength(13);
    expect(verdictsOf(part)).toEqual([true, true]);
  });

  it("miss a target when one of them does otherwise", () => {
    expect(
      verdictsOf(
        frozenPart(
          setting,
          roundsOf(() => ({})),
          100,
        ),
      ),
    ).toEqual([false, true]);
    expect(
      verdictsOf(
        frozenPart(
          setting,
          roundsOf(() => oversold),
          100,
        ),
      ),
    ).toEqual([true, false]);
  });
});

describe("the findings of recovery", () => {
  const rounds = Object.fromEntries(
    approaches.map((approach) => [
      keyOf(approach),
      [{ afterHolderKilledMs: 400, afterServerFailedMs: 50 }],
    ]),
  );

  it("have a row for each lock, by how its server fails, with what it gives up", () => {
    const part = recoveryPart(setting, rounds);
    expect(part.results.map(({ name }) => name).toSorted()).toEqual(approachNames.toSorted());
    expect(part.results.every(({ remark }) => remark?.startsWith("gives up"))).toBe(true);
    expect([...new Set(part.results.map(({ group }) => group))]).toHaveLength(3);
  });

  it("go without the failure of an engine that cannot be made to fail", () => {
    const part = recoveryPart(
      setting,
      Object.fromEntries(approaches.map((one) => [keyOf(one), [{ afterHolderKilledMs: 400 }]])),
    );
    expect(part.results[0]!.figures).not.toHaveProperty("afterServerFailedMs");
  });
});

describe("the whole report", () => {
  it("fits a terminal of 100 columns, also where servers are missing", () => {
    const recoveries = Object.fromEntries(
      approaches.map((one) => [keyOf(one), [{ afterHolderKilledMs: 400, afterServerFailedMs: 9 }]]),
    );
    const report = openReport("npm run lab")([
      racePart(withoutRedis, asClaimed),
      frozenPart(withoutRedis, asClaimedWhenFrozen, 100),
      recoveryPart(withoutRedis, recoveries),
    ]);
    const lines = renderReport(report).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines.filter((line) => line.includes("apt-get install redis-server"))).not.toEqual([]);
  });
});
