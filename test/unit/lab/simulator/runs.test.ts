import { expect, test } from "vitest";
import { readArguments } from "../../../../lab/simulator/command/arguments.ts";
import { replayCommandOf, runsOf } from "../../../../lab/simulator/command/runs.ts";

test("one run for each rate and seed, in that order", () => {
  const runs = runsOf(readArguments(["carts", "--rate=10,20", "--seeds=3-4"]));
  expect(runs.map(({ seed, load }) => [load.rate, seed])).toEqual([
    [10, 3],
    [10, 4],
    [20, 3],
    [20, 4],
  ]);
});

test("a run has the load of its scenario, but for what is given", () => {
  const [run] = runsOf(readArguments(["--seeds=7", "--units=3"]));
  expect(run).toEqual({
    scenario: "mixed",
    seed: 7,
    load: { rate: 4, seconds: 25, units: 3, confirms: 0.5 },
  });
});

test.each([
  [["--seeds=17-20"], "npm run simulate -- mixed --seeds 17"],
  [["--seeds=17", "--faults=all"], "npm run simulate -- mixed --seeds 17 --faults all"],
  [["--seeds=17", "--faults=some", "--rate=4"], "npm run simulate -- mixed --seeds 17"],
  [
    ["carts", "--rate=5,6", "--seconds=2", "--units=9", "--confirms=0.1", "--concurrency=10"],
    "npm run simulate -- carts --seeds 1 --rate 5 --seconds 2 --units 9 --confirms 0.1 " +
      "--concurrency 10",
  ],
  [
    ["sold-out", "--warm-up=0", "--shards=4"],
    "npm run simulate -- sold-out --seeds 1 --warm-up 0 --shards 4",
  ],
  [
    ["flash-sale", "--table-units=200000", "--expiry-partitions=128", "--refusal-memory-ms=50"],
    "npm run simulate -- flash-sale --seeds 1 --table-units 200000 --expiry-partitions 128 " +
      "--refusal-memory-ms 50",
  ],
  [["flash-sale", "--warm-up=5"], "npm run simulate -- flash-sale --seeds 1"],
])("%j is repeated by the options that differ from the defaults", (argv, command) => {
  const [run] = runsOf(readArguments(argv));
  expect(replayCommandOf(run!)).toBe(command);
  const again = command.split(" -- ")[1]!.split(" ");
  expect(replayCommandOf(runsOf(readArguments(again))[0]!)).toBe(command);
});

test("the command that repeats a run names the planted mistake", () => {
  const [run] = runsOf(readArguments(["--seeds=1"]));
  expect(replayCommandOf(run!, "units-taken-without-condition")).toMatch(
    / --plant units-taken-without-condition$/,
  );
});
