/**
 * What a caller waits for when Lambda starts a function: its bundle's size, and the time until its
 * handler can be called, beside the same handler in the bundle that CDK makes by default. Only the
 * processor's share of a cold start is here; Lambda's download and its sandbox are not.
 * Next: default-bundle.ts for what "by default" is, start-probe.mjs for what is timed.
 */
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { synthesize } from "../app/synthesize.ts";
import { createTemporaryFolder } from "../app/temporary-folder.ts";
import { withResources } from "../app/with-resources.ts";
import type { Benchmark, BenchmarkContext } from "../harness/benchmark.ts";
import { atMost, type Column, type Findings, type Result, type Target } from "../report/report.ts";
import { exactly, ratios, summarize } from "../report/statistics.ts";
import { buildDefaultBundle } from "./default-bundle.ts";
import { measureStart } from "./measure-start.ts";
import { readFunctions, type BundledFunction } from "./read-functions.ts";

const repetitions = 31;
const warmUpRepetitions = 2;

const reserveBytesMax = 300_000;
const reserveRatioMax = 0.6;

interface Subject extends BundledFunction {
  defaultBundlePath: string;
}

const columns: Column[] = [
  { figure: "bundleBytes", title: "bytes", fractionDigits: 0 },
  { figure: "sizeRatioToDefault", title: "of default", fractionDigits: 2 },
  { figure: "startMs", title: "start ms", fractionDigits: 1, showsSpread: true },
  { figure: "startRatioToDefault", title: "of default", fractionDigits: 2, showsSpread: true },
];

const run = ({ signal, tell }: BenchmarkContext): Promise<Findings> =>
  withResources(async (resources) => {
    tell("Synthesizing the app, and bundling it by CDK's defaults …");
    const folder = resources.use(await createTemporaryFolder());
    const assemblyPath = join(folder.path, "cdk.out");
    await synthesize(assemblyPath);
    signal.throwIfAborted();
    const subjects = await buildDefaults(await readFunctions(assemblyPath), folder.path);
    const emptyPath = join(folder.path, "empty.mjs");
    await writeFile(emptyPath, "export const handler = async () => {};\n");
    tell(`Starting each of them ${warmUpRepetitions + repetitions} times …`);
    const startsMs = await measureStarts(subjects, emptyPath, signal);
    const empty = summarize(startsMs.get(emptyPath)!);
    const results: Result[] = [
      { group: "an empty module", name: "empty", figures: { startMs: empty } },
    ];
    for (const subject of subjects) {
      results.push(...(await compare(subject, startsMs, empty.median)));
    }
    return { results, targets: targetsOf(results), notes, columns, charts: [] };
  });

const targetsOf = (results: readonly Result[]): Target[] => {
  const { figures } = results.find(({ group, name }) => group === "reserve" && name === "ours")!;
  const startRatio = figures["startRatioToDefault"]!.median;
  return [
    atMost("The reserve bundle's bytes", reserveBytesMax, figures["bundleBytes"]!.median),
    atMost("The reserve function's start, of the default bundle's", reserveRatioMax, startRatio),
  ];
};

const notes = [
  `Starts in a fresh process each time, in turns, ${repetitions} times, less the median of an empty ` +
    "module's. Medians; ± is half the distance of the quartiles. The default bundle is CDK's with " +
    "the SDK in it: CommonJS, not minified, with the SDK's default credential chain.",
];

const buildDefaults = async (
  functions: readonly BundledFunction[],
  directory: string,
): Promise<Subject[]> => {
  const subjects: Subject[] = [];
  for (const one of functions) {
    const target = join(directory, one.name);
    await mkdir(target);
    subjects.push({ ...one, defaultBundlePath: await buildDefaultBundle(one.entryPath, target) });
  }
  return subjects;
};

/** @returns by the bundle's path its starts, the repetitions of all bundles in turns */
const measureStarts = async (
  subjects: readonly Subject[],
  emptyPath: string,
  signal: AbortSignal,
): Promise<Map<string, number[]>> => {
  const starts = [
    { path: emptyPath, environment: subjects[0]!.environment },
    ...subjects.flatMap(({ bundlePath, defaultBundlePath, environment }) => [
      { path: bundlePath, environment },
      { path: defaultBundlePath, environment },
    ]),
  ];
  const startsMs = new Map(starts.map(({ path }) => [path, [] as number[]]));
  for (let repetition = -warmUpRepetitions; repetition < repetitions; repetition += 1) {
    for (const { path, environment } of starts) {
      const startMs = await measureStart(path, environment, signal);
      if (repetition >= 0) startsMs.get(path)!.push(startMs);
    }
  }
  return startsMs;
};

const compare = async (
  { name: group, bundlePath, defaultBundlePath }: Subject,
  startsMs: ReadonlyMap<string, number[]>,
  emptyMs: number,
): Promise<Result[]> => {
  const lessEmpty = (path: string) => startsMs.get(path)!.map((startMs) => startMs - emptyMs);
  const bytes = (await stat(bundlePath)).size;
  const defaultBytes = (await stat(defaultBundlePath)).size;
  const ours = lessEmpty(bundlePath);
  const defaults = lessEmpty(defaultBundlePath);
  return [
    {
      group,
      name: "ours",
      figures: {
        bundleBytes: exactly(bytes),
        sizeRatioToDefault: exactly(bytes / defaultBytes),
        startMs: summarize(ours),
        startRatioToDefault: summarize(ratios(ours, defaults)),
      },
    },
    {
      group,
      name: "default",
      figures: { bundleBytes: exactly(defaultBytes), startMs: summarize(defaults) },
    },
  ];
};

export const coldBenchmark: Benchmark = {
  description: "each function's bundle and its start, beside the bundle that CDK makes by default",
  run,
};
