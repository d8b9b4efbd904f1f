/**
 * The benchmarks: `npm run bench -- [name …] [--json] [--compare old.json]`, and
 * `npm run bench -- reserve --endurance`. Each is measured against something that runs
 * beside it in the same minute, and is told as a ratio to that: a figure alone says more about the
 * machine. The lab calls the doors that everybody has (the engine's functions, HTTP, the synthesized
 * app) and refuses to know how the local run is made: it starts it as a user does.
 * Next: harness/ for rounds and arithmetic, then one folder per benchmark.
 */
import { shareAssembly } from "./app/synthesize.ts";
import { withResources } from "./app/with-resources.ts";
import { readArguments } from "./harness/arguments.ts";
import type { Benchmark } from "./harness/benchmark.ts";
import { UsageError } from "./harness/usage-error.ts";
import { compareReports } from "./report/compare.ts";
import { readReport } from "./report/read-report.ts";
import { renderComparison } from "./report/render-comparison.ts";
import { renderReport } from "./report/render-report.ts";
import { openReport, type Part } from "./report/report.ts";
import { coldBenchmark } from "./cold/cold-benchmark.ts";
import { eventsBenchmark } from "./events/events-benchmark.ts";
import { locksBenchmark } from "./locks/locks-benchmark.ts";
import { ordersBenchmark } from "./orders/orders-benchmark.ts";
import { reserveBenchmark } from "./reserve/reserve-benchmark.ts";

const benchmarks: Record<string, Benchmark> = {
  reserve: reserveBenchmark,
  orders: ordersBenchmark,
  events: eventsBenchmark,
  locks: locksBenchmark,
  cold: coldBenchmark,
};

/** What stops the process by itself would leave the app that we have started. */
const stopSignal = (): AbortSignal => {
  const aborter = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => aborter.abort(new Error(`Stopped by ${name}.`)));
  }
  return aborter.signal;
};

/** What was found is all that goes to the standard output. */
const tell = (progress: string): void => void process.stderr.write(`${progress}\n`);

const measure = (names: string[], endurance: boolean, signal: AbortSignal): Promise<Part[]> =>
  withResources(async (resources) => {
    const context = { signal, tell, assembly: shareAssembly(resources, tell), endurance };
    const parts: Part[] = [];
    for (const name of names) {
      const benchmark = benchmarks[name]!;
      tell(`${name}: ${benchmark.description}`);
      const beganAtMs = performance.now();
      const findings = await benchmark.run(context);
      tell(`${name}: took ${Math.round((performance.now() - beganAtMs) / 1000)} s`);
      parts.push({ name, title: benchmark.description, ...findings });
    }
    return parts;
  });

const run = async (signal: AbortSignal): Promise<void> => {
  const argv = process.argv.slice(2);
  const { names, json, compare, endurance } = readArguments(argv, Object.keys(benchmarks));
  // Before minutes are spent on what it is to be compared with.
  const old = compare === undefined ? undefined : await readReport(compare);
  const close = openReport(
    ["npm run bench", ...(argv.length > 0 ? ["--", ...argv] : [])].join(" "),
  );
  const report = close(await measure(names, endurance, signal));
  process.stdout.write(`${json ? JSON.stringify(report) : renderReport(report)}\n`);
  if (old === undefined) return;
  const comparison = renderComparison(compareReports(old, report));
  if (json) tell(comparison);
  else process.stdout.write(`${comparison}\n`);
};

const signal = stopSignal();
try {
  await run(signal);
} catch (error) {
  // Whatever broke because we were told to stop is no failure of its own.
  const cause = (signal.aborted ? signal.reason : error) as Error;
  const isExpected = signal.aborted || cause instanceof UsageError;
  process.stderr.write(`${isExpected ? cause.message : cause.stack}\n`);
  process.exitCode = signal.aborted ? 130 : 1;
}
