import { describe, expect, test } from "vitest";
import { UsageError } from "../../../../lab/harness/usage-error.ts";
import { readArguments } from "../../../../lab/simulator/command/arguments.ts";

describe("the simulator's arguments", () => {
  test("have defaults: many seeds of mixed", () => {
    expect(readArguments([])).toEqual({
      scenario: "mixed",
      seeds: { first: 1, last: 50 },
      rates: [],
      json: false,
      trace: false,
    });
  });

  test("default to one seed where the figures are the point", () => {
    expect(readArguments(["flash-sale"]).seeds).toEqual({ first: 1, last: 1 });
  });

  test("are taken at their bounds", () => {
    const argv = [
      "flash-sale",
      "--seeds=1-1000000",
      "--rate=1, 64000,1",
      "--warm-up=0",
      "--shards=128",
      "--seconds=600",
      "--units=1000000000",
      "--concurrency=100000",
      "--confirms=1",
      "--faults=all",
      "--json",
    ];
    expect(readArguments(argv)).toEqual({
      scenario: "flash-sale",
      seeds: { first: 1, last: 1_000_000 },
      rates: [1, 64_000],
      warmUpSeconds: 0,
      shards: 128,
      seconds: 600,
      units: 1_000_000_000,
      concurrency: 100_000,
      confirms: 1,
      faults: "all",
      json: true,
      trace: false,
    });
  });

  test("name one seed, and its trace", () => {
    expect(readArguments(["--seeds", "7", "--trace"])).toMatchObject({
      seeds: { first: 7, last: 7 },
      trace: true,
    });
  });

  test.each([
    [["sale"], 'There is no scenario "sale"; there are: mixed, default-location,'],
    [["mixed", "carts"], "One scenario runs at a time, not 2: mixed, carts."],
    [["--seeds", "0"], "such as 7 or 1-500, from 1 to 1,000,000, not 0."],
    [["--seeds", "9-8"], "such as 7 or 1-500, from 1 to 1,000,000, not 9-8."],
    [["--seeds", "1-1000001"], "from 1 to 1,000,000, not 1-1000001."],
    [["--seeds", "one"], "from 1 to 1,000,000, not one."],
    [["--rate", "0"], "--rate is a whole number from 1 to 64,000, not 0."],
    [["flash-sale", "--rate", "5,"], "--rate is a whole number from 1 to 64,000, not ."],
    [["--rate", "5,6"], "--rate is one number here, not 5,6: a list is accepted for flash-sale,"],
    [["carts", `--rate=${"1,".repeat(20)}1`], "--rate lists at most 20 rates, not 21."],
    [["--seconds", "601"], "--seconds is a whole number from 1 to 600, not 601."],
    [["carts", "--warm-up", "601"], "--warm-up is a whole number from 0 to 600, not 601."],
    [
      ["--warm-up", "5"],
      "--warm-up is accepted for flash-sale, flash-sale-by-channel, sold-out, carts,",
    ],
    [["--warm-up", "5"], "popular-sku, not for mixed."],
    [["flash-sale", "--shards", "0"], "--shards is a whole number from 1 to 128, not 0."],
    [
      ["carts", "--shards", "2"],
      "--shards is accepted for flash-sale, flash-sale-by-channel, sold-out,",
    ],
    [["--units", "1.5"], "--units is a whole number from 1 to 1,000,000,000, not 1.5."],
    [["--table-units", "0"], "--table-units is a whole number from 1 to 1,000,000, not 0."],
    [["--expiry-partitions=257"], "--expiry-partitions is a whole number from 1 to 256, not 257."],
    [["--concurrency", "0"], "--concurrency is a whole number from 1 to 100,000, not 0."],
    [["--confirms", "1.1"], "--confirms is a share from 0 to 1, not 1.1."],
    [["--faults", "few"], '--faults is one of none, some, all, not "few".'],
    [["--plant", "nothing"], 'not "nothing".'],
    [["--trace"], "--trace prints one run, not 50: give one seed and one rate."],
    [["carts", "--rate=1,2", "--trace"], "--trace prints one run, not 2"],
    [["--seeds=1", "--trace", "--json"], "it cannot be used with --json."],
    [["--fast"], "Accepted is: npm run simulate --"],
  ])("%j is refused with the bound", (argv, message) => {
    expect(() => readArguments(argv)).toThrow(UsageError);
    expect(() => readArguments(argv)).toThrow(message);
  });
});
