/** The figures of a throughput scenario as a part of a report: a table, and charts by rate. */
import type { Chart, Column, Part, Result } from "../../report/report.ts";
import { summarize } from "../../report/statistics.ts";
import { faultLevels } from "../faults.ts";
import { parametersOf } from "../parameters-of.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { scenarios } from "../scenarios/scenarios.ts";
import type { Range } from "../time/random.ts";
import { limitNotesOf } from "./limit-notes.ts";
import type { FinishedRun } from "./run-all.ts";

/** @param finished at least one run */
export const throughputPart = (finished: readonly FinishedRun[]): Part => {
  const { scenario } = finished[0]!.run;
  const kinds = kindsOf(finished);
  return {
    name: scenario,
    title: scenarios[scenario].description,
    results: [...Map.groupBy(finished, ({ run }) => run.load.rate)].map(([rate, runs]) =>
      resultOf(rate, runs, kinds),
    ),
    columns: [...columnsOf(finished), ...kinds.map(answersColumn)],
    charts,
    targets: [],
    notes: notesOf(finished),
  };
};

const columns: Column[] = [
  { figure: "holdsPerSecond", title: "holds/s", fractionDigits: 1 },
  { figure: "p50Ms", title: "p50 ms", fractionDigits: 1 },
  { figure: "p99Ms", title: "p99 ms", fractionDigits: 1 },
  { figure: "attemptsPerHold", title: "attempts per hold", fractionDigits: 2 },
  { figure: "writeUnitsPerHold", title: "write units per hold", fractionDigits: 2 },
  { figure: "readUnitsPerAnswer", title: "read units per answer", fractionDigits: 2 },
  { figure: "peakConcurrency", title: "peak concurrency", fractionDigits: 0 },
];

/** A spread needs several seeds. */
const columnsOf = (finished: readonly FinishedRun[]): Column[] => {
  const seeds = new Set(finished.map(({ run }) => run.seed));
  return columns.map((column) => ({
    ...column,
    ...(seeds.size > 1 && column.figure === "holdsPerSecond" && { showsSpread: true }),
  }));
};

const charts: Chart[] = [
  {
    title: "Holds a second by offered rate, more is better",
    caption:
      "Holds that are answered while buyers come. The rate stops growing where the SKU or the account is saturated.",
    figures: ["holdsPerSecond"],
    unit: "/s",
    fractionDigits: 0,
    scale: "linear",
  },
  {
    title: "Time until the answer by offered rate, less is better",
    caption:
      "From the median to the 99th percentile of all answers, refusals and timeouts included.",
    figures: ["p50Ms", "p99Ms"],
    unit: "ms",
    fractionDigits: 0,
    scale: "logarithmic",
  },
];

/** Returns the kinds of answers of all runs, the most frequent first. */
function kindsOf(finished: readonly FinishedRun[]): string[] {
  const counts = new Map<string, number>();
  for (const { result } of finished) {
    for (const [kind, count] of Object.entries(result.figures.answers)) {
      counts.set(kind, (counts.get(kind) ?? 0) + count);
    }
  }
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([kind]) => kind);
}

const answersFigure = (kind: string): string => `${kind}Answers`;

const answersColumn = (kind: string): Column => ({
  figure: answersFigure(kind),
  title: kind.replaceAll("_", " "),
  fractionDigits: 0,
});

/** Each figure is summarized over the seeds of the rate. */
function resultOf(rate: number, runs: readonly FinishedRun[], kinds: readonly string[]): Result {
  const samples = runs.map(({ result: { figures } }) => {
    const { answers } = figures;
    const numbers = Object.entries(figures).filter(([, value]) => typeof value === "number");
    const counts = kinds.map((kind) => [answersFigure(kind), answers[kind] ?? 0]);
    return Object.fromEntries([...numbers, ...counts]) as Record<string, number>;
  });
  const names = Object.keys(samples[0]!);
  return {
    group: "offered rate",
    name: `${rate.toLocaleString("en-US")} buyers/s`,
    figures: Object.fromEntries(
      names.map((name) => [name, summarize(samples.map((sample) => sample[name]!))]),
    ),
  };
}

function notesOf(finished: readonly FinishedRun[]): string[] {
  const { run } = finished[0]!;
  const scenario: Scenario = scenarios[run.scenario];
  const { functions, database } = parametersOf(scenario, run);
  const { seconds, units, confirms, warmUpSeconds = 0, shards } = run.load;
  const warmUp = warmUpSeconds > 0 ? `, after ${warmUpSeconds} s of warm-up` : "";
  const rows = shards === undefined ? "" : ` in ${shards} ${shards === 1 ? "row" : "rows"}`;
  const { partition, singleWriteMs, transactionMs } = database;
  return [
    "The figures are of the simulated AWS in virtual time: they do not depend on this machine.",
    `Buyers come for ${seconds} s${warmUp}. Each SKU has ${formatCount(units)} units${rows}. ` +
      `${Math.round(confirms * 100)} % of the holds are confirmed. ` +
      `Faults: ${run.faults ?? faultLevelOf(scenario)}.`,
    ...(warmUpSeconds > 0 ? [warmUpNote] : []),
    ...limitNotesOf(finished),
    `The account has ${formatCount(functions.concurrency)} concurrent executions. ` +
      `A cold start takes ${formatRange(functions.coldStartMs)}.`,
    `A partition takes ${formatCount(partition.writeUnits)} write units and ` +
      `${formatCount(partition.readUnits)} read units a second. Each item is a partition.`,
    `A write of one item takes ${formatRange(singleWriteMs)}, a transaction ` +
      `${formatRange(transactionMs)}. lab/simulator/parameters.ts has all parameters.`,
  ];
}

const warmUpNote =
  "Holds a second, times and answers are of requests that were sent after the warm-up. " +
  "Attempts, units and peaks are of the whole run.";

function faultLevelOf({ faults }: Scenario): string {
  const level = Object.entries(faultLevels).find(([, known]) => known === faults);
  return level?.[0] ?? "the scenario's own";
}

const formatCount = (count: number): string => count.toLocaleString("en-US");

const formatRange = ([least, greatest]: Range): string => `${least} to ${greatest} ms`;
