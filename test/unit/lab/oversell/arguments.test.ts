import { describe, expect, it } from "vitest";
import { UsageError } from "../../../../lab/harness/usage-error.ts";
import { readArguments } from "../../../../lab/oversell/arguments.ts";

describe("the lab's arguments", () => {
  it("have a choice for what is not said", () => {
    expect(readArguments([])).toEqual({
      buyers: 8,
      units: 60,
      seconds: 15,
      rounds: 5,
      approaches: [
        "unguarded",
        "dynamodb",
        "redis",
        "redisson",
        "zookeeper",
        "curator",
        "case-2",
        "reserve",
      ],
      json: false,
      docs: false,
    });
  });

  it("are taken at their bounds, and approaches in the order of the tables", () => {
    expect(
      readArguments([
        "--buyers=2",
        "--units=1000",
        "--seconds=60",
        "--rounds=1",
        "--approaches=case-2, redis",
        "--json",
        "--compare=old.json",
      ]),
    ).toEqual({
      buyers: 2,
      units: 1_000,
      seconds: 60,
      rounds: 1,
      approaches: ["redis", "case-2"],
      json: true,
      docs: false,
      compare: "old.json",
    });
  });

  it.each([
    [["--buyers", "1"], "--buyers is a whole number from 2 to 64, not 1."],
    [["--buyers", "65"], "--buyers is a whole number from 2 to 64, not 65."],
    [["--units", "19"], "--units is a whole number from 20 to 1,000, not 19."],
    [["--units", "many"], "--units is a whole number from 20 to 1,000, not many."],
    [["--seconds", "1.5"], "--seconds is a whole number from 2 to 60, not 1.5."],
    [["--rounds", ""], "--rounds is a whole number from 1 to 25, not ."],
    [["--approaches", "redis,etcd"], "There is no approach etcd; there are: unguarded, dynamodb,"],
    [["--approaches", ""], "There is no approach without a name; there are: unguarded, dynamodb,"],
    [["--docs", "--approaches", "redis"], "--docs shows all approaches"],
    [["--fast"], "Accepted is: npm run lab --"],
    [["race"], "Accepted is: npm run lab --"],
  ])("%j is refused, with what is accepted", (argv, message) => {
    expect(() => readArguments(argv)).toThrow(UsageError);
    expect(() => readArguments(argv)).toThrow(message);
  });
});
