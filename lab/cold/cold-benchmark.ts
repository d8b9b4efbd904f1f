/**
 * What a caller waits for when Lambda starts a function: its bundle's size, and the time until its
 * handler can be called, beside the same handler in the bundle that CDK makes by default. Only the
 * processor's share of a cold start is here; Lambda's download and its sandbox are not.
 * Next: default-bundle.ts for what "by default" is, start-probe.mjs for what is timed.
 */
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTemporaryFolder } from "../app/temporary-folder.ts";
import { withResources } from "../app/with-resources.ts";
import type { Benchmark, BenchmarkContext } from "../harness/benchmark.ts";
import { runRounds, type Contender, type RoundBounds } from "../harness/rounds.ts";
import {
  atMost,
  type Chart,
  type Column,
  type Findings,
  type Result,
  type Target,
} from "../report/report.ts";
import { exactly, ratios, summarize } from "../report/statistics.ts";
import { buildDefaultBundle } from "./default-bundle.ts";
import { measureStart } from "./measure-start.ts";
import { readFunctions, type BundledFunction } from "./read-functions.ts";

const bounds: RoundBounds = { warmUpRounds: 1, rounds: 21 };

const reserveBytesMax = 280_000;
const reserveRatioMax = 0.6;

interface Subject extends BundledFunction {
  defaultBundlePath: string;
}

type StartsMs = Readonly<Record<string, number[]>>;

const columns: Column[] = [
  { figure: "bundleBytes", title: "bytes", fractionDigits: 0 },
  { figure: "sizeRatioToDefault", title: "of default", fractionDigits: 2 },
  { figure: "startMs", title: "start ms", fractionDigits: 1, showsSpread: true },
  { figure: "startRatioToDefault", title: "of default", fractionDigits: 2, showsSpread: true },
];

const run = ({ signal, tell, assembly }: BenchmarkContext): Promise<Findings> =>
  withResources(async (resources) => {
    const functions = await readFunctions(await assembly());
    tell("Bundling each function by CDK's defaults …");
    const folder = resources.use(await createTemporaryFolder());
    const subjects = await buildDefaults(functions, folder.path);
    const emptyPath = join(folder.path, "empty.mjs");
    await writeFile(emptyPath, "export const handler = async () => {};\n");
    tell(`Starting each of them ${bounds.warmUpRounds + bounds.rounds} times …`);
    const startsMs = await measureStarts(subjects, emptyPath, signal);
    const empty = summarize(startsMs[emptyPath]!);
    const results: Result[] = [
      { group: "an empty module", name: "empty", figures: { startMs: empty } },
    ];
    for (const subject of subjects) {
      results.push(...(await compare(subject, startsMs, empty.median)));
    }
    const charts = chartsOf(subjects.map(({ name }) => name));
    return { results, targets: targetsOf(results), notes, columns, charts };
  });

const chartsOf = (groups: string[]): Chart[] => [
  {
    title: "From a fresh process to a function that can be called: less is better",
    caption:
      "Ours beside CDK's default. The service function has nothing of the SDK in it, either way.",
    figures: ["startMs"],
    unit: "ms",
    fractionDigits: 0,
    scale: "linear",
    groups,
  },
  {
    title: "What Lambda has to download for a function: less is better",
    caption: "Ours is minified, and has in it only what the function calls of the SDK.",
    figures: ["bundleBytes"],
    unit: "bytes",
    fractionDigits: 0,
    scale: "linear",
    groups,
  },
];

const targetsOf = (results: readonly Result[]): Target[] => {
  const { figures } = results.find(({ group, name }) => group === "reserve" && name === "ours")!;
  const startRatio = figures["startRatioToDefault"]!.median;
  return [
    atMost("The reserve bundle's bytes", reserveBytesMax, figures["bundleBytes"]!.median),
    atMost("The reserve function's start, of the default bundle's", reserveRatioMax, startRatio),
  ];
};

const notes = [
  `Starts in a fresh process each time, in turns, ${bounds.rounds} times, less the median of an empty ` +
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

/** @returns by the bundle's path its starts in milliseconds, one for each round */
const measureStarts = (
  subjects: readonly Subject[],
  emptyPath: string,
  signal: AbortSignal,
): Promise<StartsMs> => {
  const started = (path: string, { environment }: Subject): [string, Contender<number>] => [
    path,
    () => measureStart(path, environment, signal),
  ];
  const contenders = [
    started(emptyPath, subjects[0]!),
    ...subjects.flatMap((subject) => [
      started(subject.bundlePath, subject),
      started(subject.defaultBundlePath, subject),
    ]),
  ];
  return runRounds(Object.fromEntries(contenders), bounds, signal);
};

const compare = async (
  { name: group, bundlePath, defaultBundlePath }: Subject,
  startsMs: StartsMs,
  emptyMs: number,
): Promise<Result[]> => {
  const lessEmpty = (path: string) => startsMs[path]!.map((startMs) => startMs - emptyMs);
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
